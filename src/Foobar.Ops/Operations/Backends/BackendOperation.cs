using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Backends;

/// <summary>
/// Takes servers of backends out and back in (<see cref="BackendSwitch"/>); in the backend of the database's write endpoint by
/// what the databases say too.
/// </summary>
/// <param name="site">The site's connections.</param>
/// <param name="target">What is wanted.</param>
/// <param name="acceptOutage">Whether an outage is accepted.</param>
/// <param name="persist">Whether a restart of HAProxy shall find it so too.</param>
public sealed class BackendOperation(ISiteSession site, BackendTarget target, bool acceptOutage, bool persist = false)
{
    private string Socket => site.Site.Policy.LoadBalancing.AdminSocket;

    /// <summary>What <see cref="SetAsync"/> would refuse before it changes anything; only reads.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="name">The server's name in it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>
    /// The error that <see cref="SetAsync"/> would end with, or why that can't be seen; <see langword="null"/> if nothing is refused.
    /// </returns>
    public async Task<FoobarException?> FindRefusalAsync(
        string balancer, string backend, string name, CancellationToken cancellationToken)
    {
        try
        {
            IServerSession server = await site.GetServerAsync(balancer, cancellationToken);
            await BackendSwitch.CheckAsync(
                server, Socket, backend, name, target, acceptOutage, await RuleAsync(backend, cancellationToken), cancellationToken);
            await CheckPersistAsync(server, backend, name, cancellationToken);
            return null;
        }
        catch (FoobarException error)
        {
            return error;
        }
    }

    /// <summary>Changes a server's state.</summary>
    /// <param name="balancer">The load balancer.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="name">The server's name in it.</param>
    /// <param name="patience">How long to wait until it takes traffic, or until its sessions have ended.</param>
    /// <param name="cancellationToken">Cancels the waiting; what was set stays.</param>
    /// <exception cref="FoobarException">
    /// <c>BackendNotPrimary</c>: the write endpoint would lead to a member that refuses writes, or may; nothing was changed. As for
    /// <see cref="BackendSwitch.SetAsync"/>.
    /// </exception>
    public async Task<BackendChange> SetAsync(
        string balancer, string backend, string name, TimeSpan patience, CancellationToken cancellationToken)
    {
        IServerSession server = await site.GetServerAsync(balancer, cancellationToken);
        await CheckPersistAsync(server, backend, name, cancellationToken);
        return await BackendSwitch.SetAsync(
            server, Socket, backend, name, target, acceptOutage, patience, cancellationToken, await RuleAsync(backend, cancellationToken));
    }

    /// <summary>Makes a change survive a restart of HAProxy.</summary>
    /// <param name="change">What was done.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException">As for <see cref="BackendSwitch.PersistAsync"/>.</exception>
    public async Task<BackendChange> PersistAsync(BackendChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return await BackendSwitch.PersistAsync(
            await site.GetServerAsync(change.Server, cancellationToken), change, target, cancellationToken);
    }

    private Task CheckPersistAsync(IServerSession server, string backend, string name, CancellationToken cancellationToken) =>
        persist ? BackendSwitch.CheckPersistAsync(server, backend, name, target, cancellationToken) : Task.CompletedTask;

    private async Task<Func<BackendServer, IReadOnlyList<BackendServer>, FoobarException?>?> RuleAsync(
        string backend, CancellationToken cancellationToken) =>
        site.Site.Policy.Database is { WriteEndpoint: { Kind: WriteEndpointKind.Haproxy } endpoint } policy && endpoint.Backend == backend
            ? new WriteBackendRule(
                ReplicationTopology.Of(await ReplicationSurvey.CollectAsync(site, cancellationToken)), target, acceptOutage,
                policy.Writers == 1).Refuse
            : null;
}
