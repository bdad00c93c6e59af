using Foobar.Ops.Database;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>What a switchover talks to: both members live.</summary>
internal sealed class SwitchoverConnections : MoveConnections
{
    private SwitchoverConnections(
        ConnectionSet open, IWriteEndpoint endpoint, MemberConnection oldPrimary, DatabaseMember oldSecond, MemberConnection candidate)
        : base(open, endpoint, oldPrimary.Name, oldPrimary, candidate) => OldSecond = oldSecond;

    /// <summary>The old primary.</summary>
    public MemberConnection OldPrimary => Members[0];

    /// <summary>A second connection to the old primary, so that clients are ended while the first does something else.</summary>
    public DatabaseMember OldSecond { get; }

    /// <summary>Connects to both members and the endpoint, at once; then to those of the other replicas that answer.</summary>
    public static Task<SwitchoverConnections> OpenAsync(
        ISiteSession site, string oldPrimary, string candidate, IEnumerable<string> others, CancellationToken cancellationToken) =>
        ConnectionSet.OpenAsync(site, async open =>
        {
            Task<(MemberConnection Member, DatabaseMember Second)> old = OpenOldAsync(open, oldPrimary, cancellationToken);
            Task<MemberConnection> next = open.MemberAsync(candidate, cancellationToken);
            Task<IWriteEndpoint> endpoint = open.EndpointAsync(cancellationToken);
            await Task.WhenAll(old, next, endpoint);
            SwitchoverConnections live = new(open, await endpoint, (await old).Member, (await old).Second, await next);
            await live.Others.OpenAsync(others, cancellationToken);
            return live;
        });

    private static async Task<(MemberConnection Member, DatabaseMember Second)> OpenOldAsync(
        ConnectionSet open, string name, CancellationToken cancellationToken)
    {
        MemberConnection member = await open.MemberAsync(name, cancellationToken);
#pragma warning disable CA2000 // The set owns it.
        return (member, DatabaseMember.Of(await open.SessionAsync(name, cancellationToken)));
#pragma warning restore CA2000
    }
}
