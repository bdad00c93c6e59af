using System.Globalization;
using System.Net;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;
using Foobar.Ops.Remoting;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Connectivity;

/// <summary>
/// Tries real connections from every vantage, and holds what comes of them against the policy and against the models of
/// the same servers' firewalls. Changes nothing.
/// </summary>
/// <param name="session">The site's connections.</param>
/// <param name="options">What is probed, and within which bounds.</param>
/// <param name="tell">Told in words what is being done.</param>
public sealed class ConnectionTest(ISiteSession session, ConnectionTestOptions options, Action<string>? tell = null)
{
    private readonly List<FoobarException> _errors = [];

    /// <summary>Probes and judges.</summary>
    /// <exception cref="FoobarException"><c>VantageNotFound</c>, <c>ProbeTargetNotFound</c>, <c>TooManyProbes</c>.</exception>
    public async Task<ConnectionTestResult> RunAsync(CancellationToken cancellationToken)
    {
        ConnectionEnds ends = new(session.Site);
        IReadOnlyList<(Server Server, IPAddress Address)> targets = ends.Targets(options.To, options.ToRoles);
        tell?.Invoke("reading the servers' firewalls");
        Task<ConnectionVantage[]> remote = LearnAsync(ends.Declared(options.From), cancellationToken);
        SiteMap map = await ReadAsync(cancellationToken);
        OperatorView view = await OperatorView.LearnAsync(
            session, [.. map.All.Where(static server => server.IsPlaced).Select(static server => server.Server)], cancellationToken);
        List<ConnectionVantage> vantages = Vantages(ends, map, view, await remote);
        (ConnectionPlan plan, IReadOnlyList<PlannedProbe> probes) = await Task.Run(() => Plan(map, vantages, targets), cancellationToken);
        tell?.Invoke(string.Create(CultureInfo.InvariantCulture, $"{probes.Count} probes from {vantages.Count} vantages"));
        DateTimeOffset time = DateTimeOffset.UtcNow;
        (PlannedProbe Plan, ProbeResult Result)[] results =
        [
            .. (await Task.WhenAll(
                probes.GroupBy(static probe => probe.Vantage).Select(group => ProbeAsync(group.Key, [.. group], cancellationToken))))
                .SelectMany(static group => group),
        ];
        ConnectionJudge judge = new(time, each: options.Ports.Count > 0);
        return new ConnectionTestResult
        {
            Findings =
            [
                .. judge.Judge(plan.Stranded(probes))
                    .Concat(judge.Judge([.. results.Select(result => (plan.Seen(result.Plan, result.Result.Source), result.Result))]))
                    .Of(session.Site),
            ],
            Errors = [.. _errors],
            Probes = probes.Count,
            NotProbed = [.. plan.Left.Select(static pair => pair.ToString())],
        };
    }

    private async Task<SiteMap> ReadAsync(CancellationToken cancellationToken)
    {
        using SemaphoreSlim places = new(options.ThrottleLimit);
        KeyValuePair<string, Reading<FirewallFacts>>[] facts = await Task.WhenAll(session.Site.Servers.Select(async server =>
        {
            await places.WaitAsync(cancellationToken);
            try
            {
                return KeyValuePair.Create(
                    server.Name,
                    await TryAsync(server, token => new FirewallCollector().CollectAsync(session, server, token), cancellationToken));
            }
            finally
            {
                places.Release();
            }
        }));
        return new SiteMap(session.Site, new Dictionary<string, Reading<FirewallFacts>>(facts), namesRules: true);
    }

    private async Task<ConnectionVantage[]> LearnAsync(IEnumerable<Vantage> vantages, CancellationToken cancellationToken)
    {
        Reading<ConnectionVantage>[] learned = await Task.WhenAll(vantages.Select(vantage =>
            TryAsync(vantage.Machine, token => RemoteVantages.LearnAsync(session, vantage, token), cancellationToken)));
        return [.. learned.Select(static reading => reading.Value).OfType<ConnectionVantage>()];
    }

