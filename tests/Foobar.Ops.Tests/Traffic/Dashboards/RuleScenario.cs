using System.Text;
using Foobar.Ops.Traffic.Dashboards;

namespace Foobar.Ops.Tests.Traffic.Dashboards;

/// <summary>
/// A test for promtool (https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/): three weeks of a site's
/// series, an hour in which nothing is wrong, and then one in which all is.
/// </summary>
internal static class RuleScenario
{
    private const int Step = 5;
    private const int PerWeek = 7 * 24 * 60 / Step;
    private const int Steps = 2 * PerWeek;

    public static string Write(DashboardSite site)
    {
        string balancer = site.Balancers[0].Name, replica = site.Databases[^1].Addresses[0].ToString();
        StringBuilder text = new("rule_files: [prometheus-rules.yml]\nevaluation_interval: 5m\ntests:\n");
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"  - interval: {Step}m\n    input_series:\n");

        // 6000 requests in five minutes (20 a second), of them 1 % errors; in the end a tenth of them, of which half are errors.
        Series(
            text,
            $"haproxy_frontend_http_requests_total{{instance=\"{balancer}:8405\",proxy=\"www\"}}",
            $"0+6000x{Steps} {12000000 + 600}+600x24");
        Series(
            text,
            $"haproxy_frontend_http_responses_total{{instance=\"{balancer}:8405\",proxy=\"www\",code=\"2xx\"}}",
            $"0+5940x{Steps} {12000000 + 300}+300x24");
        Series(
            text,
            $"haproxy_frontend_http_responses_total{{instance=\"{balancer}:8405\",proxy=\"www\",code=\"5xx\"}}",
            $"0+60x{Steps} {600000 + 300}+300x24");
        Series(text, $"mysql_slave_status_seconds_behind_source{{instance=\"{replica}:9104\"}}", $"0x{Steps} 600x24");
        Series(text, $"mysql_slave_status_replica_sql_running{{instance=\"{replica}:9104\"}}", $"1x{Steps + 25}");
        Series(
            text,
            $"probe_ssl_earliest_cert_expiry{{instance=\"https://{site.Name}/\"}}",
            $"{(Steps * Step * 60) + (40 * 86400)}x{Steps} {(Steps * Step * 60) + (3 * 86400)}x24");
        Series(text, $"node_filesystem_size_bytes{{instance=\"{balancer}\",fstype=\"ext4\",mountpoint=\"/\"}}", $"1000x{Steps + 25}");
        Series(text, $"node_filesystem_avail_bytes{{instance=\"{balancer}\",fstype=\"ext4\",mountpoint=\"/\"}}", $"500x{Steps} 20x24");
        foreach (string server in site.Servers.Select(server => server.Name))
        {
            Series(text, $"up{{instance=\"{server}:9100\",job=\"node\"}}", server == balancer ? $"1x{Steps} 0x24" : $"1x{Steps + 25}");
        }

        text.Append("    alert_rule_test:\n");
        foreach (AlertKind kind in Enum.GetValues<AlertKind>())
        {
            Expect(text, PrometheusRules.NameOf(kind), Steps - 2, null);
        }

        foreach (string name in new[]
        {
            "FoobarServerNotScraped",
            "FoobarRequestsNotCounted",
            "FoobarReplicationNotWatched",
            "FoobarCertificateNotWatched",
        })
        {
            Expect(text, name, Steps - 2, null);
        }

        string own = $"site: {site.Name}";
        Expect(text, "FoobarQpsSpike", Steps + 12, null);
        Expect(text, "FoobarQpsDrop", Steps + 12, $"{{severity: critical, {own}}}", site, AlertKind.QpsDrop);
        Expect(text, "FoobarErrors", Steps + 12, $"{{severity: critical, {own}}}", site, AlertKind.Errors);
        Expect(
            text, "FoobarReplicationLag", Steps + 12,
            $"{{severity: critical, {own}, instance: \"{replica}:9104\"}}",
            site, AlertKind.ReplicationLag);
        Expect(text, "FoobarCertificateExpiry", Steps + 12, $"{{severity: critical, {own}}}", site, AlertKind.CertificateExpiry);
        Expect(
            text, "FoobarDiskFull", Steps + 12,
            $"{{severity: critical, {own}, instance: {balancer}, fstype: ext4, mountpoint: /}}",
            site, AlertKind.DiskFull);
        Expect(
            text, "FoobarServerDown", Steps + 12,
            $"{{severity: critical, {own}, instance: \"{balancer}:9100\", job: node}}",
            site, AlertKind.ServerDown);
        return text.ToString();
    }

    private static void Series(StringBuilder text, string series, string values) =>
        text.Append("      - series: '").Append(series).Append("'\n        values: '").Append(values).Append("'\n");

    private static void Expect(
        StringBuilder text, string alert, int step, string? labels, DashboardSite? site = null, AlertKind kind = default)
    {
        text.Append(
            System.Globalization.CultureInfo.InvariantCulture,
            $"      - eval_time: {step * Step}m\n        alertname: {alert}\n        exp_alerts:");
        if (labels is null)
        {
            text.Append(" []\n");
            return;
        }

        SiteAlert expected = SiteAlert.Of(site!).Single(each => each.Kind == kind);
        text.Append("\n          - exp_labels: ")
            .Append(labels)
            .Append("\n            exp_annotations: {summary: '")
            .Append(expected.Title)
            .Append("', description: '")
            .Append(expected.Description.Replace("'", "''", StringComparison.Ordinal))
            .Append("'}\n");
    }
}
