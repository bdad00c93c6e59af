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
    public bool TryGet(int operation, int left, int right, out int result)
    {
        ref readonly Entry entry = ref _entries[Slot(operation, left, right)];
        result = entry.Result;
        return entry.Operation == operation && entry.Left == left && entry.Right == right;
    }

    /// <summary>Remembers a result. Operations are numbered from 1.</summary>
    public void Set(int operation, int left, int right, int result)
    {
        if (++_stored > _entries.Length && _entries.Length < 1 << MaxBits)
        {
            Grow();
        }

        _entries[Slot(operation, left, right)] = new Entry(operation, left, right, result);
    }

    private int Slot(int operation, int left, int right)
    {
        ulong hash = (((ulong)(uint)left << 32) | (uint)right) * 0x9E3779B97F4A7C15ul;
        hash = (hash ^ (uint)operation) * 0xBF58476D1CE4E5B9ul;
        return (int)(hash >> 40) & (_entries.Length - 1);
    }

    private void Grow()
    {
        Entry[] old = _entries;
        _entries = new Entry[old.Length * 4];
        foreach (Entry entry in old)
        {
            if (entry.Operation != 0)
            {
                _entries[Slot(entry.Operation, entry.Left, entry.Right)] = entry;
            }
        }
    }

    private readonly record struct Entry(int Operation, int Left, int Right, int Result);
}
