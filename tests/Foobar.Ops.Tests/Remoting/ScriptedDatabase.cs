using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>
/// A database at a unix socket that says what a test wants it to (MySQL Client/Server Protocol), and remembers the
/// statements that it heard. Without TLS, so that a test can see everything.
/// </summary>
internal sealed class ScriptedDatabase : IAsyncDisposable
{
    private const byte Query = 3;

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _accepting;

    public ScriptedDatabase()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>An answer without rows.</summary>
    public static byte[] Ok { get; } = [0, 0, 0, 2, 0, 0, 0];

    /// <summary>The socket.</summary>
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"database-{Guid.NewGuid():N}");

    /// <summary>What it says first, given the connection's number (from 1), which is its id too; empty to say nothing.</summary>
    public Func<int, byte[]> Greets { get; init; } = number => Greeting("9.7.0", number);

    /// <summary>What it says to a login.</summary>
    public Func<byte[]> LogsIn { get; init; } = () => Ok;

    /// <summary>What it says to a statement, given the connection's number; <see langword="null"/> to end the connection.</summary>
    public Func<int, string, Task<byte[]?>> Answers { get; init; } = (_, _) => Task.FromResult<byte[]?>(Ok);

    /// <summary>The statements that it heard, with the connection's number.</summary>
    public ConcurrentQueue<(int Connection, string Sql)> Heard { get; } = [];

    /// <summary>The connections that have ended.</summary>
    public ConcurrentDictionary<int, TaskCompletionSource> Ended { get; } = [];

    /// <summary>A greeting without TLS.</summary>
    public static byte[] Greeting(string version, int id) =>
    [
        10, .. Encoding.ASCII.GetBytes(version), 0, (byte)id, (byte)(id >> 8), 0, 0, .. "saltsalt"u8, 0,
        0x00, 0xa2, 45, 2, 0, 0x08, 0x00, 21, .. new byte[10], .. "saltsaltsalt\0"u8, .. "mysql_native_password\0"u8,
    ];

    /// <summary>A refusal; the SQL state is part of the words: <c>#28000Access denied</c>.</summary>
    public static byte[] Error(int number, string words) => [0xff, (byte)number, (byte)(number >> 8), .. Encoding.UTF8.GetBytes(words)];

    /// <summary>Ends when a connection has ended.</summary>
    public Task EndOf(int connection) => Ended.GetOrAdd(connection, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _closing.Dispose();
        File.Delete(Path);
    }

    private async Task AcceptAsync()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync(_closing.Token);
                serving.Add(ServeAsync(socket, serving.Count + 1));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket, int number)
    {
        try
        {
            await using NetworkStream stream = new(socket, ownsSocket: true);
            await SayAsync(stream, 0, Greets(number));
            await HearAsync(stream);
            await SayAsync(stream, 2, LogsIn());
            while (await HearAsync(stream) is [Query, .. byte[] sql])
            {
                Heard.Enqueue((number, Encoding.UTF8.GetString(sql)));
                if (await Answers(number, Encoding.UTF8.GetString(sql)) is not { } answer)
                {
                    break;
                }

                await SayAsync(stream, 1, answer);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The client went, or the test ended.
        }

        await Task.WhenAny(EndOf(number), Task.CompletedTask);
        Ended[number].TrySetResult();
    }

    private async Task SayAsync(NetworkStream stream, int sequence, byte[] payload)
    {
        if (payload.Length > 0)
        {
            await stream.WriteAsync(
                (byte[])[(byte)payload.Length, (byte)(payload.Length >> 8), 0, (byte)sequence, .. payload], _closing.Token);
        }
    }

    private async Task<byte[]> HearAsync(NetworkStream stream)
    {
        byte[] head = new byte[4];
        await stream.ReadExactlyAsync(head, _closing.Token);
        byte[] payload = new byte[head[0] | (head[1] << 8) | (head[2] << 16)];
        await stream.ReadExactlyAsync(payload, _closing.Token);
        return payload;
    }
}
