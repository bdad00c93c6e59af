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
    public override bool ReadsServer => false;

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
        Task<Reading<IReadOnlyList<ScrapeTarget>>> targets = ReadAsync("targets", () => TargetsAsync(client, cancellationToken));
        Task<Reading<IReadOnlyDictionary<string, IReadOnlyList<SeriesOrigin>>>> components = ReadAsync("query of metrics by instance", () =>
            ComponentsAsync(client, cancellationToken));
        Task<Reading<IReadOnlyList<AlertReceiver>>> receivers = ReadAsync("alertmanagers", () =>
            AlertmanagersAsync(client, cancellationToken));
        Reading<IReadOnlyList<MonitoringRule>> rules = await ReadAsync("rules", async () =>
            Rules(await client.GetRulesAsync(cancellationToken)));
        Reading<IReadOnlyList<SelectorSeries>> selectors = await ReadAsync("query of the alerts' selectors", () =>
            SelectorQuery.AskAsync(client, AlertJudge.Selectors(rules.Value ?? []), cancellationToken));
        return new MonitoringServiceFacts { Time = await time, Targets = await targets, Rules = rules, Selectors = selectors,
            ComponentSeries = await components, Alertmanagers = await receivers };
    }

    private static async Task<IReadOnlyDictionary<string, IReadOnlyList<SeriesOrigin>>> ComponentsAsync(PrometheusClient client,
        CancellationToken cancellationToken)
    {
        Dictionary<string, IReadOnlyList<SeriesOrigin>> found = new(StringComparer.Ordinal);
        foreach (WatchedComponent component in AlertTopic.Table.Components)
        {
            string query = $"group by (instance, job) ({{__name__=~\"{string.Join('|', component.Metrics)}\"}})";
            found[component.Name] = SelectorQuery.Origins((await client.QueryAsync(query, null, cancellationToken)).Series);
        }

        return found;
    }

    // How many samples of a target are kept stands in a series beside its own; Prometheus makes it at each scrape.
    private static async Task<IReadOnlyList<ScrapeTarget>> TargetsAsync(PrometheusClient client, CancellationToken cancellationToken)
    {
        IReadOnlyList<PrometheusTarget> targets = await client.GetTargetsAsync(cancellationToken);
        PrometheusResult kept = await client.QueryAsync("max by (instance, job) (scrape_samples_post_metric_relabeling)", null,
            cancellationToken);
        ILookup<SeriesOrigin, double> samples = kept.Series.ToLookup(static series => SelectorQuery.Origin(series.Labels), static series =>
            series.Points[^1].Value);
        return [.. targets.Select(target => Target(target, samples[SelectorQuery.Origin(target.Labels)].Select(static value =>
            (long?)value).FirstOrDefault()))];
    }

    private static ScrapeTarget Target(PrometheusTarget target, long? samples) => new()
    {
        Job = target.Pool,
        Url = target.Address,
        Instance = target.Labels.GetValueOrDefault("instance", ""),
        JobLabel = target.Labels.GetValueOrDefault("job"),
        AskedFor = target.AskedFor,
        IsUp = target.Health switch { PrometheusHealth.Up => true, PrometheusHealth.Down => false, _ => null },
        LastError = target.LastError,
        LastScrape = target.LastScrape,
        IntervalSeconds = target.Interval?.TotalSeconds,
        Samples = samples,
    };

    private static async Task<IReadOnlyList<AlertReceiver>> AlertmanagersAsync(PrometheusClient client, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> addresses = await client.GetAlertmanagersAsync(cancellationToken);
        PrometheusResult errors = await client.QueryAsync(
            "sum by (alertmanager) (increase(prometheus_notifications_errors_total[5m]))", null, cancellationToken);
        return [.. addresses.Select(address => new AlertReceiver
        {
            Url = address,
            Errors = errors.Series.FirstOrDefault(series => series.Labels.GetValueOrDefault("alertmanager") == address)?.Points[^1].Value,
        })];
    }

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
