using System.Net;
using System.Text.RegularExpressions;
using Foobar.Ops.Inventory;
using Foobar.Ops.Monitoring;

namespace Foobar.Ops.Traffic.Dashboards;

/// <summary>What dashboards need to know of a site: its servers by role, and the limits of its policy.</summary>
internal sealed record DashboardSite
{
    public required string Name { get; init; }

    public required int Port { get; init; }

    public required IReadOnlyList<Server> Servers { get; init; }

    public required IReadOnlyList<Server> Balancers { get; init; }

    public required IReadOnlyList<Server> Databases { get; init; }

    /// <summary>The server that Prometheus runs on, whose loopback addresses it scrapes; <see langword="null"/> if it is none of the
    /// site's.</summary>
    public Server? Scraper { get; init; }

    public required double MaxLagSeconds { get; init; }

    public required int CertificateFailDays { get; init; }

    public required double DiskFailPercent { get; init; }

    /// <summary>The site's name in lower case, with hyphens: for file names, groups and ids.</summary>
    public string Slug =>
        string.Concat(Name.Select(character => char.IsAsciiLetterOrDigit(character) ? char.ToLowerInvariant(character) : '-')).Trim('-');

    public static DashboardSite Of(Site site) => new()
    {
        Name = site.Name,
        Port = site.Policy.Tls.Port,
        Servers = site.Servers,
        Balancers = [.. site.WithRole(Role.LoadBalancer)],
        Databases = site.Policy.Database is { } database ? [.. site.WithRole(database.Members)] : [],
        Scraper = site.Servers.FirstOrDefault(server => InstanceMatch.RunsPrometheus(server, site))
            ?? (site.Policy.Monitoring.Prometheus is null ? site.WithRole(Role.Monitoring).FirstOrDefault() : null),
        MaxLagSeconds = site.Policy.Database?.MaxLagSeconds ?? 0,
        CertificateFailDays = site.Policy.Tls.FailDays,
        DiskFailPercent = site.Policy.Servers.DiskFailPercent,
    };

    /// <summary>
    /// An anchored regular expression (RE2) of the instances that Prometheus may know servers by: name, SSH host or address, with or
    /// without a port; the one that Prometheus runs on by loopback too.
    /// </summary>
    public string Instances(IEnumerable<Server> servers)
    {
        IEnumerable<string> names = servers.SelectMany(
            server => server.Addresses.Select(Host).Prepend(server.Ssh.Host).Prepend(server.Name)
                .Concat(server.Name == Scraper?.Name ? Loopback : []))
            .Distinct(StringComparer.Ordinal);
        return $"({string.Join('|', names.Select(Regex.Escape))})(:[0-9]+)?";
    }

    private static readonly string[] Loopback = ["localhost", "127.0.0.1", "[::1]"];

    private static string Host(IPAddress address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
}
