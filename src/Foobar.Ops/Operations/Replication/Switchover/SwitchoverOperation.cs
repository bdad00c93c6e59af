using Foobar.Ops.Errors;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>Moves writes from one database member to another.</summary>
public sealed class SwitchoverOperation
{
    private readonly OperationHost _host;
    private readonly SwitchoverSurvey _survey;

    /// <summary>Creates the operation.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="store">Where journals are kept; the user's state directory if left out.</param>
    /// <param name="time">The clock; the system's if left out.</param>
    public SwitchoverOperation(ISiteSession session, OperationStore? store = null, TimeProvider? time = null)
    {
        _host = new(session, store, time);
        _survey = new(session, _host.Store);
    }

    /// <summary>Says what a failover would do; changes nothing.</summary>
    public async Task<FailoverPreview> PreviewAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        SwitchoverPreflight preflight = await _survey.LookAsync(options, cancellationToken);
        FailoverPreview preview = new()
        {
            OldPrimary = preflight.Old,
            NewPrimary = preflight.New,
            Choice = preflight.Choice,
            Blockers = [.. _host.Earlier.Blockers(), .. preflight.Blockers],
            Warnings = preflight.Warnings,
            Steps = [],
        };
        if (preflight.Move is not { } move)
        {
            return preview;
        }

        await using SwitchoverConnections live = await SwitchoverConnections.OpenAsync(
            _host.Session, move.OldPrimary, move.NewPrimary, [], cancellationToken);
        (TimeSpan low, TimeSpan high) = await GapEstimate.MeasureAsync(live, cancellationToken);
        SwitchoverMeans means = preflight.Means(await live.Candidate.Member.DurabilityAsync(cancellationToken));
        return preview with
        {
            Steps = new DecidedSwitchover(_host, live, options, SwitchoverParameters.Of("preview", move, preflight), means).Plan().Outline,
            PredictedGapLow = low,
            PredictedGapHigh = high,
        };
    }

    /// <summary>Does it.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Before writes are moved: undoes. Afterwards: is ignored.</param>
    /// <exception cref="FoobarException"><c>FailoverRefused</c>: something stands in the way, nothing was changed; <c>PlanChanged</c>: it
    /// is not what was confirmed; <c>OperationRunning</c>.</exception>
    public Task<FailoverResult> RunAsync(FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken) =>
        _host.RunAsync(new NewSwitchover(_host, _survey, options), options.LostAfter, progress, cancellationToken);
}
