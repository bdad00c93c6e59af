using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tls.Scan;

/// <summary>The endpoints of a site that are scanned by its policy: those whose certificates are judged.</summary>
public static class SiteScan
{
    /// <summary>Whether a server should have such an endpoint.</summary>
    public static bool AppliesTo(Server server, Site site) => new CertificateCollector().AppliesTo(server, site);

    /// <summary>The endpoints on a server, each with the address that it listens on.</summary>
    public static async Task<IReadOnlyList<TlsEndpoint>> EndpointsAsync(
        IServerSession connection, Server server, Site site, CancellationToken cancellationToken) =>
        await SiteEndpoints.LocateAsync(connection, server, site, cancellationToken);

    /// <summary>Scans an endpoint through a server's session.</summary>
    public static Task<TlsScan> ScanAsync(
        IServerSession connection, TlsEndpoint endpoint, ScanOptions options, Action<string>? progress,
            CancellationToken cancellationToken) => TlsScanner.ScanAsync(
            endpoint, token =>
                connection.ConnectAsync(new RemoteEndpoint.Tcp(endpoint.Host, endpoint.Port), token), options, progress, cancellationToken);
}
