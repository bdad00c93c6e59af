using System.Runtime.CompilerServices;

namespace Foobar.Ops.Firewall.Spaces;

/// <summary>
/// A list that only grows, in pieces that never move: growing copies nothing and leaves no old array behind, which for the
/// millions of edges of a large ruleset would be half of its memory.
/// </summary>
internal sealed class ChunkedList<T>
    where T : struct
{
    private const int Bits = 16;
    private const int Size = 1 << Bits;

    private T[][] _chunks = [new T[Size / 16]];
    private int _last;

    /// <summary>The number of places taken so far; runs that did not fit in a piece leave some unused.</summary>
    public int Count { get; private set; }

    /// <summary>The item at a place.</summary>
    public ref readonly T this[int place]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _chunks[place >> Bits][place & (Size - 1)];
    }

    /// <summary>A run of items that were added together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<T> Slice(int place, int length) => _chunks[place >> Bits].AsSpan(place & (Size - 1), length);

    /// <summary>Adds a run of items, at most as many as a piece holds, and gives its place.</summary>
    public int Add(ReadOnlySpan<T> items)
    {
        int place = Count;
        int offset = place & (Size - 1);
        if (offset + items.Length > Size || (place >> Bits) > _last)
        {
            place = (_last + 1) << Bits;
            offset = 0;
            Open();
        }

        if (offset + items.Length > _chunks[_last].Length)
        {
            // Only the first piece starts small: most rulesets need no more.
            Array.Resize(ref _chunks[_last], Math.Min(Size, Math.Max(_chunks[_last].Length * 4, offset + items.Length)));
        }

        items.CopyTo(_chunks[_last].AsSpan(offset));
        Count = place + items.Length;
        return place;
    }

    private void Open()
    {
        _last++;
        if (_last == _chunks.Length)
        {
            Array.Resize(ref _chunks, _chunks.Length * 2);
        }

        _chunks[_last] = GC.AllocateUninitializedArray<T>(Size);
    }
}
