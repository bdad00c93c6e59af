using System.Net;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Monitoring;

/// <summary>Tells which server a target of Prometheus, or series that it has, are of.</summary>
internal static class InstanceMatch
{
    /// <summary>Tells whether a target is scraped on a server: by the address that is asked. The label <c>instance</c> can be set to
    /// anything, and so proves nothing.</summary>
    /// <param name="server">The server.</param>
    /// <param name="target">The target.</param>
    /// <param name="site">The site: what Prometheus scrapes on loopback is of the server it runs on.</param>
    public static bool IsScrapedFrom(Server server, ScrapeTarget target, Site site) =>
        AskedHost(target) is { } host && IsOf(server, host, site);

    /// <summary>Tells whether the figures of a target are of a server: those scraped on it, and those that an exporter elsewhere was
    /// asked for it (the multi-target exporter pattern, <c>?target=</c>).</summary>
    /// <inheritdoc cref="IsScrapedFrom" path="/param"/>
    public static bool IsAbout(Server server, ScrapeTarget target, Site site) =>
        target.AskedFor is { } asked ? IsOf(server, HostOf(asked), site) : IsScrapedFrom(server, target, site);

    /// <summary>Tells whether the label <c>instance</c> names a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="instance">The label.</param>
    /// <param name="site">The site.</param>
    public static bool IsNamed(Server server, string instance, Site site) => IsOf(server, HostOf(instance), site);

    /// <summary>Tells whether series are of a server: by the target that they are scraped from, or by their label <c>instance</c> if
    /// they are of no target (<c>honor_labels</c>), or of one at an address of no declared server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="series">The labels of the series that tell their target.</param>
    /// <param name="targets">All targets.</param>
    /// <param name="site">The site.</param>
    public static bool IsOf(Server server, SeriesOrigin series, IReadOnlyList<ScrapeTarget> targets, Site site)
    {
        ScrapeTarget[] own = [.. targets.Where(target => target.Instance == series.Instance
            && (series.Job.Length == 0 || (target.JobLabel ?? target.Job) == series.Job))];
        return own.Any(target => IsAbout(server, target, site))
            || (!own.Any(target => site.Servers.Any(one => IsAbout(one, target, site))) && IsNamed(server, series.Instance, site));
    }

    /// <summary>Tells whether the declared Prometheus runs on a server: what it scrapes on loopback is then of this server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="site">The site.</param>
    public static bool RunsPrometheus(Server server, Site site)
    {
        string? host = site.Policy.Monitoring.Prometheus?.Host.Trim('[', ']');
        return host is not null && (IsHost(server, host) || (!site.Servers.Any(one => IsHost(one, host))
            && server == site.WithRole(Role.Monitoring).FirstOrDefault()));
    }

    private static bool IsOf(Server server, string host, Site site) =>
        IsHost(server, host) || (IsLoopback(host) && RunsPrometheus(server, site));

    private static string? AskedHost(ScrapeTarget target) =>
        Uri.TryCreate(target.Url, UriKind.Absolute, out Uri? address) ? address.Host.Trim('[', ']') : null;

    private static bool IsHost(Server server, string host) =>
        IPAddress.TryParse(host, out IPAddress? address)
            ? server.Addresses.Contains(address)
            : host.Equals(server.Name, StringComparison.OrdinalIgnoreCase) || host.Equals(server.Ssh.Host,
                StringComparison.OrdinalIgnoreCase) || host.StartsWith(server.Name + ".", StringComparison.OrdinalIgnoreCase);

    private static bool IsLoopback(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host,
        out IPAddress? address) && IPAddress.IsLoopback(address));

    private static string HostOf(string instance)
    {
        string text = instance.Contains("://", StringComparison.Ordinal) ? instance[(instance.IndexOf("://", StringComparison.Ordinal) + 3)
            ..].Split('/')[0] : instance;
        int colon = text.LastIndexOf(':');
        bool isBare = text.IndexOf(':', StringComparison.Ordinal) == colon || text.StartsWith('[');
        return (colon > 0 && isBare ? text[..colon] : text).Trim('[', ']');
    }
}
