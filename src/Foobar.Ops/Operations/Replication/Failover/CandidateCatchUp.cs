using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>
/// Brings a candidate to the end of what it received, and stops its applier there. Its receiver is told to stop as well, but
/// not waited for: one that is just trying to reach the dead primary obeys only when that attempt ends.
/// </summary>
internal sealed class CandidateCatchUp(FailoverConnections live)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    /// <summary>Ends when the receiver has stopped.</summary>
    public Task Stopping { get; private set; } = Task.CompletedTask;

    /// <summary>Does it.</summary>
    public async Task RunAsync(CancellationToken token)
    {
        // A candidate that is configured as a source too waits for a replica of its own at what it applies, ten seconds by default.
        await live.Candidate.Member.SetSemiSyncSourceAsync(false, token);

        // MariaDB answers nothing about replication while a thread of it is being stopped, so that comes last.
        await live.Candidate.Member.HastenStopAsync(true, token);

        // At the end twice in a row: what is applied in parallel ends shortly after the log is read.
        string? last = null;
        while (true)
        {
            if (await live.Candidate.Member.ReplayAsync(token) is not { } replay)
            {
                return;
            }

            ReplicationChannel channel = replay.Channel;
            if (channel.ApplierError is { } error)
            {
                throw new FoobarException(
                    "ReplicationStopped", ErrorKind.Refused, $"{live.Candidate.Name}: it can't apply what it received: {error}")
                    {
                        Server = live.Candidate.Name,
                        Recommendation = "Put right what stopped it, then try again.",
                    };
            }

            if (await IsAtEndAsync(replay, channel, token) && replay.Position == last)
            {
                break;
            }

            last = replay.Position;
            await Task.Delay(Pause, live.Site.Time, token);
        }

        await live.Candidate.Member.StopApplyingAsync(token);
        Stopping = StopReceivingAsync();
    }

    // The last transaction may have been received in part only, and is never applied then.
    private async Task<bool> IsAtEndAsync(ReplayProgress replay, ReplicationChannel channel, CancellationToken token) =>
        replay.HasAppliedAll
            || (replay.HasReadAll
                && (channel.Received.Length == 0 || await live.Candidate.Member.WaitForAsync(channel.Received, Pause, token)));

    // On a connection of its own: the one that is used for all else must not wait for it.
    private async Task StopReceivingAsync()
    {
        try
        {
            using CancellationTokenSource limit = new(StopLimit, live.Site.Time);
            await using IDatabaseSession own = await live.Site.OpenDatabaseAsync(live.Candidate.Name, limit.Token);
            own.TimeLimit = StopLimit;
            await DatabaseMember.Of(own).StopReceivingAsync(limit.Token);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // Nothing more is applied, and detaching tries again.
        }
    }
}
