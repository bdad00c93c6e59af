namespace Foobar.Ops.Planning;

/// <summary>
/// One step of a plan. Change and undo must be safe to run twice and safe to run when the other half was never done:
/// after a kill nobody knows how far a begun step came.
/// </summary>
public sealed record Step
{
    /// <summary>The name, unique in the plan, by which the journal knows the step after a kill: <c>fence</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it changes, for the operator.</summary>
    public required string Description { get; init; }

    /// <summary>What undoing it does, for the operator and the journal; <see langword="null"/> if there is nothing to undo.</summary>
    public string? Inverse { get; init; }

    /// <summary>The server it changes; <see langword="null"/> if none or several.</summary>
    public string? Server { get; init; }

    /// <summary>Throws if the step must not be begun; changes nothing.</summary>
    public Func<CancellationToken, Task>? Check { get; init; }

    /// <summary>Makes the change.</summary>
    public required Func<CancellationToken, Task> Change { get; init; }

    /// <summary>Throws if the change did not take hold; changes nothing.</summary>
    public Func<CancellationToken, Task>? Verify { get; init; }

    /// <summary>Puts back what the change changed.</summary>
    public Func<CancellationToken, Task>? Undo { get; init; }

    /// <summary>The limit for check, change and verification together, and for the undo.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether every microsecond counts: the journal then records the beginnings of all swift steps in a row, with their
    /// inverses, in one write before the first, and their ends in one write after the last.
    /// </summary>
    public bool Swift { get; init; }

    /// <summary>
    /// Whether the way back is closed once it is begun (others may already rely on it): from here on a failure or a
    /// cancellation no longer undoes; the remaining steps are still done.
    /// </summary>
    public bool PointOfNoReturn { get; init; }
}
