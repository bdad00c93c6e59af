using System.Runtime.CompilerServices;

namespace Foobar.Ops.Firewall.Spaces;

/// <summary>Functions on one diagram: terminals mapped, fields rewritten or forgotten, packets looked up.</summary>
internal static class DiagramFunctions
{
    /// <summary>The same function with each terminal replaced.</summary>
    public static int MapTerminals(this Diagram diagram, int function, Func<int, int> map) =>
        new Rewriting(diagram, map, null).Of(function);

    /// <summary>The packets that a function gives one of some terminals.</summary>
    public static int Where(this Diagram diagram, int function, Func<int, bool> wanted) =>
        diagram.MapTerminals(function, terminal => wanted(terminal) ? Diagram.True : Diagram.False);

    /// <summary>The function of packets whose bytes are first replaced: at each level that has a map, byte by byte.</summary>
    /// <param name="diagram">The store.</param>
    /// <param name="function">The function that gets the replaced packets.</param>
    /// <param name="maps">For each level the 256 replacements, or <see langword="null"/> to leave the byte alone.</param>
    public static int Substitute(this Diagram diagram, int function, byte[]?[] maps) =>
        new Rewriting(diagram, static terminal => terminal, maps).Of(function);

    /// <summary>
    /// The function of the packets of a space whose bytes are first replaced. What the space does not come to is not walked
    /// through, so a small space costs little however large the function is.
    /// </summary>
    /// <param name="diagram">The store.</param>
    /// <param name="function">The function that gets the replaced packets.</param>
    /// <param name="maps">For each level the 256 replacements, or <see langword="null"/> to leave the byte alone.</param>
    /// <param name="space">The packets before they are replaced.</param>
    /// <param name="outside">The terminal of packets outside the space.</param>
    /// <param name="terminals">Replaces each terminal of the function.</param>
    public static int Substitute(this Diagram diagram, int function, byte[]?[] maps, int space, int outside, Func<int, int> terminals) =>
        new RewritingWithin(diagram, maps, outside, terminals).Of(space, function);

    /// <summary>A function that no longer looks at a field: what any value of it would give, joined.</summary>
    public static int Forget<T>(this Diagram diagram, int function, PacketField field, T join)
        where T : IBinaryOperation => Forget(diagram, function, FieldLayout.Start(field), FieldLayout.End(field), join, []);

    /// <summary>The packets that are in a space for some value of the fields after one: a space that no longer looks at those.</summary>
    public static int UpTo(this Diagram diagram, PacketField last, int space) => new Shortening(diagram, FieldLayout.End(last)).Of(space);

    /// <summary>The terminals a function can give.</summary>
    public static HashSet<int> Terminals(this Diagram diagram, int function)
    {
        HashSet<int> terminals = [];
        HashSet<int> seen = [];
        Stack<int> pending = new([function]);
        while (pending.TryPop(out int id))
        {
            if (Diagram.IsTerminal(id))
            {
                terminals.Add(id);
            }
            else if (seen.Add(id))
            {
                foreach (uint edge in diagram.Edges(id))
                {
                    pending.Push(Diagram.Child(edge));
                }
            }
        }

        return terminals;
    }

    /// <summary>The terminal a function gives a packet.</summary>
    public static int Evaluate(this Diagram diagram, int function, Packet packet)
    {
        while (!Diagram.IsTerminal(function))
        {
            int level = diagram.Level(function);
            PacketField field = FieldLayout.Owner(level);
            function = diagram.Follow(function, FieldLayout.ByteAt(field, packet[field], level));
        }

        return function;
    }

    /// <summary>Tells whether a packet is in a space.</summary>
    public static bool Contains(this Diagram diagram, int space, Packet packet) => diagram.Evaluate(space, packet) == Diagram.True;

    /// <summary>A packet of a space that is as close to a wished-for one as a walk from the top finds; the space must hold one.</summary>
    public static Packet Witness(this Diagram diagram, int space, Packet wish)
    {
        Packet packet = wish.Copy();
        while (!Diagram.IsTerminal(space))
        {
            int level = diagram.Level(space);
            PacketField field = FieldLayout.Owner(level);
            int wanted = FieldLayout.ByteAt(field, packet[field], level);
            if (diagram.Follow(space, wanted) == Diagram.False)
            {
                wanted = FirstOpen(diagram.Edges(space));
                int shift = 8 * (FieldLayout.End(field) - 1 - level);
                packet[field] = (packet[field] & ~((UInt128)255 << shift)) | ((UInt128)wanted << shift);
            }

            space = diagram.Follow(space, wanted);
        }

        return packet;
    }

    private static int FirstOpen(ReadOnlySpan<uint> edges)
    {
        int low = 0;
        foreach (uint edge in edges)
        {
            if (Diagram.Child(edge) != Diagram.False)
            {
                return low;
            }

            low = Diagram.High(edge) + 1;
        }

        throw new InvalidOperationException("A reduced node leads nowhere but to False.");
    }

