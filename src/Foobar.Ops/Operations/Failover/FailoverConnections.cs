using System.Globalization;
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

    /// <summary>The connections that change the members, by their ids: on the old primary, on the candidate.</summary>
    public async Task<(long Old, long New)> ConnectionIdsAsync(CancellationToken cancellationToken) =>
        (await OwnIdAsync(OldSession!, cancellationToken), await OwnIdAsync(NewSession, cancellationToken));

    /// <summary>Ends those of a process that is lost, so that nothing can be changed on them any more.</summary>
    public async Task EndAsync((long Old, long New)? lost, CancellationToken cancellationToken)
    {
        if (lost is { } connections)
        {
            await EndAsync(OldSession!, connections.Old, cancellationToken);
            await EndAsync(NewSession, connections.New, cancellationToken);
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

    private static async Task<long> OwnIdAsync(IDatabaseSession session, CancellationToken cancellationToken) =>
        (await session.QueryAsync("SELECT CONNECTION_ID() AS id", null, cancellationToken))[0].Number("id") ?? 0;

    // An id counts from the server's start, so it may be somebody else's by now: one of our own account only.
    private static async Task EndAsync(IDatabaseSession session, long id, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> there = await session.QueryAsync(
            "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE ID = @id AND ID <> CONNECTION_ID() AND USER = SUBSTRING_INDEX(USER(), '@', 1)",
            new Dictionary<string, object?> { ["id"] = id }, cancellationToken);
        if (there is [{ } row])
        {
            await session.ExecuteAsync(string.Create(CultureInfo.InvariantCulture, $"KILL {row.Number("id")}"), null, cancellationToken);
        }
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
