using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Failover.Emergency;

/// <summary>
/// A named lock on a member that takes no writes, held as long as its connection lives, so that a second operator on another
/// machine is refused (<c>GET_LOCK</c>; a marker in a table would need a write). Who holds it stands in a file of the member's
/// server, which counts only while the lock is held.
/// </summary>
internal sealed class OperatorLock : IAsyncDisposable
{
    private const string Name = "foobar_ops.failover";

    private const string HolderFile = "/run/foobar-ops.failover";

    private static readonly TimeSpan HolderLimit = TimeSpan.FromSeconds(5);

    private readonly IDatabaseSession _session;
    private readonly Task _telling;

    private OperatorLock(IDatabaseSession session, Task telling)
    {
        _session = session;
        _telling = telling;
    }

    /// <summary>Takes it.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="member">The member.</param>
    /// <param name="since">When the operation began.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>OperationRunning</c>: somebody else holds it; the message says who and since when.</exception>
    public static async Task<OperatorLock> TakeAsync(ISiteSession site, string member, DateTimeOffset since, CancellationToken cancellationToken)
    {
        IDatabaseSession session = await site.OpenDatabaseAsync(member, cancellationToken);
        try
        {
            if ((await session.QueryAsync($"SELECT GET_LOCK('{Name}', 0) AS value", null, cancellationToken))[0].Number("value") == 1)
            {
                // Nobody waits for it here: the outage goes on meanwhile.
                return new(session, TellAsync(site, member, $"{OperationMarker.Holder}, since {since.UtcDateTime:u}", cancellationToken));
            }

            throw new FoobarException("OperationRunning", ErrorKind.Refused, $"{member}: another emergency failover is running there: {await HolderAsync(site, session, cancellationToken)}.")
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
    public async ValueTask DisposeAsync()
    {
        await _telling;
        await _session.DisposeAsync();
    }

    private static async Task TellAsync(ISiteSession site, string member, string words, CancellationToken cancellationToken)
    {
        try
        {
            IServerSession server = await site.GetServerAsync(member, cancellationToken);
            await server.RunAsync(RemoteCommand.FromScript($$"""umask 022; printf '%s\n' "$1" > {{HolderFile}}""", words) with { Privileged = true, TimeLimit = HolderLimit }, cancellationToken);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // The lock holds without it; a second operator is told of the connection then.
        }
    }

    private static async Task<string> HolderAsync(ISiteSession site, IDatabaseSession session, CancellationToken cancellationToken)
    {
        IServerSession server = await site.GetServerAsync(session.Server, cancellationToken);
        CommandResult told = await server.RunAsync(RemoteCommand.Create($"cat -- {HolderFile}") with { TimeLimit = HolderLimit }, cancellationToken);
        if (told.ExitCode == 0)
        {
            return told.OutputText.Trim();
        }

        IReadOnlyList<DatabaseRow> holder = await session.QueryAsync(
            $"SELECT ID AS id, USER AS user, HOST AS host, TIME AS seconds FROM information_schema.PROCESSLIST WHERE ID = IS_USED_LOCK('{Name}')", null, cancellationToken);
        return holder is [{ } row] ? $"connection {row.Text("id")} of {row.Text("user")} from {row.Text("host")}, last active {row.Text("seconds")} s ago" : "another connection";
    }
}
