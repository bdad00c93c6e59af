using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Database;

namespace Foobar.Ops.Tests.Operations.Replication;

/// <summary>Whether it is proved that a dead primary's commits waited for the candidate.</summary>
public sealed class SourceEvidenceTests
{
    private static readonly DateTimeOffset Read = DateTimeOffset.UnixEpoch;

    private static readonly SemiSyncFacts Waits = new()
    {
        Available = true,
        SourceEnabled = true,
        SourceActive = true,
        Clients = 1,
        ReplicaEnabled = true,
        ReplicaActive = false,
        TimeoutMilliseconds = 10_000,
    };

    private static readonly SourceEvidence Evidence = new() { Source = "web-01", ReadAt = Read, SemiSync = Waits, Replicas = ["web-02"] };

    /// <summary>A site of three members, of which the third may not answer.</summary>
    private static readonly Site Three = HealthySite.Site with
    {
        Servers =
        [
            .. HealthySite.Site.Servers,
            new()
            {
                Name = "web-03",
                Roles = [Role.Database],
                Ssh = new() { Host = "web-03" },
                Addresses = [IPAddress.Parse("192.0.2.13")],
            },
        ],
    };

    [Fact]
    public void A_source_that_waited_a_moment_ago_proves_it() => Assert.Null(Doubt(Evidence, 9));

    [Fact]
    public void A_replica_alone_proves_nothing() => Assert.Contains("nothing is known", Doubt(null, 0), StringComparison.Ordinal);

    /// <summary>What the candidate lacked when the primary was asked last, and twice the highest rate since.</summary>
    [Theory]
    [InlineData("8b1f0c4e-3333-11ef-9a3e-0242ac110002:1-100", 0, 5, 0L)]
    [InlineData("8b1f0c4e-3333-11ef-9a3e-0242ac110002:1-90", 0, 5, 10L)]
    [InlineData("8b1f0c4e-3333-11ef-9a3e-0242ac110002:1-90", 12.5, 2, 60L)]
    [InlineData("8b1f0c4e-3333-11ef-9a3e-0242ac110002:1-100", 0, -1, null)]
    public void What_is_at_risk_is_reckoned_from_the_last_answer(string received, double rate, double age, long? expected)
    {
        SourceEvidence watched = Evidence with { Position = "8b1f0c4e-3333-11ef-9a3e-0242ac110002:1-100", CommitsPerSecond = rate };
        Assert.Equal(expected, watched.AtRisk(DatabaseFlavor.MySql, received, Read + TimeSpan.FromSeconds(age)));
        Assert.Null(Evidence.AtRisk(DatabaseFlavor.MySql, received, Read));
    }

    /// <summary>What the source said, and the words of the doubt.</summary>
    public static TheoryData<string, string> Doubts => new()
    {
        { "off", "was off" }, { "fallen back", "did not wait for a replica any more" }, { "shorter timeout", "holds for 2 s" },
        { "long ago", "holds for 10 s" },
        { "clock set back", "holds for 10 s" }, { "huge timeout, hours ago", "holds for 300 s" },
        { "stops when a replica leaves", "wait_no_replica" },
        { "waiting already", "were waiting already" }, { "not connected then", "was not connected" },
    };

    [Theory]
    [MemberData(nameof(Doubts))]
    public void Everything_else_is_told(string what, string words)
    {
        (SourceEvidence evidence, double age) = what switch
        {
            "off" => (Evidence with { SemiSync = Waits with { SourceEnabled = false, SourceActive = false } }, 1d),
            "fallen back" => (Evidence with { SemiSync = Waits with { SourceActive = false } }, 1),
            "shorter timeout" => (Evidence with { SemiSync = Waits with { TimeoutMilliseconds = 2000 } }, 3),
            "long ago" => (Evidence, 11),
            "clock set back" => (Evidence, -1),
            "huge timeout, hours ago" => (Evidence with { SemiSync = Waits with { TimeoutMilliseconds = 1_000_000_000 } }, 7200),
            "stops when a replica leaves" => (Evidence with { SemiSync = Waits with { WaitsWithoutReplica = false } }, 1),
            "waiting already" => (Evidence with { SemiSync = Waits with { Waiting = 1 } }, 1),
            _ => (Evidence with { Replicas = [] }, 1),
        };
        Assert.Contains(words, Doubt(evidence, age), StringComparison.Ordinal);
    }

    [Fact]
    public void Commits_that_waited_and_were_answered_since_are_no_doubt() =>
        Assert.Null(Doubt(Evidence with { SemiSync = Waits with { Waiting = 3, WaitingAnswered = true } }, 1));

