namespace Foobar.Ops.Services.Counting;

/// <summary>
/// From counts in buckets to the count within a window. What a bucket at the edge holds may be inside or outside: the lower
/// bound takes none of it, the upper all, the estimate the part of the bucket that lies within.
/// </summary>
internal static class BucketCounter
{
    /// <summary>Counts.</summary>
    /// <param name="buckets">The buckets, in any order; those of one name don't overlap. A bucket that is missing counted nothing.</param>
    /// <param name="window">The window.</param>
    /// <param name="slack">How far a time stamp may be from when it happened: a second for logs that tell whole seconds.</param>
    public static IReadOnlyList<WindowCount> Count(IEnumerable<CountBucket> buckets, CountWindow window, TimeSpan slack = default)
    {
        TimeSpan margin = window.Uncertainty + slack;
        return
        [
            .. from bucket in buckets
               group bucket by bucket.Name into one
               orderby one.Key
               select new WindowCount(
                   one.Key,
                   one.Sum(bucket => bucket.Count * Part(bucket, window.Start, window.End)),
                   one.Where(bucket => bucket.Begin >= window.Start + margin && bucket.End <= window.End - margin)
                       .Sum(bucket => bucket.Count),
                   one.Where(bucket => bucket.End > window.Start - margin && bucket.Begin < window.End + margin)
                       .Sum(bucket => bucket.Count)),
        ];
    }

    private static double Part(CountBucket bucket, DateTimeOffset start, DateTimeOffset end)
    {
        DateTimeOffset from = bucket.Begin > start ? bucket.Begin : start;
        DateTimeOffset to = bucket.End < end ? bucket.End : end;
        return to <= from ? 0 : (to - from) / (bucket.End - bucket.Begin);
    }
}
