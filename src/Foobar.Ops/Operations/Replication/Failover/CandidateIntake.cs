using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>
/// Brings a candidate, which has applied all that it received itself, up to what the other replicas received of the dead primary:
/// it replicates from each of them that holds more, until it holds that too. Any one of them may have acknowledged a commit.
/// </summary>
/// <param name="live">The connections.</param>
/// <param name="parameters">What was decided.</param>
/// <param name="catchUp">Which has told the candidate's receiver to stop.</param>
internal sealed class CandidateIntake(FailoverConnections live, FailoverParameters parameters, CandidateCatchUp catchUp)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>What it may take besides the time to apply: the candidate's receiver may be trying to reach the dead primary.</summary>
    public static TimeSpan Overhead { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Does it.</summary>
    /// <exception cref="FoobarException"><c>CatchUpTimeout</c>; <c>ReplicationStopped</c>: another replica can't apply what it received;
    /// errors of the connections.</exception>
    public async Task RunAsync(CancellationToken token)
    {
        long began = live.Site.Time.GetTimestamp();

        // One that did not answer before is not waited for: what it may hold is in the question.
        foreach (string name in parameters.Others.Where(name => parameters.Givers.Contains(name) || live.Others.Has(name)))
        {
            DatabaseMember other = await live.Others.GetAsync(name, token);
            if (await IsAheadAsync(other, token))
            {
                await WaitUntilAppliedAsync(other, began, token);
                await TakeAsync(other, began, token);
            }
        }
    }

    /// <summary>Lets the candidate replicate from the old primary again, not yet to start.</summary>
    public static async Task UndoAsync(FailoverConnections live, FailoverParameters parameters, CancellationToken token)
    {
        if (parameters.Source is { } source
            && await live.Candidate.Member.ChannelsAsync(token) is [{ } channel]
            && (channel.SourceHost, channel.SourcePort) != source)
        {
            await live.Candidate.Member.StopReplicatingAsync(token);
            await live.Candidate.Member.RepointAsync(source.Host, source.Port, token);
        }
    }

    private async Task<bool> IsAheadAsync(DatabaseMember other, CancellationToken token)
    {
        string held = await ReplicaSource.HeldAsync(other, token);
        return GtidComparison.Errant(other.Flavor, held, await live.Candidate.Member.HoldsAsync(token)).Length > 0;
    }

    // Only what it has applied is in its log.
    private async Task WaitUntilAppliedAsync(DatabaseMember other, long began, CancellationToken token)
    {
        while (true)
        {
            IReadOnlyList<ReplicationChannel> channels = await other.ChannelsAsync(token);
            string received = string.Join(',', channels.Select(channel => channel.Received).Where(text => text.Length > 0));
            if (GtidComparison.Errant(other.Flavor, received, await other.HoldsAsync(token)).Length == 0)
            {
                return;
            }

            if (channels.FirstOrDefault(channel => channel.Applier != ReplicationThread.Running) is { } stopped)
            {
                throw new FoobarException(
                    "ReplicationStopped", ErrorKind.Refused,
                    $"{other.Name}: it holds transactions that {live.Candidate.Name} lacks, and does not apply what it received: "
                        + $"{stopped.ApplierError ?? $"its applier is {stopped.Applier}"}")
                {
                    Server = other.Name,
                    Recommendation = "Start its applier, or put right what stopped it, then try again.",
                };
            }

            if (live.Site.Time.GetElapsedTime(began) > parameters.CatchUpLimit)
            {
                throw Late(other.Name);
            }

            await Task.Delay(Pause, live.Site.Time, token);
        }
    }

    private async Task TakeAsync(DatabaseMember other, long began, CancellationToken token)
    {
        string host = await ReplicaSource.AddressAsync(live.Site, live.Candidate.Name, other.Name, live.Policy.Port, token);
        await catchUp.Stopping.WaitAsync(token);
        await live.Candidate.Member.StopReplicatingAsync(token);
        await live.Candidate.Member.RepointAsync(host, live.Policy.Port, token);
        string position = await other.PositionAsync(token);
        await live.Candidate.Member.StartReplicatingAsync(token);
        await ReplicaStart.WaitAsync(live.Candidate.Member, other.Name, token);
        TimeSpan left = parameters.CatchUpLimit - live.Site.Time.GetElapsedTime(began);
        if (!await live.Candidate.Member.WaitForAsync(position, left > Pause ? left : Pause, token))
        {
            throw Late(other.Name);
        }

        await live.Candidate.Member.StopReplicatingAsync(token);
    }

    private FoobarException Late(string other) =>
        new(
            "CatchUpTimeout", ErrorKind.Timeout,
            Invariant(
                $"{live.Candidate.Name}: it did not get what {other} holds and it lacks within {parameters.CatchUpLimit.TotalSeconds:0.#} s."))
        {
            Server = live.Candidate.Name,
            Recommendation = $"Promote {other} (-To {other}), or give it more time (-DrainSeconds).",
        };
}
