using System.Diagnostics;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Monitoring.Agents;

namespace Foobar.Ops.Tests.Monitoring;

/// <summary>The script of the survey is run here, over configurations after each maker's documentation, and its output read.</summary>
public sealed class SurveyTests
{
    private static readonly string Samples = Repository.File("tests", "Foobar.Ops.Tests", "Monitoring", "Samples");

    private static readonly Lazy<(string Text, Survey Survey)> Read = new(RunHere);

    /// <summary>What stands in the samples and must not leave a server.</summary>
    private static readonly string[] Secrets =
    [
        "0123456789abcdef", "proxysecret", "proxyuser", "querysecret", "suABCDEFGHIJKL", "secretaccesskey", "pathsecret", "telegrafsecret",
            "collectdsecret", "zabbixsecret", "1f87b595725ac58dd977",
        "alloysecret", "11111111-2222", "netdatasecret", "elasticsecret", "beatsecret", "otelsecretkey",
    ];

    private static readonly Server Web = TestSite.Create().Find("web-01")!;

    [Theory]
    [InlineData("datadog", "agent-http-intake.logs.datadoghq.eu:443 Encrypted")]
    [InlineData("newrelic", "https://infra-api.eu.newrelic.com Encrypted")]
    [InlineData("sumologic", "https://open-collectors.eu.sumologic.com Encrypted", "https://collectors.sumologic.com Encrypted")]
    [InlineData("telegraf", "https://influx-1.foobar.com:8086 Encrypted", "http://192.0.2.50:8086 Plain",
        "https://influx-3.foobar.com Unverified")]
    [InlineData("collectd", "metrics.foobar.com:25826 Encrypted", "192.0.2.52 Plain", "192.0.2.53 Plain")]
    [InlineData("zabbix", "zabbix-1.foobar.com:10055 Encrypted", "zabbix-2.foobar.com Encrypted", "[2001:db8::51]:10051 Encrypted")]
    [InlineData("alloy", "https://prometheus-prod-01.grafana.net Unverified", "otel.foobar.com:4317 Plain")]
    [InlineData("netdata", "tcp:parent.foobar.com:19999 Encrypted", "192.0.2.53:2003 Plain")]
    [InlineData("elastic-agent", "https://es-1.foobar.com:9200 Encrypted", "http://192.0.2.60:9200 Plain")]
    [InlineData("metricbeat", "https://es-1.foobar.com:9200 Unverified")]
    [InlineData("filebeat", "logstash.foobar.com:5044 Unknown")]
    [InlineData("opentelemetry-collector", "https://otlp.eu01.nr-data.net Encrypted", "collector.foobar.com:4317 Plain",
        "https://api.datadoghq.eu Encrypted")]
    public void Endpoints_are_read_from_documented_configurations(string name, params string[] endpoints) =>
        Assert.Equal(endpoints, Find(name).Endpoints.Select(endpoint => $"{endpoint.Address} {endpoint.Encryption}"));

    [Theory]
    [InlineData("datadog", "api_key")]
    [InlineData("newrelic", "license_key")]
    [InlineData("sumologic", "accessid accesskey")]
    [InlineData("telegraf", "outputs.influxdb_v2/token")]
    [InlineData("collectd", "Plugin:network/Server:metrics.foobar.com 25826/Password")]
    [InlineData("alloy", "prometheus.remote_write:default/endpoint/basic_auth/password")]
    [InlineData("netdata", "stream/api key", "graphite:my_graphite/password")]
    [InlineData("elastic-agent", "outputs/default/api_key")]
    [InlineData("metricbeat", "output.elasticsearch/password")]
    [InlineData("opentelemetry-collector", "exporters/otlphttp/vendor/headers/api-key")]
    public void Files_with_credentials_are_named_with_their_settings(string name, params string[] settings) =>
        Assert.Equal(settings.Order(), Find(name).CredentialFiles.Select(file => string.Join(' ', file.Settings)).Order());

    [Fact]
    public void A_key_in_a_variable_or_keystore_is_none_in_the_file()
    {
        Assert.DoesNotContain(Find("sumologic").CredentialFiles, file => file.Path.EndsWith("sumologic.yaml", StringComparison.Ordinal));
        Assert.Contains(Find("zabbix").CredentialFiles, file => file.Path.EndsWith("agent.psk", StringComparison.Ordinal)
            && file.Settings.Count == 0);
    }

