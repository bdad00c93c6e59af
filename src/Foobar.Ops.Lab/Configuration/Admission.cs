using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Configuration;

/// <summary>What a server's firewall lets in for a flow of the policy: by one interface, over one IP version.</summary>
/// <param name="Link">The interface.</param>
/// <param name="Flow">The flow.</param>
/// <param name="Family">The IP version.</param>
/// <param name="Senders">The senders' addresses or networks.</param>
/// <param name="Others">Whether all others are meant instead.</param>
internal sealed record Admission(LabLink Link, Flow Flow, AddressFamily Family, IReadOnlyList<string> Senders, bool Others = false)
{
    /// <summary>The IP version as nftables calls it: <c>ip</c> or <c>ip6</c>.</summary>
    public string Protocol => Family == AddressFamily.InterNetwork ? "ip" : "ip6";

    /// <summary>The transport protocol of its ports.</summary>
    public string Transport => Flow.Ports[0].Protocol == TransportProtocol.Tcp ? "tcp" : "udp";

    /// <summary>The match of nftables for its senders.</summary>
    public string Source => $"{Protocol} saddr {(Others ? "!= " : "")}{Set(Senders)}";

    /// <summary>The match of nftables for its ports.</summary>
    public string Ports => $"{Transport} dport {Set(PortNumbers)}";

    /// <summary>Its ports as numbers or ranges.</summary>
    public IReadOnlyList<string> PortNumbers => [.. Flow.Ports.Select(static port => port.ToString()[4..])];

    /// <summary>The rule of nftables.</summary>
    public string ToNftables() => $"iifname \"{Link.Interface}\" {Source} {Ports} accept comment \"flow {Flow.Name}\"";

    /// <summary>What a server lets in for the flows that end on it: from each network their senders are met on.</summary>
    public static IEnumerable<Admission> To(LabPlan plan, LabServer server) =>
        from flow in LabPolicy.Flows(plan.Options)
        where flow.To.Any(end => server.Roles.Any(role => InventoryWord.Of(role) == end))
        from link in server.Links
        from admission in Of(plan, server, link, flow)
        select admission;

    /// <summary>The senders of a flow that are met on a link, by IP version.</summary>
    public static IEnumerable<Admission> Of(LabPlan plan, LabServer server, LabLink link, Flow flow)
    {
        bool facesOutside = link.Network != LabNetworkName.Internal
            && !(server.Is(Role.NetworkFirewall) && link.Network == LabNetworkName.Public);
        foreach (string end in flow.From)
        {
            if (end == LabPolicy.Internet)
            {
                // Anybody but the site's own networks, whose addresses can only be forged out there.
                if (facesOutside)
                {
                    yield return new(link, flow, AddressFamily.InterNetwork, OwnNetworks(plan.Addresses.V4), Others: true);
                    yield return new(link, flow, AddressFamily.InterNetworkV6, OwnNetworks(plan.Addresses.V6), Others: true);
                }

                continue;
            }

            if (end == LabPolicy.Operator && flow.From.Contains(LabPolicy.Internet))
            {
                continue;
            }

            IPAddress[] senders = end == LabPolicy.Operator
                ? facesOutside ? [plan.Addresses.Operator.V4, plan.Addresses.Operator.V6] : []
                : [.. Peers(plan, server, link, end).SelectMany(peer => (IPAddress[])[peer.V4, peer.V6])];
            foreach (IGrouping<AddressFamily, IPAddress> family in senders.GroupBy(sender => sender.AddressFamily))
            {
                yield return new(link, flow, family.Key, [.. family.Select(sender => sender.ToString())]);
            }
        }
    }

    private static string[] OwnNetworks(Func<LabNetworkName, IPNetwork> range) =>
        [range(LabNetworkName.Public).ToString(), range(LabNetworkName.Internal).ToString()];

    private static IEnumerable<LabLink> Peers(LabPlan plan, LabServer server, LabLink link, string role) =>
        from peer in plan.Servers
        where peer.Name != server.Name && peer.Roles.Any(one => InventoryWord.Of(one) == role)
        from peerLink in peer.Links
        where peerLink.Network == link.Network
        select peerLink;

    private static string Set(IReadOnlyList<string> elements) => elements.Count == 1 ? elements[0] : $"{{ {string.Join(", ", elements)} }}";
}
