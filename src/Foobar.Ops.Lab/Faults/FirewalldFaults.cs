using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of servers whose rules firewalld keeps: in its running configuration, in its permanent one, or in both.</summary>
internal static class FirewalldFaults
{
    private const string Thing = "firewalld";
    private const string RichRule = "rule family=ipv4 source address=198.18.0.0/15 port port=6379 protocol=tcp accept";
    private const string DirectRule = "--direct --{0}-rule ipv4 filter INPUT 0 -p tcp --dport 3306 -j DROP";

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        Row("firewalld-only-running", "FW-008", "A port of web-01 was opened until the next start of firewalld only", "web-01",
            "firewall-cmd -q --zone=internal --add-port=9090/tcp", "firewall-cmd -q --reload",
            "only running: 9090/tcp", "FW-001"),
        Row("firewalld-only-permanent", "FW-008", "A port of web-01 is opened by the next start of firewalld", "web-01",
            "firewall-cmd -q --permanent --zone=internal --add-port=8443/tcp",
            "firewall-cmd -q --permanent --zone=internal --remove-port=8443/tcp",
            "only permanent: 8443/tcp"),
        Row("firewalld-trusted-zone", "FW-001", "The internal interface of web-01 is in the zone trusted", "web-01",
            Both("--zone=internal --remove-interface=internal", "--zone=trusted --add-interface=internal"),
            Both("--zone=trusted --remove-interface=internal", "--zone=internal --add-interface=internal"),
            "inet firewalld filter_IN_trusted|passes", "FW-003", "FW-004", "FW-010"),
        Row(
            "firewalld-zone-lost", "FW-002",
            "The internal interface of web-02 is in no zone, and so in the one that firewalld comes with",
            "web-02",
            $"firewall-cmd -q --set-default-zone=public && {Both("--zone=internal --remove-interface=internal")}",
            $"firewall-cmd -q --set-default-zone=drop; {Both("--zone=internal --add-interface=internal")}",
            "flow replication|is dropped|inet firewalld", "FW-001", "FW-010", "FW-014", "FW-016", "LB-002"),
        Row("firewalld-rich-rule", "FW-001", "A rich rule on web-01 accepts Redis from a foreign network", "web-01",
            Both($"--zone=internal --add-rich-rule='{RichRule}'"), Both($"--zone=internal --remove-rich-rule='{RichRule}'"),
            "inet firewalld filter_IN_internal_allow rule|tcp dport 6379"),
        Row("firewalld-policy", "FW-001", "A policy on web-01 opens a port that its zone does not", "web-01",
            "firewall-cmd -q --permanent --new-policy=maintenance && " + Both(
                "--policy=maintenance --add-ingress-zone=internal",
                "--policy=maintenance --add-egress-zone=HOST",
                "--policy=maintenance --add-port=5000/tcp"),
            Both("--delete-policy=maintenance"),
            "filter_IN_policy_maintenance_allow rule 1|:5000 (new in internal) passes"),
        Row("firewalld-direct-rule", "FW-002", "A direct rule on web-02 drops the database port before the zones are asked", "web-02",
            Both(
                DirectRule.Replace("{0}", "add", StringComparison.Ordinal)), Both(
                    DirectRule.Replace("{0}", "remove", StringComparison.Ordinal)),
            "flow replication|is dropped|ip filter INPUT rule 1", "FW-006", "FW-008", "FW-014", "FW-016", "LB-002"),
        Row("firewalld-beside", "FW-008", "A table beside firewalld's on web-01 drops a port until the next boot only", "web-01",
            "nft 'table inet beside { chain input { type filter hook input priority 0; tcp dport 8443 drop; }; }'",
            "nft delete table inet beside 2>/dev/null || true",
            "the next boot opens|dport 8443"),
        Row("firewalld-stopped", "FW-004", "firewalld of web-02 is stopped", "web-02",
            "systemctl stop firewalld", "systemctl start firewalld",
            "passes without a rule", "FW-001", "FW-003", "FW-008", "FW-010"),
        Row("firewalld-not-at-boot", "FW-008", "firewalld of lb-01 is not started at boot", "lb-01",
            "systemctl disable --quiet firewalld", "systemctl enable --quiet firewalld",
            "no service is enabled that loads rules", "SRV-014"),
    ];

    private static ShellFault Row(
        string name,
        string control,
        string description,
        string server,
        string commandToBreak,
        string commandToHeal,
        string witness,
        params string[] others) =>
        new(name, Area.Firewall, control, description, server, commandToBreak, commandToHeal)
        {
            Thing = Thing,
            AppliesTo = static options => options.Firewall == HostFirewall.Firewalld,
            AlsoSeenBy = others,
            Witness = witness,
        };

    // In the permanent configuration, and loaded from it; each change is made though another was made already.
    private static string Both(params string[] changes) =>
        string.Concat(changes.Select(static change => $"firewall-cmd -q --permanent {change}; ")) + "firewall-cmd -q --reload";
}
