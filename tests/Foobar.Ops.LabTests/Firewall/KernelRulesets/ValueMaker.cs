using System.Globalization;
using System.Net;
using Foobar.Ops.LabTests.Firewall.KernelPackets;

namespace Foobar.Ops.LabTests.Firewall.KernelRulesets;

/// <summary>A value or a range of values as a ruleset writes it.</summary>
internal readonly record struct Span(string Text, UInt128 Low, UInt128 High)
{
    public bool Overlaps(Span other) => Low <= other.High && other.Low <= High;
}

/// <summary>Makes the values rules test, and remembers them as atoms for probes.</summary>
internal sealed class ValueMaker(Random random, Atoms atoms)
{
    private static readonly string[] Hosts4 =
    [
        "198.51.100.1", "198.51.100.10", "198.51.100.77", "192.0.2.1", "192.0.2.11", "192.0.2.12", "192.0.2.200", "203.0.113.1",
        "203.0.113.10", "203.0.113.200", "45.33.32.156", "10.1.2.3",
    ];
    private static readonly string[] Hosts6 =
    [
        "2001:db8:a::1", "2001:db8:a::10", "2001:db8:a::77", "2001:db8:b::1", "2001:db8:b::11", "2001:db8:b::12", "2001:db8:c::10",
        "2600:3c01::1", "fd00::5",
    ];
    private static readonly int[] Lengths4 = [8, 16, 22, 24, 24, 25, 26, 28, 29, 30, 31];
    private static readonly int[] Lengths6 = [7, 32, 46, 48, 64, 64, 120, 126, 127];
    private static readonly int[] Ports = [22, 53, 80, 443, 3306, 8080];

    /// <summary>An address, a prefix or a range of addresses.</summary>
    public Span Address(bool version4, bool single = false) => (single ? 0 : random.Next(4)) switch
    {
        1 or 2 => Prefix(version4, Pick(version4 ? Lengths4 : Lengths6)),
        3 => Range(version4),
        _ => Single(version4),
    };

    /// <summary>An address or a prefix.</summary>
    public Span Network(bool version4) => random.Next(3) == 0 ? Single(version4) : Prefix(version4, Pick(version4 ? Lengths4 : Lengths6));

    /// <summary>A port or a range of ports, the ends joined by a separator.</summary>
    public Span Port(bool single = false, char separator = '-')
    {
        int first = random.Next(3) > 0 ? Pick(Ports) : random.Next(1, 65000);
        int last = single || random.Next(3) > 0 ? first : Math.Min(65535, first + random.Next(1, random.Next(2) == 0 ? 10 : 3000));
        atoms.AddPorts(first, last);
        return Number(first, last, separator);
    }

    /// <summary>A mark.</summary>
    public Span Mark()
    {
        uint mark = Pick<uint>([1, 2, 3, 0x10, 0x11, 0xff, 0x100, 0x1001, 0x80000000]);
        atoms.Marks.AddRange([mark, mark ^ 1, mark | 0x100]);
        return new Span(string.Create(CultureInfo.InvariantCulture, $"0x{mark:x}"), mark, mark);
    }

    /// <summary>A hop limit or a range of them.</summary>
    public Span HopLimit()
    {
        int first = Pick([63, 64, 128, 254, 255]);
        int last = random.Next(2) == 0 ? first : Math.Min(255, first + random.Next(20));
        atoms.HopLimits.AddRange(
            ((int[])[first, first + 1, last, last + 1]).Where(static hops => hops is > 1 and < 256).Select(static hops => (byte)hops));
        return Number(first, last, '-');
    }

    /// <summary>A differentiated services code point.</summary>
    public Span Dscp()
    {
        int code = Pick([8, 10, 46, 48]);
        atoms.TrafficClasses.AddRange([(byte)(code << 2), (byte)((code << 2) | 1), (byte)((code + 1) << 2)]);
        return Number(code, code, '-');
    }

    /// <summary>A packet length or a range of them, in bytes.</summary>
    public Span Length()
    {
        int first = Pick([28, 36, 48, 60, 68, 100]);
        return Number(first, random.Next(2) == 0 ? first : first + random.Next(60), '-');
    }

    /// <summary>One of some words.</summary>
    public Span Word(IReadOnlyList<(string Text, int Value)> words)
    {
        (string text, int value) = words[random.Next(words.Count)];
        return new Span(text, (UInt128)value, (UInt128)value);
    }

    /// <summary>Some values of which no two overlap.</summary>
    public List<Span> Disjoint(Func<Span> make, int most)
    {
        List<Span> spans = [];
        for (int count = random.Next(1, most + 1); count > 0; count--)
        {
            Span span = make();
            if (!spans.Any(span.Overlaps))
            {
                spans.Add(span);
            }
        }

        return spans;
    }

    /// <summary>A value in a span, its ends more often than others.</summary>
    public UInt128 Sample(Span span) => random.Next(3) switch
    {
        0 => span.Low,
        1 => span.High,
        _ => span.Low + (UInt128)(ulong)random.NextInt64(1 + (long)UInt128.Min(span.High - span.Low, 1 << 30)),
    };

    /// <summary>The address of a number.</summary>
    public static IPAddress ToAddress(UInt128 value, bool version4)
    {
        byte[] bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new IPAddress(version4 ? bytes[12..] : bytes);
    }

    private Span Single(bool version4)
    {
        UInt128 value = Host(version4);
        return Remember(ToAddress(value, version4).ToString(), value, value, version4);
    }

    private Span Prefix(bool version4, int length)
    {
        int bits = version4 ? 32 : 128;
        UInt128 mask = (UInt128.One << (bits - length)) - 1;
        UInt128 low = Host(version4) & ~mask;
        return Remember(string.Create(CultureInfo.InvariantCulture, $"{ToAddress(low, version4)}/{length}"), low, low | mask, version4);
    }

    private Span Range(bool version4)
    {
        UInt128 low = Host(version4);
        UInt128 high = low + (UInt128)random.Next(1, 40);
        return Remember($"{ToAddress(low, version4)}-{ToAddress(high, version4)}", low, high, version4);
    }

    private Span Remember(string text, UInt128 low, UInt128 high, bool version4)
    {
        atoms.Add(ToAddress(low, version4), ToAddress(high, version4));
        return new Span(text, low, high);
    }

    private UInt128 Host(bool version4)
    {
        byte[] bytes = new byte[16];
        byte[] address = IPAddress.Parse(Pick(version4 ? Hosts4 : Hosts6)).GetAddressBytes();
        address.CopyTo(bytes, 16 - address.Length);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static Span Number(int first, int last, char separator) => new(
        first == last
            ? string.Create(CultureInfo.InvariantCulture, $"{first}")
            : string.Create(CultureInfo.InvariantCulture, $"{first}{separator}{last}"),
        (UInt128)first,
        (UInt128)last);

    private T Pick<T>(IReadOnlyList<T> values) => values[random.Next(values.Count)];
}
