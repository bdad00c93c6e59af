using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tls;

/// <summary>Reads <see cref="CertificateFacts"/>: one handshake an endpoint through the server's session, and one command.</summary>
public sealed class CertificateCollector : Collector<CertificateFacts>
{
    private static readonly TimeSpan HandshakeLimit = CertificateProbe.DefaultTimeLimit;

    /// <inheritdoc/>
    public override string Name => "certificates";

    /// <inheritdoc/>
    public override bool AppliesTo(Server server, Site site) => server.Is(Role.LoadBalancer) || server.Is(Role.Web) || server.Is(site.Policy.Tls.EndsAt);

    /// <inheritdoc/>
    public override async Task<CertificateFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        Task<Reading<IReadOnlyList<KeyFile>>> keys = connection.ReadAsync(RemoteCommand.FromScript(KeyFile.Script) with { Privileged = true }, KeyFile.Parse, KeyFile.Source, cancellationToken);
        EndpointAnswer[] answers = await Task.WhenAll(SiteEndpoints.Of(server, session.Site).Select(endpoint => LookAsync(connection, endpoint, session.Site, cancellationToken)));
        return new CertificateFacts { Endpoints = answers, KeyFiles = await keys };
    }

    private static async Task<EndpointAnswer> LookAsync(IServerSession connection, TlsEndpoint endpoint, Site site, CancellationToken cancellationToken)
    {
        TlsEndpoint tried = endpoint;
        FoobarException? problem = null;
        foreach (string host in Hosts(connection.Server))
        {
            try
            {
                tried = endpoint with { Host = host };
                return new EndpointAnswer(tried, Reading.Of(await LookAsync(connection, tried, site.Policy.Tls, cancellationToken), $"TLS handshake with {tried}"));
            }
            catch (FoobarException error) when (!IsLost(error))
            {
                problem = error;
                if (error.ErrorId is "TlsNotSpoken" or "TlsHandshakeFailed" or "AuthoritiesUnreadable")
                {
                    break;
                }
            }
        }

        return new EndpointAnswer(tried, Reading.Unreadable<ServedCertificate>(problem?.Message ?? "The server has no address to connect to.", $"TLS handshake with {tried}")) { ErrorId = problem?.ErrorId };
    }

    private static Task<ServedCertificate> LookAsync(IServerSession connection, TlsEndpoint endpoint, TlsPolicy policy, CancellationToken cancellationToken) =>
        CertificateProbe.LookAsync(
            endpoint,
            cancel => connection.ConnectAsync(new RemoteEndpoint.Tcp(endpoint.Host, endpoint.Port), cancel),
            TrustedAuthorities.From(policy.TrustedAuthorities),
            HandshakeLimit,
            cancellationToken);

    /// <summary>The server's own addresses first, since that is where others connect to; loopback for what is bound there alone.</summary>
    private static IEnumerable<string> Hosts(Server server) => server.Addresses.Select(address => address.ToString()).Append("127.0.0.1");

    private static bool IsLost(FoobarException error) => error.ErrorId is "ConnectionLost" or "ServerUnreachable" or "ConnectTimeout";
}
