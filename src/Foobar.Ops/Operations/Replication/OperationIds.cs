namespace Foobar.Ops.Operations.Replication;

/// <summary>The ids under which an operation's marker may stand on the members.</summary>
/// <param name="Id">Its own.</param>
/// <param name="TakenOverFrom">That under which another operator began it; <see langword="null"/> if it was begun here.</param>
/// <param name="Before">That which the marker held before it; empty for none.</param>
internal sealed record OperationIds(string Id, string? TakenOverFrom, string Before)
{
    /// <summary>The operation's own.</summary>
    public IReadOnlyCollection<string> Own => TakenOverFrom is null ? [Id] : [Id, TakenOverFrom];

    /// <summary>All that may stand there while nobody else has taken the operation's place.</summary>
    public IReadOnlyCollection<string> Known => [.. Own, Before];
}
