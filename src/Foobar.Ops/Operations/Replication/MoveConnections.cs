using Foobar.Ops.Operations.Replication.Endpoints;

namespace Foobar.Ops.Operations.Replication;

/// <summary>What an operation talks to that moves writes from an old primary, dead or alive, to a candidate.</summary>
internal abstract class MoveConnections : OperationConnections
{
    /// <summary>Takes over what was opened.</summary>
    protected MoveConnections(ConnectionSet open, IWriteEndpoint endpoint, string oldName, params IReadOnlyList<MemberConnection> members)
        : base(open, endpoint, members) => (OldName, Others) = (oldName, new(open));

    /// <summary>The name of the old primary.</summary>
    public string OldName { get; }

    /// <summary>The candidate.</summary>
    public MemberConnection Candidate => Members[^1];

    /// <summary>The other replicas.</summary>
    public OtherConnections Others { get; }

    /// <inheritdoc/>
    public override async Task HoldAsync(DateTimeOffset since, TimeSpan lostAfter, CancellationToken cancellationToken)
    {
        await base.HoldAsync(since, lostAfter, cancellationToken);
        await Others.HoldAsync((session, token) => OperatorLock.TakeAsync(Site, session, since, lostAfter, token), cancellationToken);
    }

    /// <inheritdoc/>
    public override void Own(OperationIds ids)
    {
        base.Own(ids);
        Others.Own(ids);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await Others.ReleaseAsync();
        await base.DisposeAsync();
    }
}
