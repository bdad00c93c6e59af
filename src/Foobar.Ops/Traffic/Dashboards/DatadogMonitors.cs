using System.Globalization;
using System.Text.Json.Nodes;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Traffic.Dashboards;

/// <summary>
/// Monitors of Datadog, each the body of POST /api/v1/monitor (https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor), on
/// the metrics of its integrations HAProxy, MySQL, TLS and disk, and of its agent. Hosts are known by their names in the inventory.
/// </summary>
internal static class DatadogMonitors
{
    public static string Write(DashboardSite site) =>
        DashboardJson.Write(DashboardJson.List(SiteAlert.Of(site).Select(alert => (JsonNode)Monitor(site, alert))));

    private static JsonObject Monitor(DashboardSite site, SiteAlert alert) => new()
    {
        ["name"] = $"{site.Name}: {alert.Title}",
        ["type"] = alert.Kind is AlertKind.ServerDown ? "service check" : IsAnomaly(alert) ? "query alert" : "metric alert",
        ["query"] = Query(site, alert),
        ["message"] = alert.Description,
        ["tags"] = new JsonArray($"site:{site.Name}", "team:foobar-ops", $"severity:{(alert.IsCritical ? "critical" : "warning")}"),
        ["priority"] = alert.IsCritical ? 1 : 3,
        ["options"] = Options(alert),
    };

    private static bool IsAnomaly(SiteAlert alert) => alert.Kind is AlertKind.QpsDrop or AlertKind.QpsSpike;

    private static string Query(DashboardSite site, SiteAlert alert)
    {
        string limit = alert.Limit.ToString("R", CultureInfo.InvariantCulture);
        string minutes = string.Create(CultureInfo.InvariantCulture, $"last_{Window(alert.Minutes)}m");
        return alert.Kind switch
        {
            AlertKind.QpsDrop => Anomalies(site, "below"),
            AlertKind.QpsSpike => Anomalies(site, "above"),
            AlertKind.Errors =>
                $"avg({minutes}):sum:haproxy.frontend.response.5xx{Scope(site.Balancers)} / "
                    + $"sum:haproxy.frontend.requests.rate{Scope(site.Balancers)} > {limit}",
            AlertKind.ReplicationLag =>
                $"min({minutes}):max:mysql.replication.seconds_behind_source{Scope(site.Databases)} by {{host}} > {limit}",
            AlertKind.CertificateExpiry => $"max({minutes}):min:tls.days_left{{server_hostname:{site.Name.ToLowerInvariant()}}} < {limit}",
            AlertKind.DiskFull => $"min({minutes}):100 * max:system.disk.in_use{Scope(site.Servers)} by {{host,device}} > {limit}",
            _ =>
                $"\"datadog.agent.up\".over({string.Join(',', site.Servers.Select(server => $"\"host:{server.Name}\""))}).by(\"host\").last({(alert.Minutes + 1).ToString(CultureInfo.InvariantCulture)}).count_by_status()",
        };
    }

    // Datadog's windows of metric alerts: 1, 5, 10, 15, 30 minutes ...
    private static int Window(int minutes) => minutes <= 1 ? 1 : minutes <= 5 ? 5 : 15;

    private static string Anomalies(DashboardSite site, string direction) =>
        $"avg(last_4h):anomalies(sum:haproxy.frontend.requests.rate{Scope(site.Balancers)}, 'agile', 3, direction='{direction}', "
            + "interval=60, alert_window='last_15m', seasonality='weekly', count_default_zero='true') >= 1";

    private static string Scope(IReadOnlyList<Server> servers) =>
        servers.Count == 1 ? $"{{host:{servers[0].Name}}}" : $"{{host IN ({string.Join(',', servers.Select(server => server.Name))})}}";

    private static JsonObject Options(SiteAlert alert)
    {
        JsonObject options = new()
        {
            ["notify_no_data"] = alert.Kind != AlertKind.ServerDown,
            ["no_data_timeframe"] = 30,
            ["include_tags"] = true,
            ["require_full_window"] = false,
        };
        if (alert.Kind == AlertKind.ServerDown)
        {
            options["notify_no_data"] = true;
            options["no_data_timeframe"] = alert.Minutes;
            options["thresholds"] = new JsonObject { ["critical"] = alert.Minutes, ["warning"] = 1, ["ok"] = 1 };
            return options;
        }

        options["thresholds"] = IsAnomaly(alert)
            ? new JsonObject { ["critical"] = 1, ["critical_recovery"] = 0 }
            : new JsonObject { ["critical"] = alert.Limit };
        if (IsAnomaly(alert))
        {
            options["threshold_windows"] = new JsonObject { ["trigger_window"] = "last_15m", ["recovery_window"] = "last_15m" };
        }

        return options;
    }
}
