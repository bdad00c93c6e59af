using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Foobar.Ops.Inventory;

/// <summary>Transport protocol of a <see cref="PortRange"/>.</summary>
public enum TransportProtocol : long
{
    /// <summary>TCP.</summary>
    Tcp,

    /// <summary>UDP.</summary>
    Udp,
}

/// <summary>Ports of one transport protocol, written <c>tcp/443</c> or <c>udp/6000-6010</c>.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="First">The first port, 1 to 65535.</param>
/// <param name="Last">The last port, not below the first.</param>
public readonly record struct PortRange(TransportProtocol Protocol, ushort First, ushort Last)
{
    /// <summary>Reads the written form; <see langword="false"/> if the text is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PortRange range)
    {
        range = default;
        if (text is null || text.IndexOf('/', StringComparison.Ordinal) is not (> 0 and int slash))
        {
            return false;
        }

        TransportProtocol? protocol = text[..slash] switch
        {
            "tcp" => TransportProtocol.Tcp,
            "udp" => TransportProtocol.Udp,
            _ => null,
        };
        string[] ends = text[(slash + 1)..].Split('-');
        if (protocol is null
            || ends.Length > 2
            || !TryPort(ends[0], out ushort first)
            || !TryPort(ends[^1], out ushort last)
            || last < first)
        {
            return false;
        }

        range = new PortRange(protocol.Value, first, last);
        return true;
    }

    /// <summary>Tells whether a port is in the range.</summary>
    public bool Contains(TransportProtocol protocol, int port) => protocol == Protocol && port >= First && port <= Last;

    /// <summary>The written form.</summary>
    public override string ToString()
    {
        string protocol = Protocol == TransportProtocol.Tcp ? "tcp" : "udp";
        return First == Last
            ? string.Create(CultureInfo.InvariantCulture, $"{protocol}/{First}")
            : string.Create(CultureInfo.InvariantCulture, $"{protocol}/{First}-{Last}");
    }

    private static bool TryPort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port > 0;
}
