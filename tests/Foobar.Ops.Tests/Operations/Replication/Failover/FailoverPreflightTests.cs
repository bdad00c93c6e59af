using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Detection;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Tests.Database;
using DatabasePolicy = Foobar.Ops.Inventory.DatabasePolicy;

namespace Foobar.Ops.Tests.Operations.Replication.Failover;

/// <summary>What an emergency failover is refused for, and what it says may be lost.</summary>
public sealed class FailoverPreflightTests
{
    private static readonly DatabasePolicy Usual = new();

    private static readonly PrimaryVerdict Dead = new()
    {
        Primary = "web-01",
        Dead = true,
        Cause = PrimaryCause.DatabaseDown,
        Reason = "dead.",
        Reports = [],
    };
    private static readonly LossEstimate Nothing = new() { Bound = LossBound.Nothing, Reason = "nothing." };
    private static readonly LossEstimate Something = new() { Bound = LossBound.AfterLastReceived, Reason = "something." };

    private static ReplicationFacts Replica => HealthySite.Replica;

    // It received seven transactions that web-02 did not.
    private static ReplicationFacts Ahead =>
        HealthySite.Further with
        {
            Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([
                HealthySite.Channel with { Received = $"{HealthySite.UuidA}:90-107" },
            ]),
        };

    private static SiteCase<ReplicationFacts> Dying(ReplicationFacts further) =>
        HealthySite.CaseOfThree(ReplicationFacts.Unreadable("it is being judged from outside", "test"), Replica, further);

    [Fact]
    public void A_dead_primary_and_a_healthy_replica_have_no_blocker() => Assert.Empty(Judge(Replica, Dead, Nothing));

    [Theory]
    [InlineData(PrimaryCause.Alive, "PrimaryAlive")]
    [InlineData(PrimaryCause.CutFromOperator, "PrimaryAlive")]
    [InlineData(PrimaryCause.CutFromReplica, "PrimaryAlive")]
    [InlineData(PrimaryCause.CutFromBalancer, "PrimaryAlive")]
    [InlineData(PrimaryCause.Unclear, "PrimaryUnclear")]
    public void One_that_is_not_dead_blocks(PrimaryCause cause, string code)
    {
        FailoverBlocker blocker = Assert.Single(
            Judge(
                Replica,
                Dead with
                {
                    Dead = false,
                    Cause = cause,
                    Reports =
                    [
                        new() { Observer = Observer.Balancer, Server = "lb-01", ProbeOutcome = ProbeOutcome.Answers, Evidence = "greeted" },
                    ],
                },
                Nothing));
        Assert.Equal(code, blocker.Code);
        Assert.Contains("lb-01: Answers: greeted", blocker.Message, StringComparison.Ordinal);
        Assert.NotEmpty(blocker.Remediation);
    }

    [Fact]
    public void Loss_is_to_be_accepted_where_it_may_be_and_only_there()
    {
        Assert.Equal("DataLoss", Assert.Single(Judge(Replica, Dead, Something)).Code);
        Assert.Empty(Judge(Replica, Dead, Something, accept: true));
        Assert.Empty(Judge(Replica, Dead, Something with { Bound = LossBound.NothingAcknowledged }));
    }

    [Fact]
    public void What_would_make_a_bad_primary_blocks()
    {
        Assert.Equal(
            "ReplicationStopped",
            Single(
                Replica with
                {
                    Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([
                        HealthySite.Channel with { Applier = ReplicationThread.Stopped, ApplierError = "1062: duplicate" },
                    ]),
                }));
        Assert.Equal(
            "Filtered",
            Single(
                Replica with
                {
                    Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([HealthySite.Channel with { DelaySeconds = 60 }]),
                }));
        Assert.Equal(
            "NoGtid",
            Single(
                Replica with
                {
                    Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([HealthySite.Channel with { AutoPosition = false }]),
                }));
        Assert.Equal(
            "BinlogState", Single(Replica with { Gtid = Reading.Of(Replica.Gtid.Value! with { Executed = "", Position = "0-1-100" }) }));
        Assert.Equal("NoBinaryLog", Single(Replica with { Binlog = Reading.Of(Replica.Binlog.Value! with { LogsReplicated = false }) }));
        Assert.Equal("FileSystem", Single(Replica with { Storage = Reading.Unreadable<DatabaseStorage>("no") }));
        Assert.Equal("Unreachable", Single(ReplicationFacts.Unreadable("refused", "test")));
        Assert.Equal("Primary", Single(Replica with { Guard = HealthySite.Primary.Guard }));

        // A receiver that lost its source is no reason: that is why this is done.
        Assert.Empty(
            Judge(
                Replica with
                {
                    Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([
                        HealthySite.Channel with { Receiver = ReplicationThread.Connecting, ReceiverError = "2003: gone" },
                    ]),
                },
                Dead, Nothing));
    }

    [Fact]
    public void An_endpoint_that_leads_elsewhere_blocks()
    {
        Assert.Equal("Endpoint", Assert.Single(Judge(Replica, Dead, Nothing, open: ["web-01", "web-02"])).Code);
        Assert.Empty(Judge(Replica, Dead, Nothing, open: []));
    }

