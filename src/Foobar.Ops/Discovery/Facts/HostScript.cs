using System.Globalization;
using System.Net;
using Foobar.Ops.Errors;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Discovery.Facts;

/// <summary>
/// Asks a machine for its name, for the ends of the session itself (sshd(8), SSH_CONNECTION) and whether it forwards packets.
/// </summary>
internal static class HostScript
{
    /// <summary>What is read, as evidence names it.</summary>
    public const string Source = "uname -n; SSH_CONNECTION; net.ipv4.ip_forward";

    /// <summary>Prints the sections <c>name</c>, <c>session</c> and <c>forwarding</c>.</summary>
    public const string Text = """
        printf '==> name\n%s\n' "$(uname -n)"
        printf '\n==> session\n%s\n' "$SSH_CONNECTION"
        printf '\n==> forwarding\n'; cat /proc/sys/net/ipv4/ip_forward
        """;

    /// <summary>Reads what it prints.</summary>
    /// <exception cref="ParseException">A section is missing.</exception>
    public static HostFacts Parse(string text)
    {
        IReadOnlyDictionary<string, string> sections = Sections.Parse(text);
        string[] ends = Lines.Fields(sections.Require("session"));
        int port = ends.Length == 4
            && int.TryParse(ends[3].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number is > 0 and <= 65535
            ? number
            : 0;
        return new HostFacts(
            sections.Require("name").Trim().Split('.')[0], End(ends, 0), port, sections.Require("forwarding").Trim() == "1")
        {
            Address = End(ends, 2),
        };
    }

    private static IPAddress? End(string[] ends, int index) => ends.Length == 4 && IPAddress.TryParse(ends[index], out IPAddress? address)
        ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)
        : null;
}
