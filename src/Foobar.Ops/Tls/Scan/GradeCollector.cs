using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tls.Scan;

/// <summary>Scans the endpoints of a server through its session. It takes hundreds of handshakes, so an audit does not do it.</summary>
public sealed class GradeCollector : Collector<GradeFacts>
{
    /// <inheritdoc/>
    public override string Name => "grades";

    /// <inheritdoc/>
    public override bool AppliesTo(Server server, Site site) => SiteScan.AppliesTo(server, site);

    /// <inheritdoc/>
    public override async Task<GradeFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        List<ScannedEndpoint> endpoints = [];
        foreach (TlsEndpoint endpoint in await SiteScan.EndpointsAsync(connection, server, session.Site, cancellationToken))
        {
            endpoints.Add(new ScannedEndpoint
            {
                Endpoint = endpoint.ToString(),
                Offer = await ScanAsync(connection, endpoint, session.Site, cancellationToken),
            });
        }

        return new GradeFacts { Endpoints = endpoints };
    }

    private static async Task<Reading<EndpointOffer>> ScanAsync(
        IServerSession connection, TlsEndpoint endpoint, Site site, CancellationToken cancellationToken)
    {
        string source = $"scan of {endpoint}";
        try
        {
            EndpointScan prepared = await SiteScan.PrepareAsync(
                connection, endpoint, new ScanOptions(), site.Policy.Tls.TrustedAuthorities, cancellationToken);
            return Reading.Of(Shortened(await prepared.RunAsync(null, cancellationToken)), source);
        }
        catch (FoobarException error) when (error.Kind is not (ErrorKind.Connection or ErrorKind.Authentication))
        {
            return Reading.Unreadable<EndpointOffer>(error.Message, source);
        }
    }

    private static EndpointOffer Shortened(TlsScan scan) => new()
    {
        Grade = scan.Grade?.Letter,
        Score = scan.Grade?.Score,
        Reasons = scan.GradeReasons,
        Versions = [.. scan.Protocols.Where(protocol => protocol.Offered.Support == Support.Yes).Select(protocol => $"{protocol}")],
        Suites = [.. scan.Protocols.SelectMany(protocol => protocol.Suites).Select(suite => $"{suite}").Distinct()],
        Groups = [.. scan.Groups.Items.Select(group => $"{group}")],
    };
}
