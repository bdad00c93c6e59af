using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tls.Http;

/// <summary>Asks an endpoint for its first page twice, over TLS and in plain text, as a visitor would, and in plain text for another
/// one. Redirects are not followed.</summary>
public static class HttpReader
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    /// <summary>Asks.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="connect">Opens a stream to a port of its host.</param>
    /// <param name="isPlainClosed">Whether nothing is known to listen for plain HTTP.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<HttpFacts> ReadAsync(
        TlsEndpoint endpoint, Func<int, CancellationToken, Task<Stream>> connect, bool isPlainClosed, CancellationToken cancellationToken)
    {
        string name = endpoint.ServerName.Length > 0 ? endpoint.ServerName : endpoint.Host;
        Task<(Reading<HttpAnswer> Answer, bool IsClosed)> plain = isPlainClosed
            ? Task.FromResult((Reading.Unreadable<HttpAnswer>("Nothing listens on TCP port 80.", "ss"), true))
            : AskAsync(new UriBuilder("http", name, HttpFacts.PlainPort).Uri, connect, cancellationToken);
        Task<(Reading<HttpAnswer> Answer, bool IsClosed)> other = isPlainClosed
            ? plain
            : AskAsync(new UriBuilder("http", name, HttpFacts.PlainPort, SessionHttp.OtherPath).Uri, connect, cancellationToken);
        (Reading<HttpAnswer> secure, _) = await AskAsync(new UriBuilder("https", name, endpoint.Port).Uri, connect, cancellationToken);
        (Reading<HttpAnswer> open, bool isClosed) = await plain;
        return new HttpFacts { Plain = open, PlainOther = (await other).Answer, IsPlainClosed = isClosed, Secure = secure };
    }

    private static async Task<(Reading<HttpAnswer> Answer, bool IsClosed)> AskAsync(
        Uri url, Func<int, CancellationToken, Task<Stream>> connect, CancellationToken cancellationToken)
    {
        string source = $"GET {url}";
        try
        {
            using HttpClient client = Client(connect);
            using HttpResponseMessage response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return (Reading.Of(Head(url, response), source), false);
        }
        catch (Exception error) when (
            error is HttpRequestException or FoobarException
                || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return (Reading.Unreadable<HttpAnswer>(SessionHttp.Reason(error), source), IsRefused(error));
        }
    }

    /// <summary>Whether the port answers that nothing listens; silence may be a firewall's.</summary>
    private static bool IsRefused(Exception error)
    {
        for (Exception? each = error; each is not null; each = each.InnerException)
        {
            if (each is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
            {
                return true;
            }
        }

        return false;
    }

    private static HttpClient Client(Func<int, CancellationToken, Task<Stream>> connect)
    {
#pragma warning disable CA2000 // The client owns the handler.
        return new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                UseCookies = false,
                ConnectTimeout = TimeLimit,

                // The certificate is judged apart; here the answer counts.
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
                    CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                },
                ConnectCallback = async (context, cancellationToken) => await connect(context.DnsEndPoint.Port, cancellationToken),
            },
            disposeHandler: true) { Timeout = TimeLimit };
#pragma warning restore CA2000
    }

    private static HttpAnswer Head(Uri url, HttpResponseMessage response) => new()
    {
        Url = url.ToString(),
        StatusCode = (int)response.StatusCode,
        Location = response.Headers.Location?.ToString(),
        StrictTransportSecurity = Values(response, "Strict-Transport-Security").FirstOrDefault(),
        Cookies = [.. Values(response, "Set-Cookie").Select(HttpCookie.Parse)],
    };

    private static IEnumerable<string> Values(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values : [];
}
