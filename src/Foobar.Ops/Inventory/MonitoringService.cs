using System.Text.Json.Serialization;

namespace Foobar.Ops.Inventory;

/// <summary>A service that keeps measurements of the site, or takes them.</summary>
public sealed record MonitoringService
{
    /// <summary>The name it is chosen by.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required MonitoringServiceKind Kind { get; init; }

    /// <summary>
    /// The base address of its API, as the operator reaches it; <see langword="null"/> where the address is itself a secret
    /// (Sumo Logic's HTTP source, many webhooks) and so is given like a key.
    /// </summary>
    public Uri? Url { get; init; }

    /// <summary>The account's id, which New Relic wants; <see langword="null"/> for others.</summary>
    public long? Account { get; init; }

    /// <summary>
    /// The names of the entries of a secret vault (SecretManagement) that hold its keys, never the keys: one, or two where
    /// the service has one key to query and another to send (<c>docs/en-US/Send-FoobarMetric.md</c>). Empty for none.
    /// </summary>
    public IReadOnlyList<string> VaultEntries { get; init; } = [];

    /// <summary>A PEM file with the authorities to trust; <see langword="null"/> for the system's.</summary>
    public string? TrustedAuthorities { get; init; }

    /// <summary>
    /// The queries that count the site's traffic; empty for those that fit its kind (<see cref="ServiceQuery.DefaultsOf"/>).
    /// </summary>
    public IReadOnlyList<ServiceQuery> Queries { get; init; } = [];

    /// <summary>Whether it can be asked what it has counted.</summary>
    public bool CanBeAsked =>
        Kind is MonitoringServiceKind.Prometheus
            or MonitoringServiceKind.Datadog
            or MonitoringServiceKind.NewRelic
            or MonitoringServiceKind.SumoLogic;

    /// <summary>Whether it takes what it is sent.</summary>
    public bool CanBeSentTo => Kind is not (MonitoringServiceKind.Prometheus or MonitoringServiceKind.SumoLogic);

    /// <summary>Whether its address is a secret.</summary>
    public bool IsAddressSecret => Kind == MonitoringServiceKind.SumoLogicSource || (Kind == MonitoringServiceKind.Webhook && Url is null);
}

/// <summary>What a monitoring service is.</summary>
public enum MonitoringServiceKind : long
{
    /// <summary>Prometheus' HTTP API, which Thanos, Mimir and VictoriaMetrics have too. Asked only.</summary>
    [JsonStringEnumMemberName("prometheus")]
    Prometheus,

    /// <summary>Datadog's API.</summary>
    [JsonStringEnumMemberName("datadog")]
    Datadog,

    /// <summary>New Relic's APIs.</summary>
    [JsonStringEnumMemberName("new-relic")]
    NewRelic,

    /// <summary>Sumo Logic's API. Asked only.</summary>
    [JsonStringEnumMemberName("sumo-logic")]
    SumoLogic,

    /// <summary>An HTTP source of Sumo Logic. Sent to only.</summary>
    [JsonStringEnumMemberName("sumo-logic-source")]
    SumoLogicSource,

    /// <summary>A Pushgateway of Prometheus. Sent to only.</summary>
    [JsonStringEnumMemberName("pushgateway")]
    Pushgateway,

    /// <summary>OTLP/HTTP: an OpenTelemetry Collector, or what receives as one. Sent to only.</summary>
    [JsonStringEnumMemberName("otlp")]
    Otlp,

    /// <summary>Any program that takes JSON by POST. Sent to only.</summary>
    [JsonStringEnumMemberName("webhook")]
    Webhook,
}

/// <summary>A query by which a monitoring service counts.</summary>
public sealed record ServiceQuery
{
    /// <summary>A name that no other query of the service has.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The query, in the service's own language. Prometheus: a selector of counters. Datadog: a query of counts. New Relic: NRQL
    /// that selects one count, without time. Sumo Logic: a metrics query of counts, or a search for log messages without an
    /// aggregation.
    /// </summary>
    public required string Expression { get; init; }

    /// <summary>What it counts.</summary>
    public ServiceCount Counts { get; init; }

    /// <summary>Whether it is asked of metrics or of logs, which Sumo Logic keeps apart.</summary>
    public ServiceData Data { get; init; }

    /// <summary>The queries that fit a service of a kind as the usual agents feed it; empty where it can't be asked.</summary>
    public static IReadOnlyList<ServiceQuery> DefaultsOf(MonitoringServiceKind kind) => kind switch
    {
        // Names: HAProxy's own exporter (haproxy-2.x, "prometheus-exporter"), nginx-prometheus-exporter, mysqld_exporter.
        MonitoringServiceKind.Prometheus =>
        [
            new() { Name = "haproxy", Expression = "haproxy_frontend_http_requests_total" },
            new() { Name = "nginx", Expression = "nginx_http_requests_total" },
            new() { Name = "database", Expression = "mysql_global_status_questions", Counts = ServiceCount.Statements },
        ],

        // Names: Datadog's integrations for HAProxy and nginx.
        MonitoringServiceKind.Datadog =>
        [
            new() { Name = "haproxy", Expression = "sum:haproxy.frontend.requests.rate{*} by {host,service}.as_count()" },
            new() { Name = "nginx", Expression = "sum:nginx.net.request_per_s{*} by {host}.as_count()" },
        ],
        MonitoringServiceKind.NewRelic =>
            [new() { Name = "nginx-log", Expression = "SELECT count(*) FROM Log WHERE logtype = 'nginx' FACET hostname" }],
        MonitoringServiceKind.SumoLogic =>
            [new() { Name = "nginx-log", Expression = "_sourceCategory=*nginx*access*", Data = ServiceData.Logs }],
        _ => [],
    };
}

/// <summary>What a query of a monitoring service counts.</summary>
public enum ServiceCount : long
{
    /// <summary>HTTP requests.</summary>
    [JsonStringEnumMemberName("requests")]
    Requests,

    /// <summary>TCP sessions.</summary>
    [JsonStringEnumMemberName("sessions")]
    Sessions,

    /// <summary>Statements to a database.</summary>
    [JsonStringEnumMemberName("statements")]
    Statements,
}

/// <summary>What data of a monitoring service a query is of.</summary>
public enum ServiceData : long
{
    /// <summary>Metrics.</summary>
    [JsonStringEnumMemberName("metrics")]
    Metrics,

    /// <summary>Log messages.</summary>
    [JsonStringEnumMemberName("logs")]
    Logs,
}
