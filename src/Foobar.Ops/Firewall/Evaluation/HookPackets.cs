using System.Net;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>Which packets come to a hook, and which of them are the usual ones.</summary>
internal sealed class HookPackets(FirewallModel model)
{
    // No network carries packets for these (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3).
    private static readonly IPNetwork[] Loopback = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    private readonly PacketKinds _kinds = new(model.Workspace.Diagram);

    private Diagram Diagram => model.Workspace.Diagram;

    /// <summary>Packets of new connections that can come to a hook: from and to such addresses, by such interfaces.</summary>
    public int Possible(string hook) => Diagram.And(
        _kinds.Possible(),
        _kinds.Opening(),
        Diagram.Not(_kinds.Addresses(Loopback, destination: true)),
        _kinds.NewConnection(),
        Interface(PacketField.InInterface, hook is "output" ? null : true),
        Interface(PacketField.OutInterface, hook is "forward" or "output" or "postrouting" or "egress" ? true : null),
        hook is "output" ? Local(destination: false) : Diagram.Not(Local(destination: false)),
        hook switch
        {
            "input" => Local(destination: true),
            "forward" or "output" or "postrouting" or "egress" =>
                Diagram.And(Diagram.Not(model.Network.EndingHere()), Diagram.Not(Local(destination: true)), ByItsRoute()),
            _ => Diagram.True,
        });

    /// <summary>Packets as programs send them.</summary>
    public int Ordinary(string hook) =>
        Diagram.And(_kinds.Ordinary(), hook is "output" ? Diagram.True : model.Network.ByBestWay() ?? Diagram.True);

    /// <summary>A packet to be near to: TCP, and where it ends here to one of the server's own addresses.</summary>
    public Packet Wish(string hook)
    {
        Packet wish = Packet.TcpSyn();
        string device = model.Network.Devices.FirstOrDefault(name => name != "lo", "eth0");
        PacketField own4 = hook is "output" ? PacketField.Source4 : PacketField.Destination4;
        PacketField own6 = hook is "output" ? PacketField.Source6 : PacketField.Destination6;
        wish[hook is "output" ? PacketField.Destination4 : PacketField.Source4] = FirewallAnalysis.DocumentationSource4;
        wish[hook is "output" ? PacketField.Destination6 : PacketField.Source6] = FirewallAnalysis.DocumentationSource6;
        wish[own4] = model.Network.AddressOf(device, PacketValues.Ipv4) ?? 0;
        wish[own6] = model.Network.AddressOf(device, PacketValues.Ipv6) ?? 0;
        wish[PacketField.InInterface] = hook is "output" ? InterfaceAtoms.None : (UInt128)model.Workspace.Atoms.Of(device);
        return wish;
    }

    // True: any that leads to a network; null: none.
    private int Interface(PacketField field, bool? any) => any is null
        ? Diagram.FieldIs(field, InterfaceAtoms.None)
        : Diagram.Except(
            Diagram.FieldIn(field, model.Workspace.Atoms.All), Diagram.FieldIs(field, (UInt128)model.Workspace.Atoms.Of("lo")));

    // Without addresses it can't be told what is the server's own.
    private int Local(bool destination) =>
        model.Network.Devices.Any() ? model.Network.Local(destination) : destination ? Diagram.True : Diagram.False;

    private int ByItsRoute() => model.Network.Ways() is not { } ways ? Diagram.True : Diagram.Or(ways.Select(way =>
        Diagram.And(way.Space, Diagram.FieldIs(PacketField.OutInterface, (UInt128)model.Workspace.Atoms.Of(way.Interface)))));
}
