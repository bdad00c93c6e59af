using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication.Cluster;

/// <summary>A move on a cluster of which it is decided what it does.</summary>
/// <param name="host">Who runs it.</param>
/// <param name="live">The connections.</param>
/// <param name="options">The limits.</param>
/// <param name="parameters">What was decided, as the journal keeps it.</param>
/// <param name="canary">The canary, which writes already; <see langword="null"/> for none.</param>
internal sealed class DecidedClusterMove(
    OperationHost host,
    ClusterConnections live,
    FailoverOptions options,
    ClusterParameters parameters,
    FailoverCanary? canary = null) : IDecidedOperation<FailoverResult>
{
    private readonly ClusterSteps _steps = new(live, options, parameters, host.Time) { Canary = canary?.Writer };

    public OperationIds Ids => parameters.Ids;

    public bool LeavesOpen => true;

    public Plan Plan() => _steps.Plan();

    public Task<FailoverResult> ReportAsync(OperationEnd end) =>
        new ClusterReport(live, _steps, end.Runner, host.Store, host.Time) { Canary = canary }
            .MakeAsync(end.Result, end.Journal, end.Started);

    public ValueTask DisposeAsync() => canary?.DisposeAsync() ?? ValueTask.CompletedTask;
}
