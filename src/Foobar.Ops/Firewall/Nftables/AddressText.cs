using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Addresses as numbers, from text and back.</summary>
internal static class AddressText
{
    /// <summary>Reads an address of a family.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, int family, out UInt128 value)
    {
        value = 0;
        if (!IPAddress.TryParse(text, out IPAddress? address) || address.AddressFamily != FamilyOf(family))
        {
            return false;
        }

        value = ToNumber(address);
        return true;
    }

    /// <summary>
    /// Reads an address or a network of either family, in prefix or mask notation: <c>10.0.0.0/8</c>, <c>10.0.0.0/255.0.0.0</c>.
    /// </summary>
    public static bool TryParseNetwork(string text, int family, out ValueRange range)
    {
        range = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryParse(slash < 0 ? text : text.AsSpan(0, slash), family, out UInt128 address))
        {
            return false;
        }

        int bits = family == PacketValues.Ipv4 ? 32 : 128;
        int length = bits;
        if (slash >= 0
            && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bits))
        {
            return false;
        }

        range = Network(address, length, bits);
        return true;
    }

    /// <summary>The range of a prefix.</summary>
    public static ValueRange Network(UInt128 address, int length, int bits)
    {
        UInt128 host = length >= bits ? 0 : (UInt128.One << (bits - length)) - 1;
        host = length == 0 && bits == 128 ? UInt128.MaxValue : host;
        return new ValueRange(address & ~host, address | host);
    }

    /// <summary>An address as a number.</summary>
    public static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int count);
        return count == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>A number as an address.</summary>
    public static IPAddress ToAddress(UInt128 value, int family)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new IPAddress(family == PacketValues.Ipv4 ? bytes[12..] : bytes);
    }

    /// <summary>The family of an address.</summary>
    public static int FamilyOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork ? PacketValues.Ipv4 : PacketValues.Ipv6;

    private static AddressFamily FamilyOf(int family) =>
        family == PacketValues.Ipv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
}
