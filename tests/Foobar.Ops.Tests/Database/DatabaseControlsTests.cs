using System.Text.Json;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Database;

public sealed class DatabaseControlsTests
{
    private static readonly DatabasePolicy Policy = HealthySite.Site.Policy.Database!;

    /// <summary>What is broken, how, and the one control that must see it.</summary>
    private static readonly (string Fault, string Control, FindingStatus Status, Func<SiteCase<ReplicationFacts>> Case)[] Faults =
    [
        ("does not answer", "DB-001", FindingStatus.Fail, () => HealthySite.Case(replica: ReplicationFacts.Unreadable("refused", "test"))),
        ("nobody writes", "DB-002", FindingStatus.Fail, () =>
            HealthySite.Case(Guard(HealthySite.Primary, guard => guard with { ReadOnly = true }))),
        ("receiver stopped", "DB-003", FindingStatus.Fail, () => Channel(channel => channel with { Receiver = ReplicationThread.Stopped })),
        ("applier stopped", "DB-003", FindingStatus.Fail, () =>
            Channel(channel => channel with { Applier = ReplicationThread.Stopped, ApplierError = "1062: duplicate" })),
        ("an unknown source", "DB-003", FindingStatus.Warning, () => Channel(channel => channel with { SourceUuid = Guid.NewGuid() })),
        ("backlog by rate", "DB-004", FindingStatus.Fail, () => HealthySite.Case(
            Gtid(HealthySite.Primary, gtid => gtid with { Executed = $"{HealthySite.UuidA}:1-1100", TransactionsPerSecond = 100 }))),
        ("backlog on a quiet source", "DB-004", FindingStatus.Warning, () =>
            HealthySite.Case(Gtid(HealthySite.Primary, gtid => gtid with { Executed = $"{HealthySite.UuidA}:1-101" }))),
        ("backlog by age", "DB-004", FindingStatus.Fail, () => HealthySite.Case(
            Gtid(HealthySite.Primary, gtid => gtid with { Executed = $"{HealthySite.UuidA}:1-110" }),
            WithChannel(channel => channel with { ApplyingAgeSeconds = 60 }))),
        ("errant", "DB-005", FindingStatus.Fail, () => HealthySite.Case(
            replica: Gtid(HealthySite.Replica, gtid => gtid with { Executed = $"{HealthySite.UuidA}:1-100,{HealthySite.UuidB}:1" }))),
        ("super_read_only off", "DB-006", FindingStatus.Fail, () =>
            HealthySite.Case(replica: Guard(HealthySite.Replica, guard => guard with { SuperReadOnly = false }))),
        ("not persisted", "DB-007", FindingStatus.Fail, () =>
            HealthySite.Case(replica: Guard(HealthySite.Replica, guard => guard with { PersistedSuperReadOnly = false }))),
        ("persisted on a primary", "DB-007", FindingStatus.Warning, () =>
            HealthySite.Case(Guard(HealthySite.Primary, guard => guard with { PersistedReadOnly = true }))),
        ("gtid off", "DB-008", FindingStatus.Fail, () =>
            HealthySite.Case(replica: Gtid(HealthySite.Replica, gtid => gtid with { Enabled = false }))),
        ("gtid not enforced", "DB-008", FindingStatus.Fail, () =>
            HealthySite.Case(Gtid(HealthySite.Primary, gtid => gtid with { Enforced = false }))),
        ("no own log of what is replicated", "DB-009", FindingStatus.Fail, () => Binlog(binlog => binlog with { LogsReplicated = false })),
        ("statement format", "DB-010", FindingStatus.Fail, () => Binlog(binlog => binlog with { Format = "STATEMENT" })),
        ("minimal image", "DB-010", FindingStatus.Warning, () => Binlog(binlog => binlog with { RowImage = "MINIMAL" })),
        ("relaxed primary", "DB-011", FindingStatus.Fail, () => Binlog(binlog => binlog with { SyncBinlog = 0 })),
        ("relaxed primary log", "DB-011", FindingStatus.Fail, () => Binlog(binlog => binlog with { FlushLogAtCommit = 2 })),
        ("semi-sync source off", "DB-012", FindingStatus.Fail, () => SemiSync(semi => semi with { SourceEnabled = false })),
        ("semi-sync inactive", "DB-012", FindingStatus.Fail, () => SemiSync(semi => semi with { SourceActive = false })),
        ("filter", "DB-013", FindingStatus.Fail, () => Channel(channel => channel with { Filters = ["Replicate_Do_DB=shop"] })),
        ("delay", "DB-013", FindingStatus.Fail, () => Channel(channel => channel with { DelaySeconds = 60 })),
        ("plaintext", "DB-014", FindingStatus.Warning, () => Channel(channel => channel with { Tls = false })),
        ("a batch account that writes past the fence", "DB-029", FindingStatus.Fail, () => HealthySite.Case(
            HealthySite.Primary with
            {
                Privileged = Reading.Of<IReadOnlyList<PrivilegedAccount>>([
                    new() { User = "batch", Host = "%", Privileges = ["CONNECTION_ADMIN"] },
                ]),
            })),
        ("no account", "DB-015", FindingStatus.Fail, () =>
            HealthySite.Case(replica: HealthySite.Replica with { Accounts = Reading.Of<IReadOnlyList<ReplicationAccount>>([]) })),
        ("account for another", "DB-015", FindingStatus.Fail, () => HealthySite.Case(
            replica: HealthySite.Replica with
            {
                Accounts = Reading.Of<IReadOnlyList<ReplicationAccount>>([new() { User = "replication", Host = "192.0.2.12" }]),
            })),
        ("locked account", "DB-015", FindingStatus.Fail, () => HealthySite.Case(
            replica: HealthySite.Replica with
            {
                Accounts = Reading.Of<IReadOnlyList<ReplicationAccount>>([new() { User = "replication", Host = "%", Locked = true }]),
            })),
        ("older replica", "DB-016", FindingStatus.Fail, () =>
            HealthySite.Case(replica: Identity(HealthySite.Replica, identity => identity with { Version = "8.4.3" }))),
        ("newer replica", "DB-016", FindingStatus.Warning, () =>
            HealthySite.Case(replica: Identity(HealthySite.Replica, identity => identity with { Version = "9.10.0" }))),
        ("same server id", "DB-017", FindingStatus.Fail, () =>
            HealthySite.Case(replica: Identity(HealthySite.Replica, identity => identity with { ServerId = 1 }))),
        ("very long transaction", "DB-018", FindingStatus.Fail, () =>
            Open(new() { ConnectionId = 7, User = "app", AgeSeconds = 700, Idle = false })),
        ("long transaction", "DB-018", FindingStatus.Warning, () =>
            Open(new() { ConnectionId = 7, User = "app", AgeSeconds = 70, Idle = false })),
        ("idle with locks", "DB-019", FindingStatus.Fail, () =>
            Open(new() { ConnectionId = 7, User = "app", AgeSeconds = 30, Idle = true, StateSeconds = 30, RowsLocked = 1 })),
        ("short retention", "DB-020", FindingStatus.Fail, () => Binlog(binlog => binlog with { RetentionSeconds = 3600 })),
        ("full disk", "DB-021", FindingStatus.Fail, () => Storage(storage => storage with { BinlogUsedPercent = 95 })),
        ("read-only disk", "DB-022", FindingStatus.Fail, () => Storage(storage => storage with { ReadOnly = true })),
        ("one applier", "DB-023", FindingStatus.Warning, () => HealthySite.Case(
            replica: HealthySite.Replica with
            {
                Apply = Reading.Of(new ApplyFacts { Workers = 1, PreservesOrder = true, CrashSafe = true }),
            })),
        ("not crash-safe", "DB-024", FindingStatus.Fail, () => HealthySite.Case(
            replica: HealthySite.Replica with
            {
                Apply = Reading.Of(new ApplyFacts { Workers = 4, PreservesOrder = true, CrashSafe = false }),
            })),
        ("MyISAM", "DB-025", FindingStatus.Fail, () => HealthySite.Case(
            HealthySite.Primary with { Tables = Reading.Of(new TableFacts { NonTransactional = ["shop.log (MyISAM)"] }) })),
        ("by file and offset", "DB-028", FindingStatus.Fail, () => Channel(channel => channel with { AutoPosition = false })),
        ("an account without a name", "DB-042", FindingStatus.Fail, () => Accessible(new() { User = "", Host = "%", Plugin = "" })),
        ("an account without a password", "DB-042", FindingStatus.Fail, () =>
            Accessible(new() { User = "root", Host = "192.0.2.%", Plugin = "caching_sha2_password" })),
        ("a failover under way", "DB-030", FindingStatus.Warning, () =>
            HealthySite.Case(HealthySite.Primary with { Unfinished = Reading.Of<IReadOnlyList<OperationMark>>([HealthySite.Mark(20)]) })),
        ("a failover that nobody ended", "DB-030", FindingStatus.Fail, () => HealthySite.Case(
            replica: HealthySite.Replica with { Unfinished = Reading.Of<IReadOnlyList<OperationMark>>([HealthySite.Mark(400)]) })),
        ("an event that runs nowhere", "DB-031", FindingStatus.Fail, () =>
            HealthySite.Case(Events(HealthySite.Primary, true, EventStatus.ReplicaSideDisabled))),
        ("an event that runs on a replica", "DB-031", FindingStatus.Fail, () =>
            HealthySite.Case(replica: Events(HealthySite.Replica, true, EventStatus.Enabled))),
        ("a scheduler that is off", "DB-031", FindingStatus.Warning, () =>
            HealthySite.Case(Events(HealthySite.Primary, false, EventStatus.Enabled))),
        ("an undeclared replica", "DB-032", FindingStatus.Fail, () => HealthySite.Case(
            HealthySite.Primary with
            {
                Readers = Reading.Of<IReadOnlyList<ConnectedReplica>>([new() { ConnectionId = 3, User = "repl", Host = "192.0.2.99" }]),
            })),
        ("an unlogged database", "DB-009", FindingStatus.Fail, () =>
            HealthySite.Case(HealthySite.Primary with { LogFilters = Reading.Of<IReadOnlyList<string>>(["Binlog_Do_DB=shop"]) })),
        ("an unlogged database of the source", "DB-013", FindingStatus.Fail, () =>
            HealthySite.Case(HealthySite.Primary with { LogFilters = Reading.Of<IReadOnlyList<string>>(["Binlog_Do_DB=shop"]) })),
        ("skipped errors", "DB-013", FindingStatus.Fail, () => HealthySite.Case(
            replica: HealthySite.Replica with
            {
                Apply = Reading.Of(HealthySite.Replica.Apply.Value! with { Lenient = ["replica_skip_errors=all"] }),
            })),
        ("an account that is missing on the replica", "DB-034", FindingStatus.Fail, () => HealthySite.Case(
            replica: HealthySite.Replica with
            {
                Objects = Reading.Of<IReadOnlyList<ServerObject>>([
                    .. HealthySite.Replica.Objects.Value!.Where(one => one.Kind != "account"),
                ]),
            })),
        ("a routine that differs on the replica", "DB-034", FindingStatus.Fail, () => HealthySite.Case(
            replica: HealthySite.Replica with
            {
                Objects = Reading.Of<IReadOnlyList<ServerObject>>([
                    .. HealthySite.Replica.Objects.Value!.Select(one => one.Kind == "routine" ? one with { Digest = "other" } : one),
                ]),
            })),
        ("an older patch release", "DB-016", FindingStatus.Warning, () => HealthySite.Case(
            HealthySite.Primary with { Identity = Reading.Of(HealthySite.Primary.Identity.Value! with { Version = "9.7.1" }) })),
        ("no endpoint", "DB-027", FindingStatus.Warning, () => HealthySite.Case(
            site: HealthySite.Site with { Policy = HealthySite.Site.Policy with { Database = Policy with { WriteEndpoint = null } } })),
    ];

