using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Operations.Comparison;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Cluster;

/// <summary>
/// What a move on a cluster did, and its end: the journal is closed only when the marker says how it ended. Never throws.
/// </summary>
/// <param name="live">The connections.</param>
/// <param name="steps">The steps.</param>
/// <param name="runner">Their runner, which has left the journal open.</param>
/// <param name="store">The site's state on this machine.</param>
/// <param name="time">The clock.</param>
internal sealed class ClusterReport(ClusterConnections live, ClusterSteps steps, PlanRunner runner, OperationStore store, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Applying = TimeSpan.FromSeconds(3);

    private ClusterParameters Order => steps.Order;

    /// <summary>The canary, if there is one.</summary>
    public FailoverCanary? Canary { get; init; }

    /// <summary>Makes it.</summary>
    public async Task<FailoverResult> MakeAsync(PlanResult result, string journal, DateTimeOffset started)
    {
        bool moved = result.Outcome is PlanOutcome.Completed or PlanOutcome.Degraded;
        using CancellationTokenSource limit = new(Limit, time);
        string? unsettled = moved ? await SettleAsync(result, limit.Token) : null;
        (WriteMeasurement? writes, CanaryAccount? account) = Canary is null
            ? default
            : await Canary.CountAsync(moved ? Order.New : Order.Old, steps.Window, limit.Token);
        return new()
        {
            Id = Order.Id,
            Outcome = unsettled is null ? result.Outcome : PlanOutcome.Degraded,
            OldPrimary = Order.Old,
            NewPrimary = Order.New,
            WriteGap = WriteGap.Of(writes, moved ? steps.Closed : TimeSpan.Zero),
            Canary = writes,
            Proof = await ProveAsync(result, account, limit.Token) with
            {
                LastComparison = await LastComparison.TellAsync(live.Site, store, Order.New, Order.Old, time.GetUtcNow(), limit.Token),
            },
            Steps = result.Steps,
            Error = result.Failure?.Message ?? unsettled,
            Recommendation = Recommend(result, unsettled, moved),
            Unfinished = unsettled is not null || result.Outcome == PlanOutcome.UndoFailed,
            Started = started,
            Duration = time.GetUtcNow() - started,
            Journal = journal,
        };
    }

    private string? Recommend(PlanResult result, string? unsettled, bool moved)
    {
        string? balancers = moved
            ? EndpointSurvey.Advice(live.Endpoint, Order.New, Order.Old)
            : EndpointSurvey.Advice(live.Endpoint, Order.Old, Order.New);
        string? own = (result.Failure as FoobarException)?.Recommendation;
        own = own == balancers ? null : own;
        string? rest = unsettled is not null ? $"{own} Then run Resume-FoobarFailover, which does what is left.".TrimStart()
            : result.Outcome == PlanOutcome.UndoFailed
                ? $"{own} Look at Get-FoobarReplication now, then run Resume-FoobarFailover, which undoes the rest.".TrimStart()
            : result is { Outcome: PlanOutcome.Undone, Failure: not null }
                ? own ?? "Put right what the error names, and run the command again."
            : own;
        return string.Join(' ', ((string?[])[rest, balancers]).OfType<string>()) is { Length: > 0 } advice ? advice : null;
    }

    // Why a resume still has something to do; null if it has not.
    private async Task<string?> SettleAsync(PlanResult result, CancellationToken token)
    {
        string[] left =
        [
            .. result.Steps.Where(
                static step =>
                    step.Outcome is not (StepOutcome.Done or StepOutcome.DoneEarlier)
                        && step.Step != "complete"
                        && !EndpointSurvey.Owns(step.Step))
                .Select(static step => step.Step),
        ];
        if (left.Length > 0)
        {
            return $"left to do: {string.Join(", ", left)}";
        }

        try
        {
            if (result.Outcome == PlanOutcome.Degraded)
            {
                await using IDatabaseSession primary = await live.Site.OpenDatabaseAsync(Order.New, token);
                await steps.Marker.SetAsync(DatabaseMember.Of(primary), OperationState.Degraded, token);
            }

            runner.Close(result.Outcome);
            return null;
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            return $"the marker on {Order.New} could not be written: {error.Message}";
        }
    }

    private async Task<FailoverProof> ProveAsync(PlanResult result, CanaryAccount? account, CancellationToken token)
    {
        string? final = steps.Final, now = null;
        string failure = "";
        if (result.Outcome is PlanOutcome.Completed or PlanOutcome.Degraded)
        {
            try
            {
                // A resume knows nothing of the moment itself; what the old member holds by now is as much at least.
                final ??= Order.OldIsIn ? await CommittedAsync(Order.Old, token) : null;
                now = await CommittedAsync(Order.New, token);
                now = final is not null && ClusterPosition.Missing(Order.Kind, final, now).Length > 0
                    ? await LaterAsync(final, token)
                    : now;
            }
            catch (Exception error) when (error is FoobarException or OperationCanceledException)
            {
                failure = error.Message;
            }
        }

        return ClusterProof.Judge(Order, result.Outcome, final, now, failure, account);
    }

    private async Task<string> CommittedAsync(string member, CancellationToken token)
    {
        await using IDatabaseSession database = await live.Site.OpenDatabaseAsync(member, token);
        return await ClusterNode.Of(Order.Kind, database).CommittedAsync(token);
    }

    // Applied is a moment after committed elsewhere.
    private async Task<string> LaterAsync(string position, CancellationToken token)
    {
        await using IDatabaseSession database = await live.Site.OpenDatabaseAsync(Order.New, token);
        ClusterNode node = ClusterNode.Of(Order.Kind, database);
        await node.ReachAsync(position, Applying, token);
        return await node.CommittedAsync(token);
    }
}
