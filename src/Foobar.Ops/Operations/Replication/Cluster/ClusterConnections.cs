using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Cluster;

/// <summary>What a move on a cluster talks to, connected before anything is changed.</summary>
internal sealed class ClusterConnections : OperationConnections
{
    private ClusterConnections(ConnectionSet open, IWriteEndpoint endpoint, IReadOnlyList<MemberConnection> members)
        : base(open, endpoint, members)
    {
    }

    /// <summary>Connects.</summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="members">The members whose locks are held; the one that takes writes at the end is the last.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static Task<ClusterConnections> OpenAsync(
        ISiteSession site, IReadOnlyList<string> members, CancellationToken cancellationToken) =>
            ConnectionSet.OpenAsync(site, async open =>
        {
            Task<IWriteEndpoint> endpoint = open.EndpointAsync(cancellationToken);
            MemberConnection[] connected = await Task.WhenAll(members.Select(name => open.MemberAsync(name, cancellationToken)));
            return new ClusterConnections(open, await endpoint, connected);
        });

    /// <summary>The connection to a member, which holds its lock.</summary>
    public MemberConnection Member(string name) =>
        Members.First(member => string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase));
}