    public static TheoryData<string> FaultNames => [.. Faults.Select(fault => fault.Fault)];

    [Theory]
    [InlineData("%", "ANY", false)]
    [InlineData("localhost", "", true)]
    [InlineData("%", "X509", true)]
    [InlineData("192.0.2.%", "1", false)]
    [InlineData("%", "3", true)]
    public void An_account_without_a_password_is_open_unless_it_is_local_or_needs_a_certificate(string host, string type, bool passes)
    {
        OpenAccount account = Assert.Single(OpenAccount.From(
            [Operations.Model.Rows.Of(("user", "app"), ("host", host), ("ssl_type", type), ("plugin", "mysql_native_password"))]));

        Assert.Equal(
            passes ? FindingStatus.Pass : FindingStatus.Fail,
            RoleControls.NoneOpen.Judge(Accessible(account)).First(static verdict => verdict.Server == "web-01").Status);
    }

    [Fact]
    public void A_healthy_site_passes_everything() =>
        Assert.All(
            Judge(HealthySite.Case()),
            finding => Assert.True(
                finding.Status is FindingStatus.Pass or FindingStatus.NotApplicable,
                $"{finding.ControlId} {finding.Server} {finding.Target}: {finding.Status} {finding.Actual}{finding.Reason}"));

    [Theory]
    [MemberData(nameof(FaultNames))]
    public void A_fault_is_seen_by_its_control_and_by_no_other(string name)
    {
        (_, string control, FindingStatus status, Func<SiteCase<ReplicationFacts>> broken) = Faults.Single(fault => fault.Fault == name);
        List<Finding> bad = [.. Judge(broken()).Where(finding => finding.Status is FindingStatus.Fail or FindingStatus.Warning)];
        Assert.Contains(bad, finding => finding.ControlId == control && finding.Status == status);
        string[] alsoTrue = name switch
        {
            "nobody writes" => ["DB-003", "DB-007"],
            "an unlogged database" or "an unlogged database of the source" => ["DB-009", "DB-013"],
            _ => [],
        };
        Assert.Empty(bad.Select(finding => finding.ControlId).Distinct().Except([control, .. alsoTrue]));
        Assert.All(
            bad, finding => Assert.False(string.IsNullOrEmpty(finding.Remediation) || finding.Expected is null || finding.Actual is null));
    }

