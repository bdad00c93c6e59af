using System.Runtime.CompilerServices;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Firewall.Spaces;

/// <summary>
/// A store of hash-consed, reduced, ordered multi-valued decision diagrams: functions from packets to terminals (true and
/// false, or what a ruleset does with a packet). A level is one byte of one field, a node a list of byte intervals with a
/// child each. Equal functions have the same id, so equality is a comparison of numbers. Not safe for concurrent use.
/// See docs/decisions on packet spaces for why this structure.
/// </summary>
internal sealed class Diagram
{
    /// <summary>The packets that are not in a space.</summary>
    public const int False = TerminalBase;

    /// <summary>The packets that are in a space.</summary>
    public const int True = TerminalBase + 1;

    /// <summary>Ids from here on are terminals.</summary>
    public const int TerminalBase = 0xF0_0000;

    private const int ChildBits = 24;
    private const int ChildMask = (1 << ChildBits) - 1;

    private readonly ChunkedList<Node> _nodes = new();
    private readonly ChunkedList<uint> _edges = new();
    private readonly uint[] _drafts = new uint[FieldLayout.Levels * 256];
    private readonly NodeMemory _memory = new();
    private uint[] _buckets = new uint[1 << 11];

    /// <summary>Memory of operations already done.</summary>
    public ApplyCache Cache { get; } = new();

    /// <summary>The number of distinct nodes made so far.</summary>
    public int NodeCount => _nodes.Count;

    /// <summary>The id of a terminal by its number.</summary>
    public static int Terminal(int number) => TerminalBase + number;

    /// <summary>The number of a terminal by its id.</summary>
    public static int Number(int terminal) => terminal - TerminalBase;

    /// <summary>Tells whether an id is a terminal.</summary>
    public static bool IsTerminal(int id) => id >= TerminalBase;

    /// <summary>
    /// An edge: the interval of byte values after the previous edge's, up to <paramref name="high"/>, leads to <paramref name="child"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Edge(int high, int child) => ((uint)high << ChildBits) | (uint)child;

    /// <summary>The last byte value of an edge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int High(uint edge) => (int)(edge >> ChildBits);

    /// <summary>The node or terminal an edge leads to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Child(uint edge) => (int)(edge & ChildMask);

    /// <summary>The level of a node; beyond every level for a terminal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Level(int id) => IsTerminal(id) ? byte.MaxValue : _nodes[id].Level;

    /// <summary>The edges of a node; the span stays valid, for edges are never moved or changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<uint> Edges(int id) => _edges.Slice(_nodes[id].Offset, _nodes[id].Count);

    /// <summary>
    /// Room for the edges of a node that is about to be made. There is one for each level: whoever makes a node may make
    /// others below its level meanwhile, and does.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<uint> Draft(int level) => _drafts.AsSpan(level * 256, 256);

    /// <summary>Memory of functions of single nodes, empty at first; one at a time.</summary>
    public NodeMemory Remember()
    {
        _memory.Clear(NodeCount);
        return _memory;
    }

    /// <summary>What a node leads to for a byte value.</summary>
    public int Follow(int id, int value)
    {
        ReadOnlySpan<uint> edges = Edges(id);
        int low = 0;
        int high = edges.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = High(edges[middle]) < value ? (middle + 1, high) : (low, middle);
        }

        return Child(edges[low]);
    }

    /// <summary>Appends an edge, joining it with the one before if both lead to the same place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Append(Span<uint> edges, ref int count, int high, int child)
    {
        if (count > 0 && Child(edges[count - 1]) == child)
        {
            count--;
        }

        edges[count++] = Edge(high, child);
    }

    /// <summary>The node of a level with these edges (joined, the last one up to 255), or its only child.</summary>
    /// <exception cref="FoobarException"><c>RulesetTooComplex</c>: more distinct nodes than the store can name.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Make(int level, ReadOnlySpan<uint> edges)
    {
        if (edges.Length == 1)
        {
            return Child(edges[0]);
        }

        int hash = HashOf(level, edges);
        for (int slot = hash & (_buckets.Length - 1); ; slot = (slot + 1) & (_buckets.Length - 1))
        {
            uint bucket = _buckets[slot];
            if (bucket == 0)
            {
                return Add(level, edges, hash, slot);
            }

            if (bucket >> ChildBits != Tag(hash))
            {
                continue;
            }

            int id = (int)(bucket & ChildMask) - 1;
            ref readonly Node node = ref _nodes[id];
            if (node.Hash == hash && node.Level == level && Edges(id).SequenceEqual(edges))
            {
                return id;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int HashOf(int level, ReadOnlySpan<uint> edges)
    {
        ulong hash = 0x9E3779B97F4A7C15ul * (uint)(level + 1);
        foreach (uint edge in edges)
        {
            hash = (hash ^ edge) * 0xBF58476D1CE4E5B9ul;
            hash ^= hash >> 29;
        }

        return (int)(hash ^ (hash >> 32)) & int.MaxValue;
    }

    private int Add(int level, ReadOnlySpan<uint> edges, int hash, int slot)
    {
        if (NodeCount == TerminalBase)
        {
            throw new FoobarException(
                "RulesetTooComplex", ErrorKind.Refused,
                $"The packet spaces of the ruleset need more than {TerminalBase:N0} distinct parts.")
            {
                Recommendation = "Judge the servers one at a time, or simplify rules that combine many unrelated address sets.",
            };
        }

        int id = _nodes.Add([new Node { Offset = _edges.Add(edges), Count = (ushort)edges.Length, Level = (byte)level, Hash = hash }]);
        _buckets[slot] = Bucket(id, hash);
        if (NodeCount * 2 > _buckets.Length)
        {
            Rehash();
        }

        return id;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Rehash()
    {
        _buckets = new uint[_buckets.Length * 2];
        for (int id = 0; id < NodeCount; id++)
        {
            int hash = _nodes[id].Hash;
            int slot = hash & (_buckets.Length - 1);
            while (_buckets[slot] != 0)
            {
                slot = (slot + 1) & (_buckets.Length - 1);
            }

            _buckets[slot] = Bucket(id, hash);
        }
    }

    // A bucket holds some bits of the hash beside the node's number, so that of other nodes it mostly tells by itself.
    private static uint Bucket(int id, int hash) => (Tag(hash) << ChildBits) | (uint)(id + 1);

    private static uint Tag(int hash) => (uint)hash >> ChildBits;

    // Fields, not properties: see ApplyCache.
    private struct Node
    {
        public int Offset;
        public int Hash;
        public ushort Count;
        public byte Level;
    }
}
