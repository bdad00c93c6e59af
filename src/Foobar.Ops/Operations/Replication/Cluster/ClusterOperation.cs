using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Cluster;

/// <summary>
/// Leads the writes of a cluster to another of its members; in a group with a single primary that member becomes the primary.
/// </summary>
public sealed class ClusterOperation
{
    private readonly OperationHost _host;
    private readonly ClusterSurvey _survey;

    /// <summary>Creates the operation.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="store">Where journals are kept; the user's state directory if left out.</param>
    /// <param name="time">The clock; the system's if left out.</param>
    public ClusterOperation(ISiteSession session, OperationStore? store = null, TimeProvider? time = null)
    {
        _host = new(session, store, time);
        _survey = new(session);
    }

    /// <summary>Whether a site's database is declared as a cluster, which is moved by this operation.</summary>
    public static bool Serves(Site site) => site.Policy.Database is { Topology: not DatabaseTopology.Replication };

    /// <summary>Says what a move would do; changes nothing.</summary>
    public async Task<FailoverPreview> PreviewAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        ClusterPreflight preflight = await _survey.LookAsync(options, cancellationToken);
        FailoverPreview preview = new()
        {
            OldPrimary = preflight.Old,
            NewPrimary = preflight.New,
            Choice = preflight.Choice,
            Blockers = [.. _host.Earlier.Blockers(), .. preflight.Blockers],
            Warnings = preflight.Warnings,
            Steps = [],
        };
        if (preflight is not { Old: not null, New: not null, Writer: not null })
        {
            return preview;
        }

        await using ClusterConnections live = await ClusterConnections.OpenAsync(_host.Session, [], cancellationToken);
        return preview with
        {
            Steps = new ClusterSteps(live, options, ClusterParameters.Of("preview", preflight), _host.Time).Plan().Outline,
        };
    }

    /// <summary>Does it.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Before writes are moved: undoes. Afterwards: is ignored.</param>
    /// <exception cref="FoobarException"><c>FailoverRefused</c>: something stands in the way, nothing was changed; <c>PlanChanged</c>: it
    /// is not what was confirmed; <c>OperationRunning</c>.</exception>
    public Task<FailoverResult> RunAsync(FailoverOptions options, IProgress<StepResult>? progress, CancellationToken cancellationToken) =>
        _host.RunAsync(new NewClusterMove(_host, _survey, options), options.LostAfter, progress, cancellationToken);
}
