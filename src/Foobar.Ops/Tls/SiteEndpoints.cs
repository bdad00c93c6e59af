using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tls;

/// <summary>The endpoints of a site that should speak TLS, by its policy.</summary>
internal static class SiteEndpoints
{
    private const string AnyFlowEnd = "*";

    private const string SocketScript = "ss -H -tuln";

    /// <summary>The endpoints on a server, each with the address to connect to.</summary>
    public static async Task<IReadOnlyList<TlsEndpoint>> LocateAsync(
        IServerSession connection, Server server, Site site, CancellationToken cancellationToken)
    {
        Reading<IReadOnlyList<ListeningSocket>> sockets =
            await connection.ReadAsync(
                RemoteCommand.FromScript(SocketScript) with { IsShared = true, IsShort = true }, SocketParser.Parse, SocketScript,
                cancellationToken);
        return [.. Of(server, site).Select(endpoint => endpoint with { Host = HostOf(endpoint.Port, server, sockets) })];
    }

    /// <summary>The same at each family's first address that the port is bound to, where it is bound to addresses.</summary>
    public static async Task<IReadOnlyList<TlsEndpoint>> LocateAllAsync(
        IServerSession connection, Server server, Site site, CancellationToken cancellationToken)
    {
        Reading<IReadOnlyList<ListeningSocket>> sockets =
            await connection.ReadAsync(
                RemoteCommand.FromScript(SocketScript) with { IsShared = true, IsShort = true }, SocketParser.Parse, SocketScript,
                cancellationToken);
        return
        [
            .. Of(server, site).SelectMany(
                endpoint => HostsOf(endpoint.Port, server, sockets).Select(host => endpoint with { Host = host })),
        ];
    }

    /// <summary>
    /// The endpoints on a server: for visitors where TLS ends and where it passes through; for the load balancer where it
    /// encrypts again. The host is left to be found.
    /// </summary>
    public static IEnumerable<TlsEndpoint> Of(Server server, Site site)
    {
        TlsPolicy tls = site.Policy.Tls;
        if (server.Is(tls.EndsAt) || server.Is(Role.LoadBalancer))
        {
            yield return Endpoint(
                server,
                tls.EndsAt == Role.Web && !server.Is(Role.LoadBalancer) ? WebPorts(server, site).FirstOrDefault(tls.Port) : tls.Port,
                site.Name, EndpointAudience.Visitors);
        }

        if (tls.EndsAt == Role.LoadBalancer
            && tls.Backends != BackendEncryption.Plain
            && server.Is(Role.Web)
            && !server.Is(Role.LoadBalancer))
        {
            foreach (int port in WebPorts(server, site))
            {
                // A load balancer asks for the web server by its own name, and what it verifies stands in its configuration.
                yield return Endpoint(server, port, server.Name, EndpointAudience.LoadBalancer);
            }
        }
    }

    /// <summary>The TCP ports at which the load balancer reaches a web server: those of flows between their roles.</summary>
    public static IEnumerable<int> WebPorts(Server server, Site site) =>
        from flow in site.FlowsNaming(server)
        where flow.From.Contains("load-balancer") || flow.From.Any(end => site.Find(end)?.Is(Role.LoadBalancer) == true)
        where !flow.To.Contains(AnyFlowEnd) && (flow.To.Contains("web") || flow.To.Contains(server.Name))
        from range in flow.Ports
        where range.Protocol == TransportProtocol.Tcp && range.First == range.Last && range.First is not 22
        select (int)range.First;

    private static TlsEndpoint Endpoint(Server server, int port, string serverName, EndpointAudience audience) =>
        new() { Host = "", Port = port, ServerName = serverName, Via = server.Name, Audience = audience };

    private static IEnumerable<string> HostsOf(int port, Server server, Reading<IReadOnlyList<ListeningSocket>> sockets) =>
        (sockets.Value ?? []).Where(
            socket => socket.Protocol == TransportProtocol.Tcp && socket.Port == port && socket.Scope == SocketScope.Interface)
            .Select(socket => socket.Address).DistinctBy(address => address.Contains(':', StringComparison.Ordinal)).DefaultIfEmpty(
                HostOf(port, server, sockets));

    /// <summary>The address to connect to: one that the port is bound to, else the server's own first one.</summary>
    private static string HostOf(int port, Server server, Reading<IReadOnlyList<ListeningSocket>> sockets)
    {
        ListeningSocket? bound = sockets.Value?.FirstOrDefault(
            socket => socket.Protocol == TransportProtocol.Tcp && socket.Port == port && socket.Scope == SocketScope.Interface);
        return bound?.Address ?? (server.Addresses.Count > 0 ? server.Addresses[0].ToString() : "127.0.0.1");
    }
}
