using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication;

/// <summary>
/// The replicas that get the new primary for their source once that takes writes: the old primary's own, and those in a chain
/// between it and the candidate. Their account, TLS settings, filters and delay stay. One that can't follow does not hold up the
/// others, and keeps the source it has. Of those that keep theirs, because it follows the new primary or is it, it is seen that
/// they go on.
/// </summary>
/// <param name="live">The connections.</param>
/// <param name="names">Their names.</param>
/// <param name="kept">Those that keep their source.</param>
internal sealed class OtherReplicas(MoveConnections live, IReadOnlyList<string> names, IReadOnlyList<string> kept)
{
    private const string Prefix = "follow-";
    private const int AskTimes = 30;

    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(100);

    // A receiver that is just trying to reach a source that is gone stops when that attempt ends.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(70);

    // One that is far behind, or delayed on purpose, follows all the same.
    private static readonly TimeSpan ArrivalLimit = TimeSpan.FromSeconds(10);

    private readonly List<string> _following = [];

    /// <summary>One step for each. None is undone: they come after the point of no return.</summary>
    public IEnumerable<Step> Steps() => names.Select(name => new Step
    {
        Name = Prefix + name,
        Description = $"let {name} replicate from {live.Candidate.Name}",
        Server = name,
        Limit = StopLimit + ArrivalLimit + TimeSpan.FromSeconds(20),
        Change = token => FollowAsync(name, token),
    }).Concat(kept.Select(name => new Step
    {
        Name = Prefix + name,
        Description = $"see that {name}, which keeps its source, goes on behind {live.Candidate.Name}",
        Server = name,
        Limit = ArrivalLimit + TimeSpan.FromSeconds(20),
        Change = token => GoOnAsync(name, token),
    }));

    /// <summary>
    /// How many acknowledge as semi-synchronous replicas, of those that this run made follow, and of those whose source the new primary was
    /// before.
    /// </summary>
    public async Task<long> AcknowledgingAsync(CancellationToken token)
    {
        long acknowledging = 0;
        foreach (string name in _following)
        {
            acknowledging += await (await live.Others.GetAsync(name, token)).AcknowledgesAsync(token) ? 1 : 0;
        }

        foreach (string name in kept)
        {
            try
            {
                DatabaseMember member = await live.Others.GetAsync(name, token);
                bool own = await member.ChannelsAsync(token) is [{ } channel]
                    && ReplicaSource.IsOf(live.Site.Site.Find(live.Candidate.Name)!, channel);
                acknowledging += own && await member.AcknowledgesAsync(token) ? 1 : 0;
            }
            catch (FoobarException error) when (error.Kind is ErrorKind.Connection or ErrorKind.Timeout)
            {
                // Nobody waits for one that is gone.
            }
        }

        return acknowledging;
    }

    /// <summary>Whether a step is one of these.</summary>
    public static bool Owns(string step) => step.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Those that do not follow the new primary, by what became of their steps.</summary>
    public static IReadOnlyList<string> Left(IEnumerable<StepResult> steps) =>
        [
            .. steps.Where(step => Owns(step.Step) && step.Outcome is not (StepOutcome.Done or StepOutcome.DoneEarlier))
                .Select(step => step.Step[Prefix.Length..]),
        ];

    /// <summary>What to do about those that do not follow; <see langword="null"/> if all do.</summary>
    public static string? Advice(IReadOnlyList<string> left) =>
        left.Count == 0
            ? null
            : $"Bring {string.Join(" and ", left)} back with "
                + $"{string.Join("; ", left.Select(name => $"Repair-FoobarReplication -Server {name}"))}.";

    private async Task FollowAsync(string name, CancellationToken token)
    {
        DatabaseMember member = await live.Others.GetAsync(name, token);
        ReplicationChannel channel = ReplicaSource.Only(name, await member.ChannelsAsync(token));
        string host = await ReplicaSource.AddressAsync(live.Site, name, live.Candidate.Name, live.Policy.Port, token);
        if ((channel.SourceHost, channel.SourcePort) != (host, live.Policy.Port))
        {
            await LeaveAsync(member, host, token);
        }

        string position = await live.Candidate.Member.PositionAsync(token);
        await member.StartReplicatingAsync(token);
        await ReplicaStart.WaitAsync(member, live.Candidate.Name, token);
        if (!await member.WaitForAsync(position, ArrivalLimit, token))
        {
            // A source that can't serve it says so only when it is asked for its log.
            await ReplicaStart.WaitAsync(member, live.Candidate.Name, token);
        }

        _following.Add(name);
    }

    // One that is far behind, or delayed on purpose, goes on all the same.
    private async Task GoOnAsync(string name, CancellationToken token)
    {
        DatabaseMember member = await live.Others.GetAsync(name, token);

        // Else what it applies first waits until a replica of its own would have acknowledged.
        await member.SetSemiSyncSourceAsync(false, token);
        string position = await live.Candidate.Member.PositionAsync(token);
        bool arrived = await member.WaitForAsync(position, ArrivalLimit, token);
        if (!arrived && (await member.ChannelsAsync(token)).FirstOrDefault(static channel => !channel.Replicates) is { } stopped)
        {
            throw new FoobarException(
                "NotFollowing", ErrorKind.Failed,
                $"{name}: it does not replicate from {stopped.SourcePlace} (receiver {stopped.Receiver}, applier {stopped.Applier}), and so not from {live.Candidate.Name}. {stopped.ReceiverError} {stopped.ApplierError}"
                    .TrimEnd())
            {
                Server = name,
                Recommendation = $"Repair-FoobarReplication -Server {name} lets it follow {live.Candidate.Name}.",
            };
        }
    }

    // What it received of its former source and has not applied is thrown away: the new one must have it.
    private async Task LeaveAsync(DatabaseMember member, string host, CancellationToken token)
    {
        member.TimeLimit = StopLimit;

        // Else what it applies waits until a replica of its own would have acknowledged, and so would the stop: the candidate may
        // have been the one.
        await member.SetSemiSyncSourceAsync(false, token);
        try
        {
            await member.HastenStopAsync(true, token);
            await member.StopReplicatingAsync(token);
        }
        finally
        {
            await member.HastenStopAsync(false, CancellationToken.None);
        }

        string beyond = await BeyondAsync(member, token);
        if (beyond.Length > 0)
        {
            await member.StartReplicatingAsync(token);
            throw new FoobarException(
                "ReplicaAhead", ErrorKind.Refused,
                $"{member.Name}: it holds transactions that {live.Candidate.Name} lacks ({beyond}), and was left as it was.")
            {
                Server = member.Name,
                Recommendation = $"Repair-FoobarReplication -Server {member.Name} saves them to a file and copies it afresh.",
            };
        }

        await member.RepointAsync(host, live.Policy.Port, token);
    }

    // A source sends a transaction some milliseconds before it counts it as executed.
    private async Task<string> BeyondAsync(DatabaseMember member, CancellationToken token)
    {
        string held = await ReplicaSource.HeldAsync(member, token);
        for (int asked = 0; ; asked++)
        {
            string beyond = GtidComparison.Errant(member.Flavor, held, await live.Candidate.Member.HoldsAsync(token));
            if (beyond.Length == 0 || asked == AskTimes)
            {
                return beyond;
            }

            await Task.Delay(AskAgain, live.Site.Time, token);
        }
    }
}
