using System.Diagnostics;
using System.Text.Json;
using Foobar.Ops.Inventory;
using Foobar.Ops.Testing;
using Foobar.Ops.Traffic.Dashboards;

namespace Foobar.Ops.Tests.Traffic.Dashboards;

/// <summary>Dashboards and alerts, held against what reads them: promtool, and the fields that each service publishes.</summary>
public sealed class DashboardTests
{
    private static readonly DashboardTarget[] All = Enum.GetValues<DashboardTarget>();

    public static TheoryData<string> Examples =>
        [
            .. Directory.EnumerateFiles(Repository.File("docs", "examples"), "*.json")
                .Select(file => Path.GetFileName(file))
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Each_example_gives_files_that_are_the_same_again(string name)
    {
        Site site = Load(name);
        IReadOnlyList<DashboardFile> files = SiteDashboard.Of(site, All);

        Assert.Equal(All, files.Select(file => file.Target));
        Assert.Equal(files, SiteDashboard.Of(site, All));
        Assert.All(
            files.Where(file => file.Name.EndsWith(".json", StringComparison.Ordinal)), file => JsonDocument.Parse(file.Text).Dispose());
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Promtool_accepts_the_rules_and_every_query_of_the_dashboard(string name)
    {
        Needs.Programs("promtool");
        Site site = Load(name);
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            string rules = SiteDashboard.Save(SiteDashboard.Of(site, [DashboardTarget.Prometheus])[0], folder.FullName, overwrite: false);
            string queries = Path.Combine(folder.FullName, "queries.yml");
            await File.WriteAllTextAsync(queries, QueriesAsRules(site), TestContext.Current.CancellationToken);

            Assert.Contains("SUCCESS", await PromtoolAsync("check", "rules", rules), StringComparison.Ordinal);
            Assert.Contains("SUCCESS", await PromtoolAsync("check", "rules", queries), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Prometheus_evaluates_the_rules_and_each_alert_fires_for_what_it_is_about_only()
    {
        Needs.Programs("promtool");
        Site site = Load("d-named-ports-only.json");
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            SiteDashboard.Save(SiteDashboard.Of(site, [DashboardTarget.Prometheus])[0], folder.FullName, overwrite: false);
            string test = Path.Combine(folder.FullName, "test.yml");
            await File.WriteAllTextAsync(test, RuleScenario.Write(DashboardSite.Of(site)), TestContext.Current.CancellationToken);

            Assert.Contains("SUCCESS", await PromtoolAsync("test", "rules", test), StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Instances_are_known_by_name_host_and_address_with_or_without_a_port_and_no_others()
    {
        Site site = Load("d-named-ports-only.json");
        Server server = site.WithRole(Role.LoadBalancer).First();
        System.Text.RegularExpressions.Regex instances = new(
            $"^(?:{DashboardSite.Of(site).Instances([server])})$", System.Text.RegularExpressions.RegexOptions.None,
            TimeSpan.FromSeconds(1));

        Assert.Matches(instances, server.Name);
        Assert.Matches(instances, $"{server.Addresses[0]}:9100");
        Assert.DoesNotMatch(instances, $"{server.Name}x");
        Assert.DoesNotMatch(instances, server.Addresses[0].ToString().Replace('.', 'x'));
    }

    [Fact]
    public void What_Prometheus_scrapes_on_loopback_is_of_the_server_that_it_runs_on()
    {
        Site site = Load("d-named-ports-only.json");
        Server balancer = site.WithRole(Role.LoadBalancer).First();
        Site declared = site with { Policy = site.Policy with { Monitoring = new MonitoringPolicy {
            Prometheus = new Uri($"http://{balancer.Addresses[0]}:9090") } } };
        System.Text.RegularExpressions.Regex Instances(Site of, Server server) => new(
            $"^(?:{DashboardSite.Of(of).Instances([server])})$", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));

        foreach (string instance in (string[])["127.0.0.1:8405", "localhost:9100", "[::1]:9100"])
        {
            Assert.Matches(Instances(declared, balancer), instance);
            Assert.All(declared.Servers.Where(server => server != balancer), server => Assert.DoesNotMatch(Instances(declared, server),
                instance));
            Assert.DoesNotMatch(Instances(site with { Policy = site.Policy with { Monitoring = new MonitoringPolicy {
                Prometheus = new Uri("http://203.0.113.9:9090") } } }, balancer), instance);
        }

        Assert.Matches(@"haproxy_frontend_http_requests_total\{[^}]*127[\\]+\.0",
            SiteDashboard.Of(declared, [DashboardTarget.Prometheus])[0].Text);
    }

    [Fact]
    public void A_network_firewall_is_watched_as_every_server_is()
    {
        Site site = Load("d-named-ports-only.json");
        Server firewall = site.Servers[0] with { Name = "fw-09", Roles = [Role.NetworkFirewall] };
        Assert.Contains("\"fw-09 is not scraped\"", SiteDashboard.Of(site with { Servers = [.. site.Servers, firewall] },
            [DashboardTarget.Prometheus])[0].Text, StringComparison.Ordinal);
    }

    // https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor: type and query are required; the threshold in the query is
    // that of the options.
    [Fact]
    public void Datadog_s_monitors_have_the_fields_of_its_api()
    {
        JsonElement[] monitors = Monitors(DashboardTarget.Datadog);

        Assert.Equal(7, monitors.Length);
        Assert.All(monitors, monitor =>
        {
            Assert.Contains(monitor.GetProperty("type").GetString(), new[] { "metric alert", "query alert", "service check" });
            JsonElement options = monitor.GetProperty("options");
            double critical = options.GetProperty("thresholds").GetProperty("critical").GetDouble();
            string query = monitor.GetProperty("query").GetString()!;
            Assert.True(monitor.GetProperty("type").GetString() == "service check"
                ? query.Contains($".last({critical + 1})", StringComparison.Ordinal)
                : query.EndsWith(FormattableString.Invariant($" {critical:R}"), StringComparison.Ordinal), query);
            Assert.Equal(query.Contains("anomalies(", StringComparison.Ordinal), options.TryGetProperty("threshold_windows", out _));
            Assert.InRange(monitor.GetProperty("priority").GetInt32(), 1, 5);
        });
    }

    // AlertsNrqlConditionStaticInput and AlertsNrqlConditionBaselineInput of NerdGraph.
    [Fact]
    public void New_Relic_s_conditions_have_the_fields_of_NerdGraph()
    {
        JsonElement[] requests = Monitors(DashboardTarget.NewRelic);

        Assert.Equal(7, requests.Length);
        Assert.All(requests, request =>
        {
            JsonElement variables = request.GetProperty(
                "variables"), condition = variables.GetProperty("condition"), term = condition.GetProperty("terms")[0];
            bool isBaseline = request.GetProperty("query").GetString()!
                .Contains("alertsNrqlConditionBaselineCreate", StringComparison.Ordinal);
            Assert.Equal(isBaseline, condition.TryGetProperty("baselineDirection", out _));
            Assert.Equal(["accountId", "policyId", "condition"], variables.EnumerateObject().Select(variable => variable.Name));
            Assert.Contains(term.GetProperty("operator").GetString(), new[] { "ABOVE", "BELOW" });
            Assert.Contains(term.GetProperty("priority").GetString(), new[] { "CRITICAL", "WARNING" });
            Assert.Contains(term.GetProperty("thresholdOccurrences").GetString(), new[] { "ALL", "AT_LEAST_ONCE" });
            Assert.True(
                term.GetProperty("thresholdDuration").GetInt32() % condition.GetProperty("signal")
                    .GetProperty("aggregationWindow")
                    .GetInt32() == 0);
            Assert.StartsWith("SELECT ", condition.GetProperty("nrql").GetProperty("query").GetString(), StringComparison.Ordinal);
        });
    }

    // MonitorsLibraryMonitor of Sumo Logic's API: each trigger has its counterpart that resolves it.
    [Fact]
    public void Sumo_Logic_s_monitors_have_the_fields_of_its_api()
    {
        JsonElement[] monitors = Monitors(DashboardTarget.SumoLogic);

        Assert.Equal(7, monitors.Length);
        Assert.All(monitors, monitor =>
        {
            Assert.Equal("MonitorsLibraryMonitor", monitor.GetProperty("type").GetString());
            Assert.Equal("Metrics", monitor.GetProperty("monitorType").GetString());
            string[] triggers =
            [
                .. monitor.GetProperty("triggers").EnumerateArray().Select(trigger => trigger.GetProperty("triggerType").GetString()!),
            ];
            Assert.Equal(2, triggers.Length);
            Assert.Equal($"Resolved{triggers[0]}", triggers[1]);
            Assert.All(monitor.GetProperty("triggers").EnumerateArray(), trigger => Assert.Contains(
                trigger.GetProperty("detectionMethod").GetString(), new[]
                {
                    "MetricsStaticCondition",
                    "MetricsOutlierCondition",
                    "MetricsMissingDataCondition",
                }));
        });
    }

    [Fact]
    public void A_site_without_databases_or_a_balancer_has_no_alerts_of_them()
    {
        Site site = Load("d-named-ports-only.json");
        Site alone = site with { Servers = [.. site.Servers.Where(server => !server.Is(Role.LoadBalancer) && !server.Is(Role.Database))] };
        string rules = SiteDashboard.Of(
            alone with { Servers = alone.Servers.Count > 0 ? alone.Servers : [site.Servers[0] with { Roles = [Role.Code] }] },
            [DashboardTarget.Prometheus])[0].Text;

        Assert.DoesNotContain("haproxy", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("mysql", rules, StringComparison.Ordinal);
        Assert.Contains("FoobarServerDown", rules, StringComparison.Ordinal);
    }

    private static Site Load(string name) => InventoryLoader.Load(Repository.File("docs", "examples", name));

    private static JsonElement[] Monitors(DashboardTarget target) =>
        [.. JsonDocument.Parse(SiteDashboard.Of(Load("d-named-ports-only.json"), [target])[0].Text).RootElement.EnumerateArray()];

    private static string QueriesAsRules(Site site)
    {
        JsonElement dashboard = JsonDocument.Parse(SiteDashboard.Of(site, [DashboardTarget.Grafana])[0].Text).RootElement;
        IEnumerable<string> queries = dashboard.GetProperty("panels")
            .EnumerateArray()
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!);
        return "groups:\n  - name: queries\n    rules:\n"
            + string.Concat(
                queries.Select(
                    (query, index) =>
                        FormattableString.Invariant($"      - record: query:{index}\n        expr: {JsonSerializer.Serialize(query)}\n")));
    }

    private static async Task<string> PromtoolAsync(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(
            "promtool", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await errors;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, said);
        return said;
    }
}
