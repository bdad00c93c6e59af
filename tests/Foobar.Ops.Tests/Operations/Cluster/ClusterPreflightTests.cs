using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Cluster;
using Foobar.Ops.Planning;
using Foobar.Ops.Tests.Database;
using static Foobar.Ops.Tests.Database.ClusterSamples;

namespace Foobar.Ops.Tests.Operations.Cluster;

/// <summary>Where the writes of a cluster are led, and what stands in the way.</summary>
public sealed class ClusterPreflightTests
{
    private static readonly string[] AtFirst = ["web-01"];

    private static readonly string Recovering = GroupHealthy.Replace("db-03\tONLINE", "db-03\tRECOVERING", StringComparison.Ordinal);

    private static readonly (string Fault, string Code, Func<ClusterPreflight> Preflight)[] Faults =
    [
        ("no quorum", "NoQuorum", () => Judge(Case(Galera(GaleraLost), null, null))),
        ("no quorum of a group", "NoQuorum", () => Judge(Case(Group(GroupLost), null, null))),
        ("split brain", "SplitBrain", () => Judge(
            Case(
                Group(GroupForced),
                Group(
                    GroupForced.Replace(Web1, Web2, StringComparison.Ordinal).Replace("web-01", "web-02", StringComparison.Ordinal), Web2),
                null))),
        ("a donor", "NotInStep", () => Judge(
            Case(Galera(), Galera(GaleraHealthy.Replace("comment\tSynced", "comment\tDonor/Desynced", StringComparison.Ordinal)), Galera()),
            new() { To = "web-02" })),
        ("a candidate set apart", "NotInStep", () => Judge(
            Case(Galera(), Galera(GaleraHealthy.Replace("desync_count\t0", "desync_count\t1", StringComparison.Ordinal)), Galera()),
            new() { To = "web-02" })),
        ("one that recovers", "NotInStep", () =>
            Judge(Case(Group(Recovering), Group(Recovering, Web2), Group(Recovering, Db3)), new() { To = "db-03" })),
        ("one that is cut off", "NotInMajority", () => Judge(Case(Galera(), Galera(), Galera(GaleraLost)), new() { To = "db-03" })),
        ("one that does not answer", "Unreachable", () => Judge(Case(Galera(), null, Galera()), new() { To = "web-02" })),
        ("one that is never promoted", "NeverPromote", () => Judge(
            Case(Galera(), Galera(), Galera(), Policy(ClusterKind.Galera) with { NeverPromote = ["web-02"] }), new() { To = "web-02" })),
        ("several primaries", "MultiPrimary", () => Judge(Case(Multi(Web1), Multi(Web2), Multi(Db3)))),
        ("several writers", "SeveralWriters", () =>
            Judge(Case(Galera(), Galera(), Galera(), Policy(ClusterKind.Galera) with { Writers = 2 }))),
        ("an endpoint that leads to two", "Endpoint", () =>
            ClusterPreflight.Judge(Case(Galera(), Galera(), Galera()), new(), ["web-01", "web-02"])),
        ("an endpoint that does not tell", "Endpoint", () => ClusterPreflight.Judge(Case(Galera(), Galera(), Galera()), new(), null)),
        ("there already", "AlreadyPrimary", () => Judge(Case(Galera(), Galera(), Galera()), new() { To = "web-01" })),
        ("nobody of that name", "Candidate", () => Judge(Case(Galera(), Galera(), Galera()), new() { To = "web-09" })),
        ("another operation", "OperationRunning", () => Judge(Running())),
    ];

    public static TheoryData<string> FaultNames => [.. Faults.Select(fault => fault.Fault)];

    [Fact]
    public void In_Galera_the_endpoint_moves_and_nobody_is_elected()
    {
        ClusterPreflight preflight = Judge(Case(Galera(), Galera(), Galera()));
        Assert.Empty(preflight.Blockers);
        Assert.Equal(
            ("web-01", "web-02", "web-01", true, false),
            (preflight.Old, preflight.New, preflight.Writer, preflight.OldIsIn, preflight.Elects));
        Assert.Equal("db-03", Judge(Case(Galera(), Galera(), Galera(), Policy(ClusterKind.Galera) with { Preferred = ["db-03"] })).New);
    }

    [Fact]
    public void A_group_elects_the_candidate()
    {
        ClusterPreflight preflight = Judge(
            Case(Group(GroupHealthy), Group(GroupHealthy, Web2), Group(GroupHealthy, Db3)), new() { To = "db-03" });
        Assert.Empty(preflight.Blockers);
        Assert.Equal(
            ("web-01", "db-03", "web-01", true, true),
            (preflight.Old, preflight.New, preflight.Writer, preflight.OldIsIn, preflight.Elects));
        Assert.Equal((Guid.Parse(Db3), Guid.Parse(Web1)), (preflight.NewUuid, preflight.WriterUuid));
    }

    [Fact]
    public void The_endpoint_follows_a_group_that_has_elected_by_itself()
    {
        // web-01, to which the endpoint leads, is dead.
        ClusterPreflight preflight = Judge(
            Case(
                null, Group(GroupKilled, Web2),
                Group(GroupKilled.Replace("UNREACHABLE", "ONLINE", StringComparison.Ordinal), Db3),
                Policy(ClusterKind.GroupReplication)));
        Assert.Empty(preflight.Blockers);
        Assert.Equal(
            ("web-01", "web-02", "web-02", false, false),
            (preflight.Old, preflight.New, preflight.Writer, preflight.OldIsIn, preflight.Elects));
        Assert.Equal("OldMemberOut", Assert.Single(preflight.Warnings, warning => warning.Server == "web-01").Code);
    }

