using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Tests.Database;

namespace Foobar.Ops.Tests.Operations.Replication.Switchover;

public sealed class SwitchoverPreflightTests
{
    /// <summary>What is wrong, and the blocker that must say so.</summary>
    private static readonly (string Fault, string Code, Func<SiteCase<ReplicationFacts>> Case)[] Faults =
    [
        ("lag", "Lag", () => HealthySite.Case(
            HealthySite.Primary with
            {
                Gtid = Reading.Of(
                    HealthySite.Primary.Gtid.Value! with { Executed = $"{HealthySite.UuidA}:1-2000", TransactionsPerSecond = 100 }),
            })),
        ("a stalled applier", "Lag", () => HealthySite.Case(
            HealthySite.Primary with
            {
                Gtid = Reading.Of(HealthySite.Primary.Gtid.Value! with { Executed = $"{HealthySite.UuidA}:1-101" }),
            })),
        ("an errant transaction", "ErrantTransactions", () => HealthySite.Case(
            replica: HealthySite.Replica with
            {
                Gtid = Reading.Of(HealthySite.Replica.Gtid.Value! with { Executed = $"{HealthySite.UuidA}:1-100,{HealthySite.UuidB}:1" }),
            })),
        ("replication stopped", "ReplicationStopped", () =>
            HealthySite.Case(replica: WithChannel(HealthySite.Channel with { Applier = ReplicationThread.Stopped }))),
        ("a filter", "Filtered", () =>
            HealthySite.Case(replica: WithChannel(HealthySite.Channel with { Filters = ["Replicate_Do_DB=a"] }))),
        ("an older candidate", "Version", () => HealthySite.Case(
            replica: HealthySite.Replica with { Identity = Reading.Of(HealthySite.Replica.Identity.Value! with { Version = "8.4.0" }) })),
        ("a newer candidate", "Version", () => HealthySite.Case(
            replica: HealthySite.Replica with { Identity = Reading.Of(HealthySite.Replica.Identity.Value! with { Version = "9.8.0" }) })),
        ("a missing grant", "Grants", () => HealthySite.Case(
            replica: HealthySite.Replica with
            {
                Accounts = Reading.Of<IReadOnlyList<ReplicationAccount>>([new() { User = "replication", Host = "192.0.2.12" }]),
            })),
        ("a log that does not know what was applied", "BinlogState", () => HealthySite.Case(
            replica: HealthySite.Replica with
            {
                Gtid = Reading.Of(HealthySite.Replica.Gtid.Value! with { Executed = "", Position = "0-1-100" }),
            })),
        ("a read-only disk", "FileSystem", () => HealthySite.Case(
            replica: HealthySite.Replica with { Storage = Reading.Of(HealthySite.Replica.Storage.Value! with { ReadOnly = true }) })),
        ("an unreadable disk", "FileSystem", () =>
            HealthySite.Case(replica: HealthySite.Replica with { Storage = Reading.Unreadable<DatabaseStorage>("no") })),
        ("an idle transaction", "IdleTransaction", () =>
            Open(new() { ConnectionId = 9, User = "app", AgeSeconds = 4, Idle = true, StateSeconds = 4, RowsLocked = 1 })),
        ("a long transaction", "LongTransaction", () => Open(new() { ConnectionId = 9, User = "app", AgeSeconds = 90, Idle = false })),
        ("no complete log", "NoBinaryLog", () => HealthySite.Case(
            replica: HealthySite.Replica with { Binlog = Reading.Of(HealthySite.Replica.Binlog.Value! with { LogsReplicated = false }) })),
        ("two primaries", "Primary", () => HealthySite.Case(replica: HealthySite.Primary with { Identity = HealthySite.Replica.Identity })),
        ("a writable replica", "Role", () => HealthySite.Case(replica: HealthySite.Replica with { Guard = HealthySite.Primary.Guard })),
        ("a silent member", "Unreachable", () => HealthySite.Case(replica: ReplicationFacts.Unreadable("refused", "test"))),
        ("another failover", "OperationRunning", () =>
            HealthySite.Case(HealthySite.Primary with { Unfinished = Reading.Of<IReadOnlyList<OperationMark>>([HealthySite.Mark(5)]) })),
        ("a marker that can't be read", "OperationUnknown", () =>
            HealthySite.Case(HealthySite.Primary with { Unfinished = Reading.Unreadable<IReadOnlyList<OperationMark>>("denied") })),
        ("a source that does not log every database", "LogFilters", () =>
            HealthySite.Case(HealthySite.Primary with { LogFilters = Reading.Of<IReadOnlyList<string>>(["Binlog_Do_DB=shop"]) })),
        ("a candidate that does not log every database", "LogFilters", () => HealthySite.Case(
            replica: HealthySite.Replica with { LogFilters = Reading.Of<IReadOnlyList<string>>(["Binlog_Ignore_DB=billing"]) })),
        ("filters that can't be read", "LogFilters", () =>
            HealthySite.Case(HealthySite.Primary with { LogFilters = Reading.Unreadable<IReadOnlyList<string>>("denied") })),
        ("errors that are skipped", "SkipsErrors", () => HealthySite.Case(
            replica: HealthySite.Replica with
            {
                Apply = Reading.Of(HealthySite.Replica.Apply.Value! with { Lenient = ["replica_skip_errors=1062"] }),
            })),
        ("events that would run nowhere", "Events", () => HealthySite.Case(
            Ticking(HealthySite.Primary), HealthySite.Replica with { Events = Reading.Of(new EventFacts { SchedulerOn = false }) })),
        ("a marker that the primary does not know of", "MarkerContradicted", () => HealthySite.Case(
            replica: HealthySite.Replica with { Unfinished = Reading.Of<IReadOnlyList<OperationMark>>([HealthySite.Mark(5)]) })),
        ("an account of the application that may do less", "Accounts", () =>
            Objects(one => one.Kind == "grants" ? one with { Digest = "less" } : one)),
        ("an account of the application that is missing", "Accounts", () => Objects(one => one.Kind == "account" ? null : one)),
        ("a table that differs", "Schema", () => Objects(one => one.Kind == "table" ? one with { Digest = "other" } : one)),
        ("the same server id", "ServerIds", () => HealthySite.Case(
            replica: HealthySite.Replica with { Identity = Reading.Of(HealthySite.Replica.Identity.Value! with { ServerId = 1 }) })),
    ];

