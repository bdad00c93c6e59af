using System.Net;

namespace Foobar.Ops.Inventory;

/// <summary>Tells which of the declared flows lead to a server.</summary>
public static class FlowDestinations
{
    /// <summary>The flows that lead to a server: by its name, a role of it, <c>*</c>, an address of it or a network that holds one.</summary>
    public static IEnumerable<Flow> FlowsTo(this Site site, Server server) =>
        site.Policy.Flows.Where(flow => flow.To.Any(end => LeadsTo(end, server) || NetworkHolds(end, site, server)));

    /// <summary>The flows that name a server itself: by its name, a role of it, <c>*</c> or an address of it.</summary>
    public static IEnumerable<Flow> FlowsNaming(this Site site, Server server) =>
        site.Policy.Flows.Where(flow => flow.To.Any(end => LeadsTo(end, server)));

    private static bool LeadsTo(string end, Server server) =>
        end == "*"
        || string.Equals(end, server.Name, StringComparison.OrdinalIgnoreCase)
        || server.Roles.Any(role => string.Equals(end, Written(role), StringComparison.Ordinal))
        || (IPAddress.TryParse(end, out IPAddress? address) && server.Addresses.Contains(address));

    private static bool NetworkHolds(string end, Site site, Server server)
    {
        IEnumerable<IPNetwork> networks = site.Networks.TryGetValue(end, out IReadOnlyList<IPNetwork>? named)
            ? named
            : IPNetwork.TryParse(end, out IPNetwork network) ? [network] : [];
        return networks.Any(candidate => server.Addresses.Any(candidate.Contains));
    }

    /// <summary>The written form of a role: <c>load-balancer</c>.</summary>
    private static string Written(Role role) => role switch
    {
        Role.NetworkFirewall => "network-firewall",
        Role.LoadBalancer => "load-balancer",
        Role.Web => "web",
        Role.App => "app",
        Role.Database => "database",
        Role.Code => "code",
        Role.Monitoring => "monitoring",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "A role without a written form."),
    };
}
