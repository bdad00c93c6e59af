using System.Net;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Topology;

/// <summary>Packet spaces of addresses.</summary>
internal static class Spaces
{
    /// <summary>The packets from or to networks of both families.</summary>
    public static int Addresses(Diagram diagram, IEnumerable<AddressRange> networks, bool destination)
    {
        AddressRange[] all = [.. networks];
        return diagram.Or(((int[])[PacketValues.Ipv4, PacketValues.Ipv6]).Select(family => diagram.And(
            diagram.FieldIs(PacketField.Family, (UInt128)family),
            diagram.FieldIn(
                Field(family, destination),
                IntervalSet.From(all.Where(range => range.Family == family).Select(range => (range.Low, range.High)))))));
    }

    /// <summary>An interface's address alone, or the network around it.</summary>
    public static AddressRange Network(InterfaceAddress address, bool host)
    {
        int family = AddressText.FamilyOf(address.Address);
        int bits = family == PacketValues.Ipv4 ? 32 : 128;
        ValueRange range = AddressText.Network(AddressText.ToNumber(address.Address), host ? bits : address.PrefixLength, bits);
        return new AddressRange(family, range.Low, range.High);
    }

    /// <summary>One address.</summary>
    public static AddressRange Single(IPAddress address) => Network(new InterfaceAddress(string.Empty, address, 0), host: true);

    private static PacketField Field(int family, bool destination) => (family, destination) switch
    {
        (PacketValues.Ipv4, true) => PacketField.Destination4,
        (PacketValues.Ipv4, false) => PacketField.Source4,
        (_, true) => PacketField.Destination6,
        _ => PacketField.Source6,
    };
}

/// <summary>A range of addresses of one family.</summary>
internal readonly record struct AddressRange(int Family, UInt128 Low, UInt128 High);
