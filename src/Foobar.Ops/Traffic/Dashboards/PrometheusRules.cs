using System.Globalization;
using System.Text;
using System.Text.Json;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Traffic.Dashboards;

/// <summary>
/// Recording and alerting rules of Prometheus for a site
/// (https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/), on the metrics of HAProxy's own exporter,
/// node_exporter, mysqld_exporter and blackbox_exporter. Series that should be there and are not are alerts of their own: a rule on
/// nothing never fires.
/// </summary>
internal static class PrometheusRules
{
    /// <summary>The rate of requests, a second, over a minute.</summary>
    public const string Rate = "foobar:requests:rate1m";

    /// <summary>The rate of requests, a second, over five minutes.</summary>
    public const string SmoothRate = "foobar:requests:rate5m";

    /// <summary>The rate at this time of the week: the median of the last four weeks.</summary>
    public const string ExpectedRate = "foobar:requests:expected";

    /// <summary>The share of answers with a status of 500 and above.</summary>
    public const string ErrorRatio = "foobar:errors:ratio5m";

    private const int Weeks = 4;

    private static readonly string[] Threads = ["slave_sql", "slave_io", "replica_sql", "replica_io"];

    // A site that has next to no traffic at this time has no drop.
    private const string LeastRate = "0.1";

    public static string Write(DashboardSite site)
    {
        StringBuilder text = new();
        text.Append("# Rules for ").Append(site.Name).Append(", made from its inventory by Export-FoobarDashboard.\ngroups:\n");
        Group(text, $"foobar-{site.Slug}-recording", Recordings(site).Select(rule => Record(site, rule.Name, rule.Expression)));
        Group(text, $"foobar-{site.Slug}-alerts", [.. SiteAlert.Of(site).Select(alert => Alert(site, alert)), .. Missing(site)]);
        return text.ToString();
    }

    /// <summary>Selects the series of a metric that are of some servers.</summary>
    public static string Series(DashboardSite site, string metric, IEnumerable<Server> servers, string more = "") =>
        $"{metric}{{instance=~{Quote(site.Instances(servers))}{(more.Length > 0 ? "," : "")}{more}}}";

    /// <summary>The name of an alert.</summary>
    public static string NameOf(AlertKind kind) => $"Foobar{kind}";

