using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// nginx's own counter of requests (ngx_http_stub_status_module). Each reading is a request itself and is taken off again.
/// The master process is looked at behind each page, so that the counts of two processes are never taken for one.
/// </summary>
/// <param name="server">The server's name.</param>
/// <param name="connect">Its session; another one once the last was lost.</param>
/// <param name="page">The page.</param>
/// <param name="pidFile">Where nginx writes its process id.</param>
internal sealed class NginxStatusSource(
    string server, Func<CancellationToken, Task<IServerSession>> connect, NginxStatusPage page, string pidFile) : TrafficSource(server)
{
    /// <summary>More restarts than that within one reading are no restarts any more.</summary>
    private const int MostRestarts = 5;

    private HttpClient? _client;
    private IServerSession? _session;
    private string? _epoch;

    /// <inheritdoc/>
    public override async Task<CounterReading> ReadAsync(CancellationToken cancellationToken)
    {
        IServerSession session = await connect(cancellationToken);
        int pages = 0;
        while (true)
        {
            CounterReading reading = await ReadPageAsync(session, cancellationToken);
            pages++;
            NginxProcess? process = await NginxProcess.ReadAsync(session, pidFile, cancellationToken);
            if (process is not null && process.Epoch != _epoch && pages < MostRestarts)
            {
                // The page may be of the process before.
                _epoch = process.Epoch;
                continue;
            }

            return reading with
            {
                Epoch = process?.Epoch ?? "",
                Uptime = process?.Age,
                UptimeResolution = NginxProcess.Resolution,
                Counters = [.. reading.Counters.Select(counter => counter with { OwnPerReading = pages })],
                Note = process is null
                    ? "The process of nginx was not found: a restart shows only where its counter is lower than before."
                    : null,
            };
        }
    }

    private async Task<CounterReading> ReadPageAsync(IServerSession session, CancellationToken cancellationToken)
    {
        if (_session != session)
        {
            _client?.Dispose();

            // The page is asked from the server itself; its certificate is judged elsewhere.
            (_session, _client) = (session, session.CreateHttpClient(page.Address, trustAnyCertificate: true));
        }

        try
        {
            return Parse(await _client!.GetStringAsync(page.Url, cancellationToken));
        }
        catch (Exception error)
            when (error is HttpRequestException or IOException
                || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new FoobarException(
                "NginxStatusUnreadable", ErrorKind.Failed,
                $"{Server}: nginx's status page {page.Url} could not be read: {SessionHttp.Reason(error)}",
                error)
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
        string[] numbers = lines.Length > 2
            ? lines[2].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [];
        return numbers.Length == 3 && long.TryParse(numbers[2], NumberStyles.None, CultureInfo.InvariantCulture, out long requests)
            && long.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out long accepts)
            ? new CounterReading([ToCounter(requests, accepts, lines[0])], "")
            : throw new ParseException(null, "stub_status", 3, "expected accepts, handled and requests.");
    }

    private static Counter ToCounter(long requests, long accepts, string active)
    {
        string connections = active[(active.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        return new Counter(TrafficOrigin.NginxStatus, "requests", TrafficUnit.Requests, requests)
        {
            OwnPerReading = 1,
            Parts = new Dictionary<TrafficPart, long> { [TrafficPart.Connections] = accepts },
            Now = new TrafficBreakdown
            {
                OpenConnections = long.TryParse(connections, NumberStyles.None, CultureInfo.InvariantCulture, out long open) ? open : null,
            },
        };
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _client?.Dispose();
        return base.DisposeAsync();
    }
}
