using System.Globalization;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>The operators' named lock on a member (<c>GET_LOCK</c>), which a connection holds until it ends.</summary>
/// <param name="session">The connection.</param>
internal sealed class MemberLock(IDatabaseSession session)
{
    private const string Name = "foobar_ops.failover";

    // A connection whose client was killed is noticed a moment later.
    private const string Take = $"SELECT GET_LOCK('{Name}', 1) AS value, CONNECTION_ID() AS connection";

    private const string Held = $"SELECT IS_USED_LOCK('{Name}') = CONNECTION_ID() AS value";

    /// <summary>Takes it.</summary>
    /// <returns>The number of this connection; <see langword="null"/> if another one holds the lock.</returns>
    public async Task<long?> TakeAsync(CancellationToken cancellationToken)
    {
        DatabaseRow taken = (await session.QueryAsync(Take, null, cancellationToken))[0];
        return taken.Number("value") == 1 ? taken.Number("connection") : null;
    }

    /// <summary>Whether this connection holds it.</summary>
    public async Task<bool> IsOursAsync(CancellationToken cancellationToken) =>
        (await session.QueryAsync(Held, null, cancellationToken))[0].Number("value") == 1;

    /// <summary>Gives it back.</summary>
    public Task ReleaseAsync(CancellationToken cancellationToken) =>
        session.QueryAsync($"SELECT RELEASE_LOCK('{Name}') AS value", null, cancellationToken);

    /// <summary>The connection that holds it; <see langword="null"/> if none does.</summary>
    public async Task<LockHolder?> FindHolderAsync(CancellationToken cancellationToken) => (await session.QueryAsync(
        "SELECT ID AS id, USER AS user, HOST AS host, COMMAND AS command, TIME AS seconds FROM information_schema.PROCESSLIST WHERE ID = "
            + $"IS_USED_LOCK('{Name}')",
        null,
        cancellationToken)).SingleOrDefault() is { } row
            ? new(
                row.Number("id") ?? 0, row.Text("user") ?? "", row.Text("host") ?? "", row.Text("command") == "Sleep",
                row.Number("seconds") ?? 0)
            : null;

    /// <summary>Ends the connection that holds it.</summary>
    public Task EndAsync(LockHolder holder, CancellationToken cancellationToken) =>
        session.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"KILL {holder.Connection}"), null, cancellationToken);
}

/// <summary>The connection that holds a member's lock.</summary>
/// <param name="Connection">Its number on the member.</param>
/// <param name="User">Its account.</param>
/// <param name="Host">Where it comes from.</param>
/// <param name="IsIdle">Whether it runs no statement.</param>
/// <param name="Seconds">For how many seconds it has been as it is.</param>
internal sealed record LockHolder(long Connection, string User, string Host, bool IsIdle, long Seconds);
