using System.Globalization;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Database;

/// <summary>What a rule about one member is given: the member, its facts, and the topology it stands in.</summary>
internal sealed record MemberCase(
    Server Member, ReplicationFacts Facts, ReplicationTopology Topology, DatabasePolicy Policy, Site Site, DateTimeOffset Time)
{
    /// <summary>What the member is.</summary>
    public MemberRole Role => Topology.RoleOf(Member.Name);

    /// <summary>Whether it is in a multi-primary cluster, for which rules about primary and replica say nothing.</summary>
    public bool Clustered => Facts.Cluster.Value is { Kind: not ClusterKind.None };

    /// <summary>The links on which it is the replica.</summary>
    public IEnumerable<ReplicationLink> Links => Topology.Links.Where(link => link.Replica == Member.Name);
}

/// <summary>Makes controls of this area.</summary>
internal static class DatabaseControl
{
    /// <summary>A control about the members together.</summary>
    public static Control<SiteCase<ReplicationFacts>> OfSite(
        ControlInfo info, Func<ReplicationTopology, DatabasePolicy, IEnumerable<Verdict>> judge) =>
        new(info, facts => facts.Site.Policy.Database is { } policy
            ? judge(ReplicationTopology.Of(facts), policy)
            : [Verdict.NotApplicable(actual: "the inventory declares no database")]);

    /// <summary>A control about each member by itself; a member that could not be asked is unknown.</summary>
    public static Control<SiteCase<ReplicationFacts>> OfMember(ControlInfo info, Func<MemberCase, IEnumerable<Verdict>> judge) =>
        new(info, facts => facts.Site.Policy.Database is { } policy
            ? ReplicationTopology.Of(facts) is { Members.Count: > 0 } topology
                ? topology.Members.SelectMany(member => OfOne(topology, member, policy, facts, judge))
                : [Verdict.NotApplicable(actual: "the inventory declares no database server")]
            : [Verdict.NotApplicable(actual: "the inventory declares no database")]);

    /// <summary>A control about one kind of fact of each member.</summary>
    public static Control<SiteCase<ReplicationFacts>> OfFact<T>(
        ControlInfo info, Func<ReplicationFacts, Reading<T>> fact, Func<MemberCase, T, IEnumerable<Verdict>> judge) =>
        OfMember(info, member => fact(member.Facts) is var reading && reading.TryGet(out T? value)
            ? judge(member, value)
            : [Verdict.Unknown(null, reading.Failure ?? "it was not read", reading.Source)]);

    public static ControlInfo Info(
        string id, Severity severity, string title, string rationale, string remediation, string? reference = null) =>
        new(id, title, Area.Database, severity, rationale, remediation, reference);

    /// <summary>A number for a text.</summary>
    public static string Text(double number) => number.ToString("#,0.###", CultureInfo.InvariantCulture);

    private static IEnumerable<Verdict> OfOne(
        ReplicationTopology topology,
        Server member,
        DatabasePolicy policy,
        SiteCase<ReplicationFacts> facts,
        Func<MemberCase, IEnumerable<Verdict>> judge)
    {
        // Why is told once, by the control whose subject it is.
        IEnumerable<Verdict> verdicts = topology.Failure(member.Name) is not null
            ? [Verdict.Unknown(null, $"{member.Name} does not answer: see DB-001")]
            : judge(new MemberCase(member, topology.Facts(member.Name)!, topology, policy, facts.Site, facts.Time));
        return verdicts.Select(verdict => verdict with { Server = member.Name });
    }
}
