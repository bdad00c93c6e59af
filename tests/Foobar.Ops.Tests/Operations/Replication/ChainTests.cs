using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Detection;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Rejoin;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Tests.Database;
using DatabasePolicy = Foobar.Ops.Inventory.DatabasePolicy;

namespace Foobar.Ops.Tests.Operations.Replication;

/// <summary>A chain: web-02 replicates from web-01, and db-03 from web-02.</summary>
public sealed class ChainTests
{
    private static readonly ReplicationChannel FromSecond = HealthySite.Channel with
    {
        SourceHost = "192.0.2.12",
        SourceUuid = Guid.Parse(HealthySite.UuidB),
    };

    private static readonly ReplicationFacts Silent = ReplicationFacts.Unreadable("refused", "test");

    private static ReplicationFacts Last { get; } = With(HealthySite.Further, FromSecond);

    private static ReplicationFacts With(ReplicationFacts facts, ReplicationChannel channel) =>
        facts with { Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([channel]) };

    private static SiteCase<ReplicationFacts> Chain(
        ReplicationFacts? primary = null, ReplicationFacts? second = null, ReplicationFacts? last = null) =>
        HealthySite.CaseOfThree(primary, second, last ?? Last);

    private static ReplicationTopology Topology(
        ReplicationFacts? primary = null, ReplicationFacts? second = null, ReplicationFacts? last = null) =>
            ReplicationTopology.Of(Chain(primary, second, last));

    private static Finding[] Judge(string control, SiteCase<ReplicationFacts> facts) =>
        [
            .. DatabaseControls.All.Where(one => one.Info.Id == control)
                .SelectMany(one => one.Apply(facts, null, facts.Time))
                .Where(finding => finding.Server == "db-03"),
        ];

