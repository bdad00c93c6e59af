using System.Globalization;

namespace Foobar.Ops.Probing;

/// <summary>What a UDP probe sends: a question that any server of the port's protocol answers, where there is one.</summary>
internal static class Datagrams
{
    // The name servers of the root (RFC 1035, 4.1; RFC 8109), asked without recursion.
    private static readonly byte[] NameServers = [0x46, 0x4F, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1];

    // A client's packet of NTP version 4 (RFC 5905, 7.3): version and mode, and nothing else that a server needs.
    private static readonly byte[] Time = [0x23, .. new byte[47]];

    /// <summary>Tells whether a server on the port is sure to answer, so that silence means something.</summary>
    public static bool IsAnswered(int port) => port is 53 or 123;

    /// <summary>The datagram for a port; empty where no question is known (ICMP still tells a closed port).</summary>
    public static ReadOnlyMemory<byte> For(int port) => port switch
    {
        53 => NameServers,
        123 => Time,
        _ => ReadOnlyMemory<byte>.Empty,
    };

    /// <summary>The datagram in hexadecimal digits; <c>-</c> if it is empty.</summary>
    public static string Text(int port) =>
        For(port) is { Length: > 0 } bytes ? Convert.ToHexString(bytes.Span).ToLower(CultureInfo.InvariantCulture) : "-";
}
