using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>A failover of which it is decided what it does.</summary>
/// <param name="host">Who runs it.</param>
/// <param name="live">The connections.</param>
/// <param name="parameters">What was decided, as the journal keeps it.</param>
internal sealed class DecidedFailover(
    OperationHost host, FailoverConnections live, FailoverParameters parameters) : IDecidedOperation<FailoverResult>
{
    private readonly FailoverSteps _steps = new(live, parameters, host.Time);

    /// <summary>What was seen before; <see langword="null"/> where an earlier run's failover is ended.</summary>
    public ReplicationAnalysis? Analysis { get; init; }

    /// <summary>How long that took.</summary>
    public TimeSpan Looked { get; init; }

    /// <summary>From the beginning until it was decided.</summary>
    public TimeSpan Connected { get; init; }

    public OperationIds Ids => parameters.Ids;

    public bool LeavesOpen => true;

    public Plan Plan() => _steps.Plan();

    public async Task<FailoverResult> ReportAsync(OperationEnd end)
    {
        FailoverResult report = await new FailoverReport(host, live, parameters, _steps).MakeAsync(end);
        if (Analysis is not { } analysis)
        {
            return report;
        }

        StepResult detection = new()
        {
            Step = "detect",
            Description = $"see from {analysis.Verdict.Reports.Count} observers that {analysis.Primary} is dead: {analysis.Verdict.Reason}",
            Outcome = StepOutcome.Done,
            Duration = Looked,
        };
        return report with
        {
            Steps = [detection, .. report.Steps],
            Verdict = analysis.Verdict,
            Loss = analysis.Loss,
            WritableAfter = _steps.Writable is { } writable ? Connected + writable : null,
        };
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