    [Fact]
    public void A_healthy_chain_passes_and_names_the_member_between()
    {
        Finding[] findings = [.. DatabaseControls.All.SelectMany(control => control.Apply(Chain(), null, DateTimeOffset.UnixEpoch))];
        Assert.All(
            findings,
            finding => Assert.True(
                finding.Status is FindingStatus.Pass or FindingStatus.NotApplicable,
                $"{finding.ControlId} {finding.Server} {finding.Target}: {finding.Status} {finding.Actual}{finding.Reason}"));
        Assert.Contains(
            "depends on web-02, which replicates from web-01", Assert.Single(Judge("DB-003", Chain())).Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replica_of_one_that_stands_still_is_behind_the_primary_and_not_behind_its_source()
    {
        SiteCase<ReplicationFacts> late = Chain(
            HealthySite.Primary with
            {
                Gtid = Reading.Of(
                    HealthySite.Primary.Gtid.Value! with { Executed = $"{HealthySite.UuidA}:1-2000", TransactionsPerSecond = 100 }),
            });
        Assert.Equal(
            [("from web-02", FindingStatus.Pass), ("from web-01 by way of web-02", FindingStatus.Fail)],
            Judge("DB-004", late).Select(finding => (finding.Target!, finding.Status)));
        ReplicationStatus status = ReplicationStatus.Of(late).Single(one => one.Server == "db-03");
        Assert.Equal(
            (0d, 0d, 19d, 1900d),
            (status.LagSeconds, status.BacklogTransactions, status.PrimaryLagSeconds, status.PrimaryBacklogTransactions));
    }

    [Fact]
    public void A_replica_whose_source_does_not_answer_is_told_how_to_follow_the_primary()
    {
        SiteCase<ReplicationFacts> cut = Chain(
            second: Silent, last: With(Last, FromSecond with { Receiver = ReplicationThread.Connecting }));
        Assert.Contains("Repair-FoobarReplication -Server db-03", Assert.Single(Judge("DB-003", cut)).Actual, StringComparison.Ordinal);
        Assert.Equal(
            ("db-03", "web-01", 0),
            RejoinPreflight.Judge(cut, "db-03", ["web-01"]) is var preview
                ? (preview.Server, preview.Primary, preview.Blockers.Count)
                : default);

        // Its receiver has not noticed yet.
        Assert.Empty(RejoinPreflight.Judge(Chain(second: Silent), "db-03", ["web-01"]).Blockers);
    }

    [Fact]
    public void Writes_may_be_moved_to_either_and_whoever_is_between_follows()
    {
        SwitchoverPreflight last = SwitchoverPreflight.Planned(Chain(), new() { To = "db-03" });
        Assert.Empty(last.Blockers);
        Assert.Equal("web-02 move,  stay", Places(last.Followers, last.Kept));
        SwitchoverPreflight second = SwitchoverPreflight.Planned(Chain(), new() { To = "web-02" });
        Assert.Empty(second.Blockers);
        Assert.Equal(" move, db-03 stay", Places(second.Followers, second.Kept));

        // Nobody named: the nearer one.
        Assert.Equal(
            ("web-02", "web-02 was chosen of web-02, db-03: no other replica stands between it and the primary"),
            SwitchoverPreflight.Planned(Chain(), new()) is var chosen ? (chosen.New, chosen.Choice) : default);
    }

    [Fact]
    public void What_the_member_between_does_not_pass_on_blocks_the_one_behind_it()
    {
        Assert.Equal(
            ("Filtered", "web-02"), Blocked(With(HealthySite.Replica, HealthySite.Channel with { Filters = ["Replicate_Do_DB=a"] })));
        Assert.Equal(("Filtered", "web-02"), Blocked(With(HealthySite.Replica, HealthySite.Channel with { DelaySeconds = 60 })));
        Assert.Equal(
            ("ReplicationStopped", "web-02"),
            Blocked(With(HealthySite.Replica, HealthySite.Channel with { Applier = ReplicationThread.Stopped })));
        Assert.Equal(
            ("LogFilters", "web-02"),
            Blocked(HealthySite.Replica with { LogFilters = Reading.Of<IReadOnlyList<string>>(["Binlog_Do_DB=a"]) }));
        Assert.Equal(
            ("SkipsErrors", "web-02"),
            Blocked(
                HealthySite.Replica with
                {
                    Apply = Reading.Of(HealthySite.Replica.Apply.Value! with { Lenient = ["replica_skip_errors=1062"] }),
                }));

        static (string Code, string? Server) Blocked(ReplicationFacts second) =>
            Assert.Single(SwitchoverPreflight.Planned(Chain(second: second), new() { To = "db-03" }).Blockers) is var blocker
                ? (blocker.Code, blocker.Server)
                : default;
    }

    [Fact]
    public void A_replica_behind_the_candidate_that_stands_still_is_told()
    {
        SwitchoverPreflight preflight = SwitchoverPreflight.Planned(
            Chain(last: With(Last, FromSecond with { Applier = ReplicationThread.Stopped })), new() { To = "web-02" });
        Assert.Empty(preflight.Blockers);
        Assert.Equal("db-03", Assert.Single(preflight.Warnings, warning => warning.Code == "ReplicationStopped").Server);
    }

    [Fact]
    public void When_the_primary_dies_the_member_between_is_promoted_and_the_last_goes_on()
    {
        ReplicationTopology topology = Topology(primary: Silent);
        Assert.Equal(["web-02", "db-03"], FailoverPreflight.Replicas(topology, "web-01"));
        Assert.Equal("web-02", Choose(topology, new(), "web-02", "db-03"));
        Assert.Equal(
            " move, db-03 stay",
            Places(FailoverPreflight.Others(topology, "web-01", "web-02"), FailoverPreflight.Kept(topology, "web-01", "web-02")));

        // Never promoted, it gives the last one what that lacks, and follows it.
        Assert.Equal("db-03", Choose(topology, new() { NeverPromote = ["web-02"] }, "web-02", "db-03"));
        Assert.Equal(
            "web-02 move,  stay",
            Places(FailoverPreflight.Others(topology, "web-01", "db-03"), FailoverPreflight.Kept(topology, "web-01", "db-03")));
    }

    [Fact]
    public void When_both_above_it_die_the_last_is_promoted_and_both_are_to_follow()
    {
        ReplicationTopology topology = Topology(primary: Silent, second: Silent);
        Assert.Equal(["db-03"], FailoverPreflight.Replicas(topology, "web-01"));
        Assert.Equal(
            "web-02 move,  stay",
            Places(FailoverPreflight.Others(topology, "web-01", "db-03"), FailoverPreflight.Kept(topology, "web-01", "db-03")));
    }

    [Fact]
    public void A_primary_that_lives_is_not_failed_over_for_a_dead_member_between()
    {
        PrimaryVerdict alive = new()
        {
            Primary = "web-01",
            Dead = false,
            Cause = PrimaryCause.Alive,
            Reason = "web-01 lives.",
            Reports = [],
        };
        LossEstimate nothing = new() { Bound = LossBound.Nothing, Reason = "nothing." };
        FailoverBlocker blocker = Assert.Single(
            FailoverPreflight.Judge(Chain(primary: Silent, second: Silent), "db-03", alive, nothing, false, ["web-01"]));
        Assert.Equal("PrimaryAlive", blocker.Code);
        Assert.Contains(
            "db-03 replicates from web-02, which does not answer: Repair-FoobarReplication -Server db-03",
            blocker.Remediation, StringComparison.Ordinal);
    }

    [Fact]
    public void One_whose_member_between_left_something_out_is_no_candidate()
    {
        PrimaryVerdict dead = new() { Primary = "web-01", Dead = true, Cause = PrimaryCause.DatabaseDown, Reason = "dead.", Reports = [] };
        SiteCase<ReplicationFacts> filtered = Chain(
            primary: Silent, second: With(HealthySite.Replica, HealthySite.Channel with { Filters = ["Replicate_Do_DB=a"] }));
        Assert.Equal(
            "Filtered",
            Assert.Single(
                FailoverPreflight.Judge(
                    filtered, "db-03", dead, new() { Bound = LossBound.Nothing, Reason = "nothing." }, false, ["web-01"])).Code);
    }

    private static string Places(IReadOnlyList<string> moved, IReadOnlyList<string> kept) =>
        $"{string.Join(", ", moved)} move, {string.Join(", ", kept)} stay";

    private static string? Choose(ReplicationTopology topology, DatabasePolicy policy, params string[] replicas)
    {
        List<FailoverBlocker> blockers = [];
        CandidateChoice? choice = FailoverPreflight.Choose(topology, policy, replicas, null, blockers);
        Assert.Empty(blockers);
        return choice?.Name;
    }
}
