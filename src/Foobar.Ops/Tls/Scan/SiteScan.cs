using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls.Http;

namespace Foobar.Ops.Tls.Scan;

/// <summary>The endpoints of a site that are scanned by its policy: those whose certificates are judged.</summary>
public static class SiteScan
{
    /// <summary>Whether a server should have such an endpoint.</summary>
    public static bool AppliesTo(Server server, Site site) => CertificateCollector.HasEndpoints(server, site);

    /// <summary>The endpoints on a server, each with the address that it listens on.</summary>
    public static async Task<IReadOnlyList<TlsEndpoint>> EndpointsAsync(
        IServerSession connection, Server server, Site site, CancellationToken cancellationToken) =>
        await SiteEndpoints.LocateFewAsync(connection, server, site, cancellationToken);

    /// <summary>A scan of an endpoint through a server's session.</summary>
    /// <param name="connection">The session.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="options">How to go about it.</param>
    /// <param name="authorities">A PEM file of the authorities to trust instead of the system's.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<EndpointScan> PrepareAsync(
        IServerSession connection, TlsEndpoint endpoint, ScanOptions options, string? authorities, CancellationToken cancellationToken)
    {
        bool isClosed = await SiteEndpoints.IsClosedAsync(connection, endpoint.Host, HttpFacts.PlainPort, cancellationToken);
        return new EndpointScan(
            endpoint, options, (port, token) =>
                connection.ConnectAsync(new RemoteEndpoint.Tcp(endpoint.Host, port), token), authorities) { IsPlainClosed = isClosed };
    }
}
