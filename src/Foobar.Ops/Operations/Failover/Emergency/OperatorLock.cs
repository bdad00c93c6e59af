using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Failover.Emergency;

/// <summary>
/// A named lock on a member that takes no writes, held as long as its connection lives, so that a second operator on another
/// machine is refused (<c>GET_LOCK</c>; a marker in a table would need a write).
/// </summary>
internal sealed class OperatorLock : IAsyncDisposable
{
    private const string Name = "foobar_ops.failover";

    private readonly IDatabaseSession _session;

    private OperatorLock(IDatabaseSession session) => _session = session;

    /// <summary>Takes it.</summary>
    /// <exception cref="FoobarException"><c>OperationRunning</c>: another connection holds it; the message says which and since when.</exception>
    public static async Task<OperatorLock> TakeAsync(ISiteSession site, string member, CancellationToken cancellationToken)
    {
        IDatabaseSession session = await site.OpenDatabaseAsync(member, cancellationToken);
        try
        {
            if ((await session.QueryAsync($"SELECT GET_LOCK('{Name}', 0) AS value", null, cancellationToken))[0].Number("value") == 1)
            {
                return new(session);
            }

            IReadOnlyList<DatabaseRow> holder = await session.QueryAsync(
                $"SELECT ID AS id, USER AS user, HOST AS host, TIME AS seconds FROM information_schema.PROCESSLIST WHERE ID = IS_USED_LOCK('{Name}')", null, cancellationToken);
            string who = holder is [{ } row] ? $"connection {row.Text("id")} of {row.Text("user")} from {row.Text("host")}, last active {row.Text("seconds")} s ago" : "another connection";
            throw new FoobarException("OperationRunning", ErrorKind.Refused, $"{member}: another emergency failover is running there: {who}.")
            {
                Server = member,
                Recommendation = "Wait until it ends. If its process is gone the lock is gone with it.",
            };
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _session.DisposeAsync();
}
