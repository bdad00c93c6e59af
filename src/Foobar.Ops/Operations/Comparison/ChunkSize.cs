namespace Foobar.Ops.Operations.Comparison;

/// <summary>How many rows a chunk has, so that reading it takes about as long as it may.</summary>
/// <param name="target">How long it may take.</param>
internal sealed class ChunkSize(TimeSpan target)
{
    private const int Least = 100;
    private const int Most = 200_000;

    // One quick chunk says little; rows may be longer in the next.
    private const double MostGrowth = 4;

    /// <summary>The rows of the next chunk.</summary>
    public int Rows { get; private set; } = 1000;

    /// <summary>Takes note of how long a chunk took.</summary>
    public void Took(long rows, TimeSpan time)
    {
        if (rows > 0)
        {
            double factor = Math.Min(target / TimeSpan.FromMilliseconds(Math.Max(time.TotalMilliseconds, 0.1)), MostGrowth);
            Rows = (int)Math.Clamp(rows * factor, Least, Most);
        }
    }
}
