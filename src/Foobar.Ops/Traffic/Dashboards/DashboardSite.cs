using System.Net;
using System.Text.RegularExpressions;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Traffic.Dashboards;

/// <summary>What dashboards need to know of a site: its servers by role, and the limits of its policy.</summary>
internal sealed record DashboardSite
{
    public required string Name { get; init; }

    public required int Port { get; init; }

    public required IReadOnlyList<Server> Servers { get; init; }

    public required IReadOnlyList<Server> Balancers { get; init; }

    public required IReadOnlyList<Server> Databases { get; init; }

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
        Servers = [.. site.Servers.Where(server => !server.Roles.All(role => role is Role.NetworkFirewall))],
        Balancers = [.. site.WithRole(Role.LoadBalancer)],
        Databases = site.Policy.Database is { } database ? [.. site.WithRole(database.Members)] : [],
        MaxLagSeconds = site.Policy.Database?.MaxLagSeconds ?? 0,
        CertificateFailDays = site.Policy.Tls.FailDays,
        DiskFailPercent = site.Policy.Servers.DiskFailPercent,
    };

    /// <summary>
    /// An anchored regular expression (RE2) of the instances that Prometheus may know servers by: name, SSH host or address, with or
    /// without a port.
    /// </summary>
    public static string Instances(IEnumerable<Server> servers)
    {
        IEnumerable<string> names = servers.SelectMany(
            server => server.Addresses.Select(Host).Prepend(server.Ssh.Host).Prepend(server.Name))
            .Distinct(StringComparer.Ordinal);
        return $"({string.Join('|', names.Select(Regex.Escape))})(:[0-9]+)?";
    }

    private static string Host(IPAddress address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
}
