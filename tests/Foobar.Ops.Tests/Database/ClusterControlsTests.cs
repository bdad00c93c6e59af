using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using static Foobar.Ops.Tests.Database.ClusterSamples;

namespace Foobar.Ops.Tests.Database;

/// <summary>Each control over clusters passes on a healthy one and sees what it is for.</summary>
public sealed class ClusterControlsTests
{
    private static readonly ClusterFacts Lost = Galera(GaleraLost);

    private static readonly string OfTwo = GaleraMembers.Split('\n')[0]
        + "\n"
        + GaleraMembers.Split('\n')[1]
        + "\n"
        + GaleraMembers.Split('\n')[3];

    /// <summary>What is wrong, the control that must say so, how, and of which member.</summary>
    private static readonly (
        string Fault, string Control, FindingStatus Status, string? Server, Func<SiteCase<ReplicationFacts>> Case)[] Faults =
    [
        ("a member of a group is gone", "DB-026", FindingStatus.Fail, "web-01", () =>
            Case(Group(GroupKilled), Group(GroupKilled, Web2), null)),
        ("a group has lost its majority", "DB-026", FindingStatus.Fail, "web-01", () => Case(Group(GroupLost), null, null)),
        ("nobody of a group takes writes", "DB-002", FindingStatus.Unknown, null, () => Case(Group(GroupLost), null, null)),
        ("a member has not joined yet", "DB-026", FindingStatus.Fail, "db-03", () =>
            Case(Group(GroupHealthy), Group(GroupHealthy, Web2), Group(GroupStarting, Db3))),
        ("a member of Galera is gone", "DB-026", FindingStatus.Fail, "web-01", () => Case(Two(), Two(), null)),
        ("two are left", "DB-036", FindingStatus.Warning, "web-02", () => Case(Two(), Two(), null)),
        ("Galera has lost its majority", "DB-026", FindingStatus.Fail, "web-01", () => Case(Lost, null, null)),
        ("one member is cut off", "DB-026", FindingStatus.Fail, "db-03", () => Case(Two(), Two(), Lost)),
        ("a part made itself a cluster", "DB-035", FindingStatus.Fail, null, () => Case(Two(), Two(), Galera(GaleraHealthy, Line(2)))),
        ("two groups of one name", "DB-035", FindingStatus.Fail, null, () => Case(
            Group(GroupForced),
            Group(GroupForced.Replace(Web1, Web2, StringComparison.Ordinal).Replace("web-01", "web-02", StringComparison.Ordinal), Web2),
            null)),
        ("a member of another history", "DB-035", FindingStatus.Fail, null, () =>
            Case(Two(), Two(), Galera(GaleraHealthy.Replace(History, Web1, StringComparison.Ordinal)))),
        ("a member weighs half", "DB-036", FindingStatus.Warning, "web-01", () => Case(
            Galera(
                Weighing(4), options: ProviderOptions.Replace("pc.weight = 1", "pc.weight = 2", StringComparison.Ordinal)), Galera(
                    Weighing(4)), Galera(Weighing(4)))),
        ("a member asks the others to wait", "DB-037", FindingStatus.Fail, "db-03", () =>
            Case(Galera(), Galera(), Flowing("wsrep_flow_control_requested\ttrue"))),
        ("commits stand still half the time", "DB-037", FindingStatus.Fail, "web-01", () =>
            Case(Flowing("wsrep_flow_control_paused_ns\t50000000"), Galera(), Galera())),
        ("commits stood still since the start", "DB-037", FindingStatus.Warning, "web-01", () =>
            Case(Galera(GaleraHealthy.Replace("control_paused\t0", "control_paused\t0.25", StringComparison.Ordinal)), Galera(), Galera())),
        ("a member is a donor", "DB-038", FindingStatus.Warning, "web-02", () => Case(
            Galera(), Galera(GaleraHealthy.Replace("comment\tSynced", "comment\tDonor/Desynced", StringComparison.Ordinal)), Galera())),
        ("a member was set apart", "DB-038", FindingStatus.Fail, "web-02", () =>
            Case(Galera(), Galera() with { SetApart = true }, Galera())),
        ("transactions lose", "DB-039", FindingStatus.Warning, "web-01", () =>
            Case(Galera(GaleraHealthy.Replace("cert_failures\t0", "cert_failures\t3", StringComparison.Ordinal)), Galera(), Galera())),
        ("a group of several primaries", "DB-040", FindingStatus.Fail, "web-01", () => Case(Multi(Web1), Multi(Web2), Multi(Db3))),
        ("plain text", "DB-041", FindingStatus.Warning, "web-01", () => Case(Galera(options: "socket.ssl = NO"), Galera(), Galera())),
        ("certificates that nobody looks at", "DB-041", FindingStatus.Warning, "web-01", () => Case(
            Group(GroupHealthy, settings: GroupSettings.Replace("VERIFY_CA", "REQUIRED", StringComparison.Ordinal)),
            Group(GroupHealthy, Web2), Group(GroupHealthy, Db3))),
        ("no cluster at all", "DB-026", FindingStatus.Fail, "web-01", () => Case(new(), Galera(), Galera(), Policy(ClusterKind.Galera))),
    ];

