using System.Net;
using System.Net.Sockets;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>
/// Readers of addresses and networks, strict where <see cref="IPAddress.TryParse(string, out IPAddress)"/> is not (<c>1</c>, <c>0x7f.1</c>,
/// <c>fe80::1%eth0</c>).
/// </summary>
internal static class Addresses
{
    private const string AddressExpected = "an IPv4 or IPv6 address, such as 192.0.2.10 or 2001:db8::10";
    private const string NetworkExpected = "a network in CIDR notation, such as 192.0.2.0/24 or 2001:db8::/64";

    /// <summary>An address.</summary>
    public static Parsed<IPAddress> Address(SourceValue value, Problems problems) =>
        Scalars.Text(value, problems, AddressExpected).TryGet(out string text)
            && Scalars.Check(TryAddress(text, out IPAddress? address), value, problems, AddressExpected)
            ? address!
            : default(Parsed<IPAddress>);

    /// <summary>A network: a prefix without host bits, never the whole address space (that is <c>internet</c>).</summary>
    public static Parsed<IPNetwork> Network(SourceValue value, Problems problems)
    {
        if (!Scalars.Text(value, problems, NetworkExpected).TryGet(out string text))
        {
            return default;
        }

        if (TryNetwork(text, out IPNetwork network, out string? nearest))
        {
            if (network.PrefixLength > 0)
            {
                return network;
            }

            problems.Add(
                value, $"{value.Shown} is every address there is",
                "a network that is smaller; flows say 'internet' for all other addresses");
            return default;
        }

        problems.Add(
            value,
            nearest is null ? $"{value.Shown} does not fit here" : $"{value.Shown} has bits set beyond its prefix",
            NetworkExpected, nearest);
        return default;
    }

    /// <summary>Reads an address; IPv4 only in four decimal parts, IPv6 without a zone, no IPv4 dressed as IPv6.</summary>
    public static bool TryAddress(string text, out IPAddress? address) =>
        IPAddress.TryParse(text, out address)
        && !text.Contains('[', StringComparison.Ordinal)
        && !text.Contains('%', StringComparison.Ordinal)
        && !address.IsIPv4MappedToIPv6
        && (address.AddressFamily == AddressFamily.InterNetworkV6 || string.Equals(address.ToString(), text, StringComparison.Ordinal));

    /// <summary>Reads a network.</summary>
    /// <param name="text">The text, <c>ADDRESS/PREFIX</c>.</param>
    /// <param name="network">The network.</param>
    /// <param name="nearest">Where bits are set beyond the prefix: the network that was probably meant.</param>
    public static bool TryNetwork(string text, out IPNetwork network, out string? nearest)
    {
        network = default;
        nearest = null;
        string[] parts = text.Split('/');
        if (parts.Length != 2
            || !TryAddress(parts[0], out IPAddress? address)
            || !byte.TryParse(
                parts[1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out byte prefix)
            || prefix > address!.GetAddressBytes().Length * 8)
        {
            return false;
        }

        IPAddress masked = Mask(address, prefix);
        if (!masked.Equals(address))
        {
            nearest = $"{masked}/{prefix}";
            return false;
        }

        network = new IPNetwork(address, prefix);
        return true;
    }

    private static IPAddress Mask(IPAddress address, int prefix)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int i = 0; i < bytes.Length; i++)
        {
            int kept = Math.Clamp(prefix - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xFF << (8 - kept));
        }

        return new IPAddress(bytes);
    }
}
