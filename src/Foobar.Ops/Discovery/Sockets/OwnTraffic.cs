using System.IO.Enumeration;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Discovery.Sockets;

/// <summary>
/// What every machine asks of services outside for itself, whatever it is part of: names, the time, an address, packages,
/// certificates. It is told by the port and by the program, so that another program on such a port stays a question; names are
/// looked up by each program itself.
/// </summary>
/// <param name="Name">What it is for.</param>
/// <param name="Ports">The ports there.</param>
/// <param name="Programs">The processes, as ss(8) prints them: at most 15 bytes; with wildcards.</param>
/// <param name="Units">Their units, without <c>.service</c>, with wildcards.</param>
public sealed record OwnTraffic(string Name, IReadOnlyList<PortRange> Ports, IReadOnlyList<string> Programs, IReadOnlyList<string> Units)
{
    private static readonly PortRange[] Web = [Tcp(80), Tcp(443)];

    /// <summary>What is known.</summary>
    public static IReadOnlyList<OwnTraffic> All { get; } =
    [
        new("names", [Udp(53), Tcp(53)], ["*"], []),
        new(
            "names", [Tcp(853)],
            ["systemd-resolve", "unbound", "stubby", "dnsmasq", "named"],
            ["systemd-resolved", "unbound", "stubby", "dnsmasq", "named"]),
        new(
            "time", [Udp(123), Tcp(4460)],
            ["chronyd", "ntpd", "ntp-daemon", "systemd-timesyn"],
            ["chrony", "chronyd", "ntp", "ntpd", "ntpsec", "openntpd", "ntpd-rs", "systemd-timesyncd"]),
        new(
            "addresses", [Udp(67), Udp(547)],
            ["dhclient", "dhcpcd", "systemd-network", "NetworkManager"],
            ["systemd-networkd", "NetworkManager", "dhcpcd"]),
        new("packages", Web,
            [
                "http", "https", "apt", "apt-get", "aptitude", "unattended-upgr", "apt-check", "dnf", "dnf5", "dnf-automatic", "yum",
                "microdnf", "zypper", "packagekitd", "snapd", "flatpak", "fwupd", "fwupdmgr",
            ],
            [
                "apt-daily", "apt-daily-upgrade", "unattended-upgrades", "apt-news", "esm-cache", "dnf-makecache", "dnf-automatic*",
                "packagekit", "snapd", "fwupd-refresh",
            ]),
        new("certificates", Web, ["certbot", "lego"], ["certbot", "certbot-renew", "acme*"]),
    ];

    /// <summary>What a connection is for; <see langword="null"/> if it is none of these, comes in, or who holds it is not known.</summary>
    /// <param name="seen">The connection; its peer must be no server of the site.</param>
    public static OwnTraffic? Of(Conversation seen) => seen.IsIncoming || seen.Holders.Count == 0 ? null
        : All.FirstOrDefault(own => own.Ports.Any(range => range.Contains(seen.Protocol, seen.Port)) && seen.Holders.All(own.Holds));

    // The machine's own services run outside of containers.
    private bool Holds(SocketHolder holder) =>
        Programs.Any(
            pattern =>
                FileSystemName.MatchesSimpleExpression(pattern, holder.Process, ignoreCase: false)
                    && (pattern == "*" || holder.Container is null))
        || (holder.Container is null && holder.Unit is { } unit && unit.EndsWith(".service", StringComparison.Ordinal)
            && Units.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, unit.AsSpan(0, unit.Length - 8), ignoreCase: false)));

    private static PortRange Tcp(ushort port) => new(TransportProtocol.Tcp, port, port);

    private static PortRange Udp(ushort port) => new(TransportProtocol.Udp, port, port);
}
