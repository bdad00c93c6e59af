using System.Net;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Topology.Collection;

namespace Foobar.Ops.Topology;

/// <summary>The names by which a topology knows addresses: a server's, a network's, else <c>internet</c>.</summary>
internal sealed class SiteNodes(TopologyInput input)
{
    private static readonly string[] ContainerNetworks = ["docker", "br-", "cni", "podman", "virbr", "lxc", "veth"];

    private readonly Dictionary<IPAddress, string> _servers = Known(input);

    /// <summary>The name for an address, as a sender or a target.</summary>
    public string Of(IPAddress address) => ServerOf(address)?.Name ?? NetworkOf(address) ?? FlowResolver.Internet;

    /// <summary>The server that has an address; <see langword="null"/> if none does.</summary>
    public Server? ServerOf(IPAddress address) => _servers.TryGetValue(address, out string? name) ? input.Site.Find(name) : null;

    /// <summary>The server of a host as a configuration writes it: an address or a name.</summary>
    public Server? ServerOf(string host) => IPAddress.TryParse(host, out IPAddress? address)
        ? ServerOf(address)
        : input.Site.Find(host) ?? input.Site.Find(host.Split('.')[0]);

    /// <summary>The name for a host as a configuration writes it.</summary>
    public string Of(string host) => ServerOf(host)?.Name ?? (IPAddress.TryParse(host, out IPAddress? address) ? Of(address) : host);

    /// <summary>Whether an address is one of a server's own containers or guests, which its firewall keeps to itself.</summary>
    public bool IsWithin(Server server, IPAddress address) =>
        input.Firewalls.Of(server.Name).Part(static facts => facts.Network).Value?.LinkTo(address) is { Interface: var name }
        && ContainerNetworks.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    // Of networks within each other the smaller one tells more.
    private string? NetworkOf(IPAddress address) => input.Site.Networks
        .SelectMany(static named => named.Value.Select(network => (named.Key, Network: network)))
        .Where(each => each.Network.Contains(address)).OrderByDescending(static each => each.Network.PrefixLength).Select(
            static each => each.Key).FirstOrDefault();

    // A virtual address is whose interface has it.
    private static Dictionary<IPAddress, string> Known(TopologyInput input)
    {
        Dictionary<IPAddress, string> known = [];
        foreach (Server server in input.Site.Servers)
        {
            HostNetwork? network = input.Firewalls.Of(server.Name).Part(static facts => facts.Network).Value;
            foreach (IPAddress address in (network?.Addresses ?? []).Where(
                static own => own.Interface != "lo" && !own.Address.IsIPv6LinkLocal
                    && !Array.Exists(ContainerNetworks, prefix => own.Interface.StartsWith(prefix, StringComparison.Ordinal))).Select(
                        static own => own.Address))
            {
                known.TryAdd(address, server.Name);
            }
        }

        foreach (Server server in input.Site.Servers)
        {
            foreach (IPAddress address in server.Addresses)
            {
                known.TryAdd(address, server.Name);
            }
        }

        return known;
    }
}