    private List<ConnectionVantage> Vantages(ConnectionEnds ends, SiteMap map, OperatorView view, ConnectionVantage[] remote)
    {
        ConnectionVantage[] all =
        [
            new(LocalVantage.OwnMachine, null, view.SourceTo),
            .. remote,
            .. map.All.Select(static server => new ConnectionVantage(server.Name, server, server.Network.SourceTo)),
        ];
        IReadOnlyList<string> chosen = ends.Vantages(
            options.From,
            [
                LocalVantage.OwnMachine,
                .. session.Site.Vantages.Select(static vantage => vantage.Name),
                .. session.Site.Servers.Select(static server => server.Name),
            ],
            view.Addresses.ToLookup(static _ => LocalVantage.OwnMachine));
        return [.. all.Where(vantage => chosen.Contains(vantage.Name))];
    }

    private (ConnectionPlan Plan, IReadOnlyList<PlannedProbe> Probes) Plan(
        SiteMap map, List<ConnectionVantage> vantages, IReadOnlyList<(Server Server, IPAddress Address)> targets)
    {
        ConnectionPlan plan = new(map, options);
        List<PlannedProbe> probes = [];
        foreach (ConnectionVantage vantage in vantages)
        {
            probes.AddRange(plan.From(vantage, targets));
            if (probes.Count > options.MaxProbes)
            {
                throw new FoobarException("TooManyProbes", ErrorKind.Refused, $"More than {options.MaxProbes} probes would be sent.")
                {
                    Recommendation = "Narrow -From, -To or -Port, or raise -MaxProbes.",
                };
            }
        }

        return (plan, probes);
    }

    private async Task<IEnumerable<(PlannedProbe Plan, ProbeResult Result)>> ProbeAsync(
        ConnectionVantage vantage, PlannedProbe[] plans, CancellationToken cancellationToken)
    {
        Probe[] probes = [.. plans.Select(static plan => plan.Probe)];
        if (vantage.Machine is not { } machine)
        {
            return plans.Zip(await new LocalVantage().RunAsync(probes, options.Probing, cancellationToken));
        }

        Reading<IReadOnlyList<ProbeResult>> results = await TryAsync(
            machine,
            async token =>
                await new ServerVantage(await session.GetServerAsync(machine.Name, token)).RunAsync(probes, options.Probing, token),
            cancellationToken,
            options.Probing.Longest(probes.Length));
        return plans.Zip(
            results.TryGet(out IReadOnlyList<ProbeResult>? told)
                ? told
                : [.. probes.Select(probe => new ProbeResult { Probe = probe, State = ProbeState.Unknown, Detail = results.Failure })]);
    }

    // One server's failure is its own: an error, and a reading without a value.
    private async Task<Reading<T>> TryAsync<T>(
        Server server, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken, TimeSpan more = default)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.ServerTimeLimit + more);
        FoobarException error;
        try
        {
            return Reading.Of(await work(limit.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            error = SlowServer.Of(session, server.Name, options.ServerTimeLimit + more, new FoobarException(
                "ServerTimeout", ErrorKind.Timeout,
                $"{server.Name}: not done within {(options.ServerTimeLimit + more).TotalSeconds:0.###} s; what ran there was ended.")
            {
                Server = server.Name,
            });
        }
        catch (FoobarException failed)
        {
            error = failed;
        }

        lock (_errors)
        {
            _errors.Add(error);
        }

        return Reading.Unreadable<T>(error.Message);
    }
}

/// <summary>What came of a test of connections.</summary>
public sealed record ConnectionTestResult
{
    /// <summary>What the controls said.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>What could not be done, one a server and kind of work.</summary>
    public required IReadOnlyList<FoobarException> Errors { get; init; }

    /// <summary>How many probes were sent.</summary>
    public required int Probes { get; init; }

    /// <summary>Pairs of vantage and address that no route joins, in words; no probe was sent for them.</summary>
    public required IReadOnlyList<string> NotProbed { get; init; }
}
