using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tls.Caa;
using Foobar.Ops.Tls.Files;

namespace Foobar.Ops.Tls;

/// <summary>Reads <see cref="CertificateFacts"/>: one handshake an endpoint through the server's session, and one command.</summary>
public sealed class CertificateCollector : Collector<CertificateFacts>
{
    /// <inheritdoc/>
    public override string Name => "certificates";

    /// <inheritdoc/>
    public override bool AppliesTo(Server server, Site site) => HasEndpoints(server, site) || server.Is(Role.Database);

    /// <summary>
    /// Whether a server may have endpoints that should speak TLS by the policy; a database has but its certificate's file.
    /// </summary>
    public static bool HasEndpoints(Server server, Site site) =>
        server.Is(Role.LoadBalancer) || server.Is(Role.Web) || server.Is(site.Policy.Tls.EndsAt);

    /// <inheritdoc/>
    public override async Task<CertificateFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        Task<(Reading<IReadOnlyList<KeyFile>> Files, IReadOnlyList<string> Doubts)> keys = KeySearch.RunAsync(
            connection, cancellationToken);
        Task<(Reading<IReadOnlyList<CertificateFile>> Files, IReadOnlyList<string> Doubts)> files = CertificateFileSearch.RunAsync(
            connection, cancellationToken);
        IReadOnlyList<EndpointAnswer> answers = await LookAsync(connection, server, session.Site, cancellationToken);
        EndpointAnswer[] unnamed = await Task.WhenAll(
            answers.Select(answer => answer.Endpoint).Where(endpoint => endpoint.Audience == EndpointAudience.Visitors)
                .DistinctBy(endpoint => endpoint.Port).Select(
                    endpoint => LookUnnamedAsync(connection, endpoint, session.Site.Policy.Tls, cancellationToken)));
        (Reading<IReadOnlyList<KeyFile>> keyFiles, IReadOnlyList<string> keyDoubts) = await keys;
        (Reading<IReadOnlyList<CertificateFile>> certificateFiles, IReadOnlyList<string> fileDoubts) = await files;
        return new CertificateFacts
        {
            Endpoints = answers,
            Unnamed = unnamed,
            Caa = answers.Any(answer => answer.Endpoint.Audience == EndpointAudience.Visitors)
                ? await CaaAsync(session.Site, cancellationToken)
                : [],
            KeyFiles = keyFiles,
            KeyDoubts = keyDoubts,
            Files = certificateFiles,
            FileDoubts = fileDoubts,
        };
    }

    private static async Task<IReadOnlyList<Reading<CaaSet>>> CaaAsync(Site site, CancellationToken cancellationToken) =>
        site.Policy.Tls.Issuers.Count == 0 ? []
            : await Task.WhenAll(site.Policy.Tls.Names.Prepend(site.Name).Distinct(StringComparer.OrdinalIgnoreCase)
                .Select(name => CaaLookup.FindAsync(name, CaaLookup.Resolvers, cancellationToken)));

    /// <summary>What a server's endpoints serve, an answer a certificate, and nothing else of it.</summary>
    /// <param name="connection">The server's session.</param>
    /// <param name="server">The server.</param>
    /// <param name="site">The site.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<EndpointAnswer>> LookAsync(
        IServerSession connection, Server server, Site site, CancellationToken cancellationToken)
    {
        IReadOnlyList<TlsEndpoint> endpoints = await SiteEndpoints.LocateAsync(connection, server, site, cancellationToken);
        EndpointAnswer[][] answers = await Task.WhenAll(
            endpoints.Select(endpoint => LookAsync(connection, endpoint, site.Policy.Tls, cancellationToken)));
        return [.. answers.SelectMany(each => each)];
    }

    /// <summary>What an endpoint serves to a client that names no host.</summary>
    private static async Task<EndpointAnswer> LookUnnamedAsync(
        IServerSession connection, TlsEndpoint named, TlsPolicy policy, CancellationToken cancellationToken)
    {
        TlsEndpoint endpoint = named with { ServerName = "" };
        string source = $"TLS handshake with {endpoint}, no SNI";
        try
        {
            return new(endpoint, Reading.Of(
                await CertificateProbe.LookAsync(
                    endpoint, cancel => connection.ConnectAsync(new RemoteEndpoint.Tcp(endpoint.Host, endpoint.Port), cancel),
                    TrustedAuthorities.From(policy.TrustedAuthorities), CertificateProbe.DefaultTimeLimit, cancellationToken),
                source));
        }
        catch (FoobarException error) when (error.ErrorId != "ConnectionLost")
        {
            return new(endpoint, Reading.Unreadable<ServedCertificate>(error.Message, source)) { ErrorId = error.ErrorId };
        }
    }

    /// <summary>One answer a certificate that the endpoint serves.</summary>
    private static async Task<EndpointAnswer[]> LookAsync(
        IServerSession connection, TlsEndpoint endpoint, TlsPolicy policy, CancellationToken cancellationToken)
    {
        string source = $"TLS handshake with {endpoint}";
        Task<Stream> Connect(CancellationToken cancel) =>
            connection.ConnectAsync(new RemoteEndpoint.Tcp(endpoint.Host, endpoint.Port), cancel);
        try
        {
            TrustedAuthorities authorities = TrustedAuthorities.From(policy.TrustedAuthorities);
            IReadOnlyList<Reading<ServedCertificate>> served = await CertificateOffers.LookAsync(
                endpoint, Connect, authorities, CertificateProbe.DefaultTimeLimit, cancellationToken);
            return
            [
                .. served.Select(one =>
                    new EndpointAnswer(endpoint, one) { ErrorId = one.Value is null ? EndpointAnswer.OtherKindUnread : null }),
            ];
        }
        catch (FoobarException error) when (error.ErrorId != "ConnectionLost")
        {
            bool isClosed = await SiteEndpoints.IsClosedAsync(connection, endpoint.Host, endpoint.Port, cancellationToken);
            return
            [
                new(endpoint, Reading.Unreadable<ServedCertificate>(
                    isClosed ? $"{connection.Server.Name}: {endpoint}: nothing listens there." : error.Message, source))
                {
                    ErrorId = isClosed ? "EndpointUnreachable" : error.ErrorId,
                },
            ];
        }
    }
}
