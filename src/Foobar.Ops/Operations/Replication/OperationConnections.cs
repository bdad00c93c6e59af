using Foobar.Ops.Database;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>
/// What an operation talks to, connected before anything is changed: logging in costs more than the change itself. Each kind of
/// operation has its members by the part that they play.
/// </summary>
internal abstract class OperationConnections : IAsyncDisposable
{
    private readonly ConnectionSet _open;
    private readonly List<OperatorLock> _locks = [];

    /// <summary>Takes over what was opened.</summary>
    /// <param name="open">All that was opened.</param>
    /// <param name="endpoint">The write endpoint.</param>
    /// <param name="members">The members that are changed; the one that takes writes at the end is the last.</param>
    protected OperationConnections(ConnectionSet open, IWriteEndpoint endpoint, params IReadOnlyList<MemberConnection> members) =>
        (_open, Endpoint, Members, Policy) = (open, endpoint, members, ReplicationSurvey.Require(open.Site.Site));

    /// <summary>The site's session.</summary>
    public ISiteSession Site => _open.Site;

    /// <summary>The policy.</summary>
    public DatabasePolicy Policy { get; }

    /// <summary>The write endpoint.</summary>
    public IWriteEndpoint Endpoint { get; }

    /// <summary>The members that are changed; the one that takes writes at the end is the last.</summary>
    public IReadOnlyList<MemberConnection> Members { get; }

    /// <summary>
    /// Takes the members' locks, on the connections that change them. From here on nobody else moves writes, and what is changed
    /// on these connections fails once somebody else has taken the locks.
    /// </summary>
    /// <param name="since">When the operation began.</param>
    /// <param name="lostAfter">Without a sign of life for how long another holder is lost.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.FoobarException"><c>OperationRunning</c>.</exception>
    public virtual async Task HoldAsync(DateTimeOffset since, TimeSpan lostAfter, CancellationToken cancellationToken)
    {
        foreach (MemberConnection member in Members)
        {
            _locks.Add(await OperatorLock.TakeAsync(Site, member.Session, since, lostAfter, cancellationToken));
        }
    }

    /// <summary>Tells the locks under which ids the members' marker may stand from now on.</summary>
    public virtual void Own(OperationIds ids)
    {
        foreach (OperatorLock held in _locks)
        {
            held.Ids = ids.Known;
        }
    }

    /// <summary>
    /// Sees that the lock of the member that takes writes at the end is still ours, before something is changed that is not on
    /// its connection.
    /// </summary>
    /// <exception cref="Errors.FoobarException"><c>OperationSuperseded</c>, <c>OperatorLockLost</c>.</exception>
    public Task EnsureHeldAsync(CancellationToken cancellationToken) => _locks[^1].EnsureAsync(cancellationToken);

    /// <summary>The same for all members.</summary>
    /// <inheritdoc cref="EnsureHeldAsync"/>
    public Task EnsureAllHeldAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_locks.Select(held => held.EnsureAsync(cancellationToken)));

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        foreach (OperatorLock held in _locks.AsEnumerable().Reverse())
        {
            await held.DisposeAsync();
        }

        _locks.Clear();
        await _open.DisposeAsync();
    }
}
