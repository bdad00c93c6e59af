using System.Collections.Concurrent;
using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>Everything a failover talks to, connected before anything is changed: logging in costs more than the switch itself.</summary>
internal sealed class FailoverConnections : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _open = [];
    private readonly List<OperatorLock> _locks = [];
    private HeldSession? _oldHeld;
    private HeldSession? _newHeld;
    private readonly ConcurrentDictionary<string, HeldSession> _others = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<OperatorLock> _otherLocks = [];
    private Func<HeldSession, CancellationToken, Task<OperatorLock>>? _take;
    private IReadOnlyCollection<string> _ids = [];

    private FailoverConnections()
    {
    }

    /// <summary>The site's session.</summary>
    public required ISiteSession Site { get; init; }

    /// <summary>The old primary; <see langword="null"/> in an emergency.</summary>
    public DatabaseMember? Old { get; private set; }

    /// <summary>A second connection to the old primary, so that clients are ended while it does something else.</summary>
    public DatabaseMember? OldSecond { get; private set; }

    /// <summary>The raw connection behind <see cref="Old"/>.</summary>
    public IDatabaseSession? OldSession { get; private set; }

    /// <summary>The candidate.</summary>
    public DatabaseMember New { get; private set; } = null!;

    /// <summary>The raw connection behind <see cref="New"/>.</summary>
    public IDatabaseSession NewSession { get; private set; } = null!;

    /// <summary>The old primary's server; <see langword="null"/> if it can't be reached.</summary>
    public IServerSession? OldServer { get; private set; }

    /// <summary>The candidate's server.</summary>
    public IServerSession NewServer { get; private set; } = null!;

    /// <summary>The write endpoint.</summary>
    public IWriteEndpoint Endpoint { get; private set; } = new NoEndpoint();

    /// <summary>The name of the old primary, reachable or not.</summary>
    public required string OldName { get; init; }

    /// <summary>The name of the candidate.</summary>
    public required string NewName { get; init; }

    /// <summary>The policy.</summary>
    public DatabasePolicy Policy => Site.Site.Policy.Database!;

    /// <summary>Connects to both members and the endpoint, at once.</summary>
    public static async Task<FailoverConnections> OpenAsync(ISiteSession site, string oldName, string newName, bool withOld, CancellationToken cancellationToken)
    {
        FailoverConnections connections = new() { Site = site, OldName = oldName, NewName = newName };
        try
        {
            await Task.WhenAll(
                withOld ? connections.OpenOldAsync(cancellationToken) : Task.CompletedTask,
                connections.OpenNewAsync(cancellationToken),
                connections.OpenEndpointAsync(cancellationToken));
            return connections;
        }
        catch
        {
            await connections.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects to further replicas before anything is changed, at once; to one that can't be reached when its turn comes.</summary>
    public Task OpenOthersAsync(IEnumerable<string> names, CancellationToken cancellationToken) => Task.WhenAll(names.Select(async name =>
    {
        try
        {
            _others[name] = await OpenAsync(name, cancellationToken);
        }
        catch (FoobarException)
        {
            // Told in its turn.
        }
    }));

    /// <summary>Whether a further replica is connected.</summary>
    public bool HasOther(string name) => _others.ContainsKey(name);

    /// <summary>The connection to a further replica, whose lock it holds.</summary>
    /// <exception cref="FoobarException">It can't be reached; <c>OperationRunning</c>.</exception>
    public async Task<IDatabaseSession> OtherAsync(string name, CancellationToken cancellationToken)
    {
        if (!_others.TryGetValue(name, out HeldSession? session))
        {
            session = await OpenAsync(name, cancellationToken);
            await HoldOtherAsync(session, cancellationToken);
            _others[name] = session;
        }

        return session;
    }

    /// <summary>
    /// Takes the locks of the members that are connected, on the connections that change them. From here on nobody else moves
    /// writes, and what is changed on these connections fails once somebody else has taken the locks.
    /// </summary>
    /// <param name="since">When the operation began.</param>
    /// <param name="lostAfter">Without a sign of life for how long another holder is lost.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.FoobarException"><c>OperationRunning</c>.</exception>
    public async Task HoldAsync(DateTimeOffset since, TimeSpan lostAfter, CancellationToken cancellationToken)
    {
        _take = (session, token) => OperatorLock.TakeAsync(Site, session, since, lostAfter, token);
        foreach (HeldSession session in ((HeldSession?[])[_oldHeld, _newHeld]).OfType<HeldSession>())
        {
            OperatorLock held = await _take(session, cancellationToken);
            _locks.Add(held);
        }

        foreach (string name in _others.Keys.Order(StringComparer.Ordinal))
        {
            await HoldOtherAsync(_others[name], cancellationToken);
        }
    }

    /// <summary>Tells the locks under which ids the members' marker may stand from now on.</summary>
    public void Own(params IReadOnlyCollection<string?> ids)
    {
        _ids = [.. ids.OfType<string>()];
        foreach (OperatorLock held in _locks.Concat(_otherLocks))
        {
            held.Ids = _ids;
        }
    }

    /// <summary>Sees that the locks are still ours, before something is changed that is not on their connections.</summary>
    /// <param name="both">Whether that of the old primary counts too: once the new one takes writes, the old one may die.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.FoobarException"><c>OperationSuperseded</c>, <c>OperatorLockLost</c>.</exception>
    public Task EnsureHeldAsync(bool both, CancellationToken cancellationToken) =>
        Task.WhenAll(_locks.TakeLast(both ? 2 : 1).Select(held => held.EnsureAsync(cancellationToken)));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (OperatorLock held in _locks.Concat(_otherLocks).Reverse())
        {
            await held.DisposeAsync();
        }

        _locks.Clear();
        _otherLocks.Clear();
        foreach (IAsyncDisposable one in _open)
        {
            await one.DisposeAsync();
        }

        _open.Clear();
    }

    private async Task HoldOtherAsync(HeldSession session, CancellationToken cancellationToken)
    {
        OperatorLock held = await _take!(session, cancellationToken);
        held.Ids = _ids;
        _otherLocks.Add(held);
    }

    private async Task OpenOldAsync(CancellationToken cancellationToken)
    {
        OldServer = await Site.GetServerAsync(OldName, cancellationToken);
        _oldHeld = await OpenAsync(OldName, cancellationToken);
        OldSession = _oldHeld;
        Old = DatabaseMember.Of(OldSession);
#pragma warning disable CA2000 // This object owns it.
        OldSecond = DatabaseMember.Of(await OpenAsync(OldName, cancellationToken));
#pragma warning restore CA2000
    }

    private async Task OpenNewAsync(CancellationToken cancellationToken)
    {
        NewServer = await Site.GetServerAsync(NewName, cancellationToken);
        _newHeld = await OpenAsync(NewName, cancellationToken);
        NewSession = _newHeld;
        New = DatabaseMember.Of(NewSession);
    }

    private async Task OpenEndpointAsync(CancellationToken cancellationToken)
    {
        Endpoint = Policy.WriteEndpoint switch
        {
            null => Endpoint,
            { Kind: WriteEndpointKind.Haproxy } endpoint => await HaproxyEndpoint.ConnectAsync(Site, endpoint, cancellationToken),
            { } endpoint => new HookEndpoint(await Site.GetServerAsync(endpoint.Server, cancellationToken)),
        };
        Keep(Endpoint);
    }

    private async Task<HeldSession> OpenAsync(string server, CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // This object owns it.
        HeldSession session = new(await Site.OpenDatabaseAsync(server, cancellationToken));
#pragma warning restore CA2000
        Keep(session);
        return session;
    }

    private void Keep(IAsyncDisposable one)
    {
        lock (_open)
        {
            _open.Add(one);
        }
    }
}
