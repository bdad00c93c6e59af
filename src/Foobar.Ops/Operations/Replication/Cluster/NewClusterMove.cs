namespace Foobar.Ops.Operations.Replication.Cluster;

/// <summary>A move on a cluster that is about to begin.</summary>
/// <param name="host">Who runs it.</param>
/// <param name="survey">Who looks at the members.</param>
/// <param name="options">What is asked for.</param>
internal sealed class NewClusterMove(OperationHost host, ClusterSurvey survey, FailoverOptions options) : IOperation<FailoverResult>
{
    public string Kind => EarlierFailover.Kind;

    public async Task<IConnectedOperation<FailoverResult>> ConnectAsync(DateTimeOffset started, CancellationToken cancellationToken)
    {
        host.Earlier.RefuseUnfinished();
        ClusterPreflight seen = await survey.AcceptAsync(options, options.Confirmed, cancellationToken);
#pragma warning disable CA2000 // The host owns it.
        ClusterConnections live = await ClusterConnections.OpenAsync(
            host.Session, ClusterParameters.Of("", seen).Members, cancellationToken);
#pragma warning restore CA2000
        return new Connected(this, seen, live);
    }

    // Until the locks were held another operator may have moved writes, or the group elected by itself.
    private async Task<IDecidedOperation<FailoverResult>> DecideAsync(
        ClusterPreflight seen, ClusterConnections live, CancellationToken cancellationToken)
    {
        ClusterPreflight preflight = await survey.AcceptAsync(options with { To = seen.New }, new(seen.Old!, seen.New!), cancellationToken);
        if (preflight.Writer != seen.Writer || preflight.OldIsIn != seen.OldIsIn)
        {
            throw ClusterSurvey.Changed(
                $"the cluster's members or its primary have changed ({seen.Writer} -> {preflight.Writer})", preflight.Writer);
        }

        ClusterParameters parameters = ClusterParameters.Of(Guid.CreateVersion7().ToString(), preflight) with
        {
            Before = (await live.Member(preflight.Writer!).Member.Marks.ReadAsync(cancellationToken))?.Id ?? "",
        };
        FailoverCanary? canary = parameters.OldIsIn
            ? await FailoverCanary.StartAsync(host.Session, options, parameters.Id, host.Time, cancellationToken)
            : null;
        return new DecidedClusterMove(host, live, options, parameters, canary);
    }

    private sealed class Connected(
        NewClusterMove operation, ClusterPreflight seen, ClusterConnections live) : IConnectedOperation<FailoverResult>
    {
        public OperationConnections Live => live;

        public Task<IDecidedOperation<FailoverResult>> DecideAsync(DateTimeOffset started, CancellationToken cancellationToken) =>
            operation.DecideAsync(seen, live, cancellationToken);
    }
}
