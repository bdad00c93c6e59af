using Foobar.Ops.Database;

namespace Foobar.Ops.Operations.Replication.Cluster;

/// <summary>A move on a cluster that an earlier run began and did not end.</summary>
/// <param name="host">Who ends it.</param>
/// <param name="options">The limits.</param>
/// <param name="parameters">What was decided.</param>
internal sealed class UnfinishedClusterMove(
    OperationHost host, FailoverOptions options, ClusterParameters parameters) : IUnfinishedOperation
{
    public OperationIds Ids => parameters.Ids;

    public async Task<IReconnectedOperation> ConnectAsync(CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // The host owns it.
        ClusterConnections live = await ClusterConnections.OpenAsync(host.Session, parameters.Members, cancellationToken);
        return new Reconnected(new(host, live, options, parameters), live, parameters);
#pragma warning restore CA2000
    }

    private sealed class Reconnected(
        DecidedClusterMove decided, ClusterConnections live, ClusterParameters parameters) : IReconnectedOperation
    {
        public OperationConnections Live => live;

        public async Task<bool> HasMovedAsync(OperationMark marker, CancellationToken cancellationToken) =>
            marker.State == OperationState.Switched
            || (await live.Endpoint.MembersAsync(cancellationToken))?.Contains(parameters.New, StringComparer.OrdinalIgnoreCase) == true;

        public Task<IDecidedOperation<FailoverResult>> RebuildAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IDecidedOperation<FailoverResult>>(decided);
    }
}
