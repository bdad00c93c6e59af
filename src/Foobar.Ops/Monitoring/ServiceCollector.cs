using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Monitoring.Alerts;
using Foobar.Ops.Remoting;
using Foobar.Ops.Services.Http;
using Foobar.Ops.Services.Prometheus;

namespace Foobar.Ops.Monitoring;

/// <summary>
/// Asks the declared Prometheus, once for the whole site. Facts belong to servers, so these are of the first server that
/// monitors, else of the first of all; nothing is asked of that server itself.
/// </summary>
public sealed class ServiceCollector : Collector<MonitoringServiceFacts>
{
    private const string Service = "prometheus";

    private static readonly ServiceHttpOptions Limits = new() { TimeLimit = TimeSpan.FromSeconds(10), Patience = TimeSpan.FromSeconds(15),
        Repetitions = 1 };

    /// <inheritdoc/>
    public override string Name => "monitoring-service";

    /// <inheritdoc/>
    public override bool AppliesTo(Server server, Site site) =>
        site.Policy.Monitoring.Prometheus is not null && server == (site.WithRole(Role.Monitoring).FirstOrDefault() ?? site.Servers[0]);

    /// <inheritdoc/>
    public override Task<MonitoringServiceFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken) =>
        CollectAsync(session.Site, cancellationToken);

    /// <summary>Asks the declared Prometheus of a site.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal static async Task<MonitoringServiceFacts> CollectAsync(Site site, CancellationToken cancellationToken)
    {
        using ServiceHttp http = new(Limits with { TrustedAuthorities = site.Policy.Tls.TrustedAuthorities });
        PrometheusClient client = new(http, Service, site.Policy.Monitoring.Prometheus!);
        Task<Reading<DateTimeOffset>> time = ReadAsync("query time()", async () => (await client.QueryAsync("time()", null,
            cancellationToken)).Series[0].Points[0].Time);
        Task<Reading<IReadOnlyList<ScrapeTarget>>> targets = ReadAsync("targets", async () =>
            Targets(await client.GetTargetsAsync(cancellationToken)));
        Task<Reading<IReadOnlyDictionary<string, IReadOnlyList<string>>>> components = ReadAsync("query of metrics by instance", () =>
            ComponentsAsync(client, cancellationToken));
        Reading<IReadOnlyList<MonitoringRule>> rules = await ReadAsync("rules", async () =>
            Rules(await client.GetRulesAsync(cancellationToken)));
        string[] metrics = [.. AlertJudge.Metrics(rules.Value ?? [])];
        Reading<IReadOnlyList<string>> present = metrics.Length == 0
            ? Reading.Of<IReadOnlyList<string>>([])
            : await ReadAsync("query of the alerts' metrics", async () =>
                Names(await client.QueryAsync($"group by (__name__) ({{__name__=~\"{string.Join('|', metrics)}\"}})", null,
                cancellationToken), "__name__"));
        return new MonitoringServiceFacts { Time = await time, Targets = await targets, Rules = rules, Metrics = present,
            Components = await components };
    }

    private static async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ComponentsAsync(PrometheusClient client,
        CancellationToken cancellationToken)
    {
        Dictionary<string, IReadOnlyList<string>> instances = new(StringComparer.Ordinal);
        foreach (WatchedComponent component in AlertTopic.Table.Components)
        {
            string query = $"group by (instance) ({{__name__=~\"{string.Join('|', component.Metrics)}\"}})";
            instances[component.Name] = Names(await client.QueryAsync(query, null, cancellationToken), "instance");
        }

        return instances;
    }

    private static IReadOnlyList<string> Names(PrometheusResult result, string label) =>
        [.. result.Series.Select(series => series.Labels.GetValueOrDefault(label)).OfType<string>().Distinct()
            .Order(StringComparer.Ordinal)];

    private static IReadOnlyList<ScrapeTarget> Targets(IReadOnlyList<PrometheusTarget> targets) =>
    [
        .. targets.Select(static target => new ScrapeTarget
        {
            Job = target.Pool,
            Url = target.Address,
            Instance = target.Labels.GetValueOrDefault("instance", ""),
            IsUp = target.Health switch { PrometheusHealth.Up => true, PrometheusHealth.Down => false, _ => null },
            LastError = target.LastError,
            LastScrape = target.LastScrape,
            IntervalSeconds = target.Interval?.TotalSeconds,
        }),
    ];

    private static IReadOnlyList<MonitoringRule> Rules(IReadOnlyList<PrometheusRule> rules) =>
    [
        .. rules.Select(static rule => new MonitoringRule
        {
            Name = rule.Name,
            Group = rule.Group,
            IsAlert = rule.Kind == PrometheusRuleKind.Alerting,
            Expression = rule.Query,
            IsHealthy = rule.IsHealthy,
            LastError = rule.LastError,
            LastEvaluation = rule.LastEvaluation,
        }),
    ];

    private static async Task<Reading<T>> ReadAsync<T>(string source, Func<Task<T>> read)
    {
        try
        {
            return Reading.Of(await read(), source);
        }
        catch (FoobarException error)
        {
            return Reading.Unreadable<T>(error.Message, source);
        }
    }
}
