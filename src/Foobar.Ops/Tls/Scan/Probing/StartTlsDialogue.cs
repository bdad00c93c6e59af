using System.Buffers.Binary;
using System.Text;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Scan.Probing;

/// <summary>Asks an endpoint to begin TLS in its own protocol. Reads no more bytes than belong to that.</summary>
internal static class StartTlsDialogue
{
    private const int LongestLine = 4096, MostLines = 100, LongestPacket = 65536;

    // MySQL: "Protocol::SSLRequest"; CLIENT_PROTOCOL_41, CLIENT_SSL, CLIENT_SECURE_CONNECTION.
    private const int ClientSsl = 0x0800, Capabilities = 0x0200 | ClientSsl | 0x8000;

    /// <summary>Begins TLS.</summary>
    /// <exception cref="WireException">The endpoint speaks another protocol, or does not offer TLS in it.</exception>
    public static Task BeginAsync(StartTls protocol, Stream stream, CancellationToken cancellationToken) => protocol switch
    {
        StartTls.MySql => BeginMySqlAsync(stream, cancellationToken),
        StartTls.PostgreSql => BeginPostgreSqlAsync(stream, cancellationToken),
        StartTls.Smtp => BeginSmtpAsync(stream, cancellationToken),
        StartTls.Ldap => BeginLdapAsync(stream, cancellationToken),
        _ => Task.CompletedTask,
    };

    /// <summary>The initial handshake packet (version 10), of which the capabilities are read, and the SSL request.</summary>
    private static async Task BeginMySqlAsync(Stream stream, CancellationToken cancellationToken)
    {
        const byte Version10 = 10, ErrorPacket = 0xFF;
        byte[] header = await ReadAsync(stream, 4, cancellationToken);
        int length = header[0] | (header[1] << 8) | (header[2] << 16);
        if (length is < 1 or > LongestPacket || header[3] != 0)
        {
            throw Other("MySQL");
        }

        byte[] packet = await ReadAsync(stream, length, cancellationToken);
        if (packet[0] == ErrorPacket)
        {
            throw new WireException($"refuses the client: {Shown(packet.AsSpan(Math.Min(3, length)))}");
        }

        // The version's text with a zero behind, thread id (4), scramble (8), a filler (1).
        int capabilitiesAt = packet.AsSpan(1).IndexOf((byte)0) + 2 + 4 + 8 + 1;
        if (packet[0] != Version10 || capabilitiesAt + 2 > length)
        {
            throw Other("MySQL");
        }

        if ((BinaryPrimitives.ReadUInt16LittleEndian(packet.AsSpan(capabilitiesAt)) & ClientSsl) == 0)
        {
            throw Plain("the database");
        }

        const byte Utf8 = 45;
        byte[] request = new byte[4 + 32];
        request[0] = 32;
        request[3] = 1;
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(4), Capabilities);
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(8), 1 << 24);
        request[12] = Utf8;
        await stream.WriteAsync(request, cancellationToken);
    }

    /// <summary>SSLRequest, answered by one letter.</summary>
    private static async Task BeginPostgreSqlAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync((byte[])[0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F], cancellationToken);
        byte answer = (await ReadAsync(stream, 1, cancellationToken))[0];
        if (answer != 'S')
        {
            throw answer == 'N' ? Plain("the database") : Other("PostgreSQL");
        }
    }

    /// <summary>RFC 3207.</summary>
    private static async Task BeginSmtpAsync(Stream stream, CancellationToken cancellationToken)
    {
        await ReplyAsync(stream, "220", cancellationToken);
        await stream.WriteAsync("EHLO localhost\r\n"u8.ToArray(), cancellationToken);
        List<string> capabilities = await ReplyAsync(stream, "250", cancellationToken);
        if (!capabilities.Any(line => line.Length > 4 && line[4..].Trim().Equals("STARTTLS", StringComparison.OrdinalIgnoreCase)))
        {
            throw Plain("the mail server");
        }

        await stream.WriteAsync("STARTTLS\r\n"u8.ToArray(), cancellationToken);
        await ReplyAsync(stream, "220", cancellationToken);
    }

    /// <summary>RFC 4511, 4.14: an extended request with StartTLS's object identifier, answered by result code 0.</summary>
    private static async Task BeginLdapAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] oid = Encoding.ASCII.GetBytes("1.3.6.1.4.1.1466.20037");
        await stream.WriteAsync(
            (byte[])[0x30, (byte)(oid.Length + 7), 2, 1, 1, 0x77, (byte)(oid.Length + 2), 0x80, (byte)oid.Length, .. oid],
            cancellationToken);
        byte[] message = await BerAsync(stream, 0x30, cancellationToken);

        // Message id, then [APPLICATION 24] with the result code as its first element.
        int at = message.AsSpan().IndexOf((byte[])[0x0A, 1]);
        if (message.Length < 3 || !message.AsSpan(0, 3).SequenceEqual((byte[])[2, 1, 1]) || at < 0 || at + 2 >= message.Length)
        {
            throw Other("LDAP");
        }

        if (message[at + 2] != 0)
        {
            throw Plain("the directory");
        }
    }

    private static async Task<byte[]> BerAsync(Stream stream, byte tag, CancellationToken cancellationToken)
    {
        byte[] header = await ReadAsync(stream, 2, cancellationToken);
        int length = header[1];
        if ((length & 0x80) != 0)
        {
            length = (length & 0x7F) is > 0 and <= 4
                ? (await ReadAsync(stream, length & 0x7F, cancellationToken)).Aggregate(0, static (sum, value) => (sum << 8) | value)
                : -1;
        }

        return header[0] == tag && length is >= 0 and <= LongestPacket ? await ReadAsync(stream, length, cancellationToken)
            : throw Other("LDAP");
    }

    /// <summary>A reply of one or more lines (RFC 5321, 4.2.1); the last has a blank behind its code.</summary>
    private static async Task<List<string>> ReplyAsync(Stream stream, string code, CancellationToken cancellationToken)
    {
        List<string> lines = [];
        do
        {
            string line = await LineAsync(stream, cancellationToken);
            lines.Add(line);
            if (!line.StartsWith(code, StringComparison.Ordinal) || lines.Count > MostLines)
            {
                throw line.Length > 3 && char.IsAsciiDigit(line[0]) ? new WireException($"answers '{Shown(Encoding.ASCII.GetBytes(line))}'")
                    : Other("SMTP");
            }
        }
        while (lines[^1].Length > 3 && lines[^1][3] == '-');
        return lines;
    }

    private static async Task<string> LineAsync(Stream stream, CancellationToken cancellationToken)
    {
        List<byte> line = [];
        while (line.Count < LongestLine)
        {
            byte next = (await ReadAsync(stream, 1, cancellationToken))[0];
            if (next == '\n')
            {
                return Encoding.ASCII.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(next);
        }

        throw Other("SMTP");
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int length, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private static string Shown(ReadOnlySpan<byte> bytes) =>
        string.Concat(
            Encoding.ASCII.GetString(bytes[..Math.Min(bytes.Length, 100)]).Where(static character => character is >= ' ' and <= '~'));

    private static WireException Other(string protocol) => new($"does not speak {protocol}") { IsOtherProtocol = true };

    private static WireException Plain(string what) => new($"offers no TLS: {what} wants plain text") { IsOtherProtocol = true };
}
