using System.Text;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>The words of one line of <c>iptables-save</c>, read from left to right.</summary>
internal sealed class SaveTokens
{
    private readonly string _line;
    private readonly List<string> _words = [];
    private readonly List<int> _starts = [];
    private int _next;

    /// <summary>Splits a line at blanks; double quotes keep blanks, a backslash in them takes the next character literally.</summary>
    public SaveTokens(string line)
    {
        _line = line;
        Split();
    }

    /// <summary>Whether words are left.</summary>
    public bool More => _next < _words.Count;

    /// <summary>The next word, not taken; empty at the end.</summary>
    public string Peek => More ? _words[_next] : string.Empty;

    /// <summary>The words that are left, as the line writes them.</summary>
    public string Rest => More ? _line[_starts[_next]..] : string.Empty;

    /// <summary>Takes the next word.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public string Take() => More ? _words[_next++] : throw new FormatException($"a value expected after '{_words.LastOrDefault()}'");

    /// <summary>
    /// The words that are left before the first of these, as the line writes them; all that are left when none of these is among them.
    /// </summary>
    public string RestBefore(params ReadOnlySpan<string> ends)
    {
        for (int index = _next; index < _words.Count; index++)
        {
            if (ends.Contains(_words[index]))
            {
                return _line[_starts[_next].._starts[index]].TrimEnd();
            }
        }

        return Rest.TrimEnd();
    }

    private void Split()
    {
        StringBuilder word = new();
        bool quoted = false;
        int start = -1;
        for (int index = 0; index < _line.Length; index++)
        {
            char character = _line[index];
            if (quoted && character == '\\' && index + 1 < _line.Length)
            {
                word.Append(_line[++index]);
            }
            else if (character == '"')
            {
                (quoted, start) = (!quoted, start < 0 ? index : start);
            }
            else if (!quoted && character is ' ' or '\t')
            {
                Finish();
            }
            else
            {
                word.Append(character);
                start = start < 0 ? index : start;
            }
        }

        Finish();

        void Finish()
        {
            if (start >= 0)
            {
                _words.Add(word.ToString());
                _starts.Add(start);
            }

            word.Clear();
            start = -1;
        }
    }
}
