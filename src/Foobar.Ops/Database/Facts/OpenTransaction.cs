using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>A transaction that is open on a database server. Its statements are left out: they may hold secrets.</summary>
public sealed record OpenTransaction
{
    /// <summary>The connection's id, for <c>KILL</c>.</summary>
    public required long ConnectionId { get; init; }

    /// <summary>The account.</summary>
    public required string User { get; init; }

    /// <summary>Where the connection comes from.</summary>
    public string? Host { get; init; }

    /// <summary>For how long it is open, in seconds.</summary>
    [Measurement]
    public required double AgeSeconds { get; init; }

    /// <summary>Whether the connection runs no statement now.</summary>
    public required bool Idle { get; init; }

    /// <summary>For how long its connection has been in its present state (idle, or in one statement), in seconds.</summary>
    [Measurement]
    public double StateSeconds { get; init; }

    /// <summary>About how many rows it has locked.</summary>
    public long RowsLocked { get; init; }

    /// <summary>How many rows it has changed.</summary>
    public long RowsModified { get; init; }

    /// <summary>Whether others may have to wait for it.</summary>
    public bool HoldsLocks => RowsLocked > 0 || RowsModified > 0;

    internal static OpenTransaction From(DatabaseRow row) => new()
    {
        ConnectionId = row.Number("id") ?? 0,
        User = row.Text("user") ?? "",
        Host = row.Text("host"),
        AgeSeconds = row.Number("age") ?? 0,
        Idle = row.Text("command") == "Sleep",
        StateSeconds = row.Number("state_seconds") ?? 0,
        RowsLocked = row.Number("locked") ?? 0,
        RowsModified = row.Number("modified") ?? 0,
    };
}
