using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>What a rejoin talks to all the time: the primary. The member that comes back is started and stopped meanwhile.</summary>
internal sealed class RejoinConnections : OperationConnections
{
    private RejoinConnections(ConnectionSet open, IWriteEndpoint endpoint, string returning, MemberConnection primary)
        : base(open, endpoint, primary) => Returning = returning;

    /// <summary>The name of the member that comes back.</summary>
    public string Returning { get; }

    /// <summary>The primary.</summary>
    public MemberConnection Primary => Members[0];

    /// <summary>Connects to the primary and the endpoint, at once.</summary>
    public static Task<RejoinConnections> OpenAsync(
        ISiteSession site, string returning, string primary, CancellationToken cancellationToken) =>
        ConnectionSet.OpenAsync(site, async open =>
        {
            Task<MemberConnection> member = open.MemberAsync(primary, cancellationToken);
            Task<IWriteEndpoint> endpoint = open.EndpointAsync(cancellationToken);
            await Task.WhenAll(member, endpoint);
            return new RejoinConnections(open, await endpoint, returning, await member);
        });
}