    [Fact]
    public void Tables_that_the_login_may_not_see_are_unknown()
    {
        ReplicationFacts partial = HealthySite.Primary with { Tables = Reading.Of(new TableFacts()) };
        Finding finding = Judge(HealthySite.Case(partial)).Single(finding => finding is { ControlId: "DB-025", Server: "web-01" });
        Assert.Equal(FindingStatus.Unknown, finding.Status);
        Assert.Contains("GRANT SELECT ON *.*", finding.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_primaries_are_critical()
    {
        ReplicationFacts second = HealthySite.Primary with { Identity = HealthySite.Replica.Identity };
        Finding finding = Judge(HealthySite.Case(replica: second)).Single(finding => finding.ControlId == "DB-002");
        Assert.Equal(
            (FindingStatus.Fail, Severity.Critical, "web-01, web-02 take writes"), (finding.Status, finding.Severity, finding.Actual));
    }

    [Fact]
    public void What_could_not_be_read_is_never_a_pass()
    {
        ReplicationFacts nothing = ReplicationFacts.Unreadable("no privilege", "test") with { Refusal = null };
        List<Finding> findings = [.. Judge(HealthySite.Case(nothing, nothing))];
        Assert.Equal(
            ["DB-001"], findings.Where(finding => finding.Status == FindingStatus.Pass).Select(finding => finding.ControlId).Distinct());
        Assert.All(findings.Where(finding => finding.Status == FindingStatus.Unknown), finding => Assert.NotNull(finding.Reason));
    }

    /// <summary>Why is told by the control whose subject it is, with what follows; each finding stays one.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Why_a_member_does_not_answer_is_told_once(bool machineAnswers)
    {
        const string Why = "mysqld does not listen";
        SiteCase<ReplicationFacts> refused = HealthySite.Case(replica: ReplicationFacts.Unreadable(Why, "test"));
        SiteCase<ReplicationFacts> dead = machineAnswers
            ? refused
            : refused with
            {
                Facts = new Dictionary<string, Reading<ReplicationFacts>>(
                    refused.Facts) { ["web-02"] = Reading.Unreadable<ReplicationFacts>(Why) },
            };
        Finding[] findings = [.. Judge(dead).Where(finding => finding.Server == "web-02")];
        Finding told = Assert.Single(
            findings, finding => $"{finding.Actual}{finding.Reason}{finding.Evidence}".Contains(Why, StringComparison.Ordinal));
        Assert.Equal("DB-001", told.ControlId);
        Assert.Contains("othing else of it can be judged", told.Actual ?? told.Reason, StringComparison.Ordinal);
        Assert.All(
            findings.Except([told]),
            finding => Assert.Equal((FindingStatus.Unknown, "web-02 does not answer: see DB-001"), (finding.Status, finding.Reason)));
        Assert.True(findings.Length > 20);
    }

    [Fact]
    public void What_was_committed_between_two_looks_is_neither_errant_nor_missing()
    {
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        GtidFacts source = HealthySite.Primary.Gtid.Value! with
        {
            ReadAt = now,
            ExecutedLater = $"{HealthySite.UuidA}:1-120",
            AskedLaterAt = now.AddSeconds(1),
        };
        GtidFacts replica = HealthySite.Replica.Gtid.Value! with { Executed = $"{HealthySite.UuidA}:1-110", ReadAt = now.AddSeconds(0.5) };
        Assert.Equal("", Link(source, replica).Errant);
        Assert.Equal($"{HealthySite.UuidA}:121-130", Link(source, replica with { Executed = $"{HealthySite.UuidA}:1-130" }).Errant);
        Assert.Equal("", Link(source, replica with { Executed = $"{HealthySite.UuidA}:1-130", ReadAt = now.AddSeconds(2) }).Errant);
        Assert.Equal(
            $"{HealthySite.UuidB}:1",
            Link(
                source, replica with { Executed = $"{HealthySite.UuidA}:1-130,{HealthySite.UuidB}:1", ReadAt = now.AddSeconds(2) }).Errant);

        static ReplicationLink Link(GtidFacts source, GtidFacts replica) => Assert.Single(ReplicationTopology.Of(HealthySite.Case(
            HealthySite.Primary with { Gtid = Reading.Of(source) }, HealthySite.Replica with { Gtid = Reading.Of(replica) })).Links);
    }

    [Fact]
    public void A_copied_MariaDB_replica_without_a_log_of_its_own_is_not_behind()
    {
        GtidFacts source = new() { Enabled = true, Enforced = true, Executed = "0-1-100", Position = "0-1-100", TransactionsPerSecond = 0 };
        ReplicationFacts primary = Identity(HealthySite.Primary, identity => identity with { Flavor = DatabaseFlavor.MariaDb }) with
        {
            Gtid = Reading.Of(source),
        };
        ReplicationFacts replica = Identity(HealthySite.Replica, identity => identity with { Flavor = DatabaseFlavor.MariaDb }) with
        {
            Gtid = Reading.Of(source with { Executed = "" }),
        };
        Assert.Equal(0, Assert.Single(ReplicationTopology.Of(HealthySite.Case(primary, replica)).Links).BacklogTransactions);
    }

    [Fact]
    public void Control_ids_are_stable_and_unique()
    {
        List<string> ids = [.. DatabaseControls.All.Select(control => control.Info.Id)];
        Assert.Equal(ids.Distinct().Order(StringComparer.Ordinal), ids);
        Assert.All(DatabaseControls.All, control => Assert.Equal(Area.Database, control.Info.Area));
    }

    [Fact]
    public void A_database_that_refuses_the_login_answers_and_is_not_known()
    {
        ReplicationFacts refused = ReplicationFacts.Unreadable("web-01: Access denied for user 'nobody'", "the database connection");

        Verdict silent = Judged(refused);
        Verdict denied = Judged(refused with { IsLoginRefused = true });

        Assert.Equal(FindingStatus.Fail, silent.Status);
        Assert.Equal(FindingStatus.Unknown, denied.Status);
        Assert.Contains("-DatabaseCredential", denied.Remediation, StringComparison.Ordinal);

        static Verdict Judged(ReplicationFacts facts) => Assert.Single(
            RoleControls.Answers.Judge(HealthySite.Case(facts)), static verdict => verdict.Server == "web-01");
    }

    [Fact]
    public void Facts_survive_a_snapshot()
    {
        string json = JsonSerializer.Serialize(HealthySite.Replica);
        ReplicationFacts? read = JsonSerializer.Deserialize<ReplicationFacts>(json);
        Assert.Equal(json, JsonSerializer.Serialize(read));
        Assert.Contains("\"Running\"", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("%", true)]
    [InlineData("192.0.2.12", true)]
    [InlineData("192.0.2._2", true)]
    [InlineData("192.0.2.0/255.255.255.0", true)]
    [InlineData("192.0.2.0/28", true)]
    [InlineData("192.0.2.0/29", false)]
    [InlineData("WEB-02", true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("192.0.2.0/99", false)]
    [InlineData("localhost", false)]
    public void An_accounts_host_is_matched_as_the_server_does(string host, bool allowed) =>
        Assert.Equal(allowed, AccountHost.Allows(host, HealthySite.Site.Servers[1]));

    private static IEnumerable<Finding> Judge(SiteCase<ReplicationFacts> facts) =>
        DatabaseControls.All.SelectMany(control => control.Apply(facts, null, facts.Time));

    private static ReplicationFacts Events(ReplicationFacts facts, bool scheduler, EventStatus status) =>
        facts with
        {
            Events = Reading.Of(new EventFacts
            {
                SchedulerOn = scheduler,
                Events = [new() { Schema = "shop", Name = "tick", Status = status }],
            }),
        };

    private static ReplicationFacts Guard(ReplicationFacts facts, Func<WriteGuard, WriteGuard> change) =>
        facts with { Guard = Reading.Of(change(facts.Guard.Value!)) };

    private static ReplicationFacts Gtid(ReplicationFacts facts, Func<GtidFacts, GtidFacts> change) =>
        facts with { Gtid = Reading.Of(change(facts.Gtid.Value!)) };

    private static ReplicationFacts Identity(ReplicationFacts facts, Func<DatabaseIdentity, DatabaseIdentity> change) =>
        facts with { Identity = Reading.Of(change(facts.Identity.Value!)) };

    private static ReplicationFacts WithChannel(Func<ReplicationChannel, ReplicationChannel> change) =>
        HealthySite.Replica with { Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([change(HealthySite.Channel)]) };

    private static SiteCase<ReplicationFacts> Channel(Func<ReplicationChannel, ReplicationChannel> change) =>
        HealthySite.Case(replica: WithChannel(change));

    private static SiteCase<ReplicationFacts> Binlog(Func<BinlogFacts, BinlogFacts> change) =>
        HealthySite.Case(HealthySite.Primary with { Binlog = Reading.Of(change(HealthySite.Primary.Binlog.Value!)) });

    private static SiteCase<ReplicationFacts> SemiSync(Func<SemiSyncFacts, SemiSyncFacts> change) =>
        HealthySite.Case(HealthySite.Primary with { SemiSync = Reading.Of(change(HealthySite.Primary.SemiSync.Value!)) });

    private static SiteCase<ReplicationFacts> Storage(Func<DatabaseStorage, DatabaseStorage> change) =>
        HealthySite.Case(HealthySite.Primary with { Storage = Reading.Of(change(HealthySite.Primary.Storage.Value!)) });

    private static SiteCase<ReplicationFacts> Accessible(OpenAccount account) =>
        HealthySite.Case(HealthySite.Primary with { OpenAccounts = Reading.Of<IReadOnlyList<OpenAccount>>([account]) });

    private static SiteCase<ReplicationFacts> Open(OpenTransaction transaction) =>
        HealthySite.Case(HealthySite.Primary with { Transactions = Reading.Of<IReadOnlyList<OpenTransaction>>([transaction]) });
}
