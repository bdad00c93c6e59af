using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Foobar.Ops.Remoting;

/// <summary>HTTP through a server's session: what its own loopback port or its neighbours answer.</summary>
public static class SessionHttp
{
    /// <summary>The path of a page that no site has: what is answered there is answered to any page but the first.</summary>
    internal const string OtherPath = "/foobar-ops/any-page";

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    private const int MaximumAnswerBytes = 32 * 1024 * 1024;

    /// <summary>
    /// A client each connection of which goes through the session to one host as the server reaches it, whatever the
    /// address asked for says: so a site's own name can be asked at any of its servers. Redirects are not followed.
    /// </summary>
    /// <param name="session">The server.</param>
    /// <param name="host">The host or address to connect to, from the server; the port is that of the address asked for.</param>
    /// <param name="trustAnyCertificate">Whether https is spoken without judging the certificate, which is judged apart.</param>
    public static HttpClient CreateHttpClient(this IServerSession session, string host, bool trustAnyCertificate = false)
    {
#pragma warning disable CA2000 // The client owns the handler.
        HttpClient client = new(Handler(session, host, trustAnyCertificate), disposeHandler: true);
#pragma warning restore CA2000
        client.Timeout = TimeLimit;
        client.MaxResponseContentBufferSize = MaximumAnswerBytes;
        return client;
    }

    /// <summary>Why a request failed, in words that name the time limit where that ran out.</summary>
    internal static string Reason(Exception error) =>
        error is OperationCanceledException or { InnerException: TimeoutException or OperationCanceledException }
            ? string.Create(CultureInfo.InvariantCulture, $"no answer within {TimeLimit.TotalSeconds:0} s")
            : error.Message;

    private static SocketsHttpHandler Handler(IServerSession session, string host, bool trustAnyCertificate) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeLimit,
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = trustAnyCertificate ? static (_, certificate, _, _) => certificate is not null : null,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        },
        ConnectCallback = async (context, cancellationToken) =>
            await session.ConnectAsync(new RemoteEndpoint.Tcp(host, context.DnsEndPoint.Port), cancellationToken),
    };
}
