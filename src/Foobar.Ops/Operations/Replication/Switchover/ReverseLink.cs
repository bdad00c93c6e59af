using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Database.Wire;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>The old primary's replication from the new one, set up before the roles are swapped.</summary>
internal sealed class ReverseLink(FailoverConnections live, bool semiSync)
{
    private static readonly TimeSpan GreetingLimit = TimeSpan.FromSeconds(3);

    /// <summary>Whether commits shall wait for the replica after the switch.</summary>
    public bool SemiSync => semiSync;

    private DatabaseMember Old => live.Old!;

    /// <summary>The candidate's address at which the old primary hears its greeting; <see langword="null"/> if at none.</summary>
    public static async Task<string?> ReachableAddressAsync(IServerSession old, Server candidate, int port, CancellationToken cancellationToken)
    {
        foreach (string address in candidate.Addresses.Select(address => address.ToString()).DefaultIfEmpty(candidate.Name))
        {
            try
            {
                await DatabaseGreeting.ReadAsync(old, address, port, GreetingLimit, cancellationToken);
                return address;
            }
            catch (FoobarException)
            {
                // The next one may do.
            }
        }

        return null;
    }

    /// <summary>Lets the old primary replicate from the candidate.</summary>
    public async Task AttachAsync(CancellationToken cancellationToken)
    {
        Server candidate = live.Site.Site.Find(live.NewName)!;
        string host = await ReachableAddressAsync(live.OldServer!, candidate, live.Policy.Port, cancellationToken)
            ?? throw new FoobarException("ReverseConnectionBlocked", ErrorKind.Refused, $"{live.OldName}: it can't reach {live.NewName} on port {live.Policy.Port}.")
            {
                Server = live.OldName,
                Recommendation = "Let the firewalls of both allow the database's port in this direction too.",
            };
        ReplicationSource source = await ReplicationSourceReader.ReverseAsync(live.NewSession, live.NewServer, host, live.Policy.Port, cancellationToken);
        using (source.Password)
        {
            // Else the candidate reads its log for the old primary just while writes wait for it.
            await live.New.RotateLogAsync(cancellationToken);
            await live.New.SetSemiSyncSourceAsync(false, cancellationToken);
            await Old.SetSemiSyncReplicaAsync(semiSync, cancellationToken);
            await Old.DetachAsync(cancellationToken);
            string reached = await Old.PositionAsync(cancellationToken);
            await Old.FollowAsync(source, cancellationToken);

            // What it asks for first must be in the candidate's log already.
            await live.New.WaitForAsync(reached, TimeSpan.FromSeconds(10), cancellationToken);
            await live.New.WaitForAsync(await Old.PositionAsync(cancellationToken), TimeSpan.FromSeconds(10), cancellationToken);
            await Old.StartReplicatingAsync(cancellationToken);
        }
    }

    /// <summary>Waits until both its threads run.</summary>
    /// <exception cref="FoobarException"><c>ReverseLinkFailed</c>.</exception>
    public Task WaitUntilRunningAsync(CancellationToken cancellationToken) => ReplicaStart.WaitAsync(Old, live.NewName, cancellationToken);

    /// <summary>Lets the old primary replicate from none again.</summary>
    public async Task DetachAsync(CancellationToken cancellationToken)
    {
        await Old.DetachAsync(cancellationToken);
        if (semiSync)
        {
            await Old.SetSemiSyncSourceAsync(true, cancellationToken);
        }
    }
}
