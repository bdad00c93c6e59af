using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Connectivity;

/// <summary>Reads ports as users write them.</summary>
public static class ProbePorts
{
    /// <summary>Reads <c>443</c>, <c>8000-8010</c>, <c>udp/53</c>.</summary>
    /// <param name="text">The ports.</param>
    /// <param name="protocol">The transport protocol of ports that name none; TCP if left out.</param>
    /// <exception cref="FoobarException"><c>PortInvalid</c>.</exception>
    public static PortRange Parse(string text, TransportProtocol? protocol = null)
    {
        string written = text.Trim().ToLowerInvariant();
        string whole = written.Contains('/', StringComparison.Ordinal)
            ? written
            : $"{(protocol == TransportProtocol.Udp ? "udp" : "tcp")}/{written}";
        return PortRange.TryParse(whole, out PortRange range) ? range
            : throw new FoobarException("PortInvalid", ErrorKind.InvalidInput, $"'{text}' is no port.")
            {
                Recommendation = "Write 443, 8000-8010, tcp/443 or udp/53; ports are 1 to 65535.",
            };
    }
}
