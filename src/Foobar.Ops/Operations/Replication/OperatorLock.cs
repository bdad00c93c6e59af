using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>
/// A named lock on a member (<c>GET_LOCK</c>; a marker in a table would need a write), so that a second operator on another
/// machine is refused. It is held by the very connection on which the operation changes the member: whoever takes the lock
/// from a holder that is lost ends that connection first, and with it all that the holder could still change there when it
/// goes on. Who holds it stands in a file of the member's server, which counts only while the lock is held. The connection
/// gives a sign of life every ten seconds: one that was idle for a minute is that of a machine that is lost.
/// </summary>
internal sealed class OperatorLock : IAsyncDisposable
{
    private const string HolderFile = "/run/foobar-ops.failover";

    private static readonly TimeSpan HolderLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(10);

    private readonly ISiteSession _site;
    private readonly HeldSession _session;
    private readonly string _holder;
    private readonly long _connection;
    private readonly Task _telling;

    private OperatorLock(ISiteSession site, HeldSession session, string holder, long connection)
    {
        (_site, _session, _holder, _connection) = (site, session, holder, connection);
        _telling = ScriptAsync($$"""umask 022; printf '%s\n' "$1" > {{HolderFile}}""");
        session.KeepAlive(SignOfLife);
    }

    /// <summary>Without a sign of life for this long a holder is lost, unless said otherwise.</summary>
    public static TimeSpan LostAfter { get; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The ids under which the member's marker may stand while nobody else has taken the operation's place; empty for any.
    /// </summary>
    public IReadOnlyCollection<string> Ids { get; set; } = [];

    /// <summary>Takes it on a connection, which keeps it until it ends.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="session">The connection to the member, on which the operation changes it.</param>
    /// <param name="since">When the operation began.</param>
    /// <param name="lostAfter">Without a sign of life for how long another one's connection is ended.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>OperationRunning</c>: somebody else holds it; the message says who and since when.</exception>
    public static async Task<OperatorLock> TakeAsync(
        ISiteSession site, HeldSession session, DateTimeOffset since, TimeSpan lostAfter, CancellationToken cancellationToken)
    {
        // In the middle of a statement it waits for its server; the statement's own limit ends that.
        MemberLock named = DatabaseMember.Of(session).Lock;
        if (await named.FindHolderAsync(cancellationToken) is { IsIdle: true } holder && holder.Seconds >= lostAfter.TotalSeconds)
        {
            await named.EndAsync(holder, cancellationToken);
        }

        if (await named.TakeAsync(cancellationToken) is not { } connection)
        {
            throw new FoobarException(
                "OperationRunning", ErrorKind.Refused,
                $"{session.Server}: another failover or repair is running there: "
                    + $"{await DescribeHolderAsync(site, session, cancellationToken)}.")
            {
                Server = session.Server,
                Recommendation =
                    "Wait until it ends. If its process is gone the lock is gone with it; if its machine is lost, "
                        + $"{lostAfter.TotalSeconds:0} s after its last sign of life.",
            };
        }

        return new(site, session, $"{OperationMarker.Holder}, since {since.UtcDateTime:u}", connection);
    }

    /// <summary>
    /// Sees that the lock is still ours. What is changed on its connection needs no such look: it fails without the lock.
    /// </summary>
    /// <exception cref="SupersededException"><c>OperationSuperseded</c>: another operator has it.</exception>
    /// <exception cref="FoobarException"><c>OperatorLockLost</c>: the connection is gone, and nobody else has it.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        string why = "it is not held any more";
        try
        {
            if (await DatabaseMember.Of(_session).Lock.IsOursAsync(cancellationToken))
            {
                return;
            }
        }
        catch (FoobarException error) when (!cancellationToken.IsCancellationRequested)
        {
            why = error.Message.TrimEnd('.');
        }

        throw await LostAsync(why, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _telling;
        await ScriptAsync($"""if [ "$(cat {HolderFile} 2>/dev/null)" = "$1" ]; then rm -f -- {HolderFile}; fi""");
        await ReleaseAsync();
    }

    // The connection may be held for longer, or be gone.
    private async Task ReleaseAsync()
    {
        try
        {
            using CancellationTokenSource limit = new(HolderLimit, _site.Time);
            await DatabaseMember.Of(_session).Lock.ReleaseAsync(limit.Token);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // It is gone with its connection.
        }
    }

    // Who cut us off may only have been the network: the member then holds our own connection, and its lock, for a while. A
    // member that was started anew may have given its number to another; a resume looks at the lock again, so no harm is done.
    private async Task<FoobarException> LostAsync(string why, CancellationToken cancellationToken)
    {
        string? other = null;
        try
        {
            await using IDatabaseSession fresh = await _site.OpenDatabaseAsync(_session.Server, cancellationToken);
            DatabaseMember member = DatabaseMember.Of(fresh);
            bool isTaken = await member.Lock.FindHolderAsync(cancellationToken) is { } holder && holder.Connection != _connection;
            other = isTaken ? await DescribeHolderAsync(_site, fresh, cancellationToken)
                : await member.Marks.ReadAsync(cancellationToken) is { } mark && IsForeign(mark) ? $"{mark}"
                : null;
        }
        catch (FoobarException error) when (!cancellationToken.IsCancellationRequested)
        {
            why = $"{why}; {error.Message}";
        }

        return other is not null
            ? new SupersededException(
                "OperationSuperseded", ErrorKind.Refused,
                $"{_session.Server}: another operator took this operation's place meanwhile: {other}. Nothing more was changed.")
            {
                Server = _session.Server,
                Recommendation = "Look at Get-FoobarReplication. There is nothing left to resume here.",
            }
            : new FoobarException(
                "OperatorLockLost", ErrorKind.Connection,
                $"{_session.Server}: the connection that held this operation's lock is gone: {why}.")
            {
                Server = _session.Server,
                Recommendation =
                    $"Run Resume-FoobarFailover once the member can be reached. While the member still holds the connection that was cut, "
                        + $"as a rule for {LostAfter.TotalSeconds:0} s, it is refused with OperationRunning.",
            };
    }

    private bool IsForeign(OperationMark mark) => Ids.Count > 0 && (!Ids.Contains(mark.Id) || mark.State == OperationState.Abandoned);

    private static async Task<string> DescribeHolderAsync(ISiteSession site, IDatabaseSession session, CancellationToken cancellationToken)
    {
        IServerSession server = await site.GetServerAsync(session.Server, cancellationToken);
        CommandResult told = await server.RunAsync(
            RemoteCommand.Create($"cat -- {HolderFile}") with { TimeLimit = HolderLimit }, cancellationToken);
        if (told.ExitCode == 0)
        {
            return told.OutputText.Trim();
        }

        return await DatabaseMember.Of(session).Lock.FindHolderAsync(cancellationToken) is { } holder
            ? $"connection {holder.Connection} of {holder.User} from {holder.Host}, last active {holder.Seconds} s ago"
            : "another connection";
    }

    // Nobody waits for it before the end: an outage may go on meanwhile.
    private async Task ScriptAsync(string script)
    {
        try
        {
            IServerSession server = await _site.GetServerAsync(_session.Server);
            await server.RunAsync(RemoteCommand.FromScript(script, _holder) with { Privileged = true, TimeLimit = HolderLimit });
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // The lock holds without it; a second operator is told of the connection then.
        }
    }
}
