using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>nginx's own counter of requests (ngx_http_stub_status_module). Each reading is a request itself and is taken off again.</summary>
internal sealed class NginxStatusSource(IServerSession session, NginxStatusPage page) : TrafficSource(session.Server.Name)
{
    private readonly HttpClient _client = session.CreateHttpClient(page.Address);

    public override async Task<CounterReading> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Parse(await _client.GetStringAsync(page.Url, cancellationToken));
        }
        catch (Exception error) when (error is HttpRequestException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new FoobarException("NginxStatusUnreadable", ErrorKind.Failed, $"{Server}: nginx's status page {page.Url} could not be read: {error.Message}", error)
            {
                Server = Server,
                Recommendation = "Check that nginx runs and that its configuration allows 127.0.0.1 to read the page.",
            };
        }
    }

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
