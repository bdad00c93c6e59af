using System.Text;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>The last lines that a remote command wrote on standard error, within bounds.</summary>
internal sealed class LastWords
{
    private const int MostCharacters = 8 * 1024;
    private readonly StringBuilder _text = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly Lock _lock = new();

    /// <summary>Adds what came.</summary>
    public void Add(ReadOnlyMemory<byte> bytes)
    {
        char[] characters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        lock (_lock)
        {
            int count = _decoder.GetChars(bytes.Span, characters, flush: false);
            _text.Append(characters, 0, count);
            if (_text.Length > MostCharacters)
            {
                _text.Remove(0, _text.Length - MostCharacters);
            }
        }
    }

    /// <summary>The last lines that are not blank.</summary>
    public string[] Lines(int most)
    {
        lock (_lock)
        {
            return
            [
                .. _text.ToString().Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Trim().Length > 0).TakeLast(most),
            ];
        }
    }
}
