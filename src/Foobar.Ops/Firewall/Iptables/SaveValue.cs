using System.Globalization;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>Values as iptables writes them. Each throws <see cref="FormatException"/> with what was expected.</summary>
internal static class SaveValue
{
    /// <summary>A decimal or hexadecimal number.</summary>
    public static UInt128 Number(string text)
    {
        bool hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return uint.TryParse(
            hex ? text.AsSpan(2) : text,
            hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture, out uint number)
            ? number
            : throw new FormatException($"a number expected, found '{text}'");
    }

    /// <summary>A number, or a range written <c>a:b</c> with either end left out.</summary>
    public static ValueRange Range(string text, uint max, char separator = ':')
    {
        int at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? ValueRange.Of(Number(text)) : new ValueRange(
            at == 0 ? 0 : Number(text[..at]),
            at == text.Length - 1 ? max : Number(text[(at + 1)..]));
    }

    /// <summary>A value and a mask, written <c>value/mask</c>; the mask is all ones if it is left out.</summary>
    public static (UInt128 Value, UInt128 Mask) Masked(string text, UInt128 max)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (Number(text), max) : (Number(text[..slash]), Number(text[(slash + 1)..]));
    }

    /// <summary>A name of a table, or a number.</summary>
    public static UInt128 Named(string text, IReadOnlyDictionary<string, int> names) =>
        names.TryGetValue(text, out int known) ? (UInt128)known : Number(text);

    /// <summary>The condition that an address is in a network; masks with holes are kept bit by bit.</summary>
    public static Condition Network(PacketField field, int family, string text, bool negated)
    {
        if (AddressText.TryParseNetwork(text, family, out ValueRange range))
        {
            return new Condition.In([new KeyPart(field, ValueKind.Number)], [new SetElement([range])], null, negated);
        }

        string[] parts = text.Split('/');
        return parts.Length == 2
            && AddressText.TryParse(parts[0], family, out UInt128 address)
            && AddressText.TryParse(parts[1], family, out UInt128 mask)
            ? new Condition.Masked(field, mask, address & mask, negated)
            : throw new FormatException($"an IPv{family} network expected, found '{text}'");
    }

    /// <summary>An address or a range of them, written <c>a-b</c>.</summary>
    public static ValueRange Addresses(string text, int family)
    {
        string[] ends = text.Split('-');
        return ends.Length <= 2
            && AddressText.TryParse(ends[0], family, out UInt128 low)
            && AddressText.TryParse(ends[^1], family, out UInt128 high)
            ? new ValueRange(low, high)
            : throw new FormatException($"an IPv{family} address or range expected, found '{text}'");
    }

    /// <summary>Where a translation leads: <c>10.0.0.1-10.0.0.4:80-90</c>, <c>[2001:db8::1]:80</c>, <c>:80</c>.</summary>
    public static (ValueRange? Address, ValueRange? Port) Translation(string text, int family)
    {
        string address = text;
        string? port = null;
        int end = text.LastIndexOf(':');
        if (text.StartsWith('[') && text.IndexOf(']', StringComparison.Ordinal) is > 0 and int close)
        {
            address = text[1..close];
            port = close + 1 < text.Length && text[close + 1] == ':' ? text[(close + 2)..] : null;
        }
        else if (family == PacketValues.Ipv4 && end >= 0)
        {
            (address, port) = (text[..end], text[(end + 1)..]);
        }

        // A third number after a slash shifts the range to a base port; it does not change which ports may be taken.
        port = port?.Split('/')[0];
        return (address.Length == 0 ? null : Addresses(address, family), port is null ? null : Range(port, ushort.MaxValue, '-'));
    }
}
