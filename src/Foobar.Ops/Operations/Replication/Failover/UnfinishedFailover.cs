using Foobar.Ops.Database;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>A failover that an earlier run began and did not end.</summary>
/// <param name="host">Who ends it.</param>
/// <param name="parameters">What was decided.</param>
internal sealed class UnfinishedFailover(OperationHost host, FailoverParameters parameters) : IUnfinishedOperation
{
    public OperationIds Ids => parameters.Ids;

    public async Task<IReconnectedOperation> ConnectAsync(CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // The host owns it.
        FailoverConnections live = await FailoverConnections.OpenAsync(host.Session, parameters.Old, parameters.New, cancellationToken);
#pragma warning restore CA2000
        return new Reconnected(host, parameters, live);
    }

    private sealed class Reconnected(OperationHost host, FailoverParameters parameters, FailoverConnections live) : IReconnectedOperation
    {
        public OperationConnections Live => live;

        // There is a marker since the application writes on the new primary.
        public Task<bool> HasMovedAsync(OperationMark marker, CancellationToken cancellationToken) => Task.FromResult(true);

        public Task<IDecidedOperation<FailoverResult>> RebuildAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IDecidedOperation<FailoverResult>>(new DecidedFailover(host, live, parameters));
    }
}