    private static IEnumerable<(string Name, string Expression)> Recordings(DashboardSite site)
    {
        if (site.Balancers.Count == 0)
        {
            yield break;
        }

        string requests = Series(site, "haproxy_frontend_http_requests_total", site.Balancers);
        string answers = Series(site, "haproxy_frontend_http_responses_total", site.Balancers);
        yield return (Rate, $"sum(rate({requests}[1m]))");
        yield return (SmoothRate, $"sum(rate({requests}[5m]))");
        IEnumerable<string> weeks = Enumerable.Range(1, Weeks)
            .Select(
                week => string.Create(
                    CultureInfo.InvariantCulture,
                    $"label_replace({Own(site, SmoothRate)} offset {week}w, \"week\", \"{week}\", \"\", \"\")"));
        yield return (ExpectedRate, $"quantile(0.5, {string.Join(" or ", weeks)})");
        yield return (
            ErrorRatio,
            $"sum(rate({Series(site, "haproxy_frontend_http_responses_total", site.Balancers, "code=\"5xx\"")}[5m])) / "
                + $"sum(rate({answers}[5m]))");
    }

    /// <summary>A recorded series of this site.</summary>
    public static string Own(DashboardSite site, string name) => $"{name}{{site={Quote(site.Name)}}}";

    private static string Expression(DashboardSite site, SiteAlert alert) => alert.Kind switch
    {
        AlertKind.QpsDrop =>
            $"{Own(site, SmoothRate)} < {Number(alert.Limit)} * {Own(site, ExpectedRate)} and {Own(site, ExpectedRate)} > {LeastRate}",
        AlertKind.QpsSpike =>
            $"{Own(site, SmoothRate)} > {Number(alert.Limit)} * {Own(site, ExpectedRate)} and {Own(site, SmoothRate)} > {LeastRate}",
        AlertKind.Errors => $"{Own(site, ErrorRatio)} > {Number(alert.Limit)} and on() {Own(site, SmoothRate)} > {LeastRate}",

        // The names before and since MySQL 8.4; MariaDB keeps the former. A replica that does not run has no seconds.
        AlertKind.ReplicationLag => $"{Lag(site)} > {Number(alert.Limit)} or {Running(site)} == 0",
        AlertKind.CertificateExpiry =>
            $"min(probe_ssl_earliest_cert_expiry{{instance=~{Quote($"(https://)?{System.Text.RegularExpressions.Regex.Escape(site.Name)}(:[0-9]+)?(/.*)?")}}}) - time() < {Number(alert.Limit)} * 86400",
        AlertKind.DiskFull => $"{DiskUsed(site)} > {Number(alert.Limit)}",
        _ => $"{Series(site, "up", site.Servers)} == 0",
    };

    /// <summary>How full the file systems are, in percent.</summary>
    public static string DiskUsed(DashboardSite site)
    {
        const string Real = "fstype!~\"tmpfs|overlay|squashfs|ramfs|iso9660\"";
        return $"100 * (1 - {Series(site, "node_filesystem_avail_bytes", site.Servers, Real)} / "
            + $"{Series(site, "node_filesystem_size_bytes", site.Servers, Real)})";
    }

    /// <summary>The replicas' lag in seconds.</summary>
    public static string Lag(DashboardSite site) =>
        $"({Series(site, "mysql_slave_status_seconds_behind_master", site.Databases)} or "
            + $"{Series(site, "mysql_slave_status_seconds_behind_source", site.Databases)})";

    private static string Running(DashboardSite site) =>
        $"({string.Join(" or ", Threads.Select(thread => Series(site, $"mysql_slave_status_{thread}_running", site.Databases)))})";

    private static IEnumerable<string> Missing(DashboardSite site)
    {
        foreach (Server server in site.Servers)
        {
            yield return Rule(
                "FoobarServerNotScraped", $"absent({Series(site, "up", [server])})", 10, critical: false, site,
                $"{server.Name} is not scraped",
                "Prometheus has no target for this server: nothing would tell that it is down.",
                server.Name);
        }

        if (site.Balancers.Count > 0)
        {
            yield return Rule(
                "FoobarRequestsNotCounted",
                $"absent({Series(site, "haproxy_frontend_http_requests_total", site.Balancers)})",
                10, critical: false, site, "Requests are not counted",
                "Prometheus has no counter of HAProxy: no drop, spike or error would be told.");
        }

        if (site.Databases.Count > 1)
        {
            yield return Rule(
                "FoobarReplicationNotWatched",
                $"absent({Lag(site)[1..^1].Replace(" or ", ") and absent(", StringComparison.Ordinal)})",
                10, critical: false, site, "Replication is not watched",
                "Prometheus has no replica's status: no lag would be told.");
        }

        yield return Rule(
            "FoobarCertificateNotWatched",
            $"absent(probe_ssl_earliest_cert_expiry{{instance=~{Quote($"(https://)?{System.Text.RegularExpressions.Regex.Escape(site.Name)}(:[0-9]+)?(/.*)?")}}})",
            10, critical: false, site, "The certificate is not watched",
            "No blackbox_exporter asks for the site: no expiry would be told.");
    }

    private static string Alert(DashboardSite site, SiteAlert alert) =>
        Rule(NameOf(alert.Kind), Expression(site, alert), alert.Minutes, alert.IsCritical, site, alert.Title, alert.Description);

    private static string Record(DashboardSite site, string name, string expression) =>
        $"      - record: {name}\n        expr: {Quote(expression)}\n        labels:\n          site: {Quote(site.Name)}\n";

    private static string Rule(
        string name,
        string expression,
        int minutes,
        bool critical,
        DashboardSite site,
        string summary,
        string description,
        string? server = null) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"      - alert: {name}\n        expr: {Quote(expression)}\n        for: {minutes}m\n        labels:\n          severity: {(critical ? "critical" : "warning")}\n          site: {Quote(site.Name)}\n{(server is null ? "" : $"          server: {Quote(server)}\n")}        annotations:\n          summary: {Quote(summary)}\n          description: {Quote(description)}\n");

    private static void Group(StringBuilder text, string name, IEnumerable<string> rules)
    {
        string body = string.Concat(rules);
        if (body.Length > 0)
        {
            text.Append("  - name: ").Append(name).Append("\n    rules:\n").Append(body);
        }
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    // A string of JSON is one of YAML and one of PromQL too.
    private static string Quote(string text) => JsonSerializer.Serialize(text, DashboardJson.Plain);
}
