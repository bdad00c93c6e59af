using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication.Cluster;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Resumption;

/// <summary>Ends a switchover, a failover or a move on a cluster that an earlier run began and did not end.</summary>
public sealed class ResumeOperation
{
    private readonly OperationHost _host;

    /// <summary>Creates the operation.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="store">Where journals are kept; the user's state directory if left out.</param>
    /// <param name="time">The clock; the system's if left out.</param>
    public ResumeOperation(ISiteSession session, OperationStore? store = null, TimeProvider? time = null) =>
        _host = new(session, store, time);

    /// <summary>Ends what an earlier run on this machine began and did not end.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Cancels what comes before the first change.</param>
    /// <exception cref="FoobarException"><c>NothingToResume</c>, <c>OperationRunning</c>, <c>OperationSuperseded</c>.</exception>
    public Task<FailoverResult> ResumeAsync(
        FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken) =>
        _host.ResumeAsync(Find(options), options.LostAfter, progress, cancellationToken);

    /// <summary>
    /// Ends what a run on another machine began that is lost, from what its marker on the databases says: finishes it if
    /// writes are at the new primary, else undoes it. The connections on which it could change anything are ended first.
    /// </summary>
    /// <param name="options">The limits.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Cancels what comes before the first change.</param>
    /// <exception cref="FoobarException"><c>NothingToResume</c>; <c>OperationUnfinished</c>: this machine has a journal of its own;
    /// <c>OperationRunning</c>: the other run still works; <c>MarkerContradicted</c>: the members are not as the marker says.</exception>
    public Task<FailoverResult> TakeOverAsync(
        FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken) =>
        _host.TakeOverAsync(Find(options), options.Left, options.LostAfter, progress, cancellationToken);

    /// <summary>Says which operation <see cref="TakeOverAsync"/> would end: <c>a failover from web-01 to web-02 by ...</c>.</summary>
    /// <exception cref="FoobarException"><c>NothingToResume</c>.</exception>
    public async Task<string> DescribeLostAsync(CancellationToken cancellationToken) =>
        $"{await EarlierFailover.FindLostAsync(_host.Session, cancellationToken)}";

    /// <summary>
    /// Says which operation <see cref="ResumeAsync"/> would end: <c>failover from web-01 to web-02 that began at ...</c>.
    /// </summary>
    /// <exception cref="FoobarException"><c>NothingToResume</c>.</exception>
    public string DescribeLeft() => EarlierFailover.Describe(_host.Earlier.Left(_host.Session.Site.Name).State);

    private FindUnfinished Find(FailoverOptions options) => (parameters, source) => OperationKeys.IsFailover(parameters)
        ? new UnfinishedFailover(_host, FailoverParameters.Of(parameters, options.CatchUpLimit, source))
        : OperationKeys.IsCluster(parameters) ? new UnfinishedClusterMove(_host, options, ClusterParameters.Of(parameters, source))
        : new UnfinishedSwitchover(_host, options, SwitchoverParameters.Of(parameters, source));
}
