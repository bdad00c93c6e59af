using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Servers;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Topology.Collection;

namespace Foobar.Ops.Topology;

/// <summary>What was read of a site, by the servers' names: all that its topology is made of.</summary>
internal sealed record TopologyInput
{
    public required Site Site { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required IReadOnlyDictionary<string, Reading<ServerFacts>> Servers { get; init; }

    public required IReadOnlyDictionary<string, Reading<FirewallFacts>> Firewalls { get; init; }

    public required IReadOnlyDictionary<string, Reading<ReplicationFacts>> Databases { get; init; }

    public required IReadOnlyDictionary<string, Reading<LoadBalancerFacts>> Balancers { get; init; }

    public required IReadOnlyDictionary<string, Reading<AgentFacts>> Agents { get; init; }

    public required IReadOnlyDictionary<string, Reading<LegFacts>> Legs { get; init; }

    public required IReadOnlyDictionary<string, Reading<TopologyFacts>> Own { get; init; }

    public SiteCase<T> Case<T>(IReadOnlyDictionary<string, Reading<T>> facts) => new(Site, facts, Time);

    public ReplicationTopology Replication => ReplicationTopology.Of(Case(Databases));
}

/// <summary>Short words for readings by a server's name.</summary>
internal static class Readings
{
    public static Reading<T> Of<T>(this IReadOnlyDictionary<string, Reading<T>> all, string server) =>
        all.GetValueOrDefault(server) ?? Reading.Unreadable<T>("It was not read.");

    /// <summary>A part of facts that may not have been read.</summary>
    public static Reading<TPart> Part<T, TPart>(this Reading<T> facts, Func<T, Reading<TPart>> part) =>
        facts.TryGet(out T? value) ? part(value) : Reading.Unreadable<TPart>(facts.Failure ?? "It was not read.", facts.Source);
}
