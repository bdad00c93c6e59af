using Foobar.Ops.Database;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>A failover that is about to begin.</summary>
/// <param name="host">Who runs it.</param>
/// <param name="options">What is asked for.</param>
internal sealed class NewFailover(OperationHost host, FailoverOptions options) : IOperation<FailoverResult>
{
    public string Kind => EarlierFailover.Kind;

    /// <summary>What it would do, by what was seen.</summary>
    public FailoverPreview Preview(ReplicationAnalysis analysis) => new()
    {
        OldPrimary = analysis.Primary,
        NewPrimary = analysis.Candidate,
        Choice = analysis.Choice,
        Verdict = analysis.Verdict,
        Loss = analysis.Loss,
        Blockers = analysis.Blockers,
        Warnings =
        [
            .. analysis.Warnings,
            .. analysis.Events.Doubt is { } doubt
                ? [new() { Code = "Events", Server = analysis.Candidate, Message = doubt, Remediation = EventSwitch.Advice }]
                : Array.Empty<FailoverBlocker>(),
        ],
        Steps = new FailoverSteps(analysis.Live, Decided(analysis, "preview"), host.Time).Plan().Outline,
    };

    // A switchover that was left unfinished ends here if its primary is the one that died, which the survey tells.
    public async Task<IConnectedOperation<FailoverResult>> ConnectAsync(DateTimeOffset started, CancellationToken cancellationToken)
    {
        if (host.Earlier.Unfinished is { } unfinished && OperationKeys.IsFailover(unfinished.State.Parameters)
            && !(options.Automatic && EarlierFailover.MayBeDoneAnew(unfinished.State)))
        {
            host.Earlier.RefuseUnfinished();
        }

        ReplicationAnalysis analysis = await new ReplicationAnalyst(host.Session, options, host.Store, host.Time)
            .AnalyseAsync(cancellationToken);
        try
        {
            options.Seen?.Invoke(Preview(analysis));
            if (analysis.Blockers.Count > 0)
            {
                throw FailoverBlocker.Refuse(analysis.Blockers);
            }

            TimeSpan looked = host.Time.GetUtcNow() - started;
            await analysis.Live.Others.OpenAsync(analysis.Answering, cancellationToken);
            return new Connected(this, analysis, looked);
        }
        catch
        {
            await analysis.Live.DisposeAsync();
            throw;
        }
    }

    private async Task<IDecidedOperation<FailoverResult>> DecideAsync(
        ReplicationAnalysis analysis, DateTimeOffset started, TimeSpan looked, CancellationToken cancellationToken)
    {
        await RefuseIfChangedAsync(analysis, options.Confirmed, cancellationToken);
        host.Earlier.RefuseUnfinished(lost: analysis.Primary, options.Automatic);
        return new DecidedFailover(host, analysis.Live, Decided(analysis, Guid.CreateVersion7().ToString()))
        {
            Analysis = analysis,
            Looked = looked,
            Connected = host.Time.GetUtcNow() - started,
        };
    }

    private FailoverParameters Decided(ReplicationAnalysis analysis, string id) => new()
    {
        Id = id,
        Automatic = options.Automatic,
        Old = analysis.Primary,
        New = analysis.Candidate,
        MachineAnswers = analysis.MachineAnswers,
        Salvage = analysis.MachineAnswers && analysis.Loss.Bound == LossBound.Nothing,
        SourceFile = analysis.SourceFile,
        Events = analysis.Events.Enable,
        EventDoubt = analysis.Events.Doubt,
        Others = analysis.Others,
        Kept = analysis.Kept,
        Givers = analysis.Givers,
        Source = analysis.Source,
        CatchUpLimit = options.DrainLimit,
        Before = analysis.Marker?.Id ?? "",
        Durability = analysis.Marker is { IsUnfinished: true } left && left.NewPrimary == analysis.Candidate
            ? Durability.Parse(left.Parameters.GetValueOrDefault("durability"))
            : null,
    };

    // Between the survey and the lock another operator may have been there.
    private static async Task RefuseIfChangedAsync(
        ReplicationAnalysis analysis, ConfirmedMove? confirmed, CancellationToken cancellationToken)
    {
        FailoverConnections live = analysis.Live;
        OperationMark? marker = await live.Candidate.Member.Marks.ReadAsync(cancellationToken);
        string? what = confirmed is not null && confirmed != new ConfirmedMove(analysis.Primary, analysis.Candidate)
            ? $"{confirmed.OldPrimary} -> {confirmed.NewPrimary} was asked for, and by now it would be {analysis.Primary} -> "
                + $"{analysis.Candidate}"
            : (marker?.Id, marker?.State) != (analysis.Marker?.Id, analysis.Marker?.State)
                ? $"meanwhile there was {marker?.ToString() ?? "a marker less"}"
            : analysis.IsReplica != await live.Candidate.Member.IsReplicaAsync(cancellationToken)
                ? $"{live.Candidate.Name} {(analysis.IsReplica ? "replicates from none by now" : "replicates by now")}"
            : null;
        if (what is not null)
        {
            throw new FoobarException("PlanChanged", ErrorKind.Refused, $"The failover was refused, and nothing was changed: {what}.")
            {
                Server = live.Candidate.Name,
                Recommendation = "Look at Get-FoobarReplication, and run the command again if the primary is still dead.",
            };
        }
    }

    private sealed class Connected(
        NewFailover operation, ReplicationAnalysis analysis, TimeSpan looked) : IConnectedOperation<FailoverResult>
    {
        public OperationConnections Live => analysis.Live;

        public Task<IDecidedOperation<FailoverResult>> DecideAsync(DateTimeOffset started, CancellationToken cancellationToken) =>
            operation.DecideAsync(analysis, started, looked, cancellationToken);
    }
}
