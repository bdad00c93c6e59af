using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>Brings a member back as a replica: as it is where its transactions allow, else by a fresh copy.</summary>
public sealed class RejoinOperation
{
    private readonly OperationHost _host;
    private readonly RejoinSurvey _survey;

    /// <summary>Creates the operation.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="store">Where journals and saved transactions are kept; the user's state directory if left out.</param>
    /// <param name="time">The clock; the system's if left out.</param>
    public RejoinOperation(ISiteSession session, OperationStore? store = null, TimeProvider? time = null)
    {
        _host = new(session, store, time);
        _survey = new(session);
    }

    /// <summary>
    /// Says what it would do; changes nothing. How a member comes back whose database does not run is decided when it was started.
    /// </summary>
    public async Task<RejoinPreview> PreviewAsync(RejoinOptions options, CancellationToken cancellationToken)
    {
        (SiteCase<ReplicationFacts> facts, RejoinPreview preview) = await _survey.LookAsync(options, cancellationToken);
        preview = preview with { Blockers = [.. _host.Earlier.Blockers(), .. preview.Blockers] };
        if (preview is not { Server: { } server, Primary: { } primary })
        {
            return preview;
        }

        await using RejoinConnections live = await RejoinConnections.OpenAsync(_host.Session, server, primary, cancellationToken);
        RejoinPreview planned = preview with
        {
            Steps = new RejoinSteps(live, options, _host.Store, "preview", _host.Time).Plan().Outline,
            Reason = "Its database does not run; what it holds is compared when it was started.",
        };
        if (facts.Facts[server].Value?.Gtid.Value is not { } own || facts.Facts[primary].Value?.Gtid.Value is not { } theirs)
        {
            return planned;
        }

        (RejoinMethod method, string reason, string errant) = RejoinPreflight.Decide(
            live.Primary.Member.Flavor, own.Executed, theirs.Reached, theirs.Purged);
        return planned with { Method = method, Reason = reason, ErrantGtids = errant };
    }

    /// <summary>Does it. May be run again after it failed or was killed.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Cancels; the member then takes no writes and may be repaired again.</param>
    /// <exception cref="FoobarException"><c>RepairRefused</c>: something stands in the way, nothing was changed; <c>PlanChanged</c>,
    /// <c>OperationRunning</c>, <c>OperationUnfinished</c>.</exception>
    public Task<RejoinResult> RunAsync(RejoinOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken) =>
        _host.RunAsync(new NewRejoin(_host, _survey, options), options.LostAfter, progress, cancellationToken);
}
