using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.Tls.Files;

/// <summary>
/// The certificates that HAProxy loads, with the addresses and names that it serves them for (Configuration Manual 2.6 to
/// 3.4, 3.1 crt-base, key-base and ssl-load-extra-del-ext, 4.2 bind and ssl-f-use, 5.1 crt, crt-list and default-crt, 5.2 crt,
/// 12.7 crt-store).
/// </summary>
internal sealed class HaproxyCertificates
{
    private const string Program = "HAProxy", Home = "/etc/haproxy";

    // The extension that ssl-load-extra-del-ext takes off before it looks for a key beside the certificate.
    private const string Extension = ".crt";

    private readonly CertificatePlaces _places = new();
    private readonly Dictionary<string, (string Path, IReadOnlyList<string> Keys)> _stored = new(StringComparer.Ordinal);
    private readonly string _base;
    private readonly string _keyBase;
    private readonly bool _replacesExtension;

    private HaproxyCertificates(IReadOnlyList<HaproxySection> sections)
    {
        HaproxyLine[] global = [.. sections.Where(static section => section.Kind == "global").SelectMany(static section => section.Lines)];
        _base = Base(global, "crt-base");
        _keyBase = Base(global, "key-base");
        _replacesExtension = Array.Exists(global, static line => line.Words[0].Text == "ssl-load-extra-del-ext");
    }

    /// <summary>Finds them, and the lists that name more.</summary>
    public static CertificatePlaces Of(IReadOnlyList<HaproxySection> sections)
    {
        HaproxyCertificates certificates = new(sections);
        foreach (HaproxySection section in sections.Where(static section => section.Kind == "crt-store"))
        {
            certificates.TakeStore(section);
        }

        foreach (HaproxySection section in sections.Where(static section => section.Kind is not ("crt-store" or "acme")))
        {
            certificates.TakeSection(section);
        }

        return certificates._places;
    }

    /// <summary>Finds those of a list: <c>FILE [options] names</c> a line (5.1, crt-list).</summary>
    /// <param name="sections">The configuration that names the list.</param>
    /// <param name="list">The use that names it.</param>
    /// <param name="text">What stands in it.</param>
    public static CertificatePlaces OfList(IReadOnlyList<HaproxySection> sections, CertificateUse list, string text)
    {
        HaproxyCertificates certificates = new(sections);
        foreach (HaproxySection section in sections.Where(static section => section.Kind == "crt-store"))
        {
            certificates.TakeStore(section);
        }

        certificates._places.Uses.Clear();
        foreach (HaproxyLine line in HaproxyText.Parse(text, list.Path))
        {
            CertificateUse use = list with
            {
                Place = FormattableString.Invariant($"{list.Path}:{line.Number} for {list.Place}"),
                ServerNames = [.. Names(line.Words.Skip(1))],
            };
            certificates.Follow(line.Words[0], use, key: Option(line, "key"));
        }

        return certificates._places;
    }

    /// <summary>The addresses of a bind line as they are connected to on the server itself; UDP and sockets by number have none.</summary>
    internal static IEnumerable<string> Listeners(string addresses) => addresses.Split(',').Select(Listener).OfType<string>();

    /// <summary>The words behind the options in brackets.</summary>
    private static IEnumerable<string> Names(IEnumerable<ConfigurationWord> words)
    {
        bool isOption = false;
        foreach (string word in words.Select(static word => word.Text))
        {
            isOption |= word.StartsWith('[');
            if (!isOption)
            {
                yield return word;
            }

            isOption &= !word.EndsWith(']');
        }
    }

    // The value of an option in brackets.
    private static string? Option(HaproxyLine line, string name)
    {
        string[] words = [.. line.Words.Skip(1).Select(static word => word.Text.Trim('[', ']'))];
        int at = Array.IndexOf(words, name);
        return at >= 0 && at + 1 < words.Length ? words[at + 1] : null;
    }

    private static string? Listener(string address)
    {
        string[] parts = address.Split('@', 2);
        (string family, string rest) = parts.Length == 2 ? (parts[0], parts[1]) : ("", address);
        if (family is "unix" || (family.Length == 0 && rest.StartsWith('/')))
        {
            return rest;
        }

        int colon = rest.LastIndexOf(':');
        string port = rest[(colon + 1)..].Split('-')[0];
        if (colon < 0
            || !ushort.TryParse(port, System.Globalization.CultureInfo.InvariantCulture, out ushort number)
            || family is not ("" or "ipv4" or "ipv6" or "tcp" or "tcp4" or "tcp6"))
        {
            return null;
        }

        string host = rest[..colon].Trim('[', ']');
        bool isAny6 = host == "::" || (host.Length == 0 && family.EndsWith('6'));
        string own = isAny6 ? "::1" : host is "" or "*" or "0.0.0.0" ? "127.0.0.1" : host;
        return ListenerText.Of(own, number);
    }

