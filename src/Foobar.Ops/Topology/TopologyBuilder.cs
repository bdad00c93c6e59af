using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;

namespace Foobar.Ops.Topology;

/// <summary>Puts together what was read of all servers into the setup as found. Pure.</summary>
internal static class TopologyBuilder
{
    /// <summary>The setup.</summary>
    public static SiteTopology Of(TopologyInput input)
    {
        ReplicationTopology replication = input.Replication;
        SiteNodes nodes = new(input);
        ComponentFinder components = new(input, replication);
        return new SiteTopology
        {
            Site = input.Site.Name,
            Time = input.Time,
            Servers = [.. input.Site.Servers.Select(components.Find)],
            Links = new LinkFinder(input, nodes, replication).Find(),
            Writes = Writes(input, nodes),
        };
    }

    private static TopologyWrites? Writes(TopologyInput input, SiteNodes nodes)
    {
        if (input.Site.Policy.Database?.WriteEndpoint is not { } endpoint)
        {
            return null;
        }

        TopologyWrites writes = new() { Server = endpoint.Server, Address = endpoint.Address, Backend = endpoint.Backend };
        if (endpoint.Kind != WriteEndpointKind.Haproxy)
        {
            return writes with { Unread = "what a hook leads to is not read" };
        }

        Reading<ProxyStatistics> statistics = input.Balancers.Of(endpoint.Server).Part(static facts => facts.Statistics);
        return !statistics.TryGet(out ProxyStatistics? read) ? writes with { Unread = statistics.Failure ?? "It was not read." }
            : read.Backends.FirstOrDefault(backend => backend.Name == endpoint.Backend) is not { } found
                ? writes with { Unread = $"HAProxy has no backend '{endpoint.Backend}'" }
            : writes with { LeadsTo = [.. Taking(found).Select(server => Name(server, nodes))] };
    }

    // Backups take traffic only while no other server does.
    private static IEnumerable<BackendServer> Taking(Backend backend)
    {
        BackendServer[] up = [.. backend.Servers.Where(static server => server.State == BackendServerState.Up)];
        return up.Any(static server => !server.IsBackup) ? up.Where(static server => !server.IsBackup) : up;
    }

    private static string Name(BackendServer server, SiteNodes nodes) =>
        IPEndPoint.TryParse(server.Address, out IPEndPoint? place) && nodes.ServerOf(place.Address) is { } known ? known.Name : server.Name;
}
