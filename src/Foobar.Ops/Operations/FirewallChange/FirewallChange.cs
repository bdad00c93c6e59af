using Foobar.Ops.Inventory;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>
/// Makes the firewalls of servers what the policy says. Learns and foretells first; then every server saves its rules, arms
/// a rollback of its own, loads the new ones atomically and is asked over fresh connections before they are kept.
/// </summary>
public sealed class FirewallChange
{
    /// <summary>What journals call it.</summary>
    internal const string Kind = "firewall";

    private readonly ISiteSession _session;
    private readonly FirewallChangeOptions _options;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<ChangeTarget> _targets;
    private readonly IReadOnlyList<(Server Server, SshFlow Flow)> _flows;

    private FirewallChange(ISiteSession session, FirewallChangeOptions options, TimeProvider time, IReadOnlyList<ChangeTarget> targets, IReadOnlyList<(Server Server, SshFlow Flow)> flows)
    {
        (_session, _options, _time, _targets, _flows) = (session, options, time, targets, flows);
        Previews = [.. targets.Select(static (target, index) => ChangePreparation.Preview(target, index + 1))];
    }

    /// <summary>What would become of each server, in the order of the change.</summary>
    public IReadOnlyList<FirewallChangePreview> Previews { get; }

    /// <summary>Reads what stands on servers and what the policy asks of them. Changes nothing.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="servers">The servers to change.</param>
    /// <param name="options">How.</param>
    /// <param name="time">The clock, which names the change.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.FoobarException">A server can't be reached or read, or its nftables does not take the new rules.</exception>
    public static async Task<FirewallChange> PrepareAsync(ISiteSession session, IReadOnlyList<Server> servers, FirewallChangeOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ChangePreparation preparation = new(session, time);
        IReadOnlyList<ChangeTarget> targets = await preparation.ReadAsync(servers, PolicyRuleset.Render, cancellationToken);
        IReadOnlyList<(Server Server, SshFlow Flow)> flows = await preparation.FlowsAsync(targets, cancellationToken);
        return new FirewallChange(session, options, time, targets, flows);
    }

    /// <summary>Refuses what would do harm.</summary>
    /// <param name="own">The numbers of this user's own earlier changes, which may be ended.</param>
    /// <exception cref="Errors.FoobarException"><c>FirewallChangeOpens</c>, <c>FirewallChangeLocksOut</c>,
    /// <c>FirewallManagedElsewhere</c>, <c>FirewallChangePending</c>.</exception>
    private void Refuse(IReadOnlyList<string> own)
    {
        ChangeTarget[] changing = [.. Changing()];
        Array.ForEach(changing, target => ChangeObstacles.RefusePending(target, own));
        if (!_options.AcceptOtherManagers)
        {
            Array.ForEach(changing, ChangeObstacles.RefuseOtherManagers);
        }

        ChangeObstacles.RefuseOpenings([.. OpeningForecast.Openings(_session.Site, changing)]);
        if (!_options.AcceptLockout)
        {
            ChangeObstacles.RefuseLockout([.. AccessForecast.Losses(_session.Site, changing, _flows)]);
        }
    }

    /// <summary>The steps, in words, for all servers that need a change.</summary>
    public IReadOnlyList<string> Steps => [.. Plan(new ChangeProbes(_session)).Steps.Select(static step => $"{step.Name}: {step.Description}")];

    /// <summary>Makes the change; what fails is undone.</summary>
    /// <param name="store">Where the journal is kept; holds off other operations on the site.</param>
    /// <param name="progress">Told of every step that ended.</param>
    /// <param name="cancellationToken">Cancels and undoes.</param>
    /// <exception cref="Errors.FoobarException"><c>FirewallChangeOpens</c>, <c>FirewallChangeLocksOut</c>,
    /// <c>FirewallManagedElsewhere</c>, <c>FirewallChangePending</c>, <c>OperationRunning</c>.</exception>
    public async Task<FirewallChangeResult> RunAsync(OperationStore store, IProgress<StepResult>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset started = _time.GetUtcNow();
        using IDisposable hold = store.Lock(Kind, started);
        EarlierChange? earlier = await EarlierChange.FindAsync(store, _session, cancellationToken);
        Refuse(earlier?.Ids ?? []);
        earlier?.Close();
        using FileJournal journal = store.NewJournal(Kind, started);
        PlanResult result = await RunAsync(journal, progress, cancellationToken);
        return new FirewallChangeResult
        {
            Outcome = result.Outcome,
            Servers = [.. Changing().Select(static target => target.Server.Name)],
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
        Title = $"Make the firewalls of {string.Join(", ", Changing().Select(static target => target.Server.Name))} what the policy says",
        Parameters = Changing().ToDictionary(static target => target.Server.Name, static target => target.Id),
        Steps = [.. new ChangeSteps(_session, probes, Reached(), _options.RollbackAfter).For([.. Changing()])],
    };

    private IEnumerable<ChangeTarget> Changing() => _targets.Where(target => Previews.Any(preview => preview.Server == target.Server.Name && preview.IsChange));

    private IReadOnlyList<Server> Reached() => [.. _flows.Select(static entry => entry.Server)];
}
