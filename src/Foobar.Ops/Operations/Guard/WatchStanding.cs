using Foobar.Ops.Database;

namespace Foobar.Ops.Operations.Guard;

/// <summary>What persons and earlier operations left on the databases that a guard heeds.</summary>
public sealed record WatchStanding
{
    /// <summary>Until when no failover is begun, in UTC; <see langword="null"/> if nobody suspended the watch.</summary>
    public DateTimeOffset? SuspendedUntil { get; init; }

    /// <summary>Why; empty for no reason given.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Who said so last.</summary>
    public string Holder { get; init; } = "";

    /// <summary>The id of the last operation that a person acknowledged; empty for none.</summary>
    public string Acknowledged { get; init; } = "";

    /// <summary>The last operation that moved writes; <see langword="null"/> if there was none.</summary>
    public OperationMark? Last { get; init; }
}
