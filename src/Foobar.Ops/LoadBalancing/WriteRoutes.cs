using System.Net;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.LoadBalancing;

/// <summary>The frontends that take what the application writes.</summary>
internal static class WriteRoutes
{
    /// <summary>
    /// Those that may lead to the write backend, and those that listen where the application writes: on the declared address, or
    /// where none is declared, on an address of such a frontend.
    /// </summary>
    /// <param name="routes">The routes of a load balancer.</param>
    /// <param name="site">The site, for the addresses of a server that the declared address names.</param>
    /// <param name="endpoint">The write endpoint.</param>
    public static IEnumerable<ProxyRoute> Of(IReadOnlyList<ProxyRoute> routes, Site site, WriteEndpoint endpoint)
    {
        ProxyRoute[] leading = [.. routes.Where(route => route.LeadsTo(endpoint.Backend!))];
        ProxyListener[] places = [.. Declared(site, endpoint) ?? leading.SelectMany(static route => route.Listeners)];
        return routes.Where(route => leading.Contains(route) || route.Listeners.Any(listener => places.Any(listener.Overlaps)));
    }

    private static IEnumerable<ProxyListener>? Declared(Site site, WriteEndpoint endpoint) => endpoint.Place is not (string host, int port)
        ? null
        : IPAddress.TryParse(host, out IPAddress? address) ? [new(address.ToString(), port, port)]
        : site.Find(host) is { Addresses.Count: > 0 } server
            ? server.Addresses.Select(each => new ProxyListener(each.ToString(), port, port))
        : null;
}
