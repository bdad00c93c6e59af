namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>
/// Follows the level of a rate: a local level model with the gain of a Kalman filter, whose innovations are clipped (C. J. Masreliez
/// and R. D. Martin, "Robust Bayesian estimation for the linear model and robustifying the Kalman filter", IEEE Transactions on
/// Automatic Control 22, 1977), and a scale by a bounded function of the innovations (S. Gelper, R. Fried, C. Croux, "Robust
/// forecasting with exponential and Holt-Winters smoothing", Journal of Forecasting 29, 2010). The noise has two parts: Poisson's,
/// which is known, and a relative one, which is learnt.
/// </summary>
internal sealed class LevelFilter(double wanderPerRootMinute)
{
    private const double Clip = 2;

    // The bounded function of that paper, with its constants: a biweight that counts 1 on average for normal innovations.
    private const double BiweightEnd = 2;
    private const double BiweightScale = 2.52;

    private const double FirstNoise = 0.15;
    private const double LeastNoise = 0.01;
    private const double MostNoise = 1.5;
    private const int SlowestGain = 500;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private double _squaredNoise = FirstNoise * FirstNoise;
    private DateTimeOffset _time;

    /// <summary>The level, as a logarithm.</summary>
    public double Level { get; private set; }

    /// <summary>The variance of the level.</summary>
    public double Variance { get; private set; }

    /// <summary>How many samples it has seen.</summary>
    public int Samples { get; private set; }

    /// <summary>The relative noise of a sample beyond Poisson's.</summary>
    public double Noise => Math.Sqrt(_squaredNoise);

    /// <summary>The noise that a sample is judged by: with the doubt about the level in it.</summary>
    public double JudgingNoise => Math.Sqrt(_squaredNoise + Variance);

    /// <summary>Comes to the time of a sample: the longer ago the last one, the less is known of the level.</summary>
    public void Advance(DateTimeOffset time)
    {
        if (Samples > 0)
        {
            double minutes = Math.Clamp((time - _time).TotalMinutes, 0, Longest.TotalMinutes);
            Variance += wanderPerRootMinute * wanderPerRootMinute * minutes;
        }

        _time = time;
    }

    /// <summary>Takes in a sample.</summary>
    /// <param name="count">What was counted.</param>
    /// <param name="expected">The count expected at level 0.</param>
    public void Update(double count, double expected)
    {
        if (Samples++ == 0)
        {
            Reset(count, expected);
            return;
        }

        double mean = expected * Math.Exp(Level), poisson = 1 / Math.Max(mean, 0.5);
        double z = CountScale.Of(count, JudgingNoise) - CountScale.Of(mean, JudgingNoise);
        double total = _squaredNoise + poisson;
        double gain = Variance / (Variance + total);
        Level += gain * Math.Clamp(z, -Clip, Clip) * Math.Sqrt(total + Variance);
        Variance *= 1 - gain;
        Learn(z, total, poisson);
    }

    /// <summary>Takes a sample as the new level.</summary>
    public void Reset(double count, double expected)
    {
        double seen = Math.Max(count, 0.5);
        Level = Math.Log(seen / expected);
        Variance = _squaredNoise + (1 / seen);
        Samples = Math.Max(Samples, 1);
    }

    /// <summary>Starts from a level that is known.</summary>
    public void Start(double level, double variance)
    {
        Level = level;
        Variance = variance;
        Samples = Math.Max(Samples, 1);
    }

    /// <summary>Learns the noise from how far a sample was off, however far: the function is bounded.</summary>
    private void Learn(double z, double total, double poisson)
    {
        double weight = 1.0 / Math.Min(Samples + 1, SlowestGain);
        double squared = z * z / (BiweightEnd * BiweightEnd);
        double rho = BiweightScale * (squared >= 1 ? 1 : 1 - Math.Pow(1 - squared, 3));
        double next = (weight * rho * total) + ((1 - weight) * total) - poisson;
        _squaredNoise = Math.Clamp(next, LeastNoise * LeastNoise, MostNoise * MostNoise);
    }
}
