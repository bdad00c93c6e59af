namespace Foobar.Ops.Drivers.Ssh.Channels;

/// <summary>Bytes that came and have not been read: bounded by the window that the server was given. Not safe for concurrent use.</summary>
internal sealed class ReceivedBytes
{
    private readonly Queue<byte[]> _parts = new();
    private int _start;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a copy.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 0)
        {
            _parts.Enqueue(bytes.ToArray());
            Count += bytes.Length;
        }
    }

    /// <summary>Takes as many as there are and fit.</summary>
    public int Take(Span<byte> buffer)
    {
        int taken = 0;
        while (taken < buffer.Length && _parts.TryPeek(out byte[]? part))
        {
            int length = Math.Min(part.Length - _start, buffer.Length - taken);
            part.AsSpan(_start, length).CopyTo(buffer[taken..]);
            taken += length;
            _start += length;
            if (_start == part.Length)
            {
                _parts.Dequeue();
                _start = 0;
            }
        }

        Count -= taken;
        return taken;
    }

    /// <summary>Drops all.</summary>
    public void Clear()
    {
        _parts.Clear();
        _start = 0;
        Count = 0;
    }
}
