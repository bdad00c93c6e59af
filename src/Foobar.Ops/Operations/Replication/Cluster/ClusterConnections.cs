using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Cluster;

/// <summary>Everything a move on a cluster talks to, connected and locked before anything is changed.</summary>
internal sealed class ClusterConnections : IAsyncDisposable
{
    private readonly Dictionary<string, HeldSession> _sessions = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<OperatorLock> _locks = [];

    private ClusterConnections(ISiteSession site, IWriteEndpoint endpoint) => (Site, Endpoint) = (site, endpoint);

    /// <summary>The site's session.</summary>
    public ISiteSession Site { get; }

    /// <summary>The write endpoint.</summary>
    public IWriteEndpoint Endpoint { get; }

    /// <summary>Connects to the write endpoint.</summary>
    public static async Task<ClusterConnections> OpenAsync(ISiteSession site, CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // This object owns it.
        IWriteEndpoint endpoint = site.Site.Policy.Database!.WriteEndpoint switch
        {
            null => new NoEndpoint(),
            { Kind: WriteEndpointKind.Haproxy } declared => await HaproxyEndpoint.ConnectAsync(site, declared, cancellationToken),
            { } declared => new HookEndpoint(await site.GetServerAsync(declared.Server, cancellationToken)),
        };
#pragma warning restore CA2000
        return new(site, endpoint);
    }

    /// <summary>Connects to members and takes their locks, in one order, so that of two operators one is refused.</summary>
    /// <exception cref="FoobarException"><c>OperationRunning</c>; errors of the session.</exception>
    public async Task HoldAsync(IEnumerable<string> members, DateTimeOffset since, TimeSpan lostAfter, CancellationToken cancellationToken)
    {
        foreach (string name in members.Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase))
        {
#pragma warning disable CA2000 // This object owns it.
            HeldSession session = new(await Site.OpenDatabaseAsync(name, cancellationToken));
#pragma warning restore CA2000
            _sessions[name] = session;
            _locks.Add(await OperatorLock.TakeAsync(Site, session, since, lostAfter, cancellationToken));
        }
    }

    /// <summary>Tells the locks under which ids the members' marker may stand from now on.</summary>
    public void Own(params IReadOnlyCollection<string?> ids)
    {
        foreach (OperatorLock held in _locks)
        {
            held.Ids = [.. ids.OfType<string>()];
        }
    }

    /// <summary>The connection to a member, which holds its lock.</summary>
    public IDatabaseSession Session(string name) => _sessions[name];

    /// <summary>Sees that the lock of a member is still ours.</summary>
    /// <exception cref="FoobarException"><c>OperationSuperseded</c>, <c>OperatorLockLost</c>.</exception>
    public Task EnsureHeldAsync(string name, CancellationToken cancellationToken) =>
        _locks[_sessions.Keys.ToList().FindIndex(one => string.Equals(one, name, StringComparison.OrdinalIgnoreCase))].EnsureAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (OperatorLock held in _locks)
        {
            await held.DisposeAsync();
        }

        foreach (HeldSession session in _sessions.Values)
        {
            await session.DisposeAsync();
        }

        await Endpoint.DisposeAsync();
    }
}
