using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Failover;

/// <summary>
/// A named lock on a member, held as long as its connection lives, so that a second operator on another machine is refused
/// (<c>GET_LOCK</c>; a marker in a table would need a write). Who holds it stands in a file of the member's server, which
/// counts only while the lock is held. A connection that was idle for a minute is one whose machine is lost: it is ended.
/// </summary>
internal sealed class OperatorLock : IAsyncDisposable
{
    private const string Name = "foobar_ops.failover";

    private const string HolderFile = "/run/foobar-ops.failover";

    // A connection whose client was killed is noticed a moment later.
    private const string Take = $"SELECT GET_LOCK('{Name}', 1) AS value, CONNECTION_ID() AS id";

    private static readonly TimeSpan HolderLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(10);

    private readonly Task _telling;
    private readonly CancellationTokenSource _released = new();
    private Task _living = Task.CompletedTask;

    private OperatorLock(long connection, Task telling)
    {
        Connection = connection;
        _telling = telling;
    }

    /// <summary>The connection that holds it, by its id on the member.</summary>
    public long Connection { get; }

    /// <summary>Takes it on a connection of its own, which gives a sign of life every ten seconds.</summary>
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
            OperatorLock taken = await TakeAsync(site, session, since, cancellationToken: cancellationToken);
            taken._living = taken.LiveAsync(session);
            return taken;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes it on the connection that does the work: whoever ends that ends the operation.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="session">That connection, which the operation uses more often than once a minute.</param>
    /// <param name="since">When the operation began.</param>
    /// <param name="dead">The connection of a process that is known to be dead, which a statement may still keep there; it is ended.</param>
    /// <param name="lostAfter">After how long an idle connection is ended; a minute if left out.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>OperationRunning</c>: somebody else holds it; the message says who and since when.</exception>
    public static async Task<OperatorLock> TakeAsync(ISiteSession site, IDatabaseSession session, DateTimeOffset since, long? dead = null, TimeSpan? lostAfter = null, CancellationToken cancellationToken = default)
    {
        TimeSpan limit = lostAfter ?? LostAfter;
        if (await FindConnectionAsync(session, cancellationToken) is { } holder && (holder.Number("id") == dead || holder.Number("seconds") >= limit.TotalSeconds))
        {
            await session.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"KILL {holder.Number("id")}"), null, cancellationToken);
        }

        DatabaseRow taken = (await session.QueryAsync(Take, null, cancellationToken))[0];
        if (taken.Number("value") == 1)
        {
            // Nobody waits for it here: the outage goes on meanwhile.
            return new(taken.Number("id") ?? 0, TellAsync(site, session.Server, $"{OperationMarker.Holder}, since {since.UtcDateTime:u}", cancellationToken));
        }

        throw new FoobarException("OperationRunning", ErrorKind.Refused, $"{session.Server}: another failover is running there: {await HolderAsync(site, session, cancellationToken)}.")
        {
            Server = session.Server,
            Recommendation = $"Wait until it ends. If its process is gone the lock is gone with it; if its machine is lost, {limit.TotalSeconds:0} s after its last sign of life.",
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _released.CancelAsync();
        await _telling;
        await _living;
        _released.Dispose();
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

        return await FindConnectionAsync(session, cancellationToken) is { } holder
            ? $"connection {holder.Text("id")} of {holder.Text("user")} from {holder.Text("host")}, last active {holder.Text("seconds")} s ago"
            : "another connection";
    }

    private static async Task<DatabaseRow?> FindConnectionAsync(IDatabaseSession session, CancellationToken cancellationToken) => (await session.QueryAsync(
        $"SELECT ID AS id, USER AS user, HOST AS host, TIME AS seconds FROM information_schema.PROCESSLIST WHERE ID = IS_USED_LOCK('{Name}')", null, cancellationToken)).SingleOrDefault();

    private async Task LiveAsync(IDatabaseSession session)
    {
        await using IDatabaseSession own = session;
        try
        {
            while (true)
            {
                await Task.Delay(SignOfLife, _released.Token);
                await own.QueryAsync("SELECT 1", null, _released.Token);
            }
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // Released, or the connection is gone and the lock with it.
        }
    }
}
