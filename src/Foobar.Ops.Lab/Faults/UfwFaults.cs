using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of servers whose rules ufw keeps: by its own commands, in its files, or past it.</summary>
internal static class UfwFaults
{
    // Not by "ufw enable", which would write its rules for IPv6 away.
    private const string Again = "/lib/ufw/ufw-init force-reload";

    private static readonly Func<LabOptions, bool> Applies = static options => options.Firewall == HostFirewall.Ufw;

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        Row("ufw-disabled", "FW-004", "ufw of web-02 is disabled", "web-02",
            "ufw disable", "ufw --force enable",
            "passes without a rule", "FW-001", "FW-003", "FW-008", "FW-010"),
        Row("ufw-default-allow", "FW-004", "ufw of web-01 lets in what no rule names", "web-01",
            "ufw default allow incoming", "ufw default deny incoming",
            "passes without a rule|policy accept", "FW-001", "FW-003", "FW-010"),
        Row("ufw-open-port", "FW-001", "ufw of web-01 lets everybody reach port 8080", "web-01",
            "ufw allow 8080/tcp", "ufw delete allow 8080/tcp",
            "ip filter ufw-user-input rule|:8080 (new in internal) passes"),
        Row("ufw-deny-first", "FW-002", "A rule of ufw on web-02 denies the database port before the rules that allow it", "web-02",
            "ufw prepend deny 3306/tcp", "ufw delete deny 3306/tcp",
            "flow replication|is dropped|ip filter ufw-user-input rule 1", "FW-014", "FW-016", "LB-002"),
        Row(
            "ufw-allow-before-deny", "FW-017",
            "A rule of ufw on lb-01 lets the internal network in by the public interface before it is denied there",
            "lb-01",
            "ufw prepend allow in on public from 192.0.2.0/24 to any port 443 proto tcp",
            "ufw delete allow in on public from 192.0.2.0/24 to any port 443 proto tcp",
            "interface public|ufw-user-input rule 1", "FW-001"),
        Edit(
            "ufw-before-rules", "FW-001",
            "A rule on web-01 that ufw does not show accepts a port before its own",
            "web-01", "/etc/ufw/before.rules",
            "sed -i '/^# drop INVALID/i -A ufw-before-input -p tcp --dport 9200 -j ACCEPT' \"$file\"", "ufw reload",
            "ip filter ufw-before-input rule|:9200 (new in internal) passes"),
        Edit("ufw-ipv6-off", "FW-002", "ufw of web-02 does not know of IPv6", "web-02", "/etc/default/ufw",
            "sed -i 's/^IPV6=yes/IPV6=no/' \"$file\"", Again,
            "flow replication|[2001:db8:", "FW-003", "FW-005", "FW-014", "FW-016"),
        Row("ufw-only-running", "FW-008", "A port of web-01 was opened past ufw, until its next start", "web-01",
            "iptables -I ufw-user-input -p tcp --dport 8443 -j ACCEPT", "iptables -D ufw-user-input -p tcp --dport 8443 -j ACCEPT",
            "the next boot closes|8443", "FW-001"),
        Edit(
            "ufw-file-not-loaded", "FW-008",
            "A rule in a file of ufw on lb-01 opens a port as soon as it is loaded",
            "lb-01", "/etc/ufw/before.rules",
            "sed -i '/^# drop INVALID/i -A ufw-before-input -p tcp --dport 8443 -j ACCEPT' \"$file\"", "true",
            "the next boot opens|8443"),
        Row("ufw-not-at-boot", "FW-008", "ufw of lb-01 is not started at boot", "lb-01",
            "systemctl disable --quiet ufw", "systemctl enable --quiet ufw",
            "no service is enabled that loads rules"),
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
        new(
            name, Area.Firewall, control, description, server, commandToBreak, commandToHeal)
            {
                Thing = "ufw",
                AppliesTo = Applies,
                AlsoSeenBy = others,
                Witness = witness,
            };

    private static FileFault Edit(
        string name,
        string control,
        string description,
        string server,
        string path,
        string edit,
        string reload,
        string witness,
        params string[] others) =>
        new(
            name, Area.Firewall, control, description, [server], path, edit, reload)
            {
                AppliesTo = Applies,
                AlsoSeenBy = others,
                Witness = witness,
            };
}
