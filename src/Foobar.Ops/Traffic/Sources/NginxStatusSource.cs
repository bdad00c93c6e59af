using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>nginx's own counter of requests (ngx_http_stub_status_module). Each reading is a request itself and is taken off again.</summary>
internal sealed class NginxStatusSource(IServerSession session, NginxStatusPage page) : TrafficSource(session.Server.Name)
{
    // The page is asked from the server itself; its certificate is judged elsewhere.
    private readonly HttpClient _client = session.CreateHttpClient(page.Address, trustAnyCertificate: true);

    public override async Task<CounterReading> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Parse(await _client.GetStringAsync(page.Url, cancellationToken));
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new FoobarException("NginxStatusUnreadable", ErrorKind.Failed, $"{Server}: nginx's status page {page.Url} could not be read: {SessionHttp.Reason(error)}", error)
            {
                Server = Server,
                Recommendation = Advice(error),
            };
        }
    }

    /// <summary>What to do, by what stood in the way.</summary>
    internal static string Advice(Exception error) => error switch
    {
        HttpRequestException { StatusCode: HttpStatusCode.Forbidden } =>
            "Allow the address that the page is asked from in its location: 'allow 127.0.0.1;' where nginx listens on loopback, "
            + "else the server's own address.",
        HttpRequestException { StatusCode: HttpStatusCode.Unauthorized } =>
            "The page wants a login, which the module has none for: allow the server's own address instead ('satisfy any;' with 'allow').",
        HttpRequestException { StatusCode: HttpStatusCode.NotFound } =>
            "Another virtual host answers at that address: give the page's server block a server_name of its own, or a port.",
        HttpRequestException { StatusCode: >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest } =>
            "The page is redirected: leave its location out of the redirect.",
        HttpRequestException { StatusCode: >= HttpStatusCode.InternalServerError } =>
            "nginx answers with an error of its own: see its error log.",
        { InnerException: SocketException } =>
            "Nothing answers there: check that nginx runs and was reloaded since its configuration changed.",
        { InnerException: AuthenticationException } =>
            "The TLS handshake failed: see the certificate and the protocols of the page's server block.",
        OperationCanceledException => "nginx does not answer in time: see the load of the server and nginx's error log.",
        _ => "Check that nginx runs with the configuration that 'nginx -T' prints, and what stands in its error log.",
    };

    /// <summary>Reads the page: the third line has accepts, handled and requests.</summary>
    /// <exception cref="ParseException">There are no three numbers.</exception>
    internal static CounterReading Parse(string text)
    {
        string[] lines = text.Split('\n');
        string[] numbers = lines.Length > 2 ? lines[2].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [];
        return numbers.Length == 3 && long.TryParse(numbers[2], NumberStyles.None, CultureInfo.InvariantCulture, out long requests)
            ? new CounterReading([new Counter(TrafficOrigin.NginxStatus, "requests", TrafficUnit.Requests, requests) { OwnPerReading = 1 }], "")
            : throw new ParseException(null, "stub_status", 3, "expected accepts, handled and requests.");
    }

    public override ValueTask DisposeAsync()
    {
        _client.Dispose();
        return base.DisposeAsync();
    }
}
