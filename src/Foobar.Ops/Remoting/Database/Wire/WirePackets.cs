using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Database.Wire;

/// <summary>
/// Packets over a stream: a length of three bytes, a sequence number, the payload (MySQL Client/Server Protocol, "MySQL Packets").
/// </summary>
/// <param name="server">The server's name, for errors.</param>
/// <param name="stream">The stream; closed with this.</param>
internal sealed class WirePackets(string server, Stream stream) : IAsyncDisposable
{
    private const int Header = 4;
    private const int Limit = 1 << 20;

    /// <summary>Reads a payload; it has one byte at least.</summary>
    /// <exception cref="ParseException">It is empty or longer than 1 MiB.</exception>
    /// <exception cref="IOException">The connection ended.</exception>
    public async Task<byte[]> ReadAsync(CancellationToken cancellationToken)
    {
        byte[] head = new byte[Header];
        await stream.ReadExactlyAsync(head, cancellationToken).ConfigureAwait(false);
        int length = head[0] | (head[1] << 8) | (head[2] << 16);
        if (length is 0 or > Limit)
        {
            throw new ParseException(
                server, "the database's protocol", 0,
                FormattableString.Invariant($"expected a packet of 1 to {Limit} bytes, found one of {length}."));
        }

        byte[] body = new byte[length];
        await stream.ReadExactlyAsync(body, cancellationToken).ConfigureAwait(false);
        return body;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();
}
