using System.Globalization;

namespace Foobar.Ops.Database.Gtids;

/// <summary>A run of transaction numbers of one source.</summary>
/// <param name="First">The first number, at least 1.</param>
/// <param name="Last">The last number, not below the first.</param>
public readonly record struct GtidInterval(long First, long Last)
{
    /// <summary>The written form: <c>7</c> or <c>1-42</c>.</summary>
    public override string ToString() => First == Last
        ? string.Create(CultureInfo.InvariantCulture, $"{First}")
        : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}

/// <summary>Transaction numbers of one source as sorted intervals that neither overlap nor touch.</summary>
internal static class GtidIntervals
{
    /// <summary>Sorts intervals and joins those that overlap or touch.</summary>
    public static IReadOnlyList<GtidInterval> Normalise(IEnumerable<GtidInterval> intervals)
    {
        List<GtidInterval> joined = [];
        foreach (GtidInterval next in intervals.OrderBy(interval => interval.First))
        {
            if (joined.Count > 0 && next.First - 1 <= joined[^1].Last)
            {
                joined[^1] = joined[^1] with { Last = Math.Max(joined[^1].Last, next.Last) };
            }
            else
            {
                joined.Add(next);
            }
        }

        return joined;
    }

    /// <summary>What is in <paramref name="from"/> and not in <paramref name="remove"/>; both normalised.</summary>
    public static IReadOnlyList<GtidInterval> Subtract(IReadOnlyList<GtidInterval> from, IReadOnlyList<GtidInterval> remove)
    {
        List<GtidInterval> left = [];
        int index = 0;
        foreach (GtidInterval interval in from)
        {
            long first = interval.First;
            while (index < remove.Count && remove[index].Last < first)
            {
                index++;
            }

            for (int hole = index; hole < remove.Count && remove[hole].First <= interval.Last && first <= interval.Last; hole++)
            {
                if (remove[hole].First > first)
                {
                    left.Add(new(first, remove[hole].First - 1));
                }

                first = Math.Max(first, remove[hole].Last + 1);
            }

            if (first <= interval.Last)
            {
                left.Add(interval with { First = first });
            }
        }

        return left;
    }
}
