namespace Foobar.Ops.Services.Counting;

/// <summary>How much a service counted between two times.</summary>
/// <param name="Name">What was counted: the group of the query.</param>
/// <param name="Begin">The beginning, which belongs to it.</param>
/// <param name="End">The end, which does not.</param>
/// <param name="Count">The count.</param>
internal sealed record CountBucket(string Name, DateTimeOffset Begin, DateTimeOffset End, double Count);

/// <summary>What a service counted within a window, and how sure that is.</summary>
/// <param name="Name">What was counted.</param>
/// <param name="Estimate">The best estimate; NaN if there is none.</param>
/// <param name="Lower">No fewer than this.</param>
/// <param name="Upper">No more than this; <see langword="null"/> where nothing bounds it.</param>
internal sealed record WindowCount(string Name, double Estimate, double Lower, double? Upper)
{
    /// <summary>What to know about the count; <see langword="null"/> for nothing.</summary>
    public string? Note { get; init; }
}

/// <summary>A time on a service's clock, and how far off that may be.</summary>
/// <param name="Start">The beginning of the window.</param>
/// <param name="End">Its end.</param>
/// <param name="Uncertainty">How far both may be off, since the clocks of operator and service are compared over a network.</param>
internal readonly record struct CountWindow(DateTimeOffset Start, DateTimeOffset End, TimeSpan Uncertainty);
