namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>
/// A scale on which counts have the standard deviation 1, whatever their mean: for a variance of mean + (noise * mean)^2, Poisson
/// and a relative noise on top. F. J. Anscombe, "The transformation of Poisson, binomial and negative-binomial data",
/// Biometrika 35 (1948). Small counts are close together at 0 as they should be; large ones are on a logarithmic scale.
/// </summary>
internal static class CountScale
{
    private const double Continuity = 0.375;

    // Below this, the limit of no noise at all (the square root) is exact enough and does not divide by nothing.
    private const double LeastNoise = 1e-4;

    /// <summary>A count on the scale.</summary>
    /// <param name="count">The count.</param>
    /// <param name="noise">The relative noise beyond Poisson's.</param>
    public static double Of(double count, double noise)
    {
        double root = Math.Sqrt(Math.Max(0, count) + Continuity);
        return noise < LeastNoise ? 2 * root : 2 / noise * Math.Asinh(noise * root);
    }

    /// <summary>The count at a place of the scale; 0 below its end.</summary>
    public static double Inverse(double place, double noise)
    {
        if (place <= 0)
        {
            return 0;
        }

        double root = noise < LeastNoise ? place / 2 : Math.Sinh(noise * place / 2) / noise;
        return Math.Max(0, (root * root) - Continuity);
    }
}
