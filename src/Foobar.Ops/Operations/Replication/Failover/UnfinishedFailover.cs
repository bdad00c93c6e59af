using Foobar.Ops.Database;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>A failover that an earlier run began and did not end.</summary>
/// <param name="host">Who ends it.</param>
/// <param name="order">What was decided.</param>
internal sealed class UnfinishedFailover(OperationHost host, FailoverParameters order) : IUnfinishedOperation
{
    public OperationIds Ids => order.Ids;

    public async Task<IReconnectedOperation> ConnectAsync(CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // The host owns it.
        FailoverConnections live = await FailoverConnections.OpenAsync(host.Session, order.Old, order.New, cancellationToken);
#pragma warning restore CA2000
        return new Reconnected(host, order, live);
    }

    private sealed class Reconnected(OperationHost host, FailoverParameters order, FailoverConnections live) : IReconnectedOperation
    {
        public OperationConnections Live => live;

        // There is a marker since the application writes on the new primary.
        public Task<bool> HasMovedAsync(OperationMark marker, CancellationToken cancellationToken) => Task.FromResult(true);

        public Task<IDecidedOperation<FailoverResult>> RebuildAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IDecidedOperation<FailoverResult>>(new DecidedFailover(host, live, order));
    }
}
