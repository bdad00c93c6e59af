namespace Foobar.Ops.Inventory;

/// <summary>What must watch the servers.</summary>
public sealed record MonitoringPolicy
{
    /// <summary>The agents this module knows, by the names used in inventories.</summary>
    public static readonly IReadOnlyList<string> KnownAgents =
    [
        "alloy", "collectd", "datadog", "elastic-agent", "filebeat",
        "haproxy-exporter", "metricbeat", "netdata", "newrelic", "opentelemetry-collector",
        "prometheus-mysqld-exporter", "prometheus-node-exporter", "sumologic", "telegraf", "zabbix",
    ];

    /// <summary>
    /// The agents that must run, each one of <see cref="KnownAgents"/>: on every server, those for one component on the servers that have
    /// it.
    /// </summary>
    public IReadOnlyList<string> Agents { get; init; } = [];

    /// <summary>
    /// Where agents must report to, by agent: host names, which stand for all names below them too, and addresses. An agent not named may
    /// report anywhere.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ReportTo { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// The base address of a Prometheus that holds what the agents report, as the operator reaches it; <see langword="null"/> if there is
    /// none.
    /// </summary>
    public Uri? Prometheus { get; init; }

    /// <summary>The services that keep measurements of the site, or take them.</summary>
    public IReadOnlyList<MonitoringService> Services { get; init; } = [];

    /// <summary>The services, with the one that <see cref="Prometheus"/> stands for where none has its address.</summary>
    public IReadOnlyList<MonitoringService> AllServices =>
        Prometheus is null
            || Services.Any(
                service => service.Name == "prometheus" || (service.Kind == MonitoringServiceKind.Prometheus && service.Url == Prometheus))
            ? Services
            : [new MonitoringService { Name = "prometheus", Kind = MonitoringServiceKind.Prometheus, Url = Prometheus }, .. Services];
}
