namespace Foobar.Ops.Monitoring.Agents;

/// <summary>A monitoring agent this program knows, with where its packages put things.</summary>
internal sealed record KnownAgent
{
    /// <summary>The name by which policies call it.</summary>
    public required string Name { get; init; }

    /// <summary>Its unit, by any of these names.</summary>
    public required IReadOnlyList<string> Units { get; init; }

    /// <summary>Names of its process as the kernel keeps them: at most 15 characters.</summary>
    public required IReadOnlyList<string> Processes { get; init; }

    /// <summary>Its configuration, in any of these files.</summary>
    public IReadOnlyList<string> Configurations { get; init; } = [];

    /// <summary>A basic regular expression for a line that says where it reports to or with which key; <see langword="null"/> if it needs none.</summary>
    public string? Setting { get; init; }

    /// <summary>Its log, in any of these files.</summary>
    public IReadOnlyList<string> Logs { get; init; } = [];

    /// <summary>Whether it is asked for its metrics over HTTP (<c>/metrics</c> in the Prometheus text format) and reports nothing by itself.</summary>
    public bool IsExporter { get; init; }

    /// <summary>All agents known, by name.</summary>
    public static IReadOnlyDictionary<string, KnownAgent> All { get; } = new KnownAgent[]
    {
        new()
        {
            Name = "prometheus-node-exporter",
            Units = ["prometheus-node-exporter.service", "node_exporter.service", "node-exporter.service"],
            Processes = ["prometheus-node", "node_exporter", "node-exporter"],
            IsExporter = true,
        },
        new()
        {
            Name = "datadog",
            Units = ["datadog-agent.service"],
            Processes = ["agent", "datadog-agent"],
            Configurations = ["/etc/datadog-agent/datadog.yaml"],
            Setting = "^api_key:[[:space:]]*[^[:space:]]",
            Logs = ["/var/log/datadog/agent.log"],
        },
        new()
        {
            Name = "newrelic",
            Units = ["newrelic-infra.service"],
            Processes = ["newrelic-infra", "newrelic-infra-"],
            Configurations = ["/etc/newrelic-infra.yml"],
            Setting = "^license_key:[[:space:]]*[^[:space:]]",
            Logs = ["/var/log/newrelic-infra/newrelic-infra.log", "/var/db/newrelic-infra/newrelic-infra.log"],
        },
        new()
        {
            Name = "sumologic",
            Units = ["otelcol-sumo.service", "collector.service"],
            Processes = ["otelcol-sumo", "SumoCollector", "wrapper"],
            Configurations = ["/etc/otelcol-sumo/conf.d/common.yaml", "/etc/otelcol-sumo/sumologic.yaml", "/opt/SumoCollector/config/user.properties"],
            Setting = "\\(installation_token\\|token\\|accessid\\)[[:space:]]*[:=][[:space:]]*[^[:space:]]",
            Logs = ["/var/log/otelcol-sumo/otelcol-sumo.log", "/opt/SumoCollector/logs/collector.log"],
        },
        new()
        {
            Name = "telegraf",
            Units = ["telegraf.service"],
            Processes = ["telegraf"],
            Configurations = ["/etc/telegraf/telegraf.conf"],
            Setting = "^[[:space:]]*\\[\\[outputs\\.",
        },
        new()
        {
            Name = "collectd",
            Units = ["collectd.service"],
            Processes = ["collectd"],
            Configurations = ["/etc/collectd/collectd.conf", "/etc/collectd.conf"],
            Setting = "^[[:space:]]*LoadPlugin[[:space:]]*\"\\{0,1\\}\\(network\\|write_\\|rrdtool\\|csv\\)",
        },
        new()
        {
            Name = "zabbix",
            Units = ["zabbix-agent2.service", "zabbix-agent.service"],
            Processes = ["zabbix_agent2", "zabbix_agentd"],
            Configurations = ["/etc/zabbix/zabbix_agent2.conf", "/etc/zabbix/zabbix_agentd.conf"],
            Setting = "^Server\\(Active\\)\\{0,1\\}=[^[:space:]]",
            Logs = ["/var/log/zabbix/zabbix_agent2.log", "/var/log/zabbix/zabbix_agentd.log", "/var/log/zabbix-agent/zabbix_agentd.log"],
        },
    }.ToDictionary(agent => agent.Name, StringComparer.Ordinal);
}
