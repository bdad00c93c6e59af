using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>
/// Makes the firewalls of servers what the policy says, or what they were before their last change. Learns and foretells
/// first; then every server saves its rules, arms a rollback of its own, loads the new ones atomically and is asked over fresh
/// connections before they are kept. What was replaced is kept on the server.
/// </summary>
public sealed class FirewallChange
{
    /// <summary>What journals call it.</summary>
    internal const string Kind = "firewall";

    private readonly ISiteSession _session;
    private readonly FirewallChangeOptions _options;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<ChangeTarget> _changing;
    private readonly IReadOnlyList<FoobarException> _refusals;
    private readonly IReadOnlyList<(Server Server, SshFlow Flow)> _flows;

    private FirewallChange(
        ISiteSession session,
        FirewallChangeOptions options,
        TimeProvider time,
        IReadOnlyList<ChangeTarget> targets,
        IReadOnlyList<(Server Server, SshFlow Flow)> flows)
    {
        (_session, _options, _time, _flows) = (session, options, time, flows);
        FirewallChangePreview[] previews =
        [
            .. targets.Select((target, index) => ChangePreparation.Preview(session.Site, target, index + 1)),
        ];
        _changing = [.. targets.Where((_, index) => previews[index].IsChange)];
        List<FoobarException> refusals = [];
        foreach (ChangeTarget target in _changing)
        {
            string[] openings = [.. OpeningForecast.Openings(session.Site, [target])];
            string[] losses = [.. AccessForecast.Losses(session.Site, [target], flows)];
            FoobarException[] refused = [.. ChangeObstacles.Refusals(target, options, openings, losses)];
            int index = Array.FindIndex(previews, preview => preview.Server == target.Server.Name);
            previews[index] = previews[index] with
            {
                LocksOut = losses,
                Refusals = [.. refused.Select(static one => $"{one.ErrorId}: {one.Message}")],
            };
            refusals.AddRange(refused);
        }

        (Previews, _refusals) = (previews, refusals);
    }

    /// <summary>What would become of each server, in the order of the change.</summary>
    public IReadOnlyList<FirewallChangePreview> Previews { get; }

    /// <summary>
    /// Reads what stands on servers and what the policy asks of them, or what their last change replaced. Changes nothing.
    /// </summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="servers">The servers to change.</param>
    /// <param name="options">How.</param>
    /// <param name="time">The clock, which names the change.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException">A server can't be reached or read, or its nftables does not take the new rules;
    /// <c>FirewallNothingKept</c>: there is nothing to undo.</exception>
    public static async Task<FirewallChange> PrepareAsync(
        ISiteSession session,
        IReadOnlyList<Server> servers,
        FirewallChangeOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        ChangePreparation preparation = new(session, time);
        IReadOnlyList<ChangeTarget> targets = await preparation.ReadAsync(servers, options.Undo, cancellationToken);
        IReadOnlyList<(Server Server, SshFlow Flow)> flows = await preparation.FlowsAsync(targets, cancellationToken);
        return new FirewallChange(session, options, time, targets, flows);
    }

    /// <summary>Refuses what would do harm, as far as the preparation saw it: what the previews tell.</summary>
    /// <exception cref="FoobarException"><c>FirewallManagedElsewhere</c>, <c>FirewallNotSaveable</c>, <c>FirewallChangedSince</c>,
    /// <c>FirewallChangeOpens</c>, <c>FirewallChangeLocksOut</c>.</exception>
    public void Refuse()
    {
        if (_refusals.Count > 0)
        {
            FoobarException[] same = [.. _refusals.Where(one => one.ErrorId == _refusals[0].ErrorId)];
            throw same.Length == 1
                ? same[0]
                : new FoobarException(same[0].ErrorId, same[0].Kind, string.Join(' ', same.Select(static one => one.Message)))
            {
                Recommendation = same[0].Recommendation,
            };
        }
    }

    /// <summary>The steps, in words, for all servers that need a change.</summary>
    public IReadOnlyList<string> Steps =>
        [.. Plan(new ChangeProbes(_session)).Steps.Select(static step => $"{step.Name}: {step.Description}")];

    /// <summary>Makes the change; what fails is undone.</summary>
    /// <param name="store">Where the journal is kept; holds off other operations on the site.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Cancels and undoes.</param>
    /// <exception cref="FoobarException"><c>FirewallChangePending</c>, <c>OperationRunning</c>, and what <see cref="Refuse"/>
    /// refuses.</exception>
    public async Task<FirewallChangeResult> RunAsync(
        OperationStore store, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = store.Lock(Kind, started);
        EarlierChange? earlier = await EarlierChange.FindAsync(store, _session, cancellationToken);
        // What is still to come back by itself would not be what was shown to be undone.
        IReadOnlyList<string> own = _options.Undo ? [] : earlier?.Ids ?? [];
        foreach (ChangeTarget target in _changing)
        {
            ChangeObstacles.RefusePending(target, own);
        }

        Refuse();
        earlier?.Close();
        using FileJournal journal = store.NewJournal(Kind, started);
        PlanResult result = await RunAsync(journal, progress, cancellationToken);
        return new FirewallChangeResult
        {
            Outcome = result.Outcome,
            Servers = [.. _changing.Select(static target => target.Server.Name)],
            Steps = result.Steps,
            Recovered = earlier?.Servers ?? [],
            Error = result.Failure?.Message,
            Journal = journal.Path,
        };
    }

    /// <summary>Makes the change without asking whether it does harm.</summary>
    internal async Task<PlanResult> RunAsync(IJournal journal, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        ChangeProbes probes = new(_session);
        await probes.LearnAsync(Reached(), cancellationToken);
        return await new PlanRunner(journal, _time, progress).RunAsync(Plan(probes), cancellationToken);
    }

    private Plan Plan(ChangeProbes probes) => new()
    {
        Kind = Kind,
        Title = _options.Undo
            ? $"Undo the last change of the firewalls of {Names()}"
            : $"Make the firewalls of {Names()} what the policy says",
        Parameters = _changing.ToDictionary(static target => target.Server.Name, static target => target.Id),
        Steps = [.. new ChangeSteps(_session, probes, Reached(), _options).For(_changing)],
    };

    private string Names() => string.Join(", ", _changing.Select(static target => target.Server.Name));

    private IReadOnlyList<Server> Reached() => [.. _flows.Select(static entry => entry.Server)];
}
