using Foobar.Ops.Database;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>A switchover that an earlier run began and did not end.</summary>
/// <param name="host">Who ends it.</param>
/// <param name="options">The limits.</param>
/// <param name="parameters">What was decided.</param>
internal sealed class UnfinishedSwitchover(
    OperationHost host, FailoverOptions options, SwitchoverParameters parameters) : IUnfinishedOperation
{
    public OperationIds Ids => parameters.Ids;

    public async Task<IReconnectedOperation> ConnectAsync(CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // The host owns it.
        SwitchoverConnections live = await SwitchoverConnections.OpenAsync(
            host.Session, parameters.Old, parameters.New, parameters.Others, cancellationToken);
#pragma warning restore CA2000
        return new Reconnected(this, live);
    }

    // A switchover can be ended, either way, only with both its members.
    public FoobarException? Explain(FoobarException error) => error.ErrorId == FailoverBlocker.Running ? null :
        new FoobarException(
            error.ErrorId, error.Kind,
            $"{error.Message.TrimEnd('.')}. To end the switchover both its members are needed; nothing was changed.",
            error)
        {
            Server = error.Server,
            Recommendation = $"{error.Recommendation} If that member is dead: Invoke-FoobarFailover -Emergency.".TrimStart(),
        };

    private async Task<IDecidedOperation<FailoverResult>> RebuildAsync(SwitchoverConnections live, CancellationToken cancellationToken)
    {
        Durability durability = parameters.Durability ?? await live.Candidate.Member.DurabilityAsync(cancellationToken);
        IReadOnlyList<string> unlogged = await live.OldPrimary.Member.LogFiltersAsync(cancellationToken);
        return new DecidedSwitchover(
            host, live, options, parameters, new(durability, parameters.SemiSync ?? live.Policy.SemiSync, Unbound: null, unlogged));
    }

    private sealed class Reconnected(UnfinishedSwitchover operation, SwitchoverConnections live) : IReconnectedOperation
    {
        public OperationConnections Live => live;

        public Task<bool> HasMovedAsync(OperationMark marker, CancellationToken cancellationToken) =>
            LostSwitchover.HasMovedAsync(live, marker, cancellationToken);

        public Task<IDecidedOperation<FailoverResult>> RebuildAsync(CancellationToken cancellationToken) =>
            operation.RebuildAsync(live, cancellationToken);
    }
}
