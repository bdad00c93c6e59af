using System.Net;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Discovery.Facts;

/// <summary>
/// Reads the addresses that keepalived moves between servers (keepalived.conf(5), virtual_ipaddress, virtual_ipaddress_excluded). Of
/// its configuration, which may hold passwords, nothing else leaves the server.
/// </summary>
internal static class VirtualAddressScript
{
    /// <summary>What is read, as evidence names it.</summary>
    public const string Source = "virtual_ipaddress of keepalived's configuration";

    /// <summary>Prints the addresses, one a line, each perhaps with its prefix.</summary>
    public const string Text = """
        for file in /etc/keepalived/keepalived.conf /etc/keepalived/*.d/*.conf; do
          [ -f "$file" ] || continue
          awk '{ sub(/[#!].*/, "") }
               /virtual_ipaddress(_excluded)?[ \t]*[{]/ { inside = 1; sub(/.*[{]/, "") }
               inside { done = sub(/[}].*/, ""); if ($1 != "") print $1; if (done) inside = 0 }' "$file"
        done
        """;

    /// <summary>Reads what it prints; a line that is no address is a variable of keepalived's, and left out.</summary>
    public static IReadOnlyList<IPAddress> Parse(string text) =>
        [
            .. Lines.Of(text)
                .Select(static line => IPAddress.TryParse(line.Text.Trim().Split('/')[0], out IPAddress? address) ? address : null)
                .OfType<IPAddress>()
                .Distinct(),
        ];
}
