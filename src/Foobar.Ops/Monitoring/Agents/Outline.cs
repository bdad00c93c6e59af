using System.Globalization;
using System.Text.RegularExpressions;

namespace Foobar.Ops.Monitoring.Agents;

/// <summary>A setting of a configuration file: its path from the top and its value, which is <c>***</c> where it stayed on the
/// server.</summary>
/// <param name="Path">The names from the top, joined by <c>/</c>; the label of a block behind a colon:
/// <c>Plugin:network/Server</c>.</param>
/// <param name="Value">The value; empty for a section.</param>
internal sealed record Setting(string Path, string Value);

/// <summary>Reads the outline of a configuration file that <c>agents.sh</c> prints: keys with their depth, sections, and values of a few
/// keys.</summary>
internal static class Outline
{
    /// <summary>What stands for a value that stayed on the server.</summary>
    public const string Hidden = "***";

    /// <summary>What stands for a value that is read from elsewhere: a variable, a keystore.</summary>
    public const string Reference = "(reference)";

    /// <summary>Reads the settings of a file.</summary>
    /// <param name="format">The format, as the table names it.</param>
    /// <param name="lines">Lines <c>K indent key value</c>, <c>L indent value</c>, <c>D indent</c>, <c>S text</c>, separated by tabs;
    /// others are passed over.</param>
    public static IReadOnlyList<Setting> Parse(string format, IEnumerable<string> lines)
    {
        Reader reader = new(format);
        foreach (string line in lines)
        {
            reader.Take(line.Split('\t'));
        }

        return reader.Settings;
    }

    /// <summary>The settings at a path with wildcards.</summary>
    public static IEnumerable<Setting> At(this IEnumerable<Setting> settings, string pattern)
    {
        Regex path = Pattern(pattern);
        return settings.Where(setting => path.IsMatch(setting.Path));
    }

    /// <summary>Tells whether one of some conditions <c>KEY=VALUE</c> holds beside a setting, or below it where it begins with <c>./</c>,
    /// or from the top where it begins with <c>/</c>.</summary>
    public static bool Holds(this IReadOnlyList<Setting> settings, string? conditions, string beside) => conditions is not null
        && conditions.Split('|').Any(condition =>
        {
            int equals = condition.IndexOf('=', StringComparison.Ordinal);
            string key = condition[..equals];
            int end = beside.LastIndexOf('/');
            string path = key.StartsWith("./", StringComparison.Ordinal) ? beside + key[1..] : key[0] == '/' ? key[1..] : end < 0 ? key
                : beside[..end] + "/" + key;
            return settings.At(path).Any(setting => Plain(setting.Value).Equals(condition[(equals + 1)..],
                StringComparison.OrdinalIgnoreCase));
        });

    /// <summary>A value without its quotes.</summary>
    public static string Plain(string value) => value.Trim().Trim('"', '\'');

    private static Regex Pattern(string pattern) => new(
        "^" + Regex.Escape(pattern).Replace(@"\*\*/", "(?:.*/)?", StringComparison.Ordinal).Replace(@"\*", "[^/]*",
            StringComparison.Ordinal) + "$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        TimeSpan.FromSeconds(1));

    private sealed class Reader(string format)
    {
        private readonly List<Setting> _settings = [];

        // Keys above the present line with their depth; sections of formats without depth count themselves.
        private readonly Stack<(int Indent, string Name)> _above = new();

        public IReadOnlyList<Setting> Settings => _settings;

        public void Take(string[] fields)
        {
            switch (fields)
            {
                case ["K", var indent, var key, ..]:
                    Key(Number(indent), key, string.Join('\t', fields[3..]));
                    break;
                case ["L", var indent, ..]:
                    Item(Number(indent), string.Join('\t', fields[2..]));
                    break;
                case ["D", var indent]:
                    Leave(Number(indent) + 1);
                    break;
                case ["S", ..]:
                    Section(string.Join('\t', fields[1..]).Trim());
                    break;
                default:
                    break;
            }
        }

        private void Key(int indent, string key, string value)
        {
            if (format == "yaml")
            {
                Leave(indent);
                Add(key, value);
                _above.Push((indent, key));
            }
            else if (format == "toml" && value.Length == 0)
            {
                Add(key, value);
            }
            else
            {
                Add(key, value);
                _last = key;
            }
        }

        private string? _last;

        // An item belongs to the key above it: of a YAML list the nearest key less deep, else the key of the last line.
        private void Item(int indent, string value)
        {
            if (format == "yaml")
            {
                while (_above.TryPeek(out (int Indent, string Name) top) && top.Indent >= indent)
                {
                    _above.Pop();
                }

                _settings.Add(new Setting(Path(), value));
            }
            else if (_last is not null)
            {
                Add(_last, value);
            }
        }

        private void Section(string text)
        {
            _last = null;
            switch (text.FirstOrDefault())
            {
                case '[':
                    _above.Clear();
                    Enter(text.Trim('[', ']').Trim(), null);
                    break;
                case '<' when text.Length > 1 && text[1] == '/':
                case '}':
                    _above.TryPop(out _);
                    break;
                case '<':
                    string inner = text.Trim('<', '>').Trim();
                    int blank = inner.IndexOfAny([' ', '\t']);
                    Enter(blank < 0 ? inner : inner[..blank], blank < 0 ? null : inner[(blank + 1)..].Trim());
                    break;
                default:
                    string[] words = text.TrimEnd('{').Trim().Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries);
                    if (format == "haproxy")
                    {
                        _above.Clear();
                    }

                    Enter(words.Length == 0 ? "" : words[0], words.Length < 2 ? null : words[1].Trim());
                    break;
            }
        }

        private void Enter(string name, string? label)
        {
            // A block is a setting by itself, its label the value (collectd: <Server "host" "port">).
            _above.Push((_above.Count, label is null ? name : $"{name}:{label.Replace("\"", "", StringComparison.Ordinal)}"));
            _settings.Add(new Setting(Path(), label ?? ""));
        }

        private void Leave(int indent)
        {
            while (_above.TryPeek(out (int Indent, string Name) top) && top.Indent >= indent)
            {
                _above.Pop();
            }
        }

        private void Add(string key, string value) => _settings.Add(new Setting(_above.Count == 0 ? key : Path() + "/" + key, value));

        private string Path() => string.Join('/', _above.Reverse().Select(static one => one.Name));

        private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number : 0;
    }
}
