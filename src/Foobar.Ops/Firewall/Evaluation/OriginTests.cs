using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// Tests of a connection's original addresses and ports, which hold for its first packet as it arrived, whatever is
/// translated before the test is made. Each test has a bit in <see cref="PacketField.Origin"/>, which is set on arrival.
/// </summary>
internal sealed class OriginTests(Diagram diagram)
{
    private readonly int _capacity = FieldLayout.Width(PacketField.Origin) * 8;
    private readonly List<int> _spaces = [];

    /// <summary>Whether there was no bit left for a test, so that what asks for one is undecided.</summary>
    public bool IsFull { get; private set; }

    /// <summary>The packets that arrived with what a space holds.</summary>
    public int Arrived(int space)
    {
        int bit = _spaces.IndexOf(space);
        if (bit < 0)
        {
            if (_spaces.Count == _capacity)
            {
                IsFull = true;
                return Diagram.False;
            }

            bit = _spaces.Count;
            _spaces.Add(space);
        }

        return diagram.FieldMasked(PacketField.Origin, UInt128.One << bit, UInt128.One << bit);
    }

    /// <summary>
    /// A function of packets that arrive, given one of packets that have arrived and so bear the bits of the tests they met.
    /// </summary>
    public int OnArrival(OutcomeAlgebra algebra, int function)
    {
        for (int bit = 0; bit < _spaces.Count; bit++)
        {
            UInt128 mask = UInt128.One << bit;
            UInt128 others = FieldLayout.Max(PacketField.Origin) & ~mask;
            function = algebra.Join(
                algebra.Restrict(_spaces[bit], diagram.Substitute(function, Transform.Assign(PacketField.Origin, others, mask).Maps)),
                algebra.Restrict(
                    diagram.Not(_spaces[bit]), diagram.Substitute(function, Transform.Assign(PacketField.Origin, others, 0).Maps)));
        }

        return function;
    }

    /// <summary>A packet as it has arrived.</summary>
    public Packet Arrive(Packet packet)
    {
        Packet arrived = packet.Copy();
        arrived[PacketField.Origin] = 0;
        for (int bit = 0; bit < _spaces.Count; bit++)
        {
            arrived[PacketField.Origin] |= diagram.Contains(_spaces[bit], packet) ? UInt128.One << bit : 0;
        }

        return arrived;
    }
}
