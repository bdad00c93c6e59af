using System.Runtime.CompilerServices;

namespace Foobar.Ops.Firewall.Spaces;

/// <summary>
/// A result for each node of a diagram, emptied at once whatever its size: entries of an earlier round count for nothing.
/// </summary>
internal sealed class NodeMemory
{
    private Entry[] _entries = [];
    private int _round;

    /// <summary>Forgets all results and makes room for nodes up to a number.</summary>
    public void Clear(int nodes)
    {
        _round++;
        if (nodes > _entries.Length)
        {
            _entries = new Entry[Math.Max(nodes, _entries.Length * 2)];
        }
    }

    /// <summary>Looks up the result of a node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(int id, out int result)
    {
        ref readonly Entry entry = ref _entries[id];
        result = entry.Result;
        return entry.Round == _round;
    }

    /// <summary>Remembers the result of a node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(int id, int result)
    {
        ref Entry entry = ref _entries[id];
        entry.Round = _round;
        entry.Result = result;
    }

    // Fields, not properties: see ApplyCache.
    private struct Entry
    {
        public int Round;
        public int Result;
    }
}
