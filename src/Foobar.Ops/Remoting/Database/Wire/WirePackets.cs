using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Database.Wire;

/// <summary>Packets over a stream: a length of three bytes, a sequence number, the payload (MySQL Client/Server Protocol, "MySQL Packets").</summary>
/// <param name="server">The server's name, for errors.</param>
/// <param name="stream">The stream.</param>
internal sealed class WirePackets(string server, Stream stream) : IAsyncDisposable
{
    private const int Header = 4;
    private const int Limit = 1 << 20;

    private byte _sequence;

    /// <summary>The stream; another one after TLS was begun on it.</summary>
    public Stream Stream { get; set; } = stream;

    /// <summary>Begins a new exchange: numbers start again.</summary>
    public void Restart() => _sequence = 0;

    /// <summary>Reads a payload; it has one byte at least.</summary>
    /// <exception cref="ParseException">It is empty or longer than 1 MiB.</exception>
    /// <exception cref="IOException">The connection ended.</exception>
    public async Task<byte[]> ReadAsync(CancellationToken cancellationToken)
    {
        byte[] head = new byte[Header];
        await Stream.ReadExactlyAsync(head, cancellationToken).ConfigureAwait(false);
        int length = head[0] | (head[1] << 8) | (head[2] << 16);
        if (length is 0 or > Limit)
        {
            throw new ParseException(server, "the database's protocol", 0, FormattableString.Invariant($"expected a packet of 1 to {Limit} bytes, found one of {length}."));
        }

        _sequence = (byte)(head[3] + 1);
        byte[] body = new byte[length];
        await Stream.ReadExactlyAsync(body, cancellationToken).ConfigureAwait(false);
        return body;
    }

    /// <summary>Writes a payload.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        byte[] packet = [(byte)payload.Length, (byte)(payload.Length >> 8), (byte)(payload.Length >> 16), _sequence++, .. payload.Span];
        await Stream.WriteAsync(packet, cancellationToken).ConfigureAwait(false);
        await Stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
