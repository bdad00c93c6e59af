using System.Runtime.CompilerServices;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Servers;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Topology;
using Foobar.Ops.Topology.Collection;

namespace Foobar.Ops.Auditing;

/// <summary>The topology of a site from a snapshot.</summary>
public static class SnapshotTopology
{
    private static readonly ConditionalWeakTable<Snapshot, TopologyCase> Known = [];

    /// <summary>The names of the parts of an audit whose facts it is made of.</summary>
    internal static IReadOnlyList<string> Parts { get; } =
    [
        new ServerCollector().Name, new FirewallCollector().Name, new ReplicationCollector().Name, new LoadBalancerCollector().Name,
        new AgentCollector().Name, new LegCollector().Name, new TopologyCollector().Name,
    ];

    /// <summary>The setup as found. Pure; made once a snapshot.</summary>
    public static SiteTopology Of(Snapshot snapshot) => CaseOf(snapshot).Found;

    /// <summary>The setup as found beside the facts it was made of.</summary>
    internal static TopologyCase CaseOf(Snapshot snapshot) => Known.GetValue(snapshot, Make);

    private static TopologyCase Make(Snapshot snapshot)
    {
        TopologyInput input = new()
        {
            Site = snapshot.Site,
            Time = snapshot.Time,
            Servers = Read<ServerFacts>(snapshot, Parts[0]),
            Firewalls = Read<FirewallFacts>(snapshot, Parts[1]),
            Databases = Read<ReplicationFacts>(snapshot, Parts[2]),
            Balancers = Read<LoadBalancerFacts>(snapshot, Parts[3]),
            Agents = Read<AgentFacts>(snapshot, Parts[4]),
            Legs = Read<LegFacts>(snapshot, Parts[5]),
            Own = Read<TopologyFacts>(snapshot, Parts[6]),
        };
        return new TopologyCase(input, TopologyBuilder.Of(input));
    }

    private static Dictionary<string, Reading<T>> Read<T>(Snapshot snapshot, string part)
        where T : class =>
        snapshot.Site.Servers.ToDictionary(
            static server => server.Name, server => snapshot.Read<T>(part, server.Name), StringComparer.OrdinalIgnoreCase);
}
