namespace Foobar.Ops.Firewall.Spaces;

/// <summary>A set of whole numbers as sorted, disjoint, not adjacent, closed intervals.</summary>
internal sealed class IntervalSet
{
    /// <summary>The set without an element.</summary>
    public static readonly IntervalSet Empty = new([]);

    private IntervalSet((UInt128 Low, UInt128 High)[] ranges) => Ranges = ranges;

    /// <summary>The intervals, in order.</summary>
    public (UInt128 Low, UInt128 High)[] Ranges { get; }

    /// <summary>Tells whether the set has no element.</summary>
    public bool IsEmpty => Ranges.Length == 0;

    /// <summary>The set of one number.</summary>
    public static IntervalSet Of(UInt128 value) => new([(value, value)]);

    /// <summary>The numbers from <paramref name="low"/> to <paramref name="high"/>; empty if they are the wrong way round.</summary>
    public static IntervalSet Range(UInt128 low, UInt128 high) => low <= high ? new([(low, high)]) : Empty;

    /// <summary>The union of intervals in any order.</summary>
    public static IntervalSet From(IEnumerable<(UInt128 Low, UInt128 High)> ranges)
    {
        (UInt128 Low, UInt128 High)[] sorted = [.. ranges];
        if (!IsSorted(sorted))
        {
            Array.Sort(sorted, static (left, right) => left.Low.CompareTo(right.Low));
        }

        int count = 0;
        foreach ((UInt128 low, UInt128 high) in sorted)
        {
            if (count > 0 && (low <= sorted[count - 1].High || low == sorted[count - 1].High + 1))
            {
                sorted[count - 1].High = UInt128.Max(sorted[count - 1].High, high);
            }
            else
            {
                sorted[count++] = (low, high);
            }
        }

        return new(sorted[..count]);
    }

    // Tools list large sets in order, and sorting would cost more than all the rest.
    private static bool IsSorted((UInt128 Low, UInt128 High)[] ranges)
    {
        for (int index = 1; index < ranges.Length; index++)
        {
            if (ranges[index].Low < ranges[index - 1].Low)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The union of sets.</summary>
    public static IntervalSet Union(IEnumerable<IntervalSet> sets) => From(sets.SelectMany(static set => set.Ranges));

    /// <summary>What is in the range 0 to <paramref name="max"/> and not in this set.</summary>
    public IntervalSet Complement(UInt128 max)
    {
        List<(UInt128, UInt128)> gaps = [];
        UInt128 next = 0;
        foreach ((UInt128 low, UInt128 high) in Ranges)
        {
            if (low > next)
            {
                gaps.Add((next, low - 1));
            }

            if (high >= max)
            {
                return new([.. gaps]);
            }

            next = high + 1;
        }

        gaps.Add((next, max));
        return new([.. gaps]);
    }

    /// <summary>Tells whether a number is in the set.</summary>
    public bool Contains(UInt128 value) => Array.Exists(Ranges, range => range.Low <= value && value <= range.High);
}