    [Fact]
    public void No_secret_leaves_the_server() => Assert.All(Secrets, secret => Assert.DoesNotContain(secret, Read.Value.Text,
        StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void A_log_tells_when_something_was_sent_and_when_that_failed()
    {
        SurveyedLog log = Assert.Single(Read.Value.Survey.Logs, log => log.Agent == "datadog");

        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), log.Sent);
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 3, 0, TimeSpan.Zero), log.Failed);
    }

    [Theory]
    [InlineData("1796019167.912 web-01 telegraf[12]: x", "2026-11-30T06:12:47Z")]
    [InlineData("2026-01-31 12:00:00 UTC | CORE | INFO", "2026-01-31T12:00:00Z")]
    [InlineData("2026-01-31 12:00:00,123 +0100 [x] INFO", "2026-01-31T11:00:00Z")]
    [InlineData("time=\"2026-01-31T12:00:00-05:00\" level=error", "2026-01-31T17:00:00Z")]
    [InlineData("2026-01-31T12:00:00.000Z info", "2026-01-31T12:00:00Z")]
    [InlineData("{\"log.level\":\"error\",\"@timestamp\":\"2026-01-31T12:00:00.000Z\"", "2026-01-31T12:00:00Z")]
    [InlineData(" 16107:20260131:120000.586 Active check", "2026-01-31T10:00:00Z")]
    [InlineData("2026/01/31 12:00:00.586 [101] active check", "2026-01-31T10:00:00Z")]
    [InlineData("Error at noon", null)]
    [InlineData("2026-13-31 12:00:00", null)]
    public void Times_of_logs_are_read_and_those_without_a_zone_are_the_servers(string line, string? time) =>
        Assert.Equal(time, LogTime.Parse(line, TimeSpan.FromHours(2))?.ToString("yyyy-MM-ddTHH:mm:ssZ",
            System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void Units_processes_sockets_packages_and_containers_make_an_agent()
    {
        Survey survey = Survey.Parse(Recorded) with { Packages = Survey.ParsePackages(Packages) };
        MonitoringAgent agent = Agents(survey, "datadog").Single(agent => agent.Name == "datadog");

        Assert.Equal([AgentTrace.Unit, AgentTrace.Process, AgentTrace.Package, AgentTrace.Container], agent.FoundBy);
        Assert.Equal("1:7.60.0-1", agent.Version);
        Assert.Equal(survey.Time.AddSeconds(-900), agent.Since);
        Assert.Equal(["dd-agent"], agent.Users);
        Assert.Equal("tcp/5000 on 127.0.0.1", Assert.Single(agent.Sockets).Label);
        AgentConnection connection = Assert.Single(agent.Connections);
        Assert.Equal(("ESTAB", "203.0.113.9:443", false, 1.5, 4096L, 0), (connection.State, connection.Remote, connection.IsIncoming,
            connection.LastSentSeconds, connection.AcknowledgedBytes, connection.Retries));
        Assert.False(Assert.Single(agent.Containers).IsUp);
    }

    [Fact]
    public void A_process_of_a_common_name_is_no_agent_if_its_program_is_another() =>
        Assert.DoesNotContain(Agents(Survey.Parse(Recorded.Replace("/opt/datadog-agent/bin/agent/agent", "/usr/bin/agent",
            StringComparison.Ordinal).Replace("datadog-agent.service", "x.service", StringComparison.Ordinal)
            .Replace("gcr.io/datadoghq/agent", "z", StringComparison.Ordinal))), agent => agent.Name == "datadog");

    [Theory]
    [InlineData("docker.io/library/telegraf:1.30", "telegraf", "1.30")]
    [InlineData("registry.foobar.com:5000/grafana/alloy@sha256:abc", "alloy", null)]
    [InlineData("quay.io/prometheus/node-exporter:v1.8.2", "prometheus-node-exporter", "v1.8.2")]
    public void A_container_is_told_by_its_image(string image, string name, string? version)
    {
        MonitoringAgent agent = Agents(Survey.Parse(Recorded.Replace("gcr.io/datadoghq/agent:7.55.1", image, StringComparison.Ordinal)
            .Replace("Exited (1) 2 hours ago", "Up 3 days", StringComparison.Ordinal))).Single(agent => agent.Name == name);

        Assert.True(agent.IsRunning);
        Assert.Equal(version, agent.Version);
        Assert.Equal([AgentTrace.Container], agent.FoundBy);
    }

    [Fact]
    public void The_endpoint_of_HAProxy_is_found_in_its_section()
    {
        MonitoringAgent agent = Agents(Survey.Parse(
            Recorded
                + "\n==> file haproxy-exporter haproxy /etc/haproxy/haproxy.cfg\n644 root root 1\nS\tfrontend www\nK\t4\tbind\t*:443 ssl\n"
                + "S\tfrontend metrics\nK\t4\tbind\t127.0.0.1:8405\nK\t4\thttp-request\tuse-service prometheus-exporter if { path /metrics }\n"))
            .Single(agent => agent.Name == "haproxy-exporter");

        Assert.Equal("tcp/8405 on 127.0.0.1", Assert.Single(agent.Sockets).Label);
    }

    [Fact]
    public void What_could_not_be_read_is_told()
    {
        Survey survey = Survey.Parse(Recorded.Replace("docker|", "!docker: permission denied while trying to connect\nx|",
            StringComparison.Ordinal).Replace("x|0123", "docker|0123", StringComparison.Ordinal));

        Assert.Contains("permission denied", survey.ContainerFailure, StringComparison.Ordinal);
        Assert.Contains(
            "permission denied", Agents(survey, "telegraf").Single(agent => agent.Name == "telegraf").Unread, StringComparison.Ordinal);
        Assert.Equal(
            "ps: bad option",
            Survey.Parse(Recorded.Replace("10\t900", "!ps: bad option\n10\t900", StringComparison.Ordinal)).ProcessFailure);
        Assert.NotNull(Survey.Parse(Recorded.Replace("LoadState=", "Load=", StringComparison.Ordinal)).UnitFailure);
    }

    [Fact]
    public void Any_text_is_taken_or_refused() => ParserProperties.TakesOrRefusesAnyText(Survey.Parse, Recorded, Read.Value.Text);

    private static IEnumerable<MonitoringAgent> Agents(Survey survey, params string[] expected) => AgentFinder.Find(Web,
        new MonitoringPolicy { Agents = expected }, survey);

    private static MonitoringAgent Find(string name) => Agents(Read.Value.Survey).Single(agent => agent.Name == name);

    private static (string Text, Survey Survey) RunHere()
    {
        IEnumerable<KnownAgent> agents = KnownAgent.All.Values.Select(agent => agent with
        {
            Configurations = [.. agent.Configurations.Select(place => place with { Path = Samples + place.Path })],
            CredentialFiles = [.. agent.CredentialFiles.Select(path => Samples + path)],
            Logs = [.. agent.Logs.Select(log => log with { Path = Samples + log.Path })],
        });
        ProcessStartInfo start = new("sh", ["-s", "--", SurveyScript.Table(agents)]) { RedirectStandardInput = true,
            RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Write(OwnFile.Read("agents.sh"));
        process.StandardInput.Close();
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        // What runs on the machine of the tests is none of theirs.
        int from = text.IndexOf("\n==> units", StringComparison.Ordinal), to = text.IndexOf("\n==> file", StringComparison.Ordinal);
        string own = text[..from] + "\n==> units\nId=a.service\nLoadState=not-found\n\n==> processes\n\n==> sockets\n" + text[to..];
        return (own, Survey.Parse(own));
    }

    // A package that was removed and left its configuration is none.
    private const string Packages = "datadog-agent\t1:7.60.0-1\tinstalled\ntelegraf\t1.30.0-1\tconfig-files\n";

    private const string Recorded = """

        ==> time
        1796019167.500000000

        ==> zone
        +0000

        ==> uptime
        5000.00 9000.00

        ==> units
        Id=datadog-agent.service
        LoadState=loaded
        ActiveState=active
        SubState=running
        UnitFileState=enabled
        MainPID=10
        ActiveEnterTimestampMonotonic=4100000000

        Id=telegraf.service
        LoadState=not-found
        ActiveState=inactive
        SubState=dead
        UnitFileState=
        MainPID=0
        ActiveEnterTimestampMonotonic=0

        ==> processes
        10	900	dd-agent	S	agent	/opt/datadog-agent/bin/agent/agent	/system.slice/datadog-agent.service

        ==> sockets
        tcp LISTEN 0 4096 127.0.0.1:5000 0.0.0.0:* users:(("agent",pid=10,fd=7)) cubic cwnd:10
        tcp ESTAB 0 0 192.0.2.11:40000 203.0.113.9:443 users:(("agent",pid=10,fd=9)) cubic wscale:7,7 rto:204 bytes_acked:4096 lastsnd:1500 lastrcv:1400

        ==> containers
        docker|0123456789ab|gcr.io/datadoghq/agent:7.55.1|dd-agent|Exited (1) 2 hours ago
        """;
}
