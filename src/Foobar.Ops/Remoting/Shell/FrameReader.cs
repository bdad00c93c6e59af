using System.Globalization;
using System.Text;

namespace Foobar.Ops.Remoting.Shell;

/// <summary>
/// Reads frames: a line of words in ASCII, then as many bytes as the line says (see <c>runner.sh</c>). Blocking, for a
/// thread of its own: .NET has no asynchronous reads of a process's pipes, only reads on pool threads.
/// </summary>
internal sealed class FrameReader(Stream stream)
{
    private const int LongestLine = 256;
    private const int LongestPreamble = 1024 * 1024;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private long _heard = Environment.TickCount64;
    private int _start;
    private int _end;

    /// <summary>When something last came, as <see cref="Environment.TickCount64"/>.</summary>
    public long Heard => Volatile.Read(ref _heard);

    /// <summary>Skips what a server's login scripts print, up to and with the line that begins so; gives the rest of it.</summary>
    /// <exception cref="EndOfStreamException">The output ended before.</exception>
    /// <exception cref="InvalidDataException">Too much stood before it.</exception>
    public string SkipTo(string beginning)
    {
        StringBuilder line = new();
        for (int skipped = 0; skipped < LongestPreamble; skipped++)
        {
            char next = (char)ReadByte();
            if (next != '\n')
            {
                line.Append(next);
            }
            else if (line.ToString() is string text && text.StartsWith(beginning, StringComparison.Ordinal))
            {
                return text[beginning.Length..];
            }
            else
            {
                line.Clear();
            }
        }

        throw new InvalidDataException("The server's login scripts print more than a shell's answer could be found in.");
    }

    /// <summary>Reads a frame's line; <see langword="null"/> at the end of the output.</summary>
    /// <exception cref="InvalidDataException">It is no such line.</exception>
    public string[]? ReadLine()
    {
        if (_start == _end && !Fill())
        {
            return null;
        }

        StringBuilder line = new();
        for (char next = (char)ReadByte(); next != '\n'; next = (char)ReadByte())
        {
            line.Append(next is >= ' ' and <= '~' && line.Length < LongestLine
                ? next
                : throw new InvalidDataException($"A frame was expected, got '{line}' and the byte 0x{(int)next:x2}."));
        }

        return line.ToString().Split(' ');
    }

    /// <summary>Reads so many bytes.</summary>
    /// <exception cref="EndOfStreamException">The output ended before.</exception>
    public byte[] ReadBytes(int count)
    {
        if (count == 0)
        {
            return [];
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>(count);
        int buffered = Math.Min(count, _end - _start);
        _buffer.AsSpan(_start, buffered).CopyTo(bytes);
        _start += buffered;
        while (buffered < count)
        {
            int more = stream.Read(bytes, buffered, count - buffered);
            buffered += more > 0 ? more : throw new EndOfStreamException();
            Volatile.Write(ref _heard, Environment.TickCount64);
        }

        return bytes;
    }

    /// <summary>A word of a frame's line as a number.</summary>
    /// <exception cref="InvalidDataException">It is none, or the line is too short.</exception>
    public static int Number(string[] words, int index) =>
        index < words.Length && int.TryParse(words[index], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new InvalidDataException($"A frame's line lacks a number at place {index}: '{string.Join(' ', words)}'.");

    private byte ReadByte() => _start < _end || Fill() ? _buffer[_start++] : throw new EndOfStreamException();

    private bool Fill()
    {
        _start = 0;
        _end = stream.Read(_buffer, 0, _buffer.Length);
        Volatile.Write(ref _heard, Environment.TickCount64);
        return _end > 0;
    }
}
