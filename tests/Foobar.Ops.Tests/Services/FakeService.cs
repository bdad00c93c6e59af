using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Foobar.Ops.Tests.Services;

/// <summary>A request as a service saw it.</summary>
internal sealed record SeenRequest(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, byte[] Raw)
{
    /// <summary>The body, decompressed.</summary>
    public string Body { get; } = Decode(Headers, Raw);

    /// <summary>The body as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>A field of the form in the body, or of the query.</summary>
    public string? Field(string name) => (Body.Length > 0 ? Body : Query.TrimStart('?')).Split('&').Select(field => field.Split('='))
        .Where(field => Uri.UnescapeDataString(field[0]) == name).Select(field => Uri.UnescapeDataString(field[1])).FirstOrDefault();

    private static string Decode(IReadOnlyDictionary<string, string> headers, byte[] raw)
    {
        if (headers.GetValueOrDefault("Content-Encoding") != "gzip")
        {
            return Encoding.UTF8.GetString(raw);
        }

        using GZipStream whole = new(new MemoryStream(raw), CompressionMode.Decompress);
        using StreamReader reader = new(whole);
        return reader.ReadToEnd();
    }
}

/// <summary>How a fake service answers; tells whether the connection lives on.</summary>
internal delegate Task<bool> Answer(Stream stream, CancellationToken closed);

/// <summary>
/// A monitoring service on a port of this machine (docs/decisions/0052): HTTP/1.1 of its own (RFC 9112), so that it can stall
/// and break off at any byte, and shows each request as it was sent.
/// </summary>
internal sealed class FakeService : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<SeenRequest, Answer> _answer;
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _closed = new();
    private readonly ConcurrentQueue<SeenRequest> _requests = [];
    private readonly ConcurrentBag<TcpClient> _clients = [];

    private FakeService(Func<SeenRequest, Answer> answer, X509Certificate2? certificate, int port)
    {
        _answer = answer;
        _certificate = certificate;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        Address = new Uri($"{(certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _ = AcceptAsync();
    }

    /// <summary>The base address.</summary>
    public Uri Address { get; }

    /// <summary>What came, in order.</summary>
    public IReadOnlyList<SeenRequest> Requests => [.. _requests];

    /// <summary>Answers each request by what it is.</summary>
    public static FakeService Start(Func<SeenRequest, Answer> answer, X509Certificate2? certificate = null, int port = 0) =>
        new(answer, certificate, port);

    /// <summary>Answers the requests in turn; the last answer stays.</summary>
    public static FakeService Start(params Answer[] answers)
    {
        int next = 0;
        return Start(_ => answers[Math.Min(Interlocked.Increment(ref next), answers.Length) - 1]);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _listener.Dispose();
        foreach (TcpClient client in _clients)
        {
            client.Dispose();
        }

        _closed.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_closed.Token);
                _clients.Add(client);
                _ = ServeAsync(client);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The service was closed.
        }
    }

    private async Task ServeAsync(TcpClient accepted)
    {
        using TcpClient client = accepted;

        // What is cut is reset, as by a process that died.
        client.LingerState = new LingerOption(enable: true, seconds: 0);
        try
        {
            Stream stream = client.GetStream();
            if (_certificate is not null)
            {
                SslStream secure = new(stream);
                stream = secure;
                await secure.AuthenticateAsServerAsync(_certificate);
            }

            while (await ReadAsync(stream) is { } seen)
            {
                _requests.Enqueue(seen);
                if (!await _answer(seen)(stream, _closed.Token))
                {
                    return;
                }
            }
        }
        catch (Exception error)
            when (error is IOException
                or AuthenticationException
                or OperationCanceledException
                or SocketException
                or ObjectDisposedException)
        {
            // The client went, or refused the certificate.
        }
    }

    private async Task<SeenRequest?> ReadAsync(Stream stream)
    {
        List<byte> head = [];
        byte[] one = new byte[1];
        while (head.Count < 4 || head[^1] != '\n' || head[^3] != '\n')
        {
            if (await stream.ReadAsync(one, _closed.Token) == 0)
            {
                return head.Count == 0 ? null : throw new IOException("The client broke off within the head.");
            }

            head.Add(one[0]);
        }

        string[] lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, string> headers = lines.Skip(1)
            .Select(line => line.Split(": ", 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        string[] first = lines[0].Split(' ');
        string[] target = first[1].Split('?', 2);
        byte[] body = new byte[headers.TryGetValue("Content-Length", out string? length)
            ? int.Parse(length, CultureInfo.InvariantCulture)
            : 0];
        await stream.ReadExactlyAsync(body, _closed.Token);
        return new SeenRequest(first[0], target[0], target.Length > 1 ? target[1] : string.Empty, headers, body);
    }
}

/// <summary>Answers of fake services.</summary>
internal static class Answers
{
    /// <summary>A whole answer.</summary>
    public static Answer Whole(string body, int status = 200, params string[] headers) => async (stream, closed) =>
    {
        string[] head =
        [
            $"HTTP/1.1 {status} Said", "Content-Type: application/json", $"Content-Length: {Encoding.UTF8.GetByteCount(body)}", .. headers,
        ];
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"{string.Join("\r\n", head)}\r\n\r\n{body}"), closed);
        return true;
    };

    /// <summary>An answer without a body.</summary>
    public static Answer Status(int status, params string[] headers) => Whole(string.Empty, status, headers);

    /// <summary>No answer for as long as the client waits.</summary>
    public static Answer Stall => static async (_, closed) =>
    {
        await Task.Delay(Timeout.Infinite, closed);
        return false;
    };

    /// <summary>The connection is cut instead of an answer.</summary>
    public static Answer Drop => static (_, _) => Task.FromResult(false);

    /// <summary>The connection is cut in the middle of an answer.</summary>
    public static Answer DropMidway(string begun, int status = 200) => async (stream, closed) =>
    {
        await BeginAsync(stream, begun, status, closed);
        await Task.Delay(50, closed);
        return false;
    };

    /// <summary>The answer begins and then stops.</summary>
    public static Answer StallMidway(string begun) => async (stream, closed) =>
    {
        await BeginAsync(stream, begun, 200, closed);
        await Task.Delay(Timeout.Infinite, closed);
        return false;
    };

    private static async Task BeginAsync(Stream stream, string begun, int status, CancellationToken closed) =>
        await stream.WriteAsync(
            Encoding.UTF8.GetBytes($"HTTP/1.1 {status} Said\r\nContent-Length: {begun.Length + 1000}\r\n\r\n{begun}"), closed);
}
