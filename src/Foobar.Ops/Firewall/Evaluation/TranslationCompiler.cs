using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>Turns network address translations into functions that rewrite addresses and ports.</summary>
internal sealed class TranslationCompiler(OutcomeAlgebra algebra, InterfaceAtoms atoms, NetworkSpaces network)
{
    private const int SourceStatus = 16;
    private const int DestinationStatus = 32;

    /// <summary>The function of a translation statement.</summary>
    /// <param name="nat">The statement.</param>
    /// <param name="decider">The number of its rule.</param>
    public int Compile(Statement.Nat nat, int decider)
    {
        int result = algebra.Table.None;
        foreach (int family in (int[])[PacketValues.Ipv4, PacketValues.Ipv6])
        {
            int space = algebra.Diagram.FieldIs(PacketField.Family, (UInt128)family);
            bool applies = nat.Family is null || nat.Family == family;
            int function = applies ? Translated(nat, family, decider) : algebra.Table.Continue;
            result = algebra.Join(result, algebra.Restrict(space, function));
        }

        int neither = algebra.Diagram.Not(algebra.Diagram.FieldIn(PacketField.Family, IntervalSet.From([(4, 4), (6, 6)])));
        return algebra.Join(result, algebra.Restrict(neither, algebra.Table.Continue));
    }

    /// <summary>The function of a step that may be a translation to anywhere.</summary>
    /// <param name="decider">The number of its rule.</param>
    public int Unknown(int decider)
    {
        int result = algebra.Table.None;
        foreach (int family in (int[])[PacketValues.Ipv4, PacketValues.Ipv6])
        {
            ValueRange anywhere = Anywhere(family);
            Statement.Nat nat = new(NatKind.Destination, family, anywhere, new ValueRange(0, ushort.MaxValue));
            int function = Function(Destination(nat, family, anywhere).Then(Source(nat, family, anywhere)), decider);
            result = algebra.Join(result, algebra.Restrict(algebra.Diagram.FieldIs(PacketField.Family, (UInt128)family), function));
        }

        return result;
    }

    private int Translated(Statement.Nat nat, int family, int decider) => nat.Kind switch
    {
        NatKind.Destination => Directed(nat, family, nat.Address, decider),
        NatKind.Source => Sourced(nat, family, nat.Address, decider),
        NatKind.Redirect => Redirected(nat, family, decider),
        _ => PerInterface(
            PacketField.OutInterface, family, address => Sourced(nat, family, address, decider),
            Sourced(nat, family, Anywhere(family), decider)),
    };

    // What the server itself sends (it came in by no interface) is redirected to loopback; what came in by an interface
    // without an address is dropped (nf_nat_redirect).
    private int Redirected(Statement.Nat nat, int family, int decider)
    {
        int sent = algebra.Diagram.FieldIs(PacketField.InInterface, InterfaceAtoms.None);
        ValueRange loopback = ValueRange.Of(family == PacketValues.Ipv4 ? 0x7F00_0001u : 1u);
        int withoutAddress = network.Devices.Any()
            ? algebra.Table.Terminal(new Outcome(OutcomeKind.Drop, decider))
            : Directed(nat, family, Anywhere(family), decider);
        int arrived = PerInterface(PacketField.InInterface, family, address => Directed(nat, family, address, decider), withoutAddress);
        return algebra.Join(
            algebra.Restrict(sent, Directed(nat, family, loopback, decider)),
            algebra.Restrict(algebra.Diagram.Not(sent), arrived));
    }

    private static ValueRange Anywhere(int family) => new(0, family == PacketValues.Ipv4 ? uint.MaxValue : UInt128.MaxValue);

    // The kernel takes the first address of the interface the packet came in or leaves by.
    private int PerInterface(PacketField field, int family, Func<ValueRange?, int> function, int withoutAddress)
    {
        int known = Diagram.False;
        int result = algebra.Table.None;
        foreach (string device in network.Devices)
        {
            if (network.AddressOf(device, family) is { } address)
            {
                int space = algebra.Diagram.FieldIs(field, (UInt128)atoms.Of(device));
                known = algebra.Diagram.Or(known, space);
                result = algebra.Join(result, algebra.Restrict(space, function(ValueRange.Of(address))));
            }
        }

        return algebra.Join(result, algebra.Restrict(algebra.Diagram.Not(known), withoutAddress));
    }

    private int Function(Transform transform, int decider) =>
        algebra.Table.Terminal(new Outcome(OutcomeKind.Translated, decider, algebra.Table.Number(transform)));

    private int Directed(Statement.Nat nat, int family, ValueRange? address, int decider) => UnlessSame(
        Same(
            family == PacketValues.Ipv4 ? PacketField.Destination4 : PacketField.Destination6,
            address,
            nat.Port is null ? null : PacketField.DestinationPort,
            nat.Port),
        Function(Destination(nat, family, address), decider),
        Function(Transform.Identity, decider));

    private int Sourced(Statement.Nat nat, int family, ValueRange? address, int decider) => UnlessSame(
        Same(
            family == PacketValues.Ipv4 ? PacketField.Source4 : PacketField.Source6,
            address, nat.Port is null ? null : PacketField.SourcePort, nat.Port),
        Function(Source(nat, family, address), decider),
        Function(nat.Port is null ? SourcePort(nat) : Transform.Identity, decider));

    // A connection that is translated to what it is already does not count as translated (nf_nat_setup_info).
    private int UnlessSame(int same, int changed, int unchanged) => same == Diagram.False ? changed
        : algebra.Join(algebra.Restrict(same, unchanged), algebra.Restrict(algebra.Diagram.Not(same), changed));

    private int Same(PacketField field, ValueRange? address, PacketField? portField, ValueRange? port)
    {
        bool single = (address is not null || port is not null)
            && (address is null || address.Value.Low == address.Value.High)
            && (port is null || port.Value.Low == port.Value.High);
        return !single ? Diagram.False : algebra.Diagram.And(
            address is null ? Diagram.True : algebra.Diagram.FieldIs(field, address.Value.Low),
            portField is null ? Diagram.True : algebra.Diagram.FieldIs(portField.Value, port!.Value.Low));
    }

    private static Transform Destination(Statement.Nat nat, int family, ValueRange? address)
    {
        Transform transform = Transform.Assign(
            PacketField.Status, FieldLayout.Max(PacketField.Status) & ~(UInt128)DestinationStatus, DestinationStatus);
        transform = address is null ? transform
            : transform.Then(
                Transform.Choose(
                    family == PacketValues.Ipv4 ? PacketField.Destination4 : PacketField.Destination6,
                    address.Value.Low, address.Value.High));
        return nat.Port is null
            ? transform
            : transform.Then(Transform.Choose(PacketField.DestinationPort, nat.Port.Value.Low, nat.Port.Value.High));
    }

    // Without a port of its own a source translation keeps the port where it can, and takes another where it can't.
    private static Transform Source(Statement.Nat nat, int family, ValueRange? address)
    {
        Transform transform = Transform.Assign(
            PacketField.Status, FieldLayout.Max(PacketField.Status) & ~(UInt128)SourceStatus, SourceStatus);
        transform = address is null ? transform
            : transform.Then(
                Transform.Choose(
                    family == PacketValues.Ipv4 ? PacketField.Source4 : PacketField.Source6, address.Value.Low, address.Value.High));
        return transform.Then(SourcePort(nat));
    }

    private static Transform SourcePort(Statement.Nat nat) =>
        Transform.Choose(PacketField.SourcePort, nat.Port?.Low ?? 0, nat.Port?.High ?? ushort.MaxValue);
}