    private static int Forget<T>(Diagram diagram, int id, int start, int end, T join, Dictionary<int, int> done)
        where T : IBinaryOperation
    {
        int level = diagram.Level(id);
        if (level >= end)
        {
            return id;
        }

        if (done.TryGetValue(id, out int result))
        {
            return result;
        }

        if (level < start)
        {
            result = Rebuild(diagram, id, child => Forget(diagram, child, start, end, join, done));
        }
        else
        {
            int[] children =
            [
                .. diagram.Edges(id).ToArray().Select(edge => Forget(diagram, Diagram.Child(edge), start, end, join, done)).Distinct(),
            ];
            result = children.Aggregate((left, right) => diagram.Apply(join, left, right));
        }

        done.Add(id, result);
        return result;
    }

    private static int Rebuild(Diagram diagram, int id, Func<int, int> rewrite)
    {
        int level = diagram.Level(id);
        Span<uint> edges = diagram.Draft(level);
        int count = 0;
        foreach (uint edge in diagram.Edges(id))
        {
            Diagram.Append(edges, ref count, Diagram.High(edge), rewrite(Diagram.Child(edge)));
        }

        return diagram.Make(level, edges[..count]);
    }

    /// <summary>A space cut off below a level: what a reduced diagram holds there is some packet.</summary>
    private sealed class Shortening(Diagram diagram, int end)
    {
        private readonly NodeMemory _done = diagram.Remember();

        public int Of(int id)
        {
            if (diagram.Level(id) >= end)
            {
                return id == Diagram.False ? id : Diagram.True;
            }

            if (!_done.TryGet(id, out int result))
            {
                result = Rebuild(diagram, id, Of);
                _done.Set(id, result);
            }

            return result;
        }
    }

    /// <summary>One rewriting of a function: terminals replaced, and bytes of the packet where there are maps.</summary>
    private sealed class Rewriting(Diagram diagram, Func<int, int> terminals, byte[]?[]? maps)
    {
        private readonly NodeMemory _done = diagram.Remember();
        private int[] _terminals = [];

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public int Of(int id)
        {
            if (Diagram.IsTerminal(id))
            {
                int number = Diagram.Number(id);
                return number < _terminals.Length && _terminals[number] != 0 ? _terminals[number] : Ask(id, number);
            }

            if (!_done.TryGet(id, out int result))
            {
                result = maps?[diagram.Level(id)] is { } map ? Remapped(id, map) : Rebuilt(id);
                _done.Set(id, result);
            }

            return result;
        }

        // Few terminals stand at the ends of very many edges. No terminal has the id 0.
        private int Ask(int id, int number)
        {
            int result = terminals(id);
            if (number >= _terminals.Length)
            {
                Array.Resize(ref _terminals, Math.Max(number + 1, _terminals.Length * 2));
            }

            return _terminals[number] = result;
        }

        private int Remapped(int id, byte[] map)
        {
            int level = diagram.Level(id);
            Span<uint> edges = diagram.Draft(level);
            int count = 0;
            for (int value = 0; value < 256; value++)
            {
                Diagram.Append(edges, ref count, value, Of(diagram.Follow(id, map[value])));
            }

            return diagram.Make(level, edges[..count]);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private int Rebuilt(int id)
        {
            int level = diagram.Level(id);
            Span<uint> edges = diagram.Draft(level);
            int count = 0;
            foreach (uint edge in diagram.Edges(id))
            {
                Diagram.Append(edges, ref count, Diagram.High(edge), Of(Diagram.Child(edge)));
            }

            return diagram.Make(level, edges[..count]);
        }
    }

    /// <summary>One rewriting of a function for the packets of a space only.</summary>
    private sealed class RewritingWithin(Diagram diagram, byte[]?[] maps, int outside, Func<int, int> terminals)
    {
        private readonly Dictionary<(int Space, int Function), int> _done = [];

        public int Of(int space, int function)
        {
            if (space == Diagram.False)
            {
                return outside;
            }

            if (space == Diagram.True && Diagram.IsTerminal(function))
            {
                return terminals(function);
            }

            if (!_done.TryGetValue((space, function), out int result))
            {
                result = Make(space, function);
                _done.Add((space, function), result);
            }

            return result;
        }

        private int Make(int space, int function)
        {
            int level = Math.Min(diagram.Level(space), diagram.Level(function));
            byte[]? map = diagram.Level(function) == level ? maps[level] : null;
            Span<uint> edges = diagram.Draft(level);
            int count = 0;
            for (int value = 0; value < 256;)
            {
                (int high, int inside) = Step(space, level, value);
                (int last, int child) = map is null
                    ? Step(function, level, value)
                    : (Same(map, value), diagram.Follow(function, map[value]));
                high = Math.Min(high, last);
                Diagram.Append(edges, ref count, high, Of(inside, child));
                value = high + 1;
            }

            return diagram.Make(level, edges[..count]);
        }

        // Where a node leads to for a value, and the last value up to which it leads there.
        private (int High, int Child) Step(int id, int level, int value)
        {
            if (diagram.Level(id) != level)
            {
                return (255, id);
            }

            foreach (uint edge in diagram.Edges(id))
            {
                if (Diagram.High(edge) >= value)
                {
                    return (Diagram.High(edge), Diagram.Child(edge));
                }
            }

            throw new InvalidOperationException("The last edge of a node ends at 255.");
        }

        private static int Same(byte[] map, int value)
        {
            int high = value;
            while (high < 255 && map[high + 1] == map[value])
            {
                high++;
            }

            return high;
        }
    }
}
