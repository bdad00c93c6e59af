namespace Foobar.Ops.Inventory;

/// <summary>What must watch the servers.</summary>
public sealed record MonitoringPolicy
{
    /// <summary>The agents this module knows, by the names used in inventories.</summary>
    public static readonly IReadOnlyList<string> KnownAgents =
        ["collectd", "datadog", "newrelic", "prometheus-node-exporter", "sumologic", "telegraf", "zabbix"];

    /// <summary>The agents that must run on every server, each one of <see cref="KnownAgents"/>.</summary>
    public IReadOnlyList<string> Agents { get; init; } = [];

    /// <summary>The base address of a Prometheus that holds what the agents report, as the operator reaches it; <see langword="null"/> if there is none.</summary>
    public Uri? Prometheus { get; init; }

    /// <summary>The services that keep measurements of the site, or take them.</summary>
    public IReadOnlyList<MonitoringService> Services { get; init; } = [];

    /// <summary>The services, with the one that <see cref="Prometheus"/> stands for where none has its address.</summary>
    public IReadOnlyList<MonitoringService> AllServices => Prometheus is null || Services.Any(service => service.Url == Prometheus || service.Name == "prometheus")
        ? Services
        : [new MonitoringService { Name = "prometheus", Kind = MonitoringServiceKind.Prometheus, Url = Prometheus }, .. Services];
}
