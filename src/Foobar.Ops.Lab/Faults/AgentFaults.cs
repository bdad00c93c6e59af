using Foobar.Ops.Findings;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of the agents and of the Prometheus that a lab with agents has.</summary>
internal static class AgentFaults
{
    private const string Collectd = "/etc/collectd/collectd.conf";

    private const string Rules = "/etc/prometheus/rules.yml";

    private const string Scrapes = "/etc/prometheus/prometheus.yml";

    private const string Second = "at=$(getent ahostsv4 web-02 | cut -d' ' -f1 | head -n1); ";

    private const string ReloadPrometheus = "systemctl reload prometheus";

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        Shell("reports-blocked", "MON-006", "The firewall of web-01 drops what collectd reports", "web-01",
            Blocked("8443 drop"),
            "nft delete table inet blocked 2>/dev/null; true")
            with { Thing = FirewallFaults.Ruleset, Witness = "collectd", ShowsOn = "web-01",
                ShowsWhen = "ss -Htni dport = :8443 | grep -q 'backoff:[2-9]'", AlsoSeenBy = ["FW-008", "FW-014"] },
        Shell("zabbix-blocked", "MON-006", "The firewall of web-02 refuses what the Zabbix agent reports", "web-02",
            Blocked("10051 reject") + "; systemctl restart zabbix-agent2",
            "nft delete table inet blocked 2>/dev/null; systemctl restart zabbix-agent2")
            with { Thing = FirewallFaults.Ruleset, Witness = "zabbix", ShowsOn = "web-02",
                ShowsWhen = "tail -n 5 /var/log/zabbix/zabbix_agent2.log | grep -q 'started to fail'", AlsoSeenBy = ["FW-008", "FW-014"] },
        Shell("reports-stand-still", "MON-006", "collectd on lb-01 is there and does nothing", "lb-01",
            "systemctl kill --signal=STOP collectd", "systemctl kill --signal=CONT collectd") with { AlsoSeenBy = ["MON-002", "MON-011"],
                Witness = "collectd" },
        File("reports-elsewhere", "MON-007", "collectd on web-02 reports to another server than the policy names", ["web-02"], Collectd,
            "sed -i 's#https://[0-9.]*:8443#https://192.0.2.254:8443#' \"$file\"",
                "systemctl restart collectd") with { AlsoSeenBy = ["MON-006"], Witness = "192.0.2.254" },
        File("agent-credentials-readable", "MON-009", "Everybody on fw-01 can read the password that collectd reports with", ["fw-01"],
            Collectd,
            "chmod 0644 \"$file\"", ":") with { Witness = Collectd },
        Shell("scrape-fails", "MON-011", "Prometheus can't scrape netdata on web-02", "web-02", "systemctl stop netdata",
            "systemctl start netdata") with { Witness = "19999" },
        File("component-unwatched", "MON-012", "Nothing measures nginx on web-02", ["web-02"], Collectd,
            "sed -i '/LoadPlugin nginx/d; /<Plugin nginx>/,/<.Plugin>/d' \"$file\"",
                "systemctl restart collectd") with { Witness = "nginx" },
        File("alert-missing", "MON-013", "No alert watches how far the replica is behind", ["lb-01"], Rules,
            "sed -i '/alert: ReplicaBehind/,/for: 5m/d' \"$file\"", ReloadPrometheus) with { Witness = "replication-lag" },
        File("alert-on-nothing", "MON-013", "The alert on disks uses a metric that nobody delivers", ["lb-01"], Rules,
            "sed -i 's/node_filesystem_avail_bytes/disk_free/' \"$file\"", ReloadPrometheus) with { Witness = "disk_free" },
        File("alert-on-other-labels", "MON-013", "The alert on disks asks for a job that there is not", ["lb-01"], Rules,
            "sed -i 's/node_filesystem_avail_bytes{/&job=\"nodes-old\",/' \"$file\"", ReloadPrometheus) with { Witness = "nodes-old" },
        File("alert-blind-for-server", "MON-013", "The alert on disks leaves out web-02", ["lb-01"], Rules,
            Second + "sed -i \"s/node_filesystem_avail_bytes{/&instance!='$at:9100',/\" \"$file\"", ReloadPrometheus) with {
                Witness = "web-02" },
        File("figures-dropped", "MON-011", "Prometheus drops all that node_exporter on web-02 delivers", ["lb-01"], Scrapes,
            Second + "sed -i \"/^- job_name: node$/a\\\\  metric_relabel_configs: "
                + "[{source_labels: [instance], regex: '$at:9100', action: drop}]\" \"$file\"", ReloadPrometheus) with {
                Witness = "none is kept", AlsoSeenBy = ["MON-013"] },
        File("alerts-reach-nobody", "MON-015", "Prometheus has no Alertmanager to hand alerts to", ["lb-01"], Scrapes,
            "sed -i '/^alerting:/,/static_configs/d' \"$file\"", ReloadPrometheus) with { Witness = "no Alertmanager" },
        File("rule-fails", "MON-014", "A rule can't be evaluated", ["lb-01"], Rules,
            "printf -- '  - record: foobar:broken\\n    expr: node_load1 * on() group_left node_cpu_seconds_total\\n' >> \"$file\"",
                ReloadPrometheus) with { Witness = "foobar:broken" },
    ];

    private static string Blocked(string portAndVerdict) =>
        "nft add table inet blocked; nft 'add chain inet blocked output { type filter hook output priority filter; policy accept; }'; "
        + $"nft add rule inet blocked output tcp dport {portAndVerdict}";

    private static ShellFault Shell(string name, string control, string description, string server, string commandToBreak,
        string commandToHeal) =>
        new(name, Area.Monitoring, control, description, server, commandToBreak, commandToHeal) { AppliesTo = static options =>
            options.Agents };

    private static FileFault File(string name, string control, string description, string[] servers, string path, string edit,
        string reload) =>
        new(name, Area.Monitoring, control, description, servers, path, edit, reload) { AppliesTo = static options => options.Agents };
}