    [Fact]
    public void What_an_emergency_failover_left_half_done_does_not_block_the_next_one()
    {
        ReplicationFacts stopped = Replica with
        {
            Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([
                HealthySite.Channel with { Receiver = ReplicationThread.Stopped, Applier = ReplicationThread.Stopped },
            ]),
        };
        Assert.Empty(Judge(stopped, Dead, Nothing, open: []));
        Assert.Empty(Judge(stopped with { Guard = HealthySite.Primary.Guard }, Dead, Nothing, open: []));

        // Stopped before its end, and promoted by somebody else.
        Assert.Equal(
            "ReplicationStopped",
            Single(
                stopped with
                {
                    Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([
                        stopped.Channels.Value![0] with
                        {
                            Received = HealthySite.Channel.Received + ",bbbbbbbb-0000-0000-0000-00000000000b:1-5",
                        },
                    ]),
                }));
        Assert.Equal("Primary", Single(stopped with { Guard = HealthySite.Primary.Guard }));
    }

    [Fact]
    public void A_replica_that_is_never_promoted_gives_what_it_has_to_another()
    {
        List<FailoverBlocker> blockers = [];
        ReplicationTopology topology = ReplicationTopology.Of(Dying(Ahead));
        DatabasePolicy never = new() { NeverPromote = ["DB-03"] };

        Assert.Equal("web-02", FailoverPreflight.Choose(topology, never, ["web-02", "db-03"], null, blockers)!.Name);
        Assert.Empty(blockers);
        Assert.Equal("db-03", FailoverPreflight.Choose(topology, never, ["db-03"], null, blockers)!.Name);
        Assert.Equal("NeverPromote", Assert.Single(blockers).Code);
    }

    [Fact]
    public void A_wrong_candidate_blocks()
    {
        List<FailoverBlocker> blockers = [];
        ReplicationTopology topology = ReplicationTopology.Of(HealthySite.Case());
        Assert.Equal(new("web-02", null), FailoverPreflight.Choose(topology, Usual, ["web-02"], null, blockers));
        Assert.Empty(blockers);
        Assert.Null(FailoverPreflight.Choose(topology, Usual, ["web-02"], "web-01", blockers));
        Assert.Equal("Candidate", Assert.Single(blockers).Code);
    }

