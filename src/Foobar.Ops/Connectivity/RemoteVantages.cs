using System.Net;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Connectivity;

/// <summary>The vantages that the inventory declares: machines to probe from that are no servers of the site.</summary>
internal static class RemoteVantages
{
    /// <summary>Asks a machine which way it reaches the site, and sees that this is from where its vantage stands for.</summary>
    /// <exception cref="FoobarException"><c>VantageMisplaced</c>, <c>VantageUnreadable</c>, or why there is no session.</exception>
    public static async Task<ConnectionVantage> LearnAsync(ISiteSession session, Vantage vantage, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(vantage.Name, cancellationToken);
        Reading<HostNetwork> network = await FirewallCollector.ReadNetworkAsync(connection, cancellationToken);
        return Place(session.Site, vantage, network);
    }

    /// <summary>The vantage of a machine with these addresses and routes.</summary>
    internal static ConnectionVantage Place(Site site, Vantage vantage, Reading<HostNetwork> network)
    {
        if (!network.TryGet(out HostNetwork? known))
        {
            throw new FoobarException(
                "VantageUnreadable", ErrorKind.Failed, $"{vantage.Name}: its addresses and routes could not be read: {network.Failure}")
            {
                Server = vantage.Name,
                Recommendation = "A vantage needs ip(8) and one of perl, python3 and bash.",
            };
        }

        FlowEnd group = new FlowResolver(site).Resolve(vantage.StandsFor);
        IPAddress? stray = site.Servers.SelectMany(static server => server.Addresses)
            .Select(address => Source(vantage, known, address))
            .OfType<IPAddress>()
            .FirstOrDefault(source => !group.Contains(source));
        return stray is null ? new(vantage.Name, null, address => Source(vantage, known, address)) { Machine = vantage.Machine }
            : throw new FoobarException(
                "VantageMisplaced", ErrorKind.InvalidInput,
                $"{vantage.Name} stands for '{vantage.StandsFor}' and reaches the site from {stray}, which is no address of it; nothing "
                    + "was probed from there.")
            {
                Server = vantage.Name,
                Recommendation =
                    "Correct \"standsFor\" in the inventory; where a translation stands between, declare the vantage's \"addresses\" as "
                        + "the site sees them.",
            };
    }

    // The route decides whether there is a way; what the site sees may be another address.
    private static IPAddress? Source(Vantage vantage, HostNetwork network, IPAddress address) =>
        network.SourceTo(address) is not { } own ? null
            : vantage.Addresses.Count == 0 ? own
            : vantage.Addresses.FirstOrDefault(declared => declared.AddressFamily == address.AddressFamily);
}