    private void TakeStore(HaproxySection section)
    {
        string directory = Base(section.Lines, "crt-base") is { Length: > 0 } own ? own : _base;
        string keys = Base(section.Lines, "key-base") is { Length: > 0 } ownKeys ? ownKeys : _keyBase;
        foreach (HaproxyLine line in section.Lines.Where(static line => line.Keyword == "load"))
        {
            if (Argument(line, "crt") is not { } certificate)
            {
                continue;
            }

            string path = Whole(certificate.Text, directory);
            string? key = Argument(line, "key") is { HasVariable: false } named ? Whole(named.Text, keys) : null;
            foreach (string name in (string[])[certificate.Text, Argument(line, "alias")?.Text ?? certificate.Text])
            {
                _stored[$"@{section.Name}/{name}"] = (path, KeysOf(path, key));
            }

            // Without a listener: only what a bind line names of a store is served.
            Follow(
                certificate,
                new CertificateUse { Program = Program, Path = "", Place = PlaceOf(section, line, "load crt") },
                directory, key);
        }
    }

    private void TakeSection(HaproxySection section)
    {
        string[] frontend =
        [
            .. section.Lines.Where(static line => line.Keyword == "bind" && IsTls(line))
                .SelectMany(static line => Listeners(line.Words[1].Text)),
        ];
        _places.Listeners.UnionWith(frontend);
        foreach (HaproxyLine line in section.Lines)
        {
            bool isServed = line.Keyword is "bind" or "ssl-f-use";
            CertificateUse use = new()
            {
                Program = Program,
                Path = "",
                Place = PlaceOf(section, line, $"{line.Keyword} {(line.Words.Count > 1 ? line.Words[1].Text : "")}".Trim()),
                Listeners = line.Keyword == "bind" && line.Words.Count > 1 ? [.. Listeners(line.Words[1].Text)] : isServed ? frontend : [],
                Obstacle = line.Words.Any(static word => word.Text == "accept-proxy")
                    ? "the listener wants the PROXY protocol first"
                    : null,
            };
            TakeLine(line, use);
        }
    }

    private void TakeLine(HaproxyLine line, CertificateUse use)
    {
        for (int index = 0; index + 1 < line.Words.Count; index++)
        {
            ConfigurationWord argument = line.Words[index + 1];
            switch (line.Words[index].Text)
            {
                case "crt" or "default-crt":
                    Follow(argument, use);
                    break;
                case "crt-list" when argument.HasVariable:
                    _places.Doubts.Add($"{use}: an environment variable stands for the list {argument}");
                    break;
                case "crt-list":
                    _places.Lists.Add(use with { Path = Whole(argument.Text, "") });
                    break;
                default:
                    break;
            }
        }
    }

    private void Follow(ConfigurationWord word, CertificateUse use, string? directory = null, string? key = null)
    {
        if (word.HasVariable)
        {
            _places.Doubts.Add($"{use}: an environment variable stands for the file {word}");
        }
        else if (!word.Text.StartsWith('@'))
        {
            string path = Whole(word.Text, directory ?? _base);
            _places.Uses.Add(use with { Path = path, Keys = KeysOf(path, key is null ? null : Whole(key, _keyBase)) });
        }
        else if (_stored.TryGetValue(word.Text, out (string Path, IReadOnlyList<string> Keys) stored))
        {
            _places.Uses.Add(use with { Path = stored.Path, Keys = stored.Keys });
        }
        else
        {
            _places.Doubts.Add($"{use}: no crt-store holds {word}");
        }
    }

    private IReadOnlyList<string> KeysOf(string path, string? named) =>
    [
        .. named is null ? [] : (string[])[named],
        .. _replacesExtension && path.EndsWith(Extension, StringComparison.Ordinal) ? (string[])[path[..^Extension.Length] + ".key"] : [],
    ];

    private static bool IsTls(HaproxyLine line) => line.Words.Count > 2 && line.Words.Any(static word => word.Text == "ssl");

    private static string PlaceOf(HaproxySection section, HaproxyLine line, string directive) =>
        FormattableString.Invariant($"{section.File.Path}:{line.Number} {directive}");

    private static ConfigurationWord? Argument(HaproxyLine line, string keyword)
    {
        int at = line.Words.Select(static word => word.Text).ToList().IndexOf(keyword);
        return at > 0 && at + 1 < line.Words.Count ? line.Words[at + 1] : null;
    }

    private static string Base(IEnumerable<HaproxyLine> lines, string keyword) =>
        lines.LastOrDefault(line => line.Words[0].Text == keyword && line.Words.Count > 1)?.Words[1].Text ?? "";

    private static string Whole(string path, string directory) =>
        (path.StartsWith('/') ? path : $"{(directory.Length == 0 ? Home : directory.TrimEnd('/'))}/{path}").TrimEnd('/');
}
