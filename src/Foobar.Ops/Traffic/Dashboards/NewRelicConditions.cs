using System.Text.Json.Nodes;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Traffic.Dashboards;

/// <summary>
/// NRQL alert conditions of New Relic, each a request to NerdGraph
/// (https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-api-nrql-condition-alerts/), whose variables accountId and
/// policyId whoever sends it fills in. They ask what the infrastructure agent and its integrations HAProxy and MySQL report, and a
/// certificate check of synthetic monitoring. Hosts are known by their names in the inventory.
/// </summary>
internal static class NewRelicConditions
{
    private const int Minute = 60;
    private const int LongestIncident = 86400;

    public static string Write(DashboardSite site) =>
        DashboardJson.Write(DashboardJson.List(SiteAlert.Of(site).Select(alert => (JsonNode)Request(site, alert))));

    private static JsonObject Request(DashboardSite site, SiteAlert alert)
    {
        string kind = IsBaseline(alert) ? "Baseline" : "Static";
        return new JsonObject
        {
            ["query"] =
                $"mutation($accountId: Int!, $policyId: ID!, $condition: AlertsNrqlCondition{kind}Input!) {{ "
                    + $"alertsNrqlCondition{kind}Create(accountId: $accountId, policyId: $policyId, condition: $condition) {{ id name }} }}",
            ["variables"] = new JsonObject { ["accountId"] = 0, ["policyId"] = "0", ["condition"] = Condition(site, alert) },
        };
    }

    private static bool IsBaseline(SiteAlert alert) => alert.Kind is AlertKind.QpsDrop or AlertKind.QpsSpike;

    private static JsonObject Condition(DashboardSite site, SiteAlert alert)
    {
        JsonObject condition = new()
        {
            ["name"] = $"{site.Name}: {alert.Title}",
            ["description"] = alert.Description,
            ["enabled"] = true,
            ["nrql"] = new JsonObject { ["query"] = Query(site, alert) },
            ["signal"] = new JsonObject
            {
                ["aggregationWindow"] = Minute,
                ["aggregationMethod"] = "EVENT_FLOW",
                ["aggregationDelay"] = 2 * Minute,
            },
            ["terms"] = new JsonArray(new JsonObject
            {
                ["threshold"] = IsBaseline(alert)
                    ? 3
                    : alert.Kind == AlertKind.CertificateExpiry ? 0 : alert.Kind == AlertKind.ServerDown ? 1 : alert.Limit,
                ["thresholdOccurrences"] = alert.Kind == AlertKind.CertificateExpiry ? "AT_LEAST_ONCE" : "ALL",
                ["thresholdDuration"] = Math.Max(2, alert.Minutes) * Minute,
                ["operator"] = alert.Kind == AlertKind.ServerDown ? "BELOW" : "ABOVE",
                ["priority"] = alert.IsCritical ? "CRITICAL" : "WARNING",
            }),
            ["violationTimeLimitSeconds"] = LongestIncident,
        };
        if (IsBaseline(alert))
        {
            condition["baselineDirection"] = alert.Kind == AlertKind.QpsDrop ? "LOWER_ONLY" : "UPPER_ONLY";
        }

        if (alert.Kind is AlertKind.ServerDown or AlertKind.QpsDrop)
        {
            condition["expiration"] = new JsonObject
            {
                ["expirationDuration"] = 10 * Minute,
                ["openViolationOnExpiration"] = true,
                ["closeViolationsOnExpiration"] = false,
            };
        }

        return condition;
    }

    private static string Query(DashboardSite site, SiteAlert alert) => alert.Kind switch
    {
        AlertKind.QpsDrop or AlertKind.QpsSpike =>
            $"SELECT sum(frontend.requestsPerSecond) FROM HAProxyFrontendSample WHERE {Hosts(site.Balancers)}",
        AlertKind.Errors =>
            "SELECT sum(frontend.http5xxResponsesPerSecond) / sum(frontend.requestsPerSecond) FROM HAProxyFrontendSample WHERE "
                + $"{Hosts(site.Balancers)}",
        AlertKind.ReplicationLag =>
            $"SELECT max(cluster.secondsBehindMaster) FROM MysqlSample WHERE {Hosts(site.Databases)} FACET hostname",
        AlertKind.CertificateExpiry =>
            $"SELECT count(*) FROM SyntheticCheck WHERE type = 'CERT_CHECK' AND monitorName LIKE '%{Text(site.Name)}%' AND result = "
                + "'FAILED'",
        AlertKind.DiskFull => $"SELECT max(diskUsedPercent) FROM StorageSample WHERE {Hosts(site.Servers)} FACET hostname, mountPoint",
        _ => $"SELECT uniqueCount(hostname) FROM SystemSample WHERE {Hosts(site.Servers)} FACET hostname",
    };

    private static string Hosts(IEnumerable<Server> servers) =>
        $"hostname IN ({string.Join(", ", servers.Select(server => $"'{Text(server.Name)}'"))})";

    private static string Text(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
}