    public static TheoryData<string> FaultNames => [.. Faults.Select(fault => fault.Fault)];

    [Fact]
    public void A_healthy_site_has_a_primary_a_candidate_and_no_blocker()
    {
        SwitchoverPreflight preflight = SwitchoverPreflight.Planned(HealthySite.Case(), new());
        Assert.Equal(("web-01", "web-02", true), (preflight.Old, preflight.New, preflight.SemiSync));
        Assert.Empty(preflight.Blockers);
    }

    [Theory]
    [MemberData(nameof(FaultNames))]
    public void A_fault_blocks_and_says_why(string fault)
    {
        (_, string code, Func<SiteCase<ReplicationFacts>> broken) = Faults.Single(one => one.Fault == fault);
        FailoverBlocker blocker = Assert.Single(SwitchoverPreflight.Planned(broken(), new()).Blockers, blocker => blocker.Code == code);
        Assert.NotEmpty(blocker.Remediation);
    }

    [Theory]
    [InlineData(true, 0, "waits up to 10 s for replicas of its own at what it applies, with 0 of 1 connected")]
    [InlineData(true, 1, null)]
    [InlineData(false, 0, null)]
    public void A_candidate_that_waits_for_replicas_of_its_own_says_why_it_lags(bool active, int clients, string? why)
    {
        SemiSyncFacts semiSync = HealthySite.Replica.SemiSync.Value! with
        {
            SourceActive = active,
            Clients = clients,
            TimeoutMilliseconds = 10000,
        };
        SwitchoverPreflight preflight = SwitchoverPreflight.Planned(
            HealthySite.Case(
                HealthySite.Primary with
                {
                    Gtid = Reading.Of(HealthySite.Primary.Gtid.Value! with { Executed = $"{HealthySite.UuidA}:1-101" }),
                },
                HealthySite.Replica with { SemiSync = Reading.Of(semiSync) }),
            new());
        string message = Assert.Single(preflight.Blockers, static blocker => blocker.Code == "Lag").Message;
        Assert.Equal(why is not null, message.Contains("semi-synchronous source", StringComparison.Ordinal));
        Assert.Contains(why ?? "", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_other_replicas_follow_and_whoever_replicates_from_one_stays_behind_it()
    {
        SwitchoverPreflight preflight = SwitchoverPreflight.Planned(HealthySite.CaseOfThree(), new() { To = "web-02" });
        Assert.Empty(preflight.Blockers);
        Assert.Equal(["db-03"], preflight.Followers);

        // db-03 replicates from web-02.
        ReplicationFacts chained = HealthySite.Further with
        {
            Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([
                HealthySite.Channel with { SourceHost = "192.0.2.12", SourceUuid = Guid.Parse(HealthySite.UuidB) },
            ]),
        };
        SwitchoverPreflight behind = SwitchoverPreflight.Planned(HealthySite.CaseOfThree(further: chained), new());
        Assert.Equal("web-02", behind.New);
        Assert.Empty(behind.Blockers);
        Assert.Empty(behind.Followers);
    }

    [Fact]
    public void A_candidate_that_nobody_names_is_chosen_by_rule()
    {
        SwitchoverPreflight first = SwitchoverPreflight.Planned(HealthySite.CaseOfThree(), new());
        Assert.Equal(("web-02", "web-02 was chosen of web-02, db-03: it stands first in the inventory"), (first.New, first.Choice));
        Assert.Empty(first.Blockers);
        Assert.Equal(["db-03"], first.Followers);

        // One that can't be promoted is none while another can.
        ReplicationFacts blocked = HealthySite.Replica with
        {
            Binlog = Reading.Of(HealthySite.Replica.Binlog.Value! with { LogsReplicated = false }),
        };
        SwitchoverPreflight other = SwitchoverPreflight.Planned(HealthySite.CaseOfThree(replica: blocked), new());
        Assert.Equal(("db-03", "db-03 was chosen of web-02, db-03: nothing stands in its way"), (other.New, other.Choice));
        Assert.Empty(other.Blockers);

        Assert.Null(SwitchoverPreflight.Planned(HealthySite.CaseOfThree(), new() { To = "db-03" }).Choice);
        Assert.Null(SwitchoverPreflight.Planned(HealthySite.Case(), new()).Choice);
    }

    [Fact]
    public void A_replica_that_could_not_follow_blocks()
    {
        Assert.Equal("ReplicaNotMovable", Single(HealthySite.Channel with { AutoPosition = false }));
        Assert.Equal("ReplicaNotMovable", Single(HealthySite.Channel with { Name = "shop" }));
        Assert.Equal(
            "ReplicaNotMovable",
            Single(HealthySite.Channel, HealthySite.Channel with { Name = "other", SourceHost = "192.0.2.99", SourceUuid = null }));
        Assert.Equal(
            "ReplicationStopped",
            Single(HealthySite.Channel with { Applier = ReplicationThread.Stopped, ApplierError = "1062: duplicate" }));
        FailoverBlocker grants = Assert.Single(SwitchoverPreflight.Planned(
            HealthySite.CaseOfThree(
                replica: HealthySite.Replica with
                {
                    Accounts = Reading.Of<IReadOnlyList<ReplicationAccount>>([new() { User = "replication", Host = "192.0.2.11" }]),
                }),
            new() { To = "web-02" }).Blockers, blocker => blocker.Code == "Grants");
        Assert.Contains("for db-03", grants.Message, StringComparison.Ordinal);
        ReplicationFacts errant = HealthySite.Further with
        {
            Gtid = Reading.Of(HealthySite.Further.Gtid.Value! with { Executed = $"{HealthySite.UuidA}:1-100,{HealthySite.UuidC}:1" }),
        };
        Assert.Equal(
            ("ErrantTransactions", "db-03"),
            Assert.Single(
                SwitchoverPreflight.Planned(HealthySite.CaseOfThree(further: errant), new() { To = "web-02" }).Blockers) is var one
                ? (one.Code, one.Server)
                : default);

        // Filters and delay stay with it.
        Assert.Empty(
            SwitchoverPreflight.Planned(
                Further(HealthySite.Channel with { DelaySeconds = 3600, Filters = ["Replicate_Do_DB=a"] }),
                new() { To = "web-02" }).Blockers);

        static string Single(params ReplicationChannel[] channels) =>
            Assert.Single(
                SwitchoverPreflight.Planned(Further(channels), new() { To = "web-02" }).Blockers,
                blocker => blocker.Server == "db-03").Code;

        static SiteCase<ReplicationFacts> Further(params ReplicationChannel[] channels) =>
            HealthySite.CaseOfThree(
                further: HealthySite.Further with { Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>(channels) });
    }

    [Fact]
    public void A_member_that_replicates_from_none_is_told()
    {
        SwitchoverPreflight preflight = SwitchoverPreflight.Planned(
            HealthySite.CaseOfThree(further: HealthySite.Further with { Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([]) }),
            new());
        Assert.Empty(preflight.Followers);
        Assert.Equal(("NoReplica", "db-03"), Assert.Single(preflight.Warnings) is var warning ? (warning.Code, warning.Server) : default);
    }

    [Fact]
    public void A_replica_that_is_behind_tells_of_what_was_before()
    {
        SiteCase<ReplicationFacts> behind = HealthySite.Case(
            HealthySite.Primary with
            {
                Gtid = Reading.Of(
                    HealthySite.Primary.Gtid.Value! with { Executed = $"{HealthySite.UuidA}:1-110", TransactionsPerSecond = 100 }),
            },
            HealthySite.Replica with { Unfinished = Reading.Of<IReadOnlyList<OperationMark>>([HealthySite.Mark(5)]) });

        Assert.Empty(SwitchoverPreflight.Planned(behind, new()).Blockers);
    }

    [Theory]
    [InlineData("8.4.5", "8.4.6", "", "")]
    [InlineData("10.11.13-MariaDB-deb12", "10.11.14-MariaDB-0+deb12u2", "", "")]
    [InlineData("8.4.5-5", "8.4.5-6", "", "")]
    [InlineData("8.4.6", "8.4.5", "", "web-02")]
    [InlineData("8.4.9", "9.7.0", "web-01", "")]
    [InlineData("9.7.0", "8.4.9", "web-02", "")]
    public void A_rolling_patch_upgrade_may_switch_over(string primary, string candidate, string blocked, string warned)
    {
        SwitchoverPreflight preflight = SwitchoverPreflight.Planned(
            HealthySite.Case(With(HealthySite.Primary, primary), With(HealthySite.Replica, candidate)), new());
        Assert.Equal(blocked, string.Concat(preflight.Blockers.Select(one => one.Server)));
        Assert.Equal(warned, string.Concat(preflight.Warnings.Select(one => one.Server)));

        static ReplicationFacts With(ReplicationFacts facts, string version) =>
            facts with { Identity = Reading.Of(facts.Identity.Value! with { Version = version }) };
    }

    [Fact]
    public void What_does_not_stand_in_the_way_is_told()
    {
        ReplicationFacts primary = HealthySite.Primary with
        {
            Unlogged = Reading.Of<IReadOnlyList<string>>(["connection 7 of batch from 192.0.2.9 writes with sql_log_bin = OFF"]),
            Readers = Reading.Of<IReadOnlyList<ConnectedReplica>>([
                new() { ConnectionId = 3, User = "repl", Host = "192.0.2.12" },
                new() { ConnectionId = 4, User = "repl", Host = "web-02.example" },
                new() { ConnectionId = 5, User = "dr", Host = "192.0.2.99" },
            ]),
        };
        SwitchoverPreflight preflight = SwitchoverPreflight.Planned(HealthySite.Case(Ticking(primary)), new());
        Assert.Empty(preflight.Blockers);
        Assert.Equal(["Unlogged", "Reader"], preflight.Warnings.Select(one => one.Code));
        Assert.Contains("192.0.2.99", preflight.Warnings[1].Message, StringComparison.Ordinal);
        Assert.Equal("shop.tick", $"{Assert.Single(preflight.Events)}");
        Assert.Single(preflight.Unlogged);
    }

    [Fact]
    public void Accounts_that_a_fence_does_not_bind_are_known_by_name_unless_a_role_hides_them()
    {
        Assert.Equal(["root"], SwitchoverPreflight.Planned(HealthySite.Case(), new()).Unbound);
        PrivilegedAccount[] withRole =
        [
            .. HealthySite.Primary.Privileged.Value!, new() { User = "duty", Host = "", Privileges = ["READ_ONLY ADMIN"] },
        ];
        Assert.Null(
            SwitchoverPreflight.Planned(
                HealthySite.Case(HealthySite.Primary with { Privileged = Reading.Of<IReadOnlyList<PrivilegedAccount>>(withRole) }),
                new()).Unbound);
        Assert.Null(
            SwitchoverPreflight.Planned(
                HealthySite.Case(HealthySite.Primary with { Privileged = Reading.Unreadable<IReadOnlyList<PrivilegedAccount>>("no") }),
                new()).Unbound);
    }

    [Theory]
    [InlineData("web-01")]
    [InlineData("web-09")]
    public void A_wrong_candidate_blocks(string to)
    {
        SwitchoverPreflight preflight = SwitchoverPreflight.Planned(HealthySite.Case(), new() { To = to });
        Assert.Null(preflight.New);
        Assert.Contains(preflight.Blockers, blocker => blocker.Code == "Candidate");
    }

    /// <summary>One cause, one blocker, with what follows from it.</summary>
    [Theory]
    [InlineData("web-01", null, "of those that answer none is a primary", "-Emergency")]
    [InlineData("web-01", "web-02", "of those that answer none is a primary", "-Emergency")]
    [InlineData("web-02", null, "web-01 has no replica that answers", "Bring the member back")]
    [InlineData("web-02", "web-02", "web-01 has no replica that answers", "Bring the member back")]
    public void A_member_that_does_not_answer_is_told_once(string dead, string? to, string consequence, string remediation)
    {
        ReplicationFacts silent = ReplicationFacts.Unreadable("refused", "test");
        FailoverBlocker told = Assert.Single(
            SwitchoverPreflight.Planned(
                dead == "web-01" ? HealthySite.Case(silent) : HealthySite.Case(replica: silent), new() { To = to }).Blockers);
        Assert.Equal(("Unreachable", dead), (told.Code, told.Server));
        Assert.Contains(consequence, told.Message, StringComparison.Ordinal);
        Assert.Contains(remediation, told.Remediation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_candidates_name_is_taken_in_any_case() =>
        Assert.Equal("web-02", SwitchoverPreflight.Planned(HealthySite.Case(), new() { To = "WEB-02" }).New);

    [Fact]
    public void What_the_application_does_not_use_is_told_and_does_not_block()
    {
        SwitchoverPreflight preflight = SwitchoverPreflight.Planned(Objects(one => one.Kind == "routine" ? null : one), new());
        Assert.Empty(preflight.Blockers);
        Assert.Contains("routine shop.purge is missing", Assert.Single(preflight.Warnings).Message, StringComparison.Ordinal);
    }

    private static SiteCase<ReplicationFacts> Objects(Func<ServerObject, ServerObject?> change) =>
        HealthySite.Case(
            replica: HealthySite.Replica with
            {
                Objects = Reading.Of<IReadOnlyList<ServerObject>>([
                    .. HealthySite.Replica.Objects.Value!.Select(change).OfType<ServerObject>(),
                ]),
            });

    private static ReplicationFacts Ticking(ReplicationFacts facts) =>
        facts with
        {
            Events = Reading.Of(new EventFacts
            {
                SchedulerOn = true,
                Events = [new() { Schema = "shop", Name = "tick", Status = EventStatus.Enabled }],
            }),
        };

    private static ReplicationFacts WithChannel(ReplicationChannel channel) =>
        HealthySite.Replica with { Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([channel]) };

    private static SiteCase<ReplicationFacts> Open(OpenTransaction transaction) =>
        HealthySite.Case(HealthySite.Primary with { Transactions = Reading.Of<IReadOnlyList<OpenTransaction>>([transaction]) });
}
