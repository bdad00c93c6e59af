using System.Collections.Concurrent;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication;

/// <summary>The connections to the replicas that a move of writes makes follow. Any of them may be missing until its turn comes.</summary>
/// <param name="open">What the operation has opened.</param>
internal sealed class OtherConnections(ConnectionSet open)
{
    private readonly ConcurrentDictionary<string, HeldSession> _sessions = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<OperatorLock> _locks = [];
    private Func<HeldSession, CancellationToken, Task<OperatorLock>>? _take;
    private IReadOnlyCollection<string> _ids = [];

    /// <summary>Connects to them before anything is changed, at once; to one that can't be reached when its turn comes.</summary>
    public Task OpenAsync(IEnumerable<string> names, CancellationToken cancellationToken) => Task.WhenAll(names.Select(async name =>
    {
        try
        {
            _sessions[name] = await open.SessionAsync(name, cancellationToken);
        }
        catch (FoobarException)
        {
            // Told in its turn.
        }
    }));

    /// <summary>Whether one is connected.</summary>
    public bool Has(string name) => _sessions.ContainsKey(name);

    /// <summary>One, over the connection that holds its lock.</summary>
    /// <exception cref="FoobarException">It can't be reached; <c>OperationRunning</c>.</exception>
    public async Task<DatabaseMember> GetAsync(string name, CancellationToken cancellationToken)
    {
        if (!_sessions.TryGetValue(name, out HeldSession? session))
        {
            session = await open.SessionAsync(name, cancellationToken);
            await LockAsync(session, cancellationToken);
            _sessions[name] = session;
        }

        return DatabaseMember.Of(session);
    }

    /// <summary>Takes the locks of those that are connected, and of each that is connected later.</summary>
    public async Task HoldAsync(Func<HeldSession, CancellationToken, Task<OperatorLock>> take, CancellationToken cancellationToken)
    {
        _take = take;
        foreach (string name in _sessions.Keys.Order(StringComparer.Ordinal))
        {
            await LockAsync(_sessions[name], cancellationToken);
        }
    }

    /// <summary>Tells the locks under which ids the members' marker may stand from now on.</summary>
    public void Own(OperationIds ids)
    {
        _ids = ids.Known;
        foreach (OperatorLock held in _locks)
        {
            held.Ids = _ids;
        }
    }

    /// <summary>Releases the locks. The connections are closed with all that the operation has opened.</summary>
    public async Task ReleaseAsync()
    {
        foreach (OperatorLock held in _locks.AsEnumerable().Reverse())
        {
            await held.DisposeAsync();
        }

        _locks.Clear();
    }

    private async Task LockAsync(HeldSession session, CancellationToken cancellationToken)
    {
        OperatorLock held = await (_take ?? throw new InvalidOperationException("The members' locks come first."))(
            session, cancellationToken);
        held.Ids = _ids;
        _locks.Add(held);
    }
}
