namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>Statistics that a minority of wrong values does not move (P. J. Huber, "Robust Statistics", 1981).</summary>
internal static class RobustStatistics
{
    // The median absolute deviation of a normal distribution is 1 / 1.4826 of its standard deviation.
    private const double Normal = 1.4826;

    /// <summary>The median; NaN of nothing. Reorders the values.</summary>
    public static double Median(Span<double> values)
    {
        if (values.IsEmpty)
        {
            return double.NaN;
        }

        values.Sort();
        int middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    /// <summary>The standard deviation about 0, by the median of the absolute values; NaN of nothing. Reorders the values.</summary>
    public static double Deviation(Span<double> residuals)
    {
        for (int index = 0; index < residuals.Length; index++)
        {
            residuals[index] = Math.Abs(residuals[index]);
        }

        return Normal * Median(residuals);
    }
}
