using System.Globalization;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Servers;

/// <summary>The ports the kernel picks for sockets that ask for none (ip(7), <c>ip_local_port_range</c>).</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
public sealed record EphemeralPorts(int First, int Last)
{
    /// <summary>The file this is read from.</summary>
    public const string Source = "/proc/sys/net/ipv4/ip_local_port_range";

    /// <summary>Tells whether a port is one of them.</summary>
    public bool Contains(int port) => port >= First && port <= Last;

    /// <summary>Reads the file: two numbers.</summary>
    /// <exception cref="Errors.ParseException">It does not hold two numbers.</exception>
    public static EphemeralPorts Parse(string text)
    {
        string[] fields = Lines.Fields(text.Trim());
        return fields.Length == 2 && TryPort(fields[0], out int first) && TryPort(fields[1], out int last)
            ? new EphemeralPorts(first, last)
            : throw Lines.Unexpected(Source, 1, "two port numbers", text.Trim());
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;
}
