using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>Says before a change whether the operator's SSH connections could still be opened after it.</summary>
internal static class AccessForecast
{
    /// <summary>The connections that the new rules of any target would not surely let in, each in words.</summary>
    /// <param name="site">The site.</param>
    /// <param name="targets">The servers to be changed.</param>
    /// <param name="flows">The operator's connections to all servers reached, changed or not.</param>
    public static IEnumerable<string> Losses(
        Site site, IReadOnlyList<ChangeTarget> targets, IReadOnlyList<(Server Server, SshFlow Flow)> flows)
    {
        foreach (ChangeTarget target in targets)
        {
            if (target.Client is null)
            {
                yield return $"{target.Server.Name} did not tell where this session comes from, so that it can't be said whether the next one would get in";
            }

            if (target.After is null || target.Facts is null || !target.Facts.Network.TryGet(out HostNetwork? network))
            {
                yield return $"the addresses and routes of {target.Server.Name} could not be read, so that its new rules can't be judged";
                continue;
            }

            FirewallModel model = new(target.After, network);
            foreach ((Server server, SshFlow flow) in flows.Where(
                entry => entry.Server == target.Server || Passes(site, target.Server, entry.Flow)))
            {
                bool ends = server == target.Server;
                Fate fate = model.Judge(ends ? model.Delivered() : model.Forwarded(), FirstPacket(model, network, flow));
                if (fate.Passes != true || fate.Elsewhere)
                {
                    yield return $"the new rules of {target.Server.Name} {(fate.Passes is null ? "might stop" : "stop")} SSH from {flow.Client} to {server.Name} ({flow.Server} port {flow.Port}): {string.Join(", ", fate.Deciders)}";
                }
            }
        }
    }

    // The network firewall is passed by what no declared network joins.
    private static bool Passes(Site site, Server firewall, SshFlow flow) => firewall.Is(Role.NetworkFirewall)
        && !firewall.Addresses.Contains(flow.Client) && !firewall.Addresses.Contains(flow.Server)
        && !site.Networks.Values.SelectMany(static networks => networks)
            .Any(network => network.Contains(flow.Client) && network.Contains(flow.Server));

    private static Packet FirstPacket(FirewallModel model, HostNetwork network, SshFlow flow)
    {
        bool version4 = flow.Client.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        Packet packet = Packet.TcpSyn(version4 ? PacketValues.Ipv4 : PacketValues.Ipv6);
        packet[PacketField.InInterface] = (UInt128)model.Workspace.Atoms.Of(network.InterfaceTo(flow.Client) ?? string.Empty);
        packet[version4 ? PacketField.Source4 : PacketField.Source6] = AddressText.ToNumber(flow.Client);
        packet[version4 ? PacketField.Destination4 : PacketField.Destination6] = AddressText.ToNumber(flow.Server);
        packet[PacketField.DestinationPort] = (UInt128)flow.Port;
        return packet;
    }
}
