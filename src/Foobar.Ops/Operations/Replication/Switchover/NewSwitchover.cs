using Foobar.Ops.Database;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>A switchover that is about to begin.</summary>
/// <param name="host">Who runs it.</param>
/// <param name="survey">Who looks at the members.</param>
/// <param name="options">What is asked for.</param>
internal sealed class NewSwitchover(OperationHost host, SwitchoverSurvey survey, FailoverOptions options) : IOperation<FailoverResult>
{
    public string Kind => EarlierFailover.Kind;

    public async Task<IConnectedOperation<FailoverResult>> ConnectAsync(DateTimeOffset started, CancellationToken cancellationToken)
    {
        host.Earlier.RefuseUnfinished();
        (ConfirmedMove move, SwitchoverPreflight seen) = await survey.AcceptAsync(options, options.Confirmed, cancellationToken);
#pragma warning disable CA2000 // The host owns it.
        SwitchoverConnections live = await SwitchoverConnections.OpenAsync(
            host.Session, move.OldPrimary, move.NewPrimary, seen.Followers, cancellationToken);
#pragma warning restore CA2000
        return new Connected(this, move, live);
    }

    private async Task<IDecidedOperation<FailoverResult>> DecideAsync(
        ConfirmedMove move, SwitchoverConnections live, CancellationToken cancellationToken)
    {
        (_, SwitchoverPreflight preflight) = await survey.AcceptAsync(options, move, cancellationToken);
        string before = (await live.OldPrimary.Member.Marks.ReadAsync(cancellationToken))?.Id ?? "";
        Durability durability = await live.Candidate.Member.DurabilityAsync(cancellationToken);
        SwitchoverParameters parameters = SwitchoverParameters.Of(Guid.CreateVersion7().ToString(), move, preflight) with
        {
            Before = before,
            Durability = durability,
            SemiSync = preflight.SemiSync,
        };
        foreach (string other in parameters.Others)
        {
            await live.Others.GetAsync(other, cancellationToken);
        }

        FailoverCanary? canary = await FailoverCanary.StartAsync(host.Session, options, parameters.Id, host.Time, cancellationToken);
        return new DecidedSwitchover(host, live, options, parameters, preflight.Means(durability), canary);
    }

    private sealed class Connected(
        NewSwitchover operation, ConfirmedMove move, SwitchoverConnections live) : IConnectedOperation<FailoverResult>
    {
        public OperationConnections Live => live;

        public Task<IDecidedOperation<FailoverResult>> DecideAsync(DateTimeOffset started, CancellationToken cancellationToken) =>
            operation.DecideAsync(move, live, cancellationToken);
    }
}
