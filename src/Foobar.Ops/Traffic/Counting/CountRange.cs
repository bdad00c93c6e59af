namespace Foobar.Ops.Traffic.Counting;

/// <summary>A count within a window, with its bounds.</summary>
/// <param name="Best">The best figure.</param>
/// <param name="Lower">It was at least this.</param>
/// <param name="Upper">It was at most this; <see cref="double.PositiveInfinity"/> for no bound.</param>
internal readonly record struct CountRange(double Best, double Lower, double Upper);
