using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>
/// The monitoring agents of a server. Every lab has <c>prometheus-node-exporter</c> on loopback, since its policy has no flow to
/// it. A lab with agents has more of them on each server, which report to lb-01: a Prometheus there, and a stand-in for the
/// services that are none of Debian's.
/// </summary>
internal static class AgentFiles
{
    /// <summary>The port the Prometheus on lb-01 answers on.</summary>
    public const int PrometheusPort = 9090;

    /// <summary>The port the stand-in takes what collectd posts on.</summary>
    public const int CollectorPort = 8443;

    /// <summary>The port the stand-in takes alerts on, on loopback.</summary>
    public const int AlertPort = 9093;

    /// <summary>The port the stand-in takes what Zabbix agents report on.</summary>
    public const int ZabbixPort = 10051;

    // All that is no disk. The exporter's own list has overlay too, which the root of a lab's server is.
    private const string NoDisks = "^(autofs|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|mqueue|nsfs|proc|pstore|ramfs"
        + "|securityfs|sysfs|tmpfs|tracefs)$";

    private const string Authorities = "/etc/foobar-agents/ca.pem";

    private const string Certificate = "/etc/foobar-agents/agent.pem";

    private const string Key = "/etc/foobar-agents/agent.key";

    /// <summary>The agents' files and what starts them.</summary>
    public static IEnumerable<ServerFile> For(LabPlan plan, LabServer server, LabAuthority authority)
    {
        yield return ServerFile.Enable("prometheus-node-exporter.service");
        if (!plan.Options.Agents)
        {
            yield return new ServerFile("/etc/default/prometheus-node-exporter", "ARGS=\"--web.listen-address=127.0.0.1:9100\"\n");
            yield break;
        }

        IssuedCertificate certificate = authority.IssueServer(server);
        yield return new ServerFile(Authorities, authority.RootPem);
        yield return new ServerFile(Certificate, certificate.Chain);
        yield return new ServerFile(Key, certificate.Key) { Mode = ServerFile.OwnerAndGroup, Group = "prometheus" };
        yield return new ServerFile("/etc/foobar-agents/zabbix.key", certificate.Key) { Mode = ServerFile.OwnerAndGroup, Group = "zabbix" };
        yield return new ServerFile("/etc/foobar-agents/web.yml", $"tls_server_config:\n  cert_file: {Certificate}\n  key_file: {Key}\n");

        // What the Prometheus beside it asks stays on loopback, where no certificate is needed.
        string listen = server.Is(Role.Monitoring)
            ? "--web.listen-address=127.0.0.1:9100"
            : "--web.listen-address=:9100 --web.config.file=/etc/foobar-agents/web.yml";
        yield return new ServerFile(
            "/etc/default/prometheus-node-exporter",
            $"ARGS=\"{listen} --collector.textfile.directory=/var/lib/prometheus/node-exporter "
                + $"--collector.filesystem.fs-types-exclude={NoDisks}\"\n");
        yield return new ServerFile("/etc/collectd/collectd.conf", Collectd(plan, server)) { Mode = ServerFile.OwnerOnly };
        yield return ServerFile.Enable("collectd.service");
        yield return new ServerFile(
            "/etc/zabbix/zabbix_agent2.conf", Zabbix(plan, server)) { Mode = ServerFile.OwnerAndGroup, Group = "zabbix" };
        yield return ServerFile.Enable("zabbix-agent2.service");
        IEnumerable<ServerFile> more = server.Is(Role.Monitoring) ? OfService(plan) : server.Is(Role.Database) ? OfDatabase(server) : [];
        foreach (ServerFile file in more)
        {
            yield return file;
        }
    }

    private static IEnumerable<ServerFile> OfService(LabPlan plan) =>
    [
        new ServerFile("/etc/default/prometheus", $"ARGS=\"--web.listen-address=:{PrometheusPort} --storage.tsdb.retention.time=2h\"\n"),
        new ServerFile("/etc/prometheus/prometheus.yml", Prometheus(plan)),
        new ServerFile("/etc/prometheus/rules.yml", Resources.Read("server/foobar-rules.yml")),

        // A blackbox exporter would measure it; the lab needs some server's word for when the site's certificate ends.
        new ServerFile(
            "/var/lib/prometheus/node-exporter/certificate.prom",
            $"probe_ssl_earliest_cert_expiry {DateTimeOffset.UtcNow.AddDays(60).ToUnixTimeSeconds()}\n"),
        ServerFile.Enable("prometheus.service"),

        // Its sandbox wants a user namespace of its own, which a container in a container may not have.
        ServerFile.DropIn("prometheus.service", "[Service]\nPrivateUsers=no\nPrivateDevices=no\nDevicePolicy=auto\n"),
        new ServerFile("/usr/local/lib/foobar-agents/receiver.py", Resources.Read("server/foobar-receiver.py")),
        .. ServerFile.OwnUnit("foobar-receiver.service"),
    ];

