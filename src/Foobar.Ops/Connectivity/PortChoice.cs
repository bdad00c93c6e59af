using System.Net;
using Foobar.Ops.Inventory;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Connectivity;

/// <summary>Chooses which ports of an address are worth a probe.</summary>
internal static class PortChoice
{
    // Of each flow's range only the ends and a few between: a range is one rule.
    private const int MostOfRange = 16;

    // What scanners look for first: remote access, databases, caches, container and metrics endpoints.
    private static readonly int[] Dangerous =
    [
        22, 3306, 33060, 6379, 9200, 2375, 11211, 27017, 5432, 8080, 9100, 111, 445, 25, 23, 21, 3389, 1433, 5900, 8443, 9090, 10250,
    ];

    /// <summary>The ports of a flow that are tried.</summary>
    public static IEnumerable<(TransportProtocol Protocol, int Port)> Of(PortRange range, bool all)
    {
        int last = all ? Math.Min(range.Last, range.First + MostOfRange - 1) : range.First;
        return Enumerable.Range(range.First, last - range.First + 1).Append(range.Last).Distinct().Select(port => (range.Protocol, port));
    }

    /// <summary>
    /// The ports that are tried whether or not a flow names them, the most telling first: where something listens, then what other servers'
    /// flows use, then what scanners look for.
    /// </summary>
    public static IEnumerable<(TransportProtocol Protocol, int Port)> Suspects(Site site, SiteServer target, IPAddress address) =>
        target.Ports(address).OrderBy(static port => port)
            .Concat(
                site.Policy.Flows.SelectMany(static flow => flow.Ports)
                    .Where(static range => range.Protocol == TransportProtocol.Tcp)
                    .Select(static range => (range.Protocol, (int)range.First)))
            .Concat(Dangerous.Select(static port => (TransportProtocol.Tcp, port)))
            .Distinct();
}
