using System.Text.RegularExpressions;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Linux.Configuration;

/// <summary>
/// Reads nginx's configuration as <c>nginx -T</c> prints it: each file once, under a line with its name, so that what is
/// included stands apart from the block that includes it. Here it is put back into its place.
/// </summary>
internal sealed partial class NginxText
{
    private const int DeepestInclude = 20;

    private readonly List<(string Path, string Text)> _files = [];
    private readonly HashSet<string> _read = [];

    private NginxText(string dump)
    {
        MatchCollection heads = Head().Matches(dump);
        if (heads.Count == 0)
        {
            _files.Add(("nginx.conf", dump));
        }

        for (int index = 0; index < heads.Count; index++)
        {
            int start = heads[index].Index + heads[index].Length;
            int end = index + 1 < heads.Count ? heads[index + 1].Index : dump.Length;
            _files.Add((heads[index].Groups[1].Value, dump[start..end]));
        }
    }

    /// <summary>The whole configuration as one block without a name.</summary>
    /// <param name="dump">What <c>nginx -T</c> prints; a file's own text will do.</param>
    /// <exception cref="ParseException">A block or a quote is not closed, a directive does not end, files include each other.</exception>
    public static NginxDirective Parse(string dump)
    {
        NginxText text = new(dump);
        NginxDirective root = new("", []) { Block = text.ReadFile(text._files[0], 0) };

        // nginx prints what it read: a file that nothing includes means that an include was misunderstood here.
        string? lost = text._files.Select(file => file.Path).FirstOrDefault(path => !text._read.Contains(path));
        return lost is null ? root : throw new ParseException(null, "nginx -T", 0, $"expected a directive that includes {lost}.");
    }

    private List<NginxDirective> ReadFile((string Path, string Text) file, int depth)
    {
        NginxTokens tokens = new(file.Text, file.Path);
        _read.Add(file.Path);
        return depth <= DeepestInclude
            ? ReadBlock(tokens, depth, isNested: false)
            : throw tokens.Unexpected("files that do not include each other", $"{DeepestInclude} of them within each other");
    }

    private List<NginxDirective> ReadBlock(NginxTokens tokens, int depth, bool isNested)
    {
        List<NginxDirective> directives = [];
        List<string> words = [];
        while (tokens.Next() is { } token)
        {
            switch (token)
            {
                case ("}", true):
                    return isNested && words.Count == 0 ? directives : throw tokens.Unexpected("a directive", "'}'");
                case (";", true):
                    directives.AddRange(words.Count > 0 ? Take(words, depth) : throw tokens.Unexpected("a directive", "';'"));
                    words = [];
                    break;
                case ("{", true):
                    directives.Add(words.Count > 0 ? TakeBlock(tokens, words, depth) : throw tokens.Unexpected("a directive", "'{'"));
                    words = [];
                    break;
                default:
                    words.Add(token.Text);
                    break;
            }
        }

        return !isNested && words.Count == 0 ? directives : throw tokens.Unexpected(isNested ? "'}'" : "';'", "the end of the file");
    }

    private NginxDirective TakeBlock(NginxTokens tokens, List<string> words, int depth)
    {
        if (words[0].EndsWith("_by_lua_block", StringComparison.Ordinal))
        {
            tokens.SkipForeignBlock();
            return new NginxDirective(words[0], words[1..]);
        }

        return new NginxDirective(words[0], words[1..]) { Block = ReadBlock(tokens, depth, isNested: true) };
    }

    private IEnumerable<NginxDirective> Take(List<string> words, int depth) => words is ["include", string pattern]
        ? _files.Where(file => IsIncluded(file.Path, pattern)).SelectMany(file => ReadFile(file, depth + 1))
        : [new NginxDirective(words[0], words[1..])];

    /// <summary>Whether a file is one that a pattern means; a relative one begins at the directory of the main file.</summary>
    private bool IsIncluded(string path, string pattern)
    {
        int slash = _files[0].Path.LastIndexOf('/');
        string whole = pattern.StartsWith('/') ? pattern : (slash < 0 ? "" : _files[0].Path[..(slash + 1)]) + pattern;
        return path == whole || (whole.AsSpan().IndexOfAny("*?[") >= 0 && Matches(path, whole));
    }

    /// <summary>Whether a path matches a pattern of glob(7): no wildcard stands for a slash.</summary>
    private static bool Matches(string path, string pattern)
    {
        string expression = Regex.Escape(pattern)
            .Replace("\\*", "[^/]*", StringComparison.Ordinal)
            .Replace("\\?", "[^/]", StringComparison.Ordinal)
            .Replace("\\[!", "[^", StringComparison.Ordinal)
            .Replace("\\[", "[", StringComparison.Ordinal);
        try
        {
            return Regex.IsMatch(path, $"^{expression}\\z", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (RegexParseException)
        {
            // A bracket that is not closed: the file that it means stays unread, and that is an error.
            return false;
        }
    }

    [GeneratedRegex(@"^# configuration file (/.*):\r?\n", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Head();
}
