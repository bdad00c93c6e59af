using System.Buffers.Binary;
using System.Text;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Remoting.Database.Wire;

/// <summary>What a MySQL or MariaDB server says first (MySQL Client/Server Protocol, Protocol::HandshakeV10).</summary>
/// <param name="Version">The server's version.</param>
/// <param name="ConnectionId">The connection's id on the server.</param>
internal sealed record ServerGreeting(string Version, long ConnectionId)
{
    private const byte ProtocolVersion = 10;

    // MariaDB 10 greets so since replicas of old refuse a version of two digits.
    private const string MariaDbPrefix = "5.5.5-";

    /// <summary>Reads the payload of the first packet.</summary>
    /// <exception cref="ParseException">It is no greeting.</exception>
    public static ServerGreeting Parse(string server, string source, ReadOnlySpan<byte> body)
    {
        int end = body.Length > 1 ? body[1..].IndexOf((byte)0) : -1;
        if (body.Length == 0 || body[0] != ProtocolVersion || end <= 0 || body.Length < end + 6)
        {
            throw new ParseException(server, source, 0, "expected the greeting of a MySQL or MariaDB server.");
        }

        return new ServerGreeting(
            VersionOf(Encoding.ASCII.GetString(body.Slice(1, end))), BinaryPrimitives.ReadUInt32LittleEndian(body[(end + 2)..]));
    }

    /// <summary>The version that a server greets with, as <c>SELECT VERSION()</c> says it.</summary>
    /// <param name="greeted">The version in the greeting: <c>5.5.5-10.11.14-MariaDB</c>.</param>
    public static string VersionOf(string greeted) =>
        greeted.StartsWith(MariaDbPrefix, StringComparison.Ordinal) ? greeted[MariaDbPrefix.Length..] : greeted;
}
