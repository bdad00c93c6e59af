using System.Globalization;
using System.Text.Json.Nodes;

namespace Foobar.Ops.Traffic.Dashboards;

/// <summary>
/// A dashboard of Grafana (its JSON model, schema version 39;
/// https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/).
/// </summary>
internal static class GrafanaDashboard
{
    private const int SchemaVersion = 39;
    private const int Width = 12, Height = 8;

    private sealed record Panel(string Title, string Unit, params (string Query, string Legend)[] Queries);

    public static string Write(DashboardSite site)
    {
        Panel[] panels = [.. Panels(site)];
        return DashboardJson.Write(new JsonObject
        {
            ["uid"] = $"foobar-{site.Slug}" is { Length: > 40 } name ? name[..40] : $"foobar-{site.Slug}",
            ["title"] = site.Name,
            ["tags"] = new JsonArray("foobar"),
            ["timezone"] = "browser",
            ["schemaVersion"] = SchemaVersion,
            ["version"] = 1,
            ["refresh"] = "30s",
            ["editable"] = true,
            ["time"] = new JsonObject { ["from"] = "now-6h", ["to"] = "now" },
            ["templating"] = new JsonObject
            {
                ["list"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "datasource",
                        ["label"] = "Prometheus",
                        ["type"] = "datasource",
                        ["query"] = "prometheus",
                    }),
            },
            ["annotations"] = new JsonObject { ["list"] = new JsonArray(Alerts(site)) },
            ["panels"] = DashboardJson.List(panels.Select((panel, index) => ToJson(panel, index))),
        });
    }

    private static IEnumerable<Panel> Panels(DashboardSite site)
    {
        if (site.Balancers.Count > 0)
        {
            string answers = PrometheusRules.Series(site, "haproxy_frontend_http_responses_total", site.Balancers);
            yield return new(
                "Requests", "reqps",
                (PrometheusRules.Own(site, PrometheusRules.Rate), "now"),
                (PrometheusRules.Own(site, PrometheusRules.ExpectedRate), "expected"));
            yield return new("Answers by class", "reqps", ($"sum by (code) (rate({answers}[5m]))", "{{code}}"));
            yield return new("Server errors", "percentunit", (PrometheusRules.Own(site, PrometheusRules.ErrorRatio), "5xx"));
            yield return new(
                "Response time of the backends", "s",
                (
                    $"max by (proxy) ({PrometheusRules.Series(site, "haproxy_backend_response_time_average_seconds", site.Balancers)})",
                    "{{proxy}}"));
            yield return new(
                "Servers up in backends", "short",
                ($"sum by (proxy) ({PrometheusRules.Series(site, "haproxy_backend_active_servers", site.Balancers)})", "{{proxy}}"));
            yield return new(
                "Sessions and queue", "short",
                (
                    $"sum by (proxy) ({PrometheusRules.Series(site, "haproxy_backend_current_sessions", site.Balancers)})",
                    "{{proxy}} sessions"),
                ($"sum by (proxy) ({PrometheusRules.Series(site, "haproxy_backend_current_queue", site.Balancers)})", "{{proxy}} queue"));
        }

        if (site.Databases.Count > 0)
        {
            yield return new(
                "Statements", "ops",
                (
                    $"sum by (instance) (rate({PrometheusRules.Series(site, "mysql_global_status_queries", site.Databases)}[5m]))",
                    "{{instance}}"));
            yield return new("Replication lag", "s", (PrometheusRules.Lag(site), "{{instance}}"));
        }

        yield return new(
            "Processors busy", "percent",
            (
                "100 * (1 - avg by (instance) "
                    + $"(rate({PrometheusRules.Series(site, "node_cpu_seconds_total", site.Servers, "mode=\"idle\"")}[5m])))",
                "{{instance}}"));
        yield return new(
            "Memory used", "percent",
            (
                $"100 * (1 - {PrometheusRules.Series(site, "node_memory_MemAvailable_bytes", site.Servers)} / "
                    + $"{PrometheusRules.Series(site, "node_memory_MemTotal_bytes", site.Servers)})",
                "{{instance}}"));
        yield return new("Disks used", "percent", (PrometheusRules.DiskUsed(site), "{{instance}} {{mountpoint}}"));
        yield return new(
            "Disk time", "percentunit",
            ($"rate({PrometheusRules.Series(site, "node_disk_io_time_seconds_total", site.Servers)}[5m])", "{{instance}} {{device}}"));
        yield return new("Agents that answer", "short", (PrometheusRules.Series(site, "up", site.Servers), "{{instance}} {{job}}"));
    }

    private static JsonObject ToJson(Panel panel, int index) => new()
    {
        ["id"] = index + 1,
        ["type"] = "timeseries",
        ["title"] = panel.Title,
        ["datasource"] = Source(),
        ["gridPos"] = new JsonObject { ["h"] = Height, ["w"] = Width, ["x"] = index % 2 * Width, ["y"] = index / 2 * Height },
        ["fieldConfig"] = new JsonObject
        {
            ["defaults"] = new JsonObject { ["unit"] = panel.Unit, ["min"] = 0 },
            ["overrides"] = new JsonArray(),
        },
        ["options"] = new JsonObject
        {
            ["legend"] = new JsonObject { ["displayMode"] = "list", ["placement"] = "bottom", ["showLegend"] = true },
            ["tooltip"] = new JsonObject { ["mode"] = "multi", ["sort"] = "desc" },
        },
        ["targets"] = DashboardJson.List(panel.Queries.Select((query, place) => (JsonNode)new JsonObject
        {
            ["refId"] = ((char)('A' + place)).ToString(CultureInfo.InvariantCulture),
            ["datasource"] = Source(),
            ["expr"] = query.Query,
            ["legendFormat"] = query.Legend,
        })),
    };

    private static JsonObject Alerts(DashboardSite site) => new()
    {
        ["name"] = "Alerts",
        ["datasource"] = Source(),
        ["enable"] = true,
        ["iconColor"] = "red",
        ["expr"] = $"ALERTS{{alertstate=\"firing\",site=\"{site.Name}\"}}",
        ["titleFormat"] = "{{alertname}}",
        ["tagKeys"] = "server,instance,severity",
    };

    private static JsonObject Source() => new() { ["type"] = "prometheus", ["uid"] = "${datasource}" };
}
