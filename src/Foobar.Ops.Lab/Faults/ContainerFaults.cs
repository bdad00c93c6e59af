using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of a server whose rules stand beside docker's.</summary>
internal static class ContainerFaults
{
    private const string Path = "/etc/nftables.conf";
    private const string Open = "sed -i '/counter drop/d' \"$file\"";
    private const string Redis = "-p tcp -m conntrack --ctorigdstport 6379 --ctdir ORIGINAL -j RETURN";
    private const string Published = "! -i docker0 -p tcp --dport 6379 -j DNAT --to-destination 172.17.0.2:6379";
    private const string Forwarded = "-d 172.17.0.2 ! -i docker0 -o docker0 -p tcp --dport 6379 -j ACCEPT";

    private static readonly Func<LabOptions, bool> Applies = static options => options.Firewall == HostFirewall.Docker;

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        new FileFault(
            "docker-user-empty", Area.Firewall, "FW-012",
            "Nothing on web-01 keeps others from the published port of its container",
            ["web-01"], Path,
            Open, "nft -f /etc/nftables.conf")
            { AppliesTo = Applies, AlsoSeenBy =
            [
                "FW-011", "FW-017",
            ], Witness = "ip nat DOCKER rule 2|:8081 (new in internal) passes|172.17.0.2" },
        new FileFault(
            "docker-user-not-persisted", Area.Firewall, "FW-008",
            "The rule on web-01 that keeps others from its container is gone after the next boot",
            ["web-01"], Path,
            Open, "true")
            { AppliesTo = Applies, Witness = "forward|the next boot opens" },
        new ShellFault(
            "docker-port-published", Area.Firewall, "FW-012",
            "A second container port on web-01 is published, and let through in DOCKER-USER",
            "web-01",
            $"iptables -t nat -A DOCKER {Published} && iptables -A DOCKER {Forwarded} && iptables -I DOCKER-USER {Redis}",
            $"iptables -t nat -D DOCKER {Published}; iptables -D DOCKER {Forwarded}; iptables -D DOCKER-USER {Redis}")
            { Thing = Path, AppliesTo = Applies, AlsoSeenBy =
            [
                "FW-008", "FW-011", "FW-017",
            ], Witness = "ip nat DOCKER rule 3|:6379 (new in internal) passes" },
    ];
}
