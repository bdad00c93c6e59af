using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Failover;

/// <summary>
/// A named lock on a member, held as long as its connection lives, so that a second operator on another machine is refused
/// (<c>GET_LOCK</c>; a marker in a table would need a write). Who holds it stands in a file of the member's server, which
/// counts only while the lock is held. Its connection gives a sign of life every ten seconds: one that gave none for a
/// minute is that of a machine that is lost, and is ended.
/// </summary>
internal sealed class OperatorLock : IAsyncDisposable
{
    private const string Name = "foobar_ops.failover";

    private const string HolderFile = "/run/foobar-ops.failover";

    // A connection whose client was killed is noticed a moment later.
    private const string Take = $"SELECT GET_LOCK('{Name}', 1) AS value";

    private static readonly TimeSpan HolderLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(10);

    private readonly ISiteSession _site;
    private readonly IDatabaseSession _session;
    private readonly CancellationTokenSource _released = new();
    private readonly Task _telling;
    private readonly Task _living;

    private OperatorLock(ISiteSession site, IDatabaseSession session, string holder)
    {
        (_site, _session) = (site, session);
        _telling = ScriptAsync($$"""umask 022; printf '%s\n' "$1" > {{HolderFile}}""", holder);
        _living = LiveAsync();
    }

    /// <summary>Takes it.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="member">The member.</param>
    /// <param name="since">When the operation began.</param>
    /// <param name="lostAfter">Without a sign of life for how long another one's connection is ended; a minute if left out.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>OperationRunning</c>: somebody else holds it; the message says who and since when.</exception>
    public static async Task<OperatorLock> TakeAsync(ISiteSession site, string member, DateTimeOffset since, TimeSpan? lostAfter = null, CancellationToken cancellationToken = default)
    {
        IDatabaseSession session = await site.OpenDatabaseAsync(member, cancellationToken);
        try
        {
            TimeSpan limit = lostAfter ?? LostAfter;
            if (await FindHolderAsync(session, cancellationToken) is { } holder && holder.Number("seconds") >= limit.TotalSeconds)
            {
                await session.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"KILL {holder.Number("id")}"), null, cancellationToken);
            }

            if ((await session.QueryAsync(Take, null, cancellationToken))[0].Number("value") != 1)
            {
                throw new FoobarException("OperationRunning", ErrorKind.Refused, $"{member}: another failover is running there: {await DescribeHolderAsync(site, session, cancellationToken)}.")
                {
                    Server = member,
                    Recommendation = $"Wait until it ends. If its process is gone the lock is gone with it; if its machine is lost, {limit.TotalSeconds:0} s after its last sign of life.",
                };
            }

            return new(site, session, $"{OperationMarker.Holder}, since {since.UtcDateTime:u}");
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
        await ScriptAsync($"rm -f -- {HolderFile}");
        await _released.CancelAsync();
        await _living;
        await _session.DisposeAsync();
        _released.Dispose();
    }

    private static async Task<string> DescribeHolderAsync(ISiteSession site, IDatabaseSession session, CancellationToken cancellationToken)
    {
        IServerSession server = await site.GetServerAsync(session.Server, cancellationToken);
        CommandResult told = await server.RunAsync(RemoteCommand.Create($"cat -- {HolderFile}") with { TimeLimit = HolderLimit }, cancellationToken);
        if (told.ExitCode == 0)
        {
            return told.OutputText.Trim();
        }

        return await FindHolderAsync(session, cancellationToken) is { } holder
            ? $"connection {holder.Text("id")} of {holder.Text("user")} from {holder.Text("host")}, last active {holder.Text("seconds")} s ago"
            : "another connection";
    }

    private static async Task<DatabaseRow?> FindHolderAsync(IDatabaseSession session, CancellationToken cancellationToken) => (await session.QueryAsync(
        $"SELECT ID AS id, USER AS user, HOST AS host, TIME AS seconds FROM information_schema.PROCESSLIST WHERE ID = IS_USED_LOCK('{Name}')", null, cancellationToken)).SingleOrDefault();

    // Nobody waits for it before the end: an outage may go on meanwhile.
    private async Task ScriptAsync(string script, params string[] arguments)
    {
        try
        {
            IServerSession server = await _site.GetServerAsync(_session.Server, _released.Token);
            await server.RunAsync(RemoteCommand.FromScript(script, arguments) with { Privileged = true, TimeLimit = HolderLimit }, _released.Token);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // The lock holds without it; a second operator is told of the connection then.
        }
    }

    private async Task LiveAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(SignOfLife, _released.Token);
                await _session.QueryAsync("SELECT 1", null, _released.Token);
            }
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // Released, or the connection is gone and the lock with it.
        }
    }
}
