using Foobar.Ops.Database;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>The old primary's replication from the new one, set up before the roles are swapped.</summary>
internal sealed class ReverseLink(SwitchoverConnections live, bool semiSync)
{
    /// <summary>Whether commits shall wait for the replica after the switch.</summary>
    public bool SemiSync => semiSync;

    private DatabaseMember Old => live.OldPrimary.Member;

    /// <summary>Lets the old primary replicate from the candidate.</summary>
    public async Task AttachAsync(CancellationToken cancellationToken)
    {
        string host = await ReplicaSource.AddressAsync(live.Site, live.OldName, live.Candidate.Name, live.Policy.Port, cancellationToken);
        ReplicationSource source = await live.Candidate.Member.ReverseSourceAsync(
            live.Candidate.Machine, host, live.Policy.Port, cancellationToken);
        using (source.Password)
        {
            // Else the candidate reads its log for the old primary just while writes wait for it.
            await live.Candidate.Member.RotateLogAsync(cancellationToken);
            await live.Candidate.Member.SetSemiSyncSourceAsync(false, cancellationToken);
            await Old.SetSemiSyncReplicaAsync(semiSync, cancellationToken);
            await Old.DetachAsync(cancellationToken);
            string reached = await Old.PositionAsync(cancellationToken);
            await Old.FollowAsync(source, cancellationToken);

            // What it asks for first must be in the candidate's log already.
            await live.Candidate.Member.WaitForAsync(reached, TimeSpan.FromSeconds(10), cancellationToken);
            await live.Candidate.Member.WaitForAsync(
                await Old.PositionAsync(cancellationToken), TimeSpan.FromSeconds(10), cancellationToken);
            await Old.StartReplicatingAsync(cancellationToken);
        }
    }

    /// <summary>Waits until both its threads run.</summary>
    /// <exception cref="FoobarException"><c>ReverseLinkFailed</c>.</exception>
    public Task WaitUntilRunningAsync(CancellationToken cancellationToken) =>
        ReplicaStart.WaitAsync(Old, live.Candidate.Name, cancellationToken);

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
