using System.Text;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>The words of one line of <c>iptables-save</c>, read from left to right.</summary>
internal sealed class SaveTokens
{
    private readonly List<string> _words;
    private int _next;

    /// <summary>Splits a line at blanks; double quotes keep blanks, a backslash in them takes the next character literally.</summary>
    public SaveTokens(string line) => _words = Split(line);

    /// <summary>Whether words are left.</summary>
    public bool More => _next < _words.Count;

    /// <summary>The next word, not taken; empty at the end.</summary>
    public string Peek => More ? _words[_next] : string.Empty;

    /// <summary>Takes the next word.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public string Take() => More ? _words[_next++] : throw new FormatException($"a value expected after '{_words.LastOrDefault()}'");

    private static List<string> Split(string line)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool quoted = false;
        bool started = false;
        for (int index = 0; index < line.Length; index++)
        {
            char character = line[index];
            if (quoted && character == '\\' && index + 1 < line.Length)
            {
                word.Append(line[++index]);
            }
            else if (character == '"')
            {
                (quoted, started) = (!quoted, true);
            }
            else if (!quoted && character is ' ' or '\t' && !quoted)
            {
                Finish();
            }
            else
            {
                word.Append(character);
                started = true;
            }
        }

        Finish();
        return words;

        void Finish()
        {
            if (started)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            started = false;
        }
    }
}
