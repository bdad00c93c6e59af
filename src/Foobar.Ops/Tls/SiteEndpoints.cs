using System.Net;
using System.Net.Sockets;
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

    /// <summary>
    /// What is to be looked at on a server: each endpoint at each address that its port is bound to, asked for each name of the
    /// site that visitors may ask for.
    /// </summary>
    public static async Task<IReadOnlyList<TlsEndpoint>> LocateAsync(
        IServerSession connection, Server server, Site site, CancellationToken cancellationToken) =>
        [
            .. (await PlacesAsync(connection, server, site, cancellationToken))
                .SelectMany(each => each.SelectMany(endpoint => Named(endpoint, site))),
        ];

    /// <summary>
    /// The same for what takes many handshakes: each address, and each further name at the first address alone. A program
    /// keeps what it offers by address or by name; what it keeps by both is not seen.
    /// </summary>
    public static async Task<IReadOnlyList<TlsEndpoint>> LocateFewAsync(
        IServerSession connection, Server server, Site site, CancellationToken cancellationToken) =>
        [
            .. (await PlacesAsync(connection, server, site, cancellationToken))
                .SelectMany(each => each.Concat(Named(each[0], site).Skip(1))),
        ];

    /// <summary>
    /// Whether nothing listens at an address and port; <see langword="false"/> where the sockets could not be read. Through a
    /// session a port that is closed looks like one that hangs up.
    /// </summary>
    public static async Task<bool> IsClosedAsync(IServerSession connection, string host, int port, CancellationToken cancellationToken) =>
        (await SocketsAsync(connection, cancellationToken)).Value is { } all
            && !all.Any(socket =>
                socket.Protocol == TransportProtocol.Tcp
                    && socket.Port == port
                    && (socket.Scope == SocketScope.Wildcard || socket.Address == host));

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

    private static async Task<IEnumerable<TlsEndpoint[]>> PlacesAsync(
        IServerSession connection, Server server, Site site, CancellationToken cancellationToken)
    {
        Reading<IReadOnlyList<ListeningSocket>> sockets = await SocketsAsync(connection, cancellationToken);
        return Of(server, site).Select(
            endpoint => HostsOf(endpoint.Port, server, sockets.Value ?? []).Select(host => endpoint with { Host = host }).ToArray());
    }

    private static Task<Reading<IReadOnlyList<ListeningSocket>>> SocketsAsync(
        IServerSession connection, CancellationToken cancellationToken) =>
        connection.ReadAsync(
            RemoteCommand.FromScript(SocketScript) with { IsShared = true, IsShort = true }, SocketParser.Parse, SocketScript,
            cancellationToken);

    /// <summary>The endpoint, and the same asked for each further name. A wildcard can't be asked for.</summary>
    private static IEnumerable<TlsEndpoint> Named(TlsEndpoint endpoint, Site site) =>
        endpoint.Audience != EndpointAudience.Visitors
            ? [endpoint]
            : site.Policy.Tls.Names
                .Where(name => !name.Contains('*', StringComparison.Ordinal))
                .Where(name => !string.Equals(name, endpoint.ServerName, StringComparison.OrdinalIgnoreCase))
                .Distinct(StringComparer.OrdinalIgnoreCase)
                .Select(name => endpoint with { ServerName = name, IsFurtherName = true })
                .Prepend(endpoint);

    /// <summary>
    /// The addresses to connect to, each of which may lead to another listener: those that the port is bound to, and for a
    /// family's wildcard the server's first one of that family.
    /// </summary>
    private static string[] HostsOf(int port, Server server, IReadOnlyList<ListeningSocket> sockets)
    {
        ListeningSocket[] bound = [.. sockets.Where(socket => socket.Protocol == TransportProtocol.Tcp && socket.Port == port)];
        string[] own =
        [
            .. bound.Where(static socket => socket.Scope == SocketScope.Interface && !IsWildcard(socket))
                .Select(static socket => socket.Address)
                .Distinct(),
        ];
        string[] further =
        [
            .. bound.Where(static socket => socket.Scope != SocketScope.Loopback && IsWildcard(socket))
                .Select(socket => server.Addresses.FirstOrDefault(address => IsOf(address, socket) && !own.Contains($"{address}")))
                .OfType<IPAddress>()
                .Select(static address => $"{address}")
                .Distinct(),
        ];
        string[] all = [.. own, .. further];
        return all.Length > 0 ? all : [server.Addresses.Count > 0 ? $"{server.Addresses[0]}" : "127.0.0.1"];
    }

    // Bound to no address, on all interfaces or on one.
    private static bool IsWildcard(ListeningSocket socket) => socket.Address is "*" or "0.0.0.0" or "::";

    // "*" takes both families.
    private static bool IsOf(IPAddress address, ListeningSocket wildcard) =>
        wildcard.Address switch
        {
            "0.0.0.0" => address.AddressFamily == AddressFamily.InterNetwork,
            "::" => address.AddressFamily == AddressFamily.InterNetworkV6,
            _ => true,
        };
}