    // It logs in to the database as the operator may: by its account on the server, without a password.
    private static IEnumerable<ServerFile> OfDatabase(LabServer server) =>
    [
        new ServerFile(
            "/etc/default/prometheus-mysqld-exporter",
            "ARGS=\"--web.listen-address=:9104\"\nDATA_SOURCE_NAME=\"operator@unix(/run/mysqld/mysqld.sock)/\"\n")
            {
                Mode = ServerFile.OwnerOnly,
            },
        ServerFile.DropIn("prometheus-mysqld-exporter.service", "[Service]\nUser=operator\n"),
        ServerFile.Enable("prometheus-mysqld-exporter.service"),
        new ServerFile("/etc/netdata/netdata.conf", Netdata(server)),
        ServerFile.Enable("netdata.service"),
    ];

    private static string Service(LabPlan plan, LabServer server) =>
        $"{(server.Is(Role.NetworkFirewall) ? plan.Addresses.BalancerPublic.V4 : plan.Addresses.BalancerInternal.V4)}";

    private static string Collectd(LabPlan plan, LabServer server) => $"""
        Hostname "{server.Name}"
        Interval 5
        LoadPlugin syslog
        <Plugin syslog>
          LogLevel warning
        </Plugin>
        LoadPlugin cpu
        LoadPlugin memory
        LoadPlugin load
        {(server.Is(Role.Web) ? "LoadPlugin nginx\n<Plugin nginx>\n  URL \"http://127.0.0.1:8081/nginx_status\"\n</Plugin>" : "")}
        LoadPlugin write_http
        <Plugin write_http>
          <Node "service">
            URL "https://{Service(plan, server)}:{CollectorPort}/collectd"
            CACert "{Authorities}"
            User "collectd"
            Password "{plan.Secrets.Canary}"
            Format "JSON"
            BufferSize 4096
          </Node>
        </Plugin>
        LoadPlugin write_prometheus
        <Plugin write_prometheus>
          {(server.Is(Role.Monitoring) ? "Host \"127.0.0.1\"" : "")}
          Port "9103"
        </Plugin>

        """;

    private static string Zabbix(LabPlan plan, LabServer server) => $"""
        LogFile=/var/log/zabbix/zabbix_agent2.log
        LogFileSize=0
        Server=127.0.0.1
        ListenIP=127.0.0.1
        ServerActive={Service(plan, server)}:{ZabbixPort}
        Hostname={server.Name}
        RefreshActiveChecks=60
        TLSConnect=cert
        TLSAccept=cert
        TLSCAFile={Authorities}
        TLSCertFile={Certificate}
        TLSKeyFile=/etc/foobar-agents/zabbix.key
        ControlSocket=/run/zabbix/agent.sock
        PidFile=/run/zabbix/zabbix_agent2.pid

        """;

    private static string Netdata(LabServer server) => $"""
        [global]
            run as user = netdata
            bind socket to IP = {server.Links[0].V4}
            update every = 5
        [db]
            mode = ram
        [ml]
            enabled = no
        [plugins]
            apps = no
            go.d = no
            python.d = no
            charts.d = no
            node.d = no
            ebpf = no
            perf = no
            tc = no

        """;

    private static string Prometheus(LabPlan plan)
    {
        LabServer[] inside = [.. plan.Servers.Where(static server => !server.Is(Role.NetworkFirewall) && !server.Is(Role.LoadBalancer))];
        string[] inner = [.. inside.Select(static server => $"{server.Links[0].V4}")];
        string[] all = [$"{plan.Addresses.FirewallPublic.V4}", .. inner];
        return $"""
            global:
              scrape_interval: 2s
              scrape_timeout: 2s
              evaluation_interval: 2s
            rule_files: ["/etc/prometheus/rules.yml"]
            alerting:
              alertmanagers:
              - static_configs: [{Targets(["127.0.0.1"], AlertPort)}]
            scrape_configs:
            - job_name: node
              scheme: https
              tls_config:
                ca_file: {Authorities}
              static_configs: [{Targets(all, 9100)}]
            - job_name: node-local
              static_configs: [{Targets(["127.0.0.1"], 9100)}]
            - job_name: collectd
              honor_timestamps: false
              static_configs: [{Targets(["127.0.0.1", .. all], 9103)}]
            - job_name: mysqld
              static_configs: [{Targets(inner, 9104)}]
            - job_name: haproxy
              static_configs: [{Targets(["127.0.0.1"], 8405)}]
            - job_name: netdata
              metrics_path: /api/v1/allmetrics
              params:
                format: [prometheus]
              honor_labels: true
              static_configs: [{Targets(inner, 19999)}]

            """;
    }

    private static string Targets(IEnumerable<string> addresses, int port) =>
        $"{{targets: [{string.Join(", ", addresses.Select(address => $"\"{address}:{port}\""))}]}}";
}
