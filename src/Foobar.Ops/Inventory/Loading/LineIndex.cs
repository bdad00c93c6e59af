using System.Text;

namespace Foobar.Ops.Inventory.Loading;

/// <summary>Turns byte offsets of UTF-8 text into lines and columns.</summary>
internal sealed class LineIndex
{
    private readonly byte[] _text;
    private readonly List<int> _starts = [0];

    public LineIndex(byte[] text)
    {
        _text = text;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == (byte)'\n')
            {
                _starts.Add(i + 1);
            }
        }
    }

    /// <summary>The position of a byte offset.</summary>
    public SourcePosition Position(long offset)
    {
        int found = _starts.BinarySearch((int)offset);
        int line = found >= 0 ? found : ~found - 1;
        return Position(line, offset - _starts[line]);
    }

    /// <summary>
    /// The position of a byte in a line, both counted from 0, as <see cref="System.Text.Json.JsonException"/> gives them.
    /// </summary>
    public SourcePosition Position(long line, long byteInLine)
    {
        int start = _starts[(int)Math.Clamp(line, 0, _starts.Count - 1)];
        int length = (int)Math.Clamp(byteInLine, 0, _text.Length - start);
        return new SourcePosition((int)line + 1, Encoding.UTF8.GetCharCount(_text, start, length) + 1);
    }
}
