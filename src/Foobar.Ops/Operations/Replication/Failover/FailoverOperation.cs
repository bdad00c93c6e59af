using Foobar.Ops.Errors;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>Puts a replica in the place of a primary that is dead.</summary>
public sealed class FailoverOperation
{
    private readonly OperationHost _host;

    /// <summary>Creates the operation.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="store">Where journals are kept; the user's state directory if left out.</param>
    /// <param name="time">The clock; the system's if left out.</param>
    public FailoverOperation(ISiteSession session, OperationStore? store = null, TimeProvider? time = null) =>
        _host = new(session, store, time);

    /// <summary>Says what it would do, and why it may or may not; changes nothing.</summary>
    /// <exception cref="FoobarException"><c>FailoverRefused</c>: it can't even be told who the primary was.</exception>
    public async Task<FailoverPreview> PreviewAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        ReplicationAnalysis analysis = await new ReplicationAnalyst(_host.Session, options, _host.Store, _host.Time)
            .AnalyseAsync(cancellationToken);
        await using FailoverConnections live = analysis.Live;
        FailoverPreview preview = new NewFailover(_host, options).Preview(analysis);
        return preview with { Blockers = [.. _host.Earlier.Blockers(analysis.Primary, options.Automatic), .. preview.Blockers] };
    }

    /// <summary>Does it.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Before writes are let through to the new primary: undoes. Afterwards: is ignored.</param>
    /// <exception cref="FoobarException"><c>FailoverRefused</c>: the primary lives, or something stands in the way; nothing was changed;
    /// <c>OperationRunning</c>, <c>OperationUnfinished</c>.</exception>
    public Task<FailoverResult> RunAsync(FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken) =>
        _host.RunAsync(new NewFailover(_host, options), options.LostAfter, progress, cancellationToken);
}