    public static TheoryData<string> FaultNames => [.. Faults.Select(fault => fault.Fault)];

    [Fact]
    public void A_healthy_cluster_passes_everything()
    {
        foreach (SiteCase<ReplicationFacts> healthy in (SiteCase<ReplicationFacts>[])
        [
            Case(Galera(), Galera(), Galera()), Case(Group(GroupHealthy), Group(GroupHealthy, Web2), Group(GroupHealthy, Db3)),
        ])
        {
            Assert.DoesNotContain(
                DatabaseControls.All.SelectMany(control => control.Apply(healthy, null, DateTimeOffset.UnixEpoch)),
                one => one.Status is FindingStatus.Fail or FindingStatus.Unknown or FindingStatus.Warning);
        }
    }

    [Theory]
    [MemberData(nameof(FaultNames))]
    public void A_fault_is_seen(string name)
    {
        (_, string control, FindingStatus status, string? server, Func<SiteCase<ReplicationFacts>> broken) = Faults.Single(
            one => one.Fault == name);
        Assert.Contains(Judge(control, broken()), one => one.Status == status && one.Server == server);
    }

    [Fact]
    public void One_that_is_cut_off_makes_no_second_cluster_and_takes_no_majority_from_the_others()
    {
        SiteCase<ReplicationFacts> cut = Case(Two(), Two(), Lost);
        Assert.Equal(FindingStatus.Pass, Assert.Single(Judge("DB-035", cut)).Status);
        Assert.Equal(FindingStatus.NotApplicable, Judge("DB-036", cut).Single(one => one.Server == "db-03").Status);
        Assert.Equal(FindingStatus.Pass, Assert.Single(Judge("DB-002", cut)).Status);
    }

    private static IEnumerable<Finding> Judge(string control, SiteCase<ReplicationFacts> facts) =>
        DatabaseControls.All.Single(one => one.Info.Id == control).Apply(facts, null, DateTimeOffset.UnixEpoch);

    private static ClusterFacts Two() => Galera(Weighing(2).Replace("size\t3", "size\t2", StringComparison.Ordinal), OfTwo);

    private static string Line(int number) => $"{GaleraMembers.Split('\n')[0]}\n{GaleraMembers.Split('\n')[number]}";

    private static string Weighing(int total) => GaleraHealthy.Replace("weight\t3", $"weight\t{total}", StringComparison.Ordinal);

    private static ClusterFacts Flowing(string line) => Galera(later: $"Variable_name\tValue\n{line}");

    private static ClusterFacts Multi(string self) =>
        Group(
            GroupHealthy.Replace("SECONDARY", "PRIMARY", StringComparison.Ordinal),
            self,
            GroupSettings.Replace("single_primary_mode\tON", "single_primary_mode\tOFF", StringComparison.Ordinal));
}
