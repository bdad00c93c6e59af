namespace Foobar.Ops.Firewall.Spaces;

/// <summary>Makes the diagrams of tests on single fields, in time proportional to their size.</summary>
internal static class DiagramBuilder
{
    /// <summary>The packets whose field is in a set of values.</summary>
    public static int FieldIn(this Diagram diagram, PacketField field, IntervalSet values)
    {
        UInt128 max = FieldLayout.Max(field);
        return Build(diagram, FieldLayout.Start(field), FieldLayout.End(field), 0, max, values.Ranges);
    }

    /// <summary>The packets whose field has a value.</summary>
    public static int FieldIs(this Diagram diagram, PacketField field, UInt128 value) => diagram.FieldIn(field, IntervalSet.Of(value));

    /// <summary>The packets whose field, taken bitwise and with a mask, has a value.</summary>
    public static int FieldMasked(this Diagram diagram, PacketField field, UInt128 mask, UInt128 value)
    {
        if ((value & ~mask) != 0)
        {
            return Diagram.False;
        }

        int below = Diagram.True;
        for (int level = FieldLayout.End(field) - 1; level >= FieldLayout.Start(field); level--)
        {
            int maskByte = FieldLayout.ByteAt(field, mask, level);
            int wanted = FieldLayout.ByteAt(field, value, level);
            Span<uint> edges = diagram.Draft(level);
            int count = 0;
            for (int candidate = 0; candidate < 256; candidate++)
            {
                Diagram.Append(edges, ref count, candidate, (candidate & maskByte) == wanted ? below : Diagram.False);
            }

            below = diagram.Make(level, edges[..count]);
        }

        return below;
    }

    private static int Build(
        Diagram diagram, int level, int end, UInt128 low, UInt128 high, ReadOnlySpan<(UInt128 Low, UInt128 High)> ranges)
    {
        if (ranges.IsEmpty)
        {
            return Diagram.False;
        }

        if (ranges[0].Low <= low && ranges[0].High >= high)
        {
            return Diagram.True;
        }

        Span<uint> edges = diagram.Draft(level);
        int count = 0;
        int shift = 8 * (end - 1 - level);
        for (int value = 0; value < 256 && !ranges.IsEmpty; value++)
        {
            int next = (int)((UInt128.Max(ranges[0].Low, low) - low) >> shift);
            if (next > value)
            {
                Diagram.Append(edges, ref count, next - 1, Diagram.False);
                value = next;
            }

            UInt128 from = low | ((UInt128)value << shift);
            UInt128 to = from | ((UInt128.One << shift) - 1);
            int last = LastStartingBy(ranges, to);
            Diagram.Append(edges, ref count, value, Build(diagram, level + 1, end, from, to, ranges[..last]));
            ranges = ranges[last - 1].High > to ? ranges[(last - 1)..] : ranges[last..];
        }

        if (Diagram.High(edges[count - 1]) < 255)
        {
            Diagram.Append(edges, ref count, 255, Diagram.False);
        }

        return diagram.Make(level, edges[..count]);
    }

    // The number of ranges that start at or below the limit; few, so a gallop beats a binary search over all.
    private static int LastStartingBy(ReadOnlySpan<(UInt128 Low, UInt128 High)> ranges, UInt128 limit)
    {
        int high = 1;
        while (high < ranges.Length && ranges[high].Low <= limit)
        {
            high *= 2;
        }

        int low = high / 2;
        high = Math.Min(high, ranges.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = ranges[middle].Low <= limit ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
