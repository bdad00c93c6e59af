using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>
/// What dockerd makes of a server's network (docker.io 20.10 of Debian 12), without dockerd: the bridge, one container with a
/// published port, and its rules, loaded by iptables-restore. The host's own ruleset leaves the bridge to docker's chains, and
/// fills the one of these that is the operator's: the container serves this server alone.
/// </summary>
internal static class ContainerFiles
{
    /// <summary>What the ruleset begins with instead of a flush, which would take docker's rules away.</summary>
    public const string Table = """
        table inet filter
        delete table inet filter
        table ip filter { chain DOCKER-USER { }; }
        flush chain ip filter DOCKER-USER

        table ip filter {
            chain DOCKER-USER {
                counter drop
            }
        }

        """;

    /// <summary>The rules of the chain <c>forward</c>.</summary>
    public static IReadOnlyList<string> Forward { get; } = ["iifname \"docker0\" accept", "oifname \"docker0\" accept"];

    /// <summary>A chain more: the bridge's addresses are nobody else's to talk to.</summary>
    public const string Prerouting = """

            chain prerouting {
                type filter hook prerouting priority raw;
                iifname != { "lo", "docker0" } ip daddr 172.17.0.0/16 drop
            }

        """;

    /// <summary>The files.</summary>
    public static IEnumerable<ServerFile> All =>
    [
        new ServerFile("/etc/foobar-container/rules.v4", Resources.Read("server/foobar-container.rules")),
        new ServerFile("/etc/foobar-container/network.sh", Resources.Read("server/foobar-container.sh")),
        .. ServerFile.OwnUnit("foobar-container.service"),
    ];
}
