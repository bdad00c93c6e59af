using System.Net;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Monitoring;

/// <summary>Tells which server a series or target of Prometheus is of, by the host in its label <c>instance</c> or its address.</summary>
internal static class InstanceMatch
{
    /// <summary>Tells whether it is of a server: by one of its addresses, its name, or the host by which it is logged in to.</summary>
    /// <param name="server">The server.</param>
    /// <param name="instance">The label <c>instance</c>.</param>
    /// <param name="url">The address scraped; <see langword="null"/> if not known.</param>
    /// <param name="site">The site: what Prometheus scrapes on loopback is of the server it runs on.</param>
    public static bool IsOf(Server server, string instance, string? url, Site site)
    {
        string[] hosts = [HostOf(instance), .. url is not null && Uri.TryCreate(url, UriKind.Absolute, out Uri? address)
            ? [address.Host.Trim('[', ']')] : (string[])[]];
        return hosts.Any(host => IsHost(server, host) || (IsLoopback(host) && RunsPrometheus(server, site)));
    }

    private static bool IsHost(Server server, string host) =>
        IPAddress.TryParse(host, out IPAddress? address)
            ? server.Addresses.Contains(address)
            : host.Equals(server.Name, StringComparison.OrdinalIgnoreCase) || host.Equals(server.Ssh.Host,
                StringComparison.OrdinalIgnoreCase) || host.StartsWith(server.Name + ".", StringComparison.OrdinalIgnoreCase);

    private static bool RunsPrometheus(Server server, Site site) =>
        site.Policy.Monitoring.Prometheus is { } prometheus && (IsHost(server, prometheus.Host.Trim('[', ']')) || (!site.Servers.Any(one =>
            IsHost(one, prometheus.Host.Trim('[', ']'))) && server == site.WithRole(Role.Monitoring).FirstOrDefault()));

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
