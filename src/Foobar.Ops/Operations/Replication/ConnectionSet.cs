using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>What one operation has opened, closed together.</summary>
/// <param name="site">The site's connections.</param>
internal sealed class ConnectionSet(ISiteSession site) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly List<IAsyncDisposable> _open = [];

    /// <summary>The site's connections.</summary>
    public ISiteSession Site => site;

    /// <summary>Opens what belongs together, and closes all of it again if a part can't be opened.</summary>
    public static async Task<T> OpenAsync<T>(ISiteSession site, Func<ConnectionSet, Task<T>> open)
    {
#pragma warning disable CA2000 // Whoever is given what was opened owns it.
        ConnectionSet set = new(site);
#pragma warning restore CA2000
        try
        {
            return await open(set);
        }
        catch
        {
            await set.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a member: its machine, and a connection to its database.</summary>
    public async Task<MemberConnection> MemberAsync(string name, CancellationToken cancellationToken)
    {
        IServerSession machine = await site.GetServerAsync(name, cancellationToken);
#pragma warning disable CA2000 // This object owns it.
        return new(name, machine, await SessionAsync(name, cancellationToken));
#pragma warning restore CA2000
    }

    /// <summary>Opens a connection to a member's database.</summary>
    public async Task<HeldSession> SessionAsync(string name, CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // This object owns it.
        HeldSession session = new(await site.OpenDatabaseAsync(name, cancellationToken));
#pragma warning restore CA2000
        Keep(session);
        return session;
    }

    /// <summary>Opens the write endpoint: on all load balancers that have it, where the site has several.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="patience">How long the others have once one of several load balancers is connected; 15 s if left out.</param>
    public async Task<IWriteEndpoint> EndpointAsync(CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        IWriteEndpoint endpoint = site.Site.Policy.Database?.WriteEndpoint switch
        {
            null => new NoEndpoint(),
            { Kind: WriteEndpointKind.Haproxy } declared when EndpointGroup.Servers(site.Site).Count > 1 =>
                await EndpointGroup.ConnectAsync(site, declared, patience ?? Patience, cancellationToken),
            { Kind: WriteEndpointKind.Haproxy } declared => await HaproxyEndpoint.ConnectAsync(site, declared, cancellationToken),
            { } declared => new HookEndpoint(await site.GetServerAsync(declared.Server, cancellationToken)),
        };
        Keep(endpoint);
        return endpoint;
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

    private void Keep(IAsyncDisposable one)
    {
        lock (_open)
        {
            _open.Add(one);
        }
    }
}
