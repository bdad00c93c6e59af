using System.Runtime.CompilerServices;

namespace Foobar.Ops.Firewall.Spaces;

/// <summary>
/// Remembers results of operations on diagrams. Direct-mapped and lossy, as in BDD packages: a collision forgets the older
/// result, which costs time and never correctness, and bounds the memory.
/// </summary>
internal sealed class ApplyCache
{
    private const int MaxBits = 20;
    private Entry[] _entries = new Entry[1 << 12];
    private int _stored;

    /// <summary>Looks up the result of an operation on two diagrams.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(int operation, int left, int right, out int result)
    {
        Entry[] entries = _entries;
        ref readonly Entry entry = ref entries[Slot(operation, left, right) & (entries.Length - 1)];
        result = entry.Result;
        return entry.Left == left && entry.Right == right && entry.Operation == operation;
    }

    /// <summary>Remembers a result. Operations are numbered from 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(int operation, int left, int right, int result)
    {
        if (++_stored > _entries.Length && _entries.Length < 1 << MaxBits)
        {
            Grow();
        }

        Entry[] entries = _entries;
        ref Entry entry = ref entries[Slot(operation, left, right) & (entries.Length - 1)];
        entry.Operation = operation;
        entry.Left = left;
        entry.Right = right;
        entry.Result = result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Slot(int operation, int left, int right)
    {
        ulong hash = (((ulong)(uint)left << 32) | (uint)right) * 0x9E3779B97F4A7C15ul;
        hash = (hash ^ (uint)operation) * 0xBF58476D1CE4E5B9ul;
        return (int)(hash >> 40);
    }

    private void Grow()
    {
        Entry[] old = _entries;
        _entries = new Entry[old.Length * 4];
        foreach (Entry entry in old)
        {
            if (entry.Operation != 0)
            {
                _entries[Slot(entry.Operation, entry.Left, entry.Right) & (_entries.Length - 1)] = entry;
            }
        }
    }

    // Fields, not properties: whole judgements are done before the runtime would have compiled accessors away.
    private struct Entry
    {
        public int Operation;
        public int Left;
        public int Right;
        public int Result;
    }
}
