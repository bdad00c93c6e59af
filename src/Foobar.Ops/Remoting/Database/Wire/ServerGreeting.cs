using System.Buffers.Binary;
using System.Text;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Database.Wire;

/// <summary>What a MySQL or MariaDB server says first (MySQL Client/Server Protocol, Protocol::HandshakeV10).</summary>
internal sealed record ServerGreeting
{
    private const byte ProtocolVersion = 10;
    private const int SaltLength = 20;

    /// <summary>The server's version.</summary>
    public required string Version { get; init; }

    /// <summary>The connection's id on the server.</summary>
    public required long ConnectionId { get; init; }

    /// <summary>What the server can do; none if it does not say.</summary>
    public Capabilities Capabilities { get; init; }

    /// <summary>What passwords are scrambled with: 20 bytes, fewer if it said no more.</summary>
    public byte[] Salt { get; init; } = [];

    /// <summary>The way of logging in that it suggests; empty if it does not say.</summary>
    public string Plugin { get; init; } = "";

    /// <summary>Reads the payload of the first packet.</summary>
    /// <exception cref="ParseException">It is no greeting.</exception>
    public static ServerGreeting Parse(string server, string source, ReadOnlySpan<byte> body)
    {
        int end = body.Length > 1 ? body[1..].IndexOf((byte)0) : -1;
        if (body.Length == 0 || body[0] != ProtocolVersion || end <= 0 || body.Length < end + 6)
        {
            throw new ParseException(server, source, 0, "expected the greeting of a MySQL or MariaDB server.");
        }

        // Version, id of 4, salt of 8, filler, capabilities of 2, character set, status of 2, capabilities of 2, length of
        // the salt, 10 reserved, the salt's rest, the plugin's name.
        ReadOnlySpan<byte> rest = body[(end + 2)..];
        ServerGreeting greeting = new() { Version = Encoding.ASCII.GetString(body.Slice(1, end)), ConnectionId = BinaryPrimitives.ReadUInt32LittleEndian(rest) };
        if (rest.Length < 31)
        {
            return greeting;
        }

        ReadOnlySpan<byte> second = rest[31..];
        int name = Math.Max(13, rest[20] - 8);
        return greeting with
        {
            Capabilities = (Capabilities)(BinaryPrimitives.ReadUInt16LittleEndian(rest[13..]) | ((uint)BinaryPrimitives.ReadUInt16LittleEndian(rest[18..]) << 16)),
            Salt = [.. rest.Slice(4, 8), .. second[..Math.Min(SaltLength - 8, second.Length)]],
            Plugin = second.Length > name ? Encoding.ASCII.GetString(second[name..]).TrimEnd('\0') : "",
        };
    }
}

/// <summary>Capability flags (MySQL Client/Server Protocol, "Capabilities Flags").</summary>
[Flags]
internal enum Capabilities : uint
{
    None = 0,
    LongPassword = 0x1,
    LongFlag = 0x4,
    Protocol41 = 0x200,
    Tls = 0x800,
    Transactions = 0x2000,
    SecureConnection = 0x8000,
    PluginAuth = 0x80000,
}
