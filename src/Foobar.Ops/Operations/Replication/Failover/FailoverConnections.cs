using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>What a failover talks to: the old primary is dead, so that there is no connection to its database.</summary>
internal sealed class FailoverConnections : MoveConnections
{
    // Their logins were begun when the command was. Another load balancer that is not there does not hold up an emergency.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private FailoverConnections(ConnectionSet open, IWriteEndpoint endpoint, string dead, MemberConnection candidate)
        : base(open, endpoint, dead, candidate)
    {
    }

    /// <summary>Connects to the candidate and the endpoint, at once.</summary>
    public static Task<FailoverConnections> OpenAsync(
        ISiteSession site, string dead, string candidate, CancellationToken cancellationToken) =>
        ConnectionSet.OpenAsync(site, async open =>
        {
            Task<MemberConnection> member = open.MemberAsync(candidate, cancellationToken);
            Task<IWriteEndpoint> endpoint = open.EndpointAsync(cancellationToken, Patience);
            await Task.WhenAll(member, endpoint);
            return new FailoverConnections(open, await endpoint, dead, await member);
        });
}