    /// <summary>
    /// Connected replicas, how many must acknowledge, those connected of the members, whether the third answers, and whether it is proved.
    /// </summary>
    [Theory]
    [InlineData(2, 1, true, false, false)]
    [InlineData(2, 2, true, false, true)]
    [InlineData(2, 1, true, true, true)]
    [InlineData(3, 1, true, true, false)]
    [InlineData(1, 1, false, false, false)]
    public void Another_replica_may_have_acknowledged(int clients, int count, bool third, bool answers, bool proved)
    {
        SourceEvidence evidence = Evidence with
        {
            SemiSync = Waits with { Clients = clients, WaitCount = count },
            Replicas = third ? ["web-02", "web-03"] : ["web-02"],
        };
        SiteCase<ReplicationFacts> facts = new(Three, new Dictionary<string, Reading<ReplicationFacts>>
        {
            ["web-02"] = Reading.Of(HealthySite.Replica),
            ["web-03"] = answers ? Reading.Of(HealthySite.Replica) : Reading.Unreadable<ReplicationFacts>("it does not answer"),
        }, Read);
        string? doubt = SourceEvidence.Doubt(evidence, facts, "web-02", active: true, Read.AddSeconds(1));
        Assert.Equal(proved, doubt is null);
        if (!proved)
        {
            Assert.Contains("another one may have acknowledged", doubt, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_reader_that_the_inventory_does_not_name_may_have_acknowledged() =>
        Assert.Contains(
            "another one may have acknowledged",
            Doubt(Evidence with { SemiSync = Waits with { Clients = 2 } }, 1),
            StringComparison.Ordinal);

    [Fact]
    public void A_survey_is_kept_and_found_again()
    {
        DirectoryInfo root = Directory.CreateTempSubdirectory("evidence-");
        try
        {
            OperationStore store = new("www.foobar.com", root.FullName);
            Assert.Null(SourceEvidence.Load(store, "web-01"));
            ReplicationFacts primary = HealthySite.Primary with
            {
                Gtid = Reading.Of(HealthySite.Primary.Gtid.Value! with { ReadAt = Read }),
            };
            SourceEvidence.Keep(store, HealthySite.Case(primary));
            SourceEvidence kept = SourceEvidence.Load(store, "web-01")!;
            Assert.Equal((Read, primary.SemiSync.Value, "web-02"), (kept.ReadAt, kept.SemiSync, Assert.Single(kept.Replicas)));
            Assert.Null(SourceEvidence.Load(store, "web-02"));
            store.Keep("semi-sync.json", "torn");
            Assert.Null(SourceEvidence.Load(store, "web-01"));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(2, 5, 0, true)]
    [InlineData(2, 4, 0, true)]
    [InlineData(2, 3, 0, false)]
    [InlineData(0, 2, 1, false)]
    public void Commits_that_waited_are_answered_when_as_many_were_acknowledged(long waiting, long yes, long no, bool answered)
    {
        ServerVariables variables = Of(("rpl_semi_sync_source_enabled", "ON"), ("rpl_semi_sync_replica_enabled", "ON"));
        SemiSyncFacts first = SemiSyncFacts.From(
            variables,
            Of(
                ("Rpl_semi_sync_source_status", "ON"),
                ("Rpl_semi_sync_source_wait_sessions", $"{waiting}"),
                ("Rpl_semi_sync_source_yes_tx", "2"), ("Rpl_semi_sync_source_no_tx", "0")));
        Assert.Equal(
            answered,
            first.LookedAgain(
                Of(
                    ("Rpl_semi_sync_source_status", "ON"), ("Rpl_semi_sync_source_yes_tx", $"{yes}"),
                    ("Rpl_semi_sync_source_no_tx", $"{no}"))).WaitingAnswered);
        Assert.False(
            first.LookedAgain(
                Of(
                    ("Rpl_semi_sync_source_status", "OFF"),
                    ("Rpl_semi_sync_source_yes_tx", $"{yes}"),
                    ("Rpl_semi_sync_source_no_tx", "0"))).SourceActive);
    }

    private static ServerVariables Of(params (string Name, string Value)[] values) =>
        new(
            values.Select(
                value => new DatabaseRow(
                    [
                        KeyValuePair.Create<string, object?>("Variable_name", value.Name),
                        KeyValuePair.Create<string, object?>("Value", value.Value),
                    ])),
            "test");

    private static string? Doubt(SourceEvidence? evidence, double age) =>
        SourceEvidence.Doubt(
            evidence, HealthySite.Case(ReplicationFacts.Unreadable("dead", "test")), "web-02", active: true, Read.AddSeconds(age));
}
