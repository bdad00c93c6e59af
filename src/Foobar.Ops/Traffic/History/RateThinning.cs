namespace Foobar.Ops.Traffic.History;

/// <summary>
/// Keeps a history small: stretches of a minute for two days, of five minutes for ten weeks, of an hour for thirteen months, and
/// never more than two million (some 80 MB). The shape of a week needs five minutes of eight weeks.
/// </summary>
internal sealed class RateThinning(DateTimeOffset now)
{
    /// <summary>The most stretches that are kept.</summary>
    public const long MostBuckets = 2_000_000;

    private const long Minute = 60, Hour = 60 * Minute, Day = 24 * Hour;
    private static readonly (long From, long To, long Age)[] Steps = [(Minute, 5 * Minute, 2 * Day), (5 * Minute, Hour, 70 * Day)];
    private const long LongestAge = 400 * Day;

    /// <summary>Thins, within a transaction of the caller's.</summary>
    public void Run(Func<string, object[], int> execute, Func<string, object[], object?> ask, long most = MostBuckets)
    {
        long time = now.ToUnixTimeSeconds();
        foreach ((long from, long to, long age) in Steps)
        {
            // Whole stretches of the coarser kind only.
            long before = (time - age) / to * to;
            execute(
                "INSERT INTO bucket (series, length, start, count, seconds) "
                + "SELECT series, $b, start / $b * $b, SUM(count), SUM(seconds) FROM bucket WHERE length = $a AND start < $c GROUP BY "
                + "series, start / $b "
                + "ON CONFLICT (series, length, start) DO UPDATE SET count = count + excluded.count, seconds = seconds + excluded.seconds",
                [from, to, before]);
            execute("DELETE FROM bucket WHERE length = $a AND start < $b", [from, before]);
        }

        execute("DELETE FROM bucket WHERE start < $a", [time - LongestAge]);
        long excess = (long)(ask("SELECT COUNT(*) FROM bucket", []) ?? 0L) - most;
        if (excess > 0)
        {
            execute("DELETE FROM bucket WHERE start <= (SELECT start FROM bucket ORDER BY start LIMIT 1 OFFSET $a)", [excess - 1]);
        }

    }
}
