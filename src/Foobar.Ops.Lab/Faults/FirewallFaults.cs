using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of the firewalls: in the file and loaded from it, only loaded, or only in the file.</summary>
internal static class FirewallFaults
{
    private const string Path = "/etc/nftables.conf";

    /// <summary>The rules that run: loading the file replaces them all.</summary>
    public const string Ruleset = "ruleset";

    private const string Load = "nft -f /etc/nftables.conf";
    private const string NotLoaded = "true";

    /// <summary>Puts a server's rules back by whoever keeps them there; firewalld can't reload what was flushed behind its back.</summary>
    private const string Restore =
        "if systemctl is-enabled --quiet firewalld 2>/dev/null; then systemctl restart firewalld; elif [ -e /etc/default/ufw ]; then ufw "
            + "reload; else nft -f /etc/nftables.conf; fi; "
        + "[ ! -e /etc/foobar-container/network.sh ] || sh /etc/foobar-container/network.sh";

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } = [.. Rows().Select(static fault => fault is FileFault file ? Placed(file) : fault)];

    // Beside docker a web server has two interfaces: a rule that names none lets forged sources in too.
    private static FileFault Placed(FileFault fault) => fault with
    {
        AlsoChanges = Ruleset,
        AppliesTo = options => fault.AppliesTo(options) && AreKeptInFile(options, fault.Servers),
        AlsoSeenBy = fault.Servers.Contains("web-01") || fault.Servers.Contains("web-02")
            ? [.. fault.AlsoSeenBy, "FW-017"]
            : fault.AlsoSeenBy,
    };

    // The file is nobody's where firewalld or ufw keep the rules: these have faults of their own.
    private static bool AreKeptInFile(LabOptions options, params string[] servers) =>
        options.Firewall is HostFirewall.Nftables or HostFirewall.Docker || servers.All(static server => server == "fw-01");

    private static IEnumerable<Fault> Rows() =>
    [
        new FileFault("fw-open-port", Area.Firewall, "FW-001", "web-01 accepts port 8080 from everyone", ["web-01"], Path,
            "sed -i '0,\\#ct state invalid drop#s##&\\n        tcp dport 8080 accept#' \"$file\"", Load)
            { Witness = ":8080 (new in internal) passes|rule 4|tcp dport 8080 accept" },
        new FileFault(
            "fw-accept-behind-jump", Area.Firewall, "FW-001",
            "A chain that web-01 jumps to accepts SNMP from everyone",
            ["web-01"], Path,
            "sed -i 's#^table inet filter {#&\\n    chain extra { udp dport 161 accept; }#' \"$file\"; sed -i '0,\\#ct state invalid "
                + "drop#s##&\\n        jump extra#' \"$file\"",
            Load)
            { Witness = "inet filter extra rule 1|jump extra|:161 (new" },
        new FileFault("fw-verdict-map", Area.Firewall, "FW-001", "A verdict map on web-01 accepts Redis and memcached", ["web-01"], Path,
            "sed -i '0,\\#ct state invalid drop#s##&\\n        tcp dport vmap { 6379 : accept, 11211 : accept }#' \"$file\"", Load)
            { Witness = "tcp dport { 6379, 11211 }|vmap" },
        new FileFault(
            "fw-concatenation", Area.Firewall, "FW-001",
            "A concatenated set on web-01 accepts a range of ports from a foreign network",
            ["web-01"], Path,
            "sed -i '0,\\#ct state invalid drop#s##&\\n        ip saddr . tcp dport { 198.18.0.0/15 . 8000-9000 } accept#' \"$file\"", Load)
            { Witness = "tcp dport 8000-9000|ip saddr 198.18.0.0/15" },
        new FileFault(
            "fw-trusted-interface", Area.Firewall, "FW-001",
            "web-01 trusts everything that comes in by its internal interface",
            ["web-01"], Path,
            "sed -i '0,\\#ct state invalid drop#s##&\\n        iifname \"internal\" accept#' \"$file\"", Load)
            { AlsoSeenBy = ["FW-003", "FW-006", "FW-010"], Witness = "iifname \"internal\" accept|passes" },
        new FileFault("fw-udp-range", Area.Firewall, "FW-001", "web-01 accepts all low UDP ports", ["web-01"], Path,
            "sed -i '0,\\#ct state invalid drop#s##&\\n        udp dport 1-1023 accept#' \"$file\"", Load)
            { AlsoSeenBy = ["FW-006"], Witness = "udp 192.0.2.|udp dport 1-1023 accept" },
        new FileFault(
            "fw-mark-bypass", Area.Firewall, "FW-001",
            "A mark that any packet from port 53 gets is accepted on web-01",
            ["web-01"], Path,
            "sed -i 's#^table inet filter {#&\\n    chain marks { type filter hook prerouting priority mangle; udp sport 53 meta mark set "
                + "0x53; }#' \"$file\"; sed -i '0,\\#ct state invalid drop#s##&\\n        meta mark 0x53 accept#' \"$file\"",
            Load)
            { Witness = ":53 -> 192.0.2.|meta mark 83 accept" },
        new FileFault(
            "fw-network-firewall-open", Area.Firewall, "FW-001",
            "fw-01 lets the database port through to the public network",
            ["fw-01"], Path,
            "sed -i '/hook forward/a tcp dport 3306 accept' \"$file\"", Load)
            { AlsoSeenBy = ["FW-017"], Witness = "inet filter forward rule 1|:3306 (new in outside) passes" },
        new FileFault("fw-flow-forgotten", Area.Firewall, "FW-002", "web-01 has no rule for replication", ["web-01"], Path,
            "sed -i '/flow replication/d' \"$file\"", Load)
            { AlsoSeenBy = ["FW-014", "FW-016"], Witness = "flow replication|:3306 (new in internal) is dropped|policy drop" },
        new FileFault(
            "fw-drop-before-accept", Area.Firewall, "FW-002",
            "A rule on web-01 drops the database port before the rules that accept it",
            ["web-01"], Path,
            "sed -i '0,\\#ct state invalid drop#s##&\\n        tcp dport 3306 drop#' \"$file\"", Load)
            { AlsoSeenBy = ["FW-006", "FW-014", "FW-016"], Witness = ":3306 (new in internal) is dropped|inet filter input rule 4" },
        new FileFault(
            "fw-block-list-too-wide", Area.Firewall, "FW-002",
            "A block list entry on web-01 holds the other database server",
            ["web-01"], Path,
            "peer=$(sed -n 's#.* ip saddr {\\? \\?\\([0-9.]*\\)[ ,].*flow replication.*#\\1#p' \"$file\"); sed -i \"0,\\\\#ct state "
                + "invalid drop#s##&\\n        ip saddr $peer/31 drop#\" \"$file\"",
            Load)
            { AlsoSeenBy = ["FW-006", "FW-014", "FW-016"], Witness = "flow replication|is dropped|inet filter input rule 4" },
        new FileFault("fw-network-flow-missing", Area.Firewall, "FW-002", "fw-01 no longer lets visitors through", ["fw-01"], Path,
            "sed -i '/flow visitors/d' \"$file\"", Load)
            { AlsoSeenBy = ["FW-014"], Witness = "flow visitors|:80 (new in outside) is dropped|inet filter forward: policy drop" },
        new FileFault(
            "fw-ports-swapped", Area.Firewall, "FW-002",
            "The rule for the web on web-01 names port 8 instead of 80",
            ["web-01"], Path,
            "sed -i 's#tcp dport 80 #tcp dport 8 #' \"$file\"", Load)
            { AlsoSeenBy =
            [
                "FW-001", "LB-002", "LB-006", "FW-014", "TLS-043", "TLS-045",
            ], Witness = "flow backends|:80 (new in internal) is dropped", AppliesTo = static options => options.Tls == TlsVariant.Edge },
        new FileFault("fw-ipv6-open", Area.Firewall, "FW-003", "web-01 accepts a port over IPv6 that is closed over IPv4", ["web-01"], Path,
            "sed -i '0,\\#ct state invalid drop#s##&\\n        meta nfproto ipv6 tcp dport 9200 accept#' \"$file\"", Load)
            { AlsoSeenBy = ["FW-001"], Witness = "tcp [2001:db8:ffff::7]|]:9200 (new in internal) passes" },
        new FileFault("fw-policy-accept", Area.Firewall, "FW-004", "The input chain of web-01 accepts what no rule names", ["web-01"], Path,
            "sed -i 's#hook input priority filter; policy drop;#hook input priority filter; policy accept;#' \"$file\"", Load)
            { AlsoSeenBy = ["FW-001", "FW-003", "FW-010"], Witness = "passes|inet filter input: policy accept" },
        new ShellFault("fw-flushed", Area.Firewall, "FW-004", "The ruleset of web-02 is flushed", "web-02",
            "nft flush ruleset",
            Restore)
            { Thing = Ruleset, AlsoSeenBy =
            [
                "FW-001", "FW-003", "FW-008", "FW-010", "FW-011", "FW-017",
            ], Witness = "passes without a rule|passes: " },
        new FileFault("fw-no-replies", Area.Firewall, "FW-005", "web-01 takes no replies to its own connections", ["web-01"], Path,
            "sed -i '/ct state established,related accept/d' \"$file\"", Load)
            { AlsoSeenBy = ["FW-002"], Witness = "(established in internal) is dropped|inet filter input: policy drop" },
        new FileFault(
            "fw-no-related", Area.Firewall, "FW-005",
            "web-01 takes replies, but not the ICMP errors about its connections",
            ["web-01"], Path,
            "sed -i 's#ct state established,related accept#ct state established accept#' \"$file\"", Load)
            { Witness = "icmp type 3|(related in internal) is dropped" },
        new FileFault(
            "fw-drop-too-late", Area.Firewall, "FW-006",
            "A drop on web-01 stands after the accept it should come before",
            ["web-01"], Path,
            "sed -i '/ip saddr .* tcp dport 22 accept/{p;s#accept.*#drop#}' \"$file\"", Load)
            { Witness = "tcp dport 22 drop|shadowed by|flow jump" },
        new FileFault(
            "fw-chain-without-jump", Area.Firewall, "FW-007",
            "Nothing on web-01 leads to a chain that drops scanners",
            ["web-01"], Path,
            "sed -i 's#^table inet filter {#&\\n    chain scanners { ip saddr 198.18.0.0/15 drop; }#' \"$file\"", Load)
            { Witness = "inet filter scanners rule 1" },
        new FileFault("fw-empty-set", Area.Firewall, "FW-007", "The block list of web-01 is empty", ["web-01"], Path,
            "sed -i 's#^table inet filter {#&\\n    set blocked { type ipv4_addr; }#' \"$file\"; sed -i '0,\\#ct state invalid "
                + "drop#s##&\\n        ip saddr @blocked drop#' \"$file\"",
            Load)
            { Witness = "ip saddr @blocked drop" },
        new ShellFault(
            "fw-not-persisted", Area.Firewall, "FW-008",
            "A rule of lb-01 that answers pings runs, but the next boot would not load it",
            "lb-01",
            "nft insert rule inet filter input icmp type echo-request accept",
            "nft -f /etc/nftables.conf")
            { AppliesTo = static options =>
                AreKeptInFile(options, "lb-01"), Thing = Ruleset, AlsoSeenBy = ["FW-002"], Witness = "the next boot closes|icmp type 8" },
        new FileFault(
            "fw-file-not-loaded", Area.Firewall, "FW-008",
            "The file of lb-01 opens a port as soon as it is loaded",
            ["lb-01"], Path,
            "sed -i '0,\\#ct state invalid drop#s##&\\n        tcp dport 8443 accept#' \"$file\"", NotLoaded)
            { Witness = "the next boot opens|tcp dport 8443" },
        new FileFault("fw-file-broken", Area.Firewall, "FW-008", "The file of lb-01 can not be loaded at the next boot", ["lb-01"], Path,
            "echo \"table inet filter { chain\" >> \"$file\"", NotLoaded)
            { Witness = "can't load it|syntax error" },
        new ShellFault("fw-not-at-boot", Area.Firewall, "FW-008", "The firewall of lb-01 is not loaded at boot", "lb-01",
            "systemctl disable --quiet nftables",
            "systemctl enable --quiet nftables")
            { AppliesTo = static options =>
                AreKeptInFile(options, "lb-01"), Thing = Ruleset, Witness = "no service is enabled that loads rules" },
        new ShellFault(
            "fw-listens-too-wide", Area.Firewall, "FW-009",
            "web-01 has an address of a network that no flow leads to, and its services listen there too",
            "web-01",
            "ip link add maintenance type veth peer name maintenance-end && ip address add 198.18.0.11/24 dev maintenance && ip link set "
                + "maintenance up",
            "ip link del maintenance 2>/dev/null || true")
            // Beside docker sshd is told its addresses, and nothing else listens on all.
            { AppliesTo = static options =>
                options.Firewall != HostFirewall.Docker, AlsoSeenBy = ["FW-001"],
                Witness = "198.18.0.11 too, where no declared flow leads|tcp/22" },
        new FileFault("fw-ssh-open", Area.Firewall, "FW-010", "lb-01 accepts SSH from everyone", ["lb-01"], Path,
            "sed -i '0,\\#ct state invalid drop#s##&\\n        tcp dport 22 accept#' \"$file\"", Load)
            { AlsoSeenBy = ["FW-001", "FW-006", "FW-017"], Witness = "tcp 203.0.113.7:40000 -> 198.51.100.|:22 (new in public) passes" },
        new FileFault(
            "fw-database-open", Area.Firewall, "FW-010",
            "The rules for the database on web-01 forgot the source",
            ["web-01"], Path,
            "sed -i 's#iifname \"internal\" ip saddr [0-9.]* tcp dport 3306#tcp dport 3306#' \"$file\"", Load)
            { AlsoSeenBy = ["FW-001", "FW-006"], Witness = ":40000 -> 192.0.2.|:3306 (new in |passes|tcp dport 3306 accept" },
        new FileFault(
            "fw-operators-too-wide", Area.Firewall, "FW-010",
            "The network of those who reach SSH on lb-01 is a digit too wide",
            ["lb-01"], Path,
            "sed -i 's#ip saddr \\([0-9.]*\\) tcp dport 22#ip saddr \\1/12 tcp dport 22#' \"$file\"", Load)
            { AlsoSeenBy = ["FW-001"], Witness = "203.0.0.0/12|:22 (new in public) passes" },
        new FileFault(
            "fw-set-too-wide", Area.Firewall, "FW-010",
            "An element of the set of those who reach SSH on lb-01 is a whole network instead of one address",
            ["lb-01"], Path,
            "sed -i 's#^table inet filter {#&\\n    set operators { type ipv4_addr; flags interval; elements = { 203.0.113.0/24 }; }#; "
                + "s#ip saddr [0-9.]* tcp dport 22#ip saddr @operators tcp dport 22#' \"$file\"",
            Load)
            { AlsoSeenBy = ["FW-001"], Witness = "203.0.113.|@operators tcp dport 22|:22 (new in public) passes" },
        new ShellFault("fw-forwards", Area.Firewall, "FW-011", "lb-01 forwards packets between its networks", "lb-01",
            "sysctl -qw net.ipv4.ip_forward=1 && nft 'chain inet filter forward { policy accept; }'",
            "sysctl -qw net.ipv4.ip_forward=0; nft -f /etc/nftables.conf")
            { AppliesTo = static options =>
                AreKeptInFile(options, "lb-01"), Thing = Ruleset, AlsoSeenBy =
                [
                    "FW-004", "FW-008", "FW-017",
                ], Witness = "net.ipv4.ip_forward|is forwarded: inet filter forward: policy accept" },
        new ShellFault("fw-legacy-beside", Area.Firewall, "FW-013", "Legacy iptables drops a port on web-02 beside nftables", "web-02",
            "iptables-legacy -A INPUT -p tcp --dport 8443 -j DROP",
            "iptables-legacy -F INPUT")
            { Thing = Ruleset, AlsoSeenBy = ["FW-008"], Witness = "ip filter INPUT rule 1|--dport 8443 -j DROP" },
        new ShellFault(
            "fw-nat-bypass", Area.Firewall, "FW-012",
            "A published container port on lb-01 leads around its input chain",
            "lb-01",
            "sysctl -qw net.ipv4.ip_forward=1 && nft 'add table ip nat; add chain ip nat prerouting { type nat hook prerouting priority "
                + "dstnat; }; add rule ip nat prerouting tcp dport 8081 dnat to 172.17.0.2:80; insert rule inet filter forward ip daddr "
                + "172.17.0.2 accept'",
            "sysctl -qw net.ipv4.ip_forward=0; nft -f /etc/nftables.conf")
            { AppliesTo = static options =>
                AreKeptInFile(options, "lb-01"), Thing = Ruleset, AlsoSeenBy =
                [
                    "FW-008", "FW-011", "FW-017",
                ], Witness = "ip nat prerouting rule 1|:8081 (new in public) passes|172.17.0.2" },
        new FileFault(
            "fw-any-interface", Area.Firewall, "FW-017",
            "The rules of lb-01 for its internal senders no longer name the interface",
            ["lb-01"], Path,
            "sed -i 's#iifname \"internal\" ip#ip#' \"$file\"", Load)
            { Witness = "interface public|(new in public) passes|inet filter input rule" },
        new FileFault(
            "fw-hidden-translation", Area.Firewall, "FW-015",
            "fw-01 leads visitors of port 80 to the balancer's SSH, under the operator's address",
            ["fw-01"], Path,
            "lb=$(sed -n 's#.* ip daddr \\([0-9.]*\\) .*flow visitors.*#\\1#p' \"$file\" | head -n 1); op=$(sed -n 's#.* ip saddr "
                + "\\([0-9.]*\\) .*flow operators.*#\\1#p' \"$file\" | head -n 1); "
            + "sed -i '/hook forward/a ct status dnat accept' \"$file\"; "
            + "printf 'table ip hidden {\n chain before { type nat hook prerouting priority dstnat; ip daddr %s tcp dport 80 dnat to "
            + "%s:22; }\n chain after { type nat hook postrouting priority srcnat; ct status dnat snat to %s; }\n}\n"
            + "' \"$lb\" \"$lb\" \"$op\" >> \"$file\"", Load)
            {
                AlsoSeenBy = ["FW-002", "FW-017"],
                Witness = "outside -> fw-01 -> lb-01|ip hidden before rule 1|:80 (new)|lb-01: ",
                AppliesTo = static options => options.Balancers == 1,
            },
        new FileFault(
            "fw-sender-blocked", Area.Firewall, "FW-014",
            "web-01 lets nothing out to the other database's port",
            ["web-01"], Path,
            BlockPeer, Load)
            { AlsoSeenBy = ["FW-002", "FW-016"], Witness = "flow replication|:3306 (new)|web-01: |inet filter output rule 1" },
        new FileFault(
            "fw-failover-blocked", Area.Firewall, "FW-016",
            "web-02 takes nothing from the server that would be its replica after a failover",
            ["web-02"], Path,
            "sed -i '/flow replication/d' \"$file\"", Load)
            { AlsoSeenBy =
            [
                "FW-002", "FW-014",
            ], Witness = "primary web-02|replication: web-01 -> web-02|web-02: |inet filter input: policy drop" },
    ];

    // Drops what goes out to the peer's database, over both IP versions.
    private const string BlockPeer =
        "four=$(sed -n 's#.* ip saddr {\\? \\?\\([0-9.]*\\)[ ,].*flow replication.*#\\1#p' \"$file\"); six=$(sed -n 's#.* ip6 saddr {\\? "
            + "\\?\\([0-9a-f:]*\\)[ ,].*flow replication.*#\\1#p' \"$file\"); "
        + "sed -i \"s#hook output priority filter; policy accept;#&\\n ip daddr $four tcp dport 3306 drop\\n ip6 daddr $six tcp dport 3306 "
        + "drop#\" \"$file\"";
}
