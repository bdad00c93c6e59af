namespace Foobar.Ops.Operations.Canary;

/// <summary>One write that a canary tried; times are <see cref="System.Diagnostics.Stopwatch"/> timestamps.</summary>
/// <param name="Sequence">Its number in the run.</param>
/// <param name="Sent">When it was begun, connecting included where there was no connection.</param>
/// <param name="Ended">When it was acknowledged, or known to have failed.</param>
/// <param name="Error">Why it was not acknowledged; <see langword="null"/> if it was.</param>
internal readonly record struct CanaryWrite(long Sequence, long Sent, long Ended, string? Error)
{
    /// <summary>Whether the database said that it is committed.</summary>
    public bool IsAcknowledged => Error is null;
}
