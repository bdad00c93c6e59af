using System.Text;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>A page of nginx with its counters.</summary>
/// <param name="Address">The address to connect to, from the server.</param>
/// <param name="Url">The page.</param>
internal sealed record NginxStatusPage(string Address, Uri Url);

/// <summary>
/// What is wanted of nginx's configuration as <c>nginx -T</c> prints it (nginx, "Beginner's Guide", Configuration File's
/// Structure): directives end with a semicolon, blocks are in braces.
/// </summary>
/// <param name="StatusPages">The pages with counters.</param>
/// <param name="AccessLogs">The files requests are logged to.</param>
internal sealed record NginxConfiguration(IReadOnlyList<NginxStatusPage> StatusPages, IReadOnlyList<string> AccessLogs)
{
    private const string DefaultAccessLog = "/var/log/nginx/access.log";

    /// <summary>Reads the configuration; what it does not understand it passes over.</summary>
    public static NginxConfiguration Parse(string text)
    {
        List<NginxStatusPage> pages = [];
        List<string> logs = [];
        Stack<Block> blocks = new([new Block("", "")]);
        List<string> words = [];
        foreach (string token in Tokens(text))
        {
            switch (token)
            {
                case "{":
                    blocks.Push(new Block(words.FirstOrDefault(""), words.LastOrDefault("")));
                    words.Clear();
                    break;
                case "}":
                    Close(blocks, pages);
                    words.Clear();
                    break;
                case ";":
                    Take(words, blocks, logs);
                    words.Clear();
                    break;
                default:
                    words.Add(token);
                    break;
            }
        }

        return new NginxConfiguration([.. pages.DistinctBy(page => page.Url)], logs.Count > 0 ? [.. logs.Distinct()] : [DefaultAccessLog]);
    }

    private static void Take(List<string> words, Stack<Block> blocks, List<string> logs)
    {
        switch (words)
        {
            case ["stub_status", ..] when blocks.Peek().Name == "location":
                blocks.FirstOrDefault(block => block.Name == "server")?.StatusPaths.Add(blocks.Peek().Argument);
                break;
            case ["listen", string address, ..]:
                blocks.Peek().Listens.Add(address);
                break;
            case ["access_log", string path, ..] when path.StartsWith('/') && !path.Contains('$', StringComparison.Ordinal):
                logs.Add(path);
                break;
            default:
                break;
        }
    }

    private static void Close(Stack<Block> blocks, List<NginxStatusPage> pages)
    {
        if (blocks.Count == 1)
        {
            return;
        }

        Block closed = blocks.Pop();
        if (closed.StatusPaths.Count > 0 && Endpoint(closed.Listens.FirstOrDefault("80")) is { } endpoint)
        {
            pages.AddRange(closed.StatusPaths.Where(path => path.StartsWith('/')).Select(path => new NginxStatusPage(endpoint.Host, new UriBuilder("http", endpoint.Host, endpoint.Port, path).Uri)));
        }
    }

    /// <summary>The address of a listen directive: <c>80</c>, <c>*:80</c>, <c>127.0.0.1:8081</c>, <c>[::1]:80</c>; none for a unix socket or a port out of range.</summary>
    private static (string Host, int Port)? Endpoint(string listen)
    {
        if (listen.StartsWith("unix:", StringComparison.Ordinal))
        {
            return null;
        }

        int colon = listen.EndsWith(']') ? -1 : listen.LastIndexOf(':');
        string host = colon < 0 && listen.All(char.IsAsciiDigit) ? "" : colon < 0 ? listen : listen[..colon];
        string port = colon >= 0 ? listen[(colon + 1)..] : host.Length == 0 ? listen : "80";
        string address = host.Trim('[', ']') is "" or "*" or "0.0.0.0" or "::" ? "127.0.0.1" : host.Trim('[', ']');
        return ushort.TryParse(port, out ushort number) && number > 0 && System.Net.IPAddress.TryParse(address, out _) ? (address, number) : null;
    }

    private static IEnumerable<string> Tokens(string text)
    {
        StringBuilder word = new();
        for (int i = 0; i < text.Length; i++)
        {
            char character = text[i];
            bool ends = char.IsWhiteSpace(character) || character is ';' or '{' or '}' or '#' or '"' or '\'';
            if (!ends)
            {
                word.Append(character);
                continue;
            }

            // A variable in braces is part of a word; a comment begins only where a word could.
            if ((character == '{' && word.Length > 0 && word[^1] == '$') || (character == '#' && word.Length > 0))
            {
                word.Append(character);
                continue;
            }

            if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }

            switch (character)
            {
                case '#':
                    i = End(text, '\n', i);
                    break;
                case '"' or '\'':
                    int close = End(text, character, i);
                    yield return text[(i + 1)..close];
                    i = close;
                    break;
                case ';' or '{' or '}':
                    yield return character.ToString();
                    break;
                default:
                    break;
            }
        }
    }

    private static int End(string text, char mark, int start)
    {
        int at = start + 1;
        while (at < text.Length && text[at] != mark)
        {
            at += text[at] == '\\' && mark != '\n' ? 2 : 1;
        }

        return Math.Min(at, text.Length);
    }

    private sealed record Block(string Name, string Argument)
    {
        public List<string> Listens { get; } = [];

        public List<string> StatusPaths { get; } = [];
    }
}