    [Theory]
    [MemberData(nameof(FaultNames))]
    public void A_fault_blocks_and_says_why(string fault)
    {
        (_, string code, Func<ClusterPreflight> preflight) = Faults.Single(one => one.Fault == fault);
        FailoverBlocker blocker = Assert.Single(preflight().Blockers, blocker => blocker.Code == code);
        Assert.NotEmpty(blocker.Remediation);
    }

    [Fact]
    public void A_marker_that_one_member_still_shows_and_another_one_has_seen_ended_is_no_operation()
    {
        OperationMark ended = HealthySite.Mark(5) with { State = OperationState.Completed };
        Assert.Empty(
            Judge(
                With(
                    Running(), "web-01",
                    member => member with { LastOperation = Reading.Of<IReadOnlyList<OperationMark>>([ended]) })).Blockers);
        Assert.NotEmpty(
            Judge(
                With(
                    Running(), "web-01",
                    member => member with
                    {
                        LastOperation = Reading.Of<IReadOnlyList<OperationMark>>([ended with { Since = ended.Since.AddSeconds(-1) }]),
                    })).Blockers);
    }

    [Fact]
    public void Parameters_survive_the_journal()
    {
        ClusterParameters order = Order() with { Before = "1", TakenOverFrom = "2" };
        Assert.Equal(order, ClusterParameters.Of(order.ToParameters()));
        Assert.True(OperationKeys.IsCluster(order.ToParameters()));
        foreach (string name in (string[])["id", "kind", "old", "new", "writer", "oldIsIn", "elects"])
        {
            Assert.Contains(
                name,
                Assert.Throws<ParseException>(
                    () => ClusterParameters.Of(order.ToParameters().Where(one => one.Key != name).ToDictionary())).Message,
                StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData($"{History}:10", $"{History}:10", "")]
    [InlineData($"{History}:10", $"{History}:9", $"{History}:10-10")]
    [InlineData($"{History}:10", $"{Web1}:99", $"{History}:10, of another history than {Web1}:99")]
    public void What_a_member_lacks_is_named(string position, string own, string missing) =>
        Assert.Equal(missing, ClusterPosition.Missing(ClusterKind.Galera, position, own));

    [Theory]
    [InlineData(PlanOutcome.Completed, "10", "10", 0, ProofVerdict.Proven)]
    [InlineData(PlanOutcome.Completed, "10", "9", 0, ProofVerdict.Disproven)]
    [InlineData(PlanOutcome.Completed, null, "9", 0, ProofVerdict.Unprovable)]
    [InlineData(PlanOutcome.Completed, "10", null, 0, ProofVerdict.Unprovable)]
    [InlineData(PlanOutcome.Completed, "10", "10", 1, ProofVerdict.Disproven)]
    [InlineData(PlanOutcome.Undone, null, null, 0, ProofVerdict.Proven)]
    [InlineData(PlanOutcome.UndoFailed, "10", "10", 0, ProofVerdict.Unprovable)]
    public void Nothing_lost_is_proved_by_what_the_members_have_committed(
        PlanOutcome outcome, string? final, string? now, int lost, ProofVerdict expected)
    {
        CanaryAccount account = new(Acknowledged: 5, Lost: lost, Doubled: 0);
        Assert.Equal(
            expected,
            ClusterProof.Judge(
                Order(), outcome, final is null
                    ? null
                    : $"{History}:{final}", now is null ? null : $"{History}:{now}", "", account).Verdict);
    }

    private static ClusterPreflight Judge(SiteCase<ReplicationFacts> facts, FailoverOptions? options = null) =>
        ClusterPreflight.Judge(facts, options ?? new(), AtFirst);

    private static ClusterParameters Order() =>
        new()
        {
            Id = "0199",
            Kind = ClusterKind.Galera,
            Old = "web-01",
            New = "web-02",
            Writer = "web-01",
            OldIsIn = true,
            Elects = false,
            NewUuid = Guid.Parse(Web2),
        };

    private static SiteCase<ReplicationFacts> Running() =>
        With(
            Case(Galera(), Galera(), Galera()), "db-03",
            member => member with { Unfinished = Reading.Of<IReadOnlyList<OperationMark>>([HealthySite.Mark(5)]) });

    private static SiteCase<ReplicationFacts> With(
        SiteCase<ReplicationFacts> site, string name, Func<ReplicationFacts, ReplicationFacts> change) =>
        site with
        {
            Facts = new Dictionary<string, Reading<ReplicationFacts>>(site.Facts) { [name] = Reading.Of(change(site.Facts[name].Value!)) },
        };

    private static ClusterFacts Multi(string self) =>
        Group(
            GroupHealthy.Replace("SECONDARY", "PRIMARY", StringComparison.Ordinal),
            self,
            GroupSettings.Replace("single_primary_mode\tON", "single_primary_mode\tOFF", StringComparison.Ordinal));
}
