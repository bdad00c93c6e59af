using Foobar.Ops.Connectivity;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Topology;

/// <summary>One server of the site as packets meet it: its filters, addresses and routes, in the store that all servers share.</summary>
internal sealed class SiteServer(Server server, FirewallFacts facts, Ruleset ruleset, HostNetwork network, Workspace workspace)
{
    private readonly Dictionary<string, int> _entries = [];

    public Server Server => server;

    public string Name => server.Name;

    public HostNetwork Network => network;

    public FirewallModel Model { get; } = new(ruleset, network, workspace, namesRules: false);

    /// <summary>Whether it passes packets of an IP version on; <see langword="null"/> if that could not be read.</summary>
    public bool? Forwards(int family) => !facts.Forwarding.TryGet(out ForwardingSettings? settings) ? null
        : family == PacketValues.Ipv4 ? settings.Ipv4 : settings.Ipv6;

    /// <summary>Whether it may pass anything on.</summary>
    public bool MayForward => server.Is(Role.NetworkFirewall) || Forwards(PacketValues.Ipv4) != false || Forwards(PacketValues.Ipv6) != false;

    /// <summary>The interfaces with an address that others can reach.</summary>
    public IEnumerable<string> Interfaces => network.Addresses.Select(address => address.Interface).Distinct().Where(name => name != "lo");

    /// <summary>The interface by which it stands on a link of another server's; <see langword="null"/> if it does not.</summary>
    public string? InterfaceOnLinkOf(SiteServer other, string device) => other.Network.Addresses
        .Where(address => address.Interface == device && !address.Address.IsIPv6LinkLocal)
        .Select(address => network.LinkTo(address.Address)?.Interface).FirstOrDefault(name => name is not null);

    /// <summary>The number of the rewriting that the wire is: a packet comes in by an interface, and nothing but itself comes with it.</summary>
    public int Entering(string device)
    {
        if (!_entries.TryGetValue(device, out int number))
        {
            Transform entering = Transform.Assign(PacketField.InInterface, 0, (UInt128)workspace.Atoms.Of(device));
            foreach (PacketField field in (PacketField[])[PacketField.OutInterface, PacketField.Mark, PacketField.ConnectionMark, PacketField.Status, PacketField.PacketType])
            {
                entering = entering.Then(Transform.Assign(field, 0, 0));
            }

            number = workspace.Algebra.Table.Number(entering);
            _entries.Add(device, number);
        }

        return number;
    }

    /// <summary>The packets to an address of its own that others can reach.</summary>
    public int Owns() => ToAddresses(network.Addresses.Where(address => address.Interface != "lo"), host: true);

    /// <summary>The packets to the networks of one of its interfaces.</summary>
    public int OnLink(string device) => ToAddresses(network.Addresses.Where(address => address.Interface == device), host: false);

    /// <summary>The packets that it sends on by an interface other than one; all where its routes are not known.</summary>
    public int LeadsOnFrom(string device) => Model.Network.Ways() is { } ways
        ? workspace.Diagram.Or(ways.Where(way => way.Interface != device).Select(way => way.Space))
        : Diagram.True;

    private int ToAddresses(IEnumerable<InterfaceAddress> addresses, bool host) => Spaces.Addresses(
        workspace.Diagram,
        addresses.Where(address => !address.Address.IsIPv6LinkLocal).Select(address => Spaces.Network(address, host)),
        destination: true);
}
