using System.Net.Sockets;
using System.Text;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Tls;

/// <summary>
/// What an endpoint that does not speak TLS says in plain text: by itself (SSH, MySQL, SMTP), or when asked for a page (HTTP).
/// </summary>
internal static class PlainGreeting
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>The first line it says; <see langword="null"/> if it says nothing that can be shown.</summary>
    public static async Task<string?> ReadAsync(Func<CancellationToken, Task<Stream>> connect, CancellationToken cancellationToken) =>
        await HearAsync(connect, "", cancellationToken) ?? await HearAsync(connect, "HEAD / HTTP/1.0\r\n\r\n", cancellationToken);

    private static async Task<string?> HearAsync(
        Func<CancellationToken, Task<Stream>> connect, string question, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            await using Stream stream = await connect(limit.Token);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(question), limit.Token);
            byte[] buffer = new byte[100];
            int read = await stream.ReadAsync(buffer, limit.Token);
            return Shown(buffer.AsSpan(0, read));
        }
        catch (Exception error)
            when (error is IOException or SocketException or FoobarException
                || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>The printable characters of the first line; an answer that is TLS (an alert begins with 0x15) is none.</summary>
    private static string? Shown(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] is 0x15 or 0x16)
        {
            return null;
        }

        int end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
        string text = string.Concat(
            Encoding.ASCII.GetString(end < 0 ? bytes : bytes[..end]).Where(character => character is >= ' ' and <= '~'));
        return text.Length == 0 ? null : text;
    }
}