    [Fact]
    public void The_most_advanced_replica_is_chosen_and_one_that_is_asked_for_takes_what_it_lacks()
    {
        List<FailoverBlocker> blockers = [];
        ReplicationTopology topology = ReplicationTopology.Of(Dying(Ahead));
        Assert.Equal(
            new("db-03", "db-03 was chosen of web-02, db-03: it has received the most"),
            FailoverPreflight.Choose(topology, Usual, ["web-02", "db-03"], null, blockers));
        Assert.Equal(new("web-02", null), FailoverPreflight.Choose(topology, Usual, ["web-02", "db-03"], "web-02", blockers));
        Assert.Empty(blockers);
        Assert.Equal((7, 0), (FailoverPreflight.Lacks(topology, "web-02", "db-03"), FailoverPreflight.Lacks(topology, "db-03", "web-02")));

        ReplicationFacts silent = Ahead with { Binlog = Reading.Of(Ahead.Binlog.Value! with { LogsReplicated = false }) };
        Assert.Equal(
            "web-02",
            FailoverPreflight.Choose(ReplicationTopology.Of(Dying(silent)), Usual, ["web-02", "db-03"], "web-02", blockers)!.Name);
        FailoverBlocker blocker = Assert.Single(blockers);
        Assert.Contains(
            "lacks 7 transactions that db-03 has received, and can't take them: db-03 keeps no complete binary log",
            blocker.Message, StringComparison.Ordinal);
        Assert.Contains("db-03", blocker.Remediation, StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_replicates_from_the_primary_or_does_not_answer_shall_follow()
    {
        Assert.Equal(["db-03"], Others(Ahead));
        Assert.Empty(Warnings(Ahead));
        Assert.Equal(["db-03"], Others(ReplicationFacts.Unreadable("refused", "test")));
        Assert.Contains(
            "can't be asked: refused", Assert.Single(Warnings(ReplicationFacts.Unreadable("refused", "test"))), StringComparison.Ordinal);
        ReplicationFacts detached = Ahead with { Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([]) };
        Assert.Empty(Others(detached));
        Assert.Contains("replicates from none", Assert.Single(Warnings(detached)), StringComparison.Ordinal);

        static IReadOnlyList<string> Others(ReplicationFacts further) =>
            FailoverPreflight.Others(ReplicationTopology.Of(Dying(further)), "web-01", "web-02");

        static IEnumerable<string> Warnings(ReplicationFacts further) =>
            FailoverPreflight.JudgeOthers(ReplicationTopology.Of(Dying(further)), "web-01", "web-02").Select(warning => warning.Message);
    }

    [Theory]
    [InlineData(null, LossBound.NothingAcknowledged)]
    [InlineData("its commits may have stopped waiting", LossBound.AfterLastReceived)]
    public void Waiting_commits_bound_the_loss_only_where_it_is_proved_that_they_waited(string? doubt, LossBound bound)
    {
        LossEstimate loss = LossEstimate.Of(DatabaseFlavor.MariaDb, null, null, new() { Received = "0-1-9", SemiSyncActive = true }, doubt);
        Assert.Equal((bound, "0-1-9"), (loss.Bound, loss.LastReceivedGtids));
        Assert.Equal(doubt is not null, loss.NeedsAcceptance);
        Assert.Contains(doubt ?? "holds every acknowledged write", loss.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_other_replicas_received_counts_as_held() => Assert.Contains(
        "waited for a replica until the primary died, so the candidate holds, with what it takes from db-03, every acknowledged write",
        LossEstimate.Of(
            DatabaseFlavor.MariaDb, null, null,
            new() { Received = "0-1-9", SemiSyncActive = true, Others = ["db-03"] },
            doubt: null).Reason,
        StringComparison.Ordinal);

    [Fact]
    public void A_log_that_could_be_read_bounds_the_loss_exactly()
    {
        BinlogDump dump = BinlogDump.Parse(
            DatabaseFlavor.MySql,
            "SET @@SESSION.GTID_NEXT= 'aaaaaaaa-0000-0000-0000-000000000001:7'/*!*/;\nBEGIN\n/*!*/;\nCOMMIT/*!*/;\n"u8.ToArray());
        LossEstimate loss = LossEstimate.Of(DatabaseFlavor.MySql, dump, null, new() { Received = "" }, "nothing is known");
        Assert.Equal(
            (LossBound.Nothing, 1, "aaaaaaaa-0000-0000-0000-000000000001:7"), (loss.Bound, loss.SalvageableCount, loss.SalvageableGtids));
    }

    [Fact]
    public void A_journal_gives_the_order_back()
    {
        FailoverParameters order = new()
        {
            Id = "1",
            Old = "web-01",
            New = "web-02",
            MachineAnswers = true,
            Salvage = true,
            SourceFile = "binlog.000002",
            TakenOverFrom = "0",
            Before = "00",
            Durability = new(1, 1),
            CatchUpLimit = TimeSpan.FromSeconds(9),
        };
        Assert.Equal(order, FailoverParameters.Of(order.ToParameters(), TimeSpan.FromSeconds(9)));
        FailoverParameters three = order with { Others = ["db-03", "db-04"], Givers = ["db-04"], Source = ("2001:db8::11", 3306) };
        FailoverParameters read = FailoverParameters.Of(three.ToParameters(), TimeSpan.FromSeconds(9));
        Assert.Equal(three.Others, read.Others);
        Assert.Equal(three.Givers, read.Givers);
        Assert.Equal(three.Source, read.Source);
        Assert.Throws<ParseException>(() => FailoverParameters.Of(new Dictionary<string, string> { ["id"] = "1" }, TimeSpan.Zero));
    }

    [Fact]
    public void A_machine_says_what_is_wrong_with_its_database()
    {
        MachineReport report = MachineReport.Parse(
            "web-01",
            "ActiveState=active\nSubState=running\nFreezerState=running\nunit=mysql.service\npid=77\nprocess=T\ndatadir=/var/lib/mysql\n"
                + "index=/var/lib/mysql/binlog.index\ndata=0\nbinlog=1000\n");
        Assert.True(
            report is { Unit: "mysql.service", State: "active/running", ProcessId: 77, Frozen: true, DiskFull: true, ReadOnly: false });
        Assert.True(
            MachineReport.Parse(
                "web-01",
                "unit=\ndata=5000\nbinlog=5000\nreadonly=1\n") is
                {
                    Unit: null,
                    Runs: false,
                    Frozen: false,
                    DiskFull: false,
                    ReadOnly: true,
                });
        Assert.Throws<ParseException>(() => MachineReport.Parse("web-01", "unit=mysql.service\n"));
    }

    [Fact]
    public void HAProxy_says_what_it_thinks_of_a_member()
    {
        const string Text =
            "# pxname,svname,status,check_status,lastchg,last_chk,\nmysql-write,web-01,DOWN,L4CON,7,Connection refused,\n"
                + "mysql-write,web-02,MAINT,,9,,\n";
        Assert.Equal("HAProxy's check: DOWN for 7 s, L4CON Connection refused", HaproxyEndpoint.Health(Text, "mysql-write", "web-01"));
        Assert.Null(HaproxyEndpoint.Health(Text, "mysql-write", "web-03"));
        Assert.Null(HaproxyEndpoint.Health("", "mysql-write", "web-01"));
    }

    private static string Single(ReplicationFacts replica) => Assert.Single(Judge(replica, Dead, Nothing)).Code;

    private static IReadOnlyList<FailoverBlocker> Judge(
        ReplicationFacts replica, PrimaryVerdict verdict, LossEstimate loss, bool accept = false, IReadOnlyList<string>? open = null) =>
        FailoverPreflight.Judge(
            HealthySite.Case(ReplicationFacts.Unreadable("it is being judged from outside", "test"), replica),
            "web-02", verdict, loss, accept, open ?? ["web-01"]);
}
