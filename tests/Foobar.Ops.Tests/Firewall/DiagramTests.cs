using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Spaces;
using FsCheck;
using FsCheck.Fluent;
using Outcome = Foobar.Ops.Firewall.Evaluation.Outcome;

namespace Foobar.Ops.Tests.Firewall;

public sealed class DiagramTests
{
    private static readonly PacketField[] Some =
    [
        PacketField.Protocol, PacketField.DestinationPort, PacketField.Source4, PacketField.Source6,
    ];

    [Fact]
    public void Operations_agree_with_sets_of_packets()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            Random random = new(seed);
            Diagram diagram = new();
            (int left, Func<Packet, bool> inLeft) = Space(diagram, random, 3);
            (int right, Func<Packet, bool> inRight) = Space(diagram, random, 3);
            for (int trial = 0; trial < 50; trial++)
            {
                Packet packet = RandomPacket(random);
                Assert.Equal(inLeft(packet), diagram.Contains(left, packet));
                Assert.Equal(inLeft(packet) && inRight(packet), diagram.Contains(diagram.And(left, right), packet));
                Assert.Equal(inLeft(packet) || inRight(packet), diagram.Contains(diagram.Or(left, right), packet));
                Assert.Equal(inLeft(packet) && !inRight(packet), diagram.Contains(diagram.Except(left, right), packet));
                Assert.Equal(!inLeft(packet), diagram.Contains(diagram.Not(left), packet));
            }

            int both = diagram.And(left, right);
            Assert.Equal(both != Diagram.False, diagram.Overlap(left, right));
            if (both != Diagram.False)
            {
                Packet witness = diagram.Witness(both, Packet.TcpSyn());
                Assert.True(inLeft(witness) && inRight(witness));
            }
        }).CheckSeeded();
    }

    [Fact]
    public void Equal_spaces_have_the_same_id_however_they_were_made()
    {
        Diagram diagram = new();
        int halves = diagram.Or(
            diagram.FieldIn(PacketField.Source4, IntervalSet.Range(0x0A00_0000, 0x0A7F_FFFF)),
            diagram.FieldIn(PacketField.Source4, IntervalSet.Range(0x0A80_0000, 0x0AFF_FFFF)));
        Assert.Equal(diagram.FieldIn(PacketField.Source4, IntervalSet.Range(0x0A00_0000, 0x0AFF_FFFF)), halves);
        Assert.Equal(diagram.FieldMasked(PacketField.Source4, 0xFF00_0000, 0x0A00_0000), halves);
        Assert.Equal(halves, diagram.Not(diagram.Not(halves)));
    }

    [Fact]
    public void A_function_of_rewritten_packets_is_the_same_within_a_space_as_the_whole_one_cut_down_to_it()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            Random random = new(seed);
            Diagram diagram = new();
            OutcomeAlgebra algebra = new(diagram);
            int drop = algebra.Table.Terminal(new Outcome(OutcomeKind.Drop));
            int mangle = algebra.Table.Terminal(new Outcome(OutcomeKind.Continue, 0, algebra.Table.Number(RandomRewriting(random))));
            int function = algebra.Join(
                algebra.Restrict(Space(diagram, random, 3).Space, drop), algebra.Restrict(Space(diagram, random, 3).Space, mangle));
            int space = random.Next(5) switch { 0 => Diagram.True, 1 => Diagram.False, _ => Space(diagram, random, 3).Space };
            Transform rewriting = RandomRewriting(random);
            rewriting = random.Next(2) == 0 ? rewriting : rewriting.Then(RandomRewriting(random));
            int transform = algebra.Table.Number(rewriting);

            Assert.Equal(algebra.Restrict(space, algebra.After(transform, function)), algebra.AfterWithin(transform, function, space));
        }).CheckSeeded();
    }

    private static Transform RandomRewriting(Random random)
    {
        PacketField field = Some[random.Next(Some.Length)];
        return random.Next(5) switch
        {
            0 => Transform.Choose(field, 0, Value(random, field)),
            1 => Transform.Decrement(PacketField.HopLimit),
            2 => Transform.Assign(field, Value(random, field), Value(random, field)),
            _ => Transform.Assign(field, 0, Value(random, field)),
        };
    }

    private static (int Space, Func<Packet, bool> Contains) Space(Diagram diagram, Random random, int depth)
    {
        if (depth == 0)
        {
            PacketField field = Some[random.Next(Some.Length)];
            UInt128 low = Value(random, field);
            UInt128 high = UInt128.Max(low, random.Next(2) == 0 ? low : Value(random, field));
            if (random.Next(4) == 0)
            {
                UInt128 value = high & low;
                return (diagram.FieldMasked(field, low, value), packet => (packet[field] & low) == value);
            }

            IntervalSet other = IntervalSet.From([(low, high), (low / 2, low / 2)]);
            return (diagram.FieldIn(field, other), packet => other.Contains(packet[field]));
        }

        (int left, Func<Packet, bool> inLeft) = Space(diagram, random, depth - 1);
        (int right, Func<Packet, bool> inRight) = Space(diagram, random, depth - 1);
        return random.Next(3) switch
        {
            0 => (diagram.And(left, right), packet => inLeft(packet) && inRight(packet)),
            1 => (diagram.Or(left, right), packet => inLeft(packet) || inRight(packet)),
            _ => (diagram.Except(left, right), packet => inLeft(packet) && !inRight(packet)),
        };
    }

    private static Packet RandomPacket(Random random)
    {
        Packet packet = new();
        foreach (PacketField field in Some)
        {
            packet[field] = Value(random, field);
        }

        return packet;
    }

    // Few distinct bytes, so that spaces and packets meet often.
    private static UInt128 Value(Random random, PacketField field)
    {
        UInt128 value = 0;
        for (int index = 0; index < FieldLayout.Width(field); index++)
        {
            value = (value << 8) | new byte[] { 0, 1, 2, 127, 128, 255 }[random.Next(6)];
        }

        return value;
    }
}
