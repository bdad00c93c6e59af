namespace Foobar.Ops.Inventory;

/// <summary>
/// Findings that fail or warn, known and accepted for a while: they stay visible and fail nothing. Patterns take <c>*</c> and
/// <c>?</c>, without regard to case.
/// </summary>
public sealed record Suppression
{
    /// <summary>The controls, by id or pattern: <c>FW-003</c>, <c>TLS-*</c>.</summary>
    public required string Control { get; init; }

    /// <summary>The servers, by name or pattern; <see langword="null"/> for all, and for findings of the site as a whole.</summary>
    public string? Server { get; init; }

    /// <summary>The targets, by pattern; <see langword="null"/> for all.</summary>
    public string? Target { get; init; }

    /// <summary>
    /// Whether findings that could not be decided are accepted too: <c>"unknown": true</c>. To accept a known fault is not to accept that
    /// it can't be seen.
    /// </summary>
    public bool AcceptsUnknown { get; init; }

    /// <summary>Why they are accepted.</summary>
    public required string Reason { get; init; }

    /// <summary>The last day on which they are, in UTC.</summary>
    public required DateOnly Until { get; init; }

    /// <summary>What it is for: <c>FW-003 at web-*: tcp/8080</c>.</summary>
    public override string ToString() =>
        $"{Control}{(Server is null ? string.Empty : $" at {Server}")}{(Target is null ? string.Empty : $": {Target}")}";
}
