using System.Globalization;
using System.Text.Json.Nodes;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Traffic.Dashboards;

/// <summary>
/// Monitors of Sumo Logic, each the body of POST /api/v1/monitors?parentId=... (MonitorsLibraryMonitor of
/// https://api.sumologic.com/docs/#tag/monitorsLibraryManagement), on the metrics that a Telegraf or an installed collector sends:
/// HAProxy, MySQL, x509_cert and host metrics. Hosts are known by their names in the inventory.
/// </summary>
internal static class SumoLogicMonitors
{
    public static string Write(DashboardSite site) =>
        DashboardJson.Write(DashboardJson.List(SiteAlert.Of(site).Select(alert => (JsonNode)Monitor(site, alert))));

    private static JsonObject Monitor(DashboardSite site, SiteAlert alert)
    {
        string type = alert.IsCritical ? "Critical" : "Warning";
        return new JsonObject
        {
            ["type"] = "MonitorsLibraryMonitor",
            ["name"] = $"{site.Name}: {alert.Title}",
            ["description"] = alert.Description,
            ["monitorType"] = "Metrics",
            ["isDisabled"] = false,
            ["queries"] = new JsonArray(new JsonObject { ["rowId"] = "A", ["query"] = Query(site, alert) }),
            ["triggers"] = alert.Kind switch
            {
                AlertKind.ServerDown => new JsonArray(Missing(alert, "MissingData"), Missing(alert, "ResolvedMissingData")),
                AlertKind.QpsDrop or AlertKind.QpsSpike => new JsonArray(Outlier(alert, type), Outlier(alert, $"Resolved{type}")),
                _ => new JsonArray(Static(alert, type), Static(alert, $"Resolved{type}")),
            },
            ["notifications"] = new JsonArray(),
        };
    }

    private static string Query(DashboardSite site, SiteAlert alert) => alert.Kind switch
    {
        AlertKind.QpsDrop or AlertKind.QpsSpike => $"metric=haproxy_req_rate type=frontend {Hosts(site.Balancers)} | sum",
        AlertKind.Errors => $"metric=haproxy_http_response.5xx type=frontend {Hosts(site.Balancers)} | rate | sum",
        AlertKind.ReplicationLag => $"metric=mysql_slave_Seconds_Behind_Master {Hosts(site.Databases)} | max by host",
        AlertKind.CertificateExpiry => $"metric=x509_cert_expiry source=*{site.Name}* | min | eval _value / 86400",
        AlertKind.DiskFull => $"metric=host_disk_used_percent {Hosts(site.Servers)} | max by host, path",
        _ => $"metric=host_uptime {Hosts(site.Servers)} | max by host",
    };

    private static string Hosts(IEnumerable<Server> servers) => $"({string.Join(" OR ", servers.Select(server => $"host={server.Name}"))})";

    private static JsonObject Static(SiteAlert alert, string type)
    {
        bool below = alert.Kind == AlertKind.CertificateExpiry, resolves = type.StartsWith("Resolved", StringComparison.Ordinal);

        // A ratio of two metrics is not told by one query: five answers with errors a second are much for any site of three servers.
        double limit = alert.Kind == AlertKind.Errors ? 5 : alert.Limit;
        return new JsonObject
        {
            ["detectionMethod"] = "MetricsStaticCondition",
            ["triggerType"] = type,
            ["timeRange"] = string.Create(CultureInfo.InvariantCulture, $"-{Math.Max(5, alert.Minutes)}m"),
            ["threshold"] = limit,
            ["thresholdType"] = (below, resolves) switch
            {
                (true, false) => "LessThan",
                (true, true) => "GreaterThanOrEqual",
                (false, false) => "GreaterThan",
                _ => "LessThanOrEqual",
            },
            ["occurrenceType"] = "Always",
            ["triggerSource"] = "AnyTimeSeries",
        };
    }

    private static JsonObject Outlier(SiteAlert alert, string type) => new()
    {
        ["detectionMethod"] = "MetricsOutlierCondition",
        ["triggerType"] = type,
        ["baselineWindow"] = "1d",
        ["threshold"] = 3,
        ["direction"] = alert.Kind == AlertKind.QpsDrop ? "Down" : "Up",
    };

    private static JsonObject Missing(SiteAlert alert, string type) => new()
    {
        ["detectionMethod"] = "MetricsMissingDataCondition",
        ["triggerType"] = type,
        ["timeRange"] = string.Create(CultureInfo.InvariantCulture, $"-{Math.Max(5, alert.Minutes)}m"),
        ["triggerSource"] = "AnyTimeSeries",
    };
}
