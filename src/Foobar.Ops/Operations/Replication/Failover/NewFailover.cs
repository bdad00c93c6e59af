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
    public FailoverPreview Preview(ReplicationAnalysis scene) => new()
    {
        OldPrimary = scene.Primary,
        NewPrimary = scene.Candidate,
        Choice = scene.Choice,
        Verdict = scene.Verdict,
        Loss = scene.Loss,
        Blockers = scene.Blockers,
        Warnings = [.. scene.Warnings, .. scene.Events.Doubt is { } doubt ? [new() { Code = "Events", Server = scene.Candidate, Message = doubt, Remediation = EventSwitch.Advice }] : Array.Empty<FailoverBlocker>()],
        Steps = new FailoverSteps(scene.Live, Order(scene, "preview"), host.Time).Plan().Outline,
    };

    // A switchover that was left unfinished ends here if its primary is the one that died, which the survey tells.
    public async Task<IConnectedOperation<FailoverResult>> ConnectAsync(DateTimeOffset started, CancellationToken cancellationToken)
    {
        if (host.Earlier.Unfinished is { } unfinished && OperationKeys.IsFailover(unfinished.State.Parameters))
        {
            host.Earlier.RefuseUnfinished();
        }

        ReplicationAnalysis scene = await new EmergencySurvey(host.Session, options, host.Store, host.Time).SurveyAsync(cancellationToken);
        try
        {
            options.Seen?.Invoke(Preview(scene));
            if (scene.Blockers.Count > 0)
            {
                throw FailoverBlocker.Refuse(scene.Blockers);
            }

            TimeSpan looked = host.Time.GetUtcNow() - started;
            await scene.Live.Others.OpenAsync(scene.Answering, cancellationToken);
            return new Connected(this, scene, looked);
        }
        catch
        {
            await scene.Live.DisposeAsync();
            throw;
        }
    }

    private async Task<IDecidedOperation<FailoverResult>> DecideAsync(ReplicationAnalysis scene, DateTimeOffset started, TimeSpan looked, CancellationToken cancellationToken)
    {
        await RefuseIfChangedAsync(scene, options.Confirmed, cancellationToken);
        host.Earlier.RefuseUnfinished(lost: scene.Primary);
        return new DecidedFailover(host, scene.Live, Order(scene, Guid.CreateVersion7().ToString()))
        {
            Scene = scene,
            Looked = looked,
            Connected = host.Time.GetUtcNow() - started,
        };
    }

    private FailoverParameters Order(ReplicationAnalysis scene, string id) => new()
    {
        Id = id,
        Automatic = options.Automatic,
        Old = scene.Primary,
        New = scene.Candidate,
        MachineAnswers = scene.MachineAnswers,
        Salvage = scene.MachineAnswers && scene.Loss.Bound == LossBound.Nothing,
        SourceFile = scene.SourceFile,
        Events = scene.Events.Enable,
        EventDoubt = scene.Events.Doubt,
        Others = scene.Others,
        Givers = scene.Givers,
        Source = scene.Source,
        CatchUpLimit = options.DrainLimit,
        Before = scene.Marker?.Id ?? "",
        Durability = scene.Marker is { IsUnfinished: true } left && left.NewPrimary == scene.Candidate ? Durability.Parse(left.Parameters.GetValueOrDefault("durability")) : null,
    };

    // Between the survey and the lock another operator may have been there.
    private static async Task RefuseIfChangedAsync(ReplicationAnalysis scene, ConfirmedMove? confirmed, CancellationToken cancellationToken)
    {
        FailoverConnections live = scene.Live;
        OperationMark? marker = await live.Candidate.Member.Marks.ReadAsync(cancellationToken);
        string? what = confirmed is not null && confirmed != new ConfirmedMove(scene.Primary, scene.Candidate) ? $"{confirmed.OldPrimary} -> {confirmed.NewPrimary} was asked for, and by now it would be {scene.Primary} -> {scene.Candidate}"
            : (marker?.Id, marker?.State) != (scene.Marker?.Id, scene.Marker?.State) ? $"meanwhile there was {marker?.ToString() ?? "a marker less"}"
            : scene.IsReplica != await live.Candidate.Member.IsReplicaAsync(cancellationToken) ? $"{live.Candidate.Name} {(scene.IsReplica ? "replicates from none by now" : "replicates by now")}"
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

    private sealed class Connected(NewFailover operation, ReplicationAnalysis scene, TimeSpan looked) : IConnectedOperation<FailoverResult>
    {
        public OperationConnections Live => scene.Live;

        public Task<IDecidedOperation<FailoverResult>> DecideAsync(DateTimeOffset started, CancellationToken cancellationToken) =>
            operation.DecideAsync(scene, started, looked, cancellationToken);
    }
}
