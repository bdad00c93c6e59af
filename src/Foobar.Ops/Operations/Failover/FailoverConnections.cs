using Foobar.Ops.Database;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Failover.Endpoints;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Failover;

/// <summary>Everything a failover talks to, connected before anything is changed: logging in costs more than the switch itself.</summary>
internal sealed class FailoverConnections : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _open = [];

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

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable one in _open)
        {
            await one.DisposeAsync();
        }

        _open.Clear();
    }

    private async Task OpenOldAsync(CancellationToken cancellationToken)
    {
        OldServer = await Site.GetServerAsync(OldName, cancellationToken);
        OldSession = await OpenAsync(OldName, cancellationToken);
        Old = DatabaseMember.Of(OldSession);
        OldSecond = DatabaseMember.Of(await OpenAsync(OldName, cancellationToken));
    }

    private async Task OpenNewAsync(CancellationToken cancellationToken)
    {
        NewServer = await Site.GetServerAsync(NewName, cancellationToken);
        NewSession = await OpenAsync(NewName, cancellationToken);
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

    private async Task<IDatabaseSession> OpenAsync(string server, CancellationToken cancellationToken)
    {
        IDatabaseSession session = await Site.OpenDatabaseAsync(server, cancellationToken);
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
