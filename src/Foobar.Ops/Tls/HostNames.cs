using System.Globalization;
using System.Net;

namespace Foobar.Ops.Tls;

/// <summary>Which host names a certificate is for (RFC 9525: subject alternative names only, never the common name).</summary>
public static class HostNames
{
    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = false };

    /// <summary>Tells whether a certificate covers a host name or an address.</summary>
    public static bool Covers(Certificate certificate, string name) => IPAddress.TryParse(name, out IPAddress? address)
        ? certificate.IpAddresses.Any(candidate => IPAddress.TryParse(candidate, out IPAddress? given) && given.Equals(address))
        : certificate.DnsNames.Any(pattern => Matches(pattern, name));

    /// <summary>
    /// Tells whether a presented name matches: label by label without regard to case, A-labels for U-labels; a wildcard
    /// stands for exactly one label and only as the whole leftmost one (RFC 9525, 6.3).
    /// </summary>
    public static bool Matches(string pattern, string name)
    {
        string host = Ascii(name.TrimEnd('.'));
        string presented = Ascii(pattern.TrimEnd('.'));
        if (!presented.StartsWith("*.", StringComparison.Ordinal))
        {
            return host.Length > 0
                && !presented.Contains('*', StringComparison.Ordinal)
                && string.Equals(presented, host, StringComparison.OrdinalIgnoreCase);
        }

        string parent = presented[1..];
        int dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0
            && parent.Length > 1
            && !parent.Contains('*', StringComparison.Ordinal)
            && string.Equals(parent, host[dot..], StringComparison.OrdinalIgnoreCase);
    }

    private static string Ascii(string name)
    {
        try
        {
            return System.Text.Ascii.IsValid(name) ? name : Idn.GetAscii(name);
        }
        catch (ArgumentException)
        {
            // No host name at all; compared as it stands it matches nothing but itself.
            return name;
        }
    }
}
