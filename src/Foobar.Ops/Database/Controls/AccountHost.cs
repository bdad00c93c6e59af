using System.Net;
using System.Text.RegularExpressions;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Database;

/// <summary>Whether an account's host part lets a server in (MySQL Reference Manual, "Specifying Account Names").</summary>
internal static class AccountHost
{
    private static readonly TimeSpan MatchLimit = TimeSpan.FromMilliseconds(100);

    /// <summary>Tells whether a pattern, an address with a mask, or a name matches one of the server's addresses or its name.</summary>
    public static bool Allows(string host, Server server) =>
        Matches(host, server.Name) || server.Addresses.Any(address => Matches(host, address.ToString()) || InNetwork(host, address));

    private static bool Matches(string pattern, string text) => Regex.IsMatch(
        text,
        "^" + Regex.Escape(pattern).Replace("%", ".*", StringComparison.Ordinal).Replace("_", ".", StringComparison.Ordinal) + "$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking,
        MatchLimit);

    private static bool InNetwork(string host, IPAddress address)
    {
        string[] parts = host.Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out IPAddress? network) || network.AddressFamily != address.AddressFamily)
        {
            return false;
        }

        byte[]? mask = int.TryParse(parts[1], out int bits) && bits >= 0 && bits <= network.GetAddressBytes().Length * 8
            ? Mask(bits, network.GetAddressBytes().Length)
            : parts[1].Contains('.', StringComparison.Ordinal)
                && IPAddress.TryParse(parts[1], out IPAddress? written)
                && written.AddressFamily == network.AddressFamily
                ? written.GetAddressBytes()
                : null;
        return mask is not null
            && address.GetAddressBytes()
                .Zip(network.GetAddressBytes(), (a, b) => (a, b))
                .Zip(mask)
                .All(byteOf => ((byteOf.First.a ^ byteOf.First.b) & byteOf.Second) == 0);
    }

    private static byte[] Mask(int bits, int length) =>
        [.. Enumerable.Range(0, length).Select(index => (byte)(0xff00 >> Math.Clamp(bits - (index * 8), 0, 8)))];
}
