using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tls;

/// <summary>Reads <see cref="CertificateFacts"/>: one handshake an endpoint through the server's session, and one command.</summary>
public sealed class CertificateCollector : Collector<CertificateFacts>
{
    private const string SocketScript = "ss -H -tuln";

    /// <inheritdoc/>
    public override string Name => "certificates";

    /// <inheritdoc/>
    public override bool AppliesTo(Server server, Site site) => server.Is(Role.LoadBalancer) || server.Is(Role.Web) || server.Is(site.Policy.Tls.EndsAt);

    /// <inheritdoc/>
    public override async Task<CertificateFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        Task<Reading<IReadOnlyList<KeyFile>>> keys = connection.ReadAsync(RemoteCommand.FromScript(KeyFile.Script) with { Privileged = true }, KeyFile.Parse, KeyFile.Source, cancellationToken);
        Reading<IReadOnlyList<ListeningSocket>> sockets = await connection.ReadAsync(RemoteCommand.FromScript(SocketScript), SocketParser.Parse, SocketScript, cancellationToken);
        EndpointAnswer[] answers = await Task.WhenAll(SiteEndpoints.Of(server, session.Site)
            .Select(endpoint => LookAsync(connection, endpoint with { Host = HostOf(endpoint.Port, server, sockets) }, session.Site.Policy.Tls, cancellationToken)));
        return new CertificateFacts { Endpoints = answers, KeyFiles = await keys };
    }

    /// <summary>The address to connect to: one that the port is bound to, else the server's own first one.</summary>
    private static string HostOf(int port, Server server, Reading<IReadOnlyList<ListeningSocket>> sockets)
    {
        ListeningSocket? bound = sockets.Value?.FirstOrDefault(socket => socket.Protocol == TransportProtocol.Tcp && socket.Port == port && socket.Scope == SocketScope.Interface);
        return bound?.Address ?? (server.Addresses.Count > 0 ? server.Addresses[0].ToString() : "127.0.0.1");
    }

    private static async Task<EndpointAnswer> LookAsync(IServerSession connection, TlsEndpoint endpoint, TlsPolicy policy, CancellationToken cancellationToken)
    {
        string source = $"TLS handshake with {endpoint}";
        try
        {
            return new EndpointAnswer(endpoint, Reading.Of(await ShakeHandsAsync(connection, endpoint, policy, cancellationToken), source));
        }
        catch (FoobarException error) when (error.ErrorId != "ConnectionLost")
        {
            return new EndpointAnswer(endpoint, Reading.Unreadable<ServedCertificate>(error.Message, source)) { ErrorId = error.ErrorId };
        }
    }

    private static Task<ServedCertificate> ShakeHandsAsync(IServerSession connection, TlsEndpoint endpoint, TlsPolicy policy, CancellationToken cancellationToken) =>
        CertificateProbe.LookAsync(
            endpoint,
            cancel => connection.ConnectAsync(new RemoteEndpoint.Tcp(endpoint.Host, endpoint.Port), cancel),
            TrustedAuthorities.From(policy.TrustedAuthorities),
            CertificateProbe.DefaultTimeLimit,
            cancellationToken);
}
