using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.Tls;

/// <summary>
/// The keys that HAProxy loads (Configuration Manual, 3.1 crt-base, key-base, ssl-load-extra-files, ssl-load-extra-del-ext,
/// 5.1 crt, crt-list, default-crt, ca-sign-file, 5.2 crt, 12.7 crt-store, 12.8 acme): from the certificate's own file, or from
/// one beside it, alone or in a bundle by kind of key, or from a directory of these.
/// </summary>
internal sealed class HaproxyKeys
{
    // Files beside FILE that may hold its key: FILE.key, and bundles with a key within or beside.
    private static readonly string[] Beside = [".key", ".rsa", ".ecdsa", ".dsa", ".rsa.key", ".ecdsa.key", ".dsa.key"];

    // The extension that ssl-load-extra-del-ext takes off.
    private const string Extension = ".crt";

    private readonly KeyPlaces _places = new();
    private readonly bool _replacesExtension;
    private string _certificateBase = "";
    private string _keyBase = "";

    private HaproxyKeys(bool replacesExtension) => _replacesExtension = replacesExtension;

    /// <summary>Finds the keys, and the lists of certificates that name more.</summary>
    public static KeyPlaces Of(IReadOnlyList<HaproxySection> sections)
    {
        HaproxyLine[] global = [.. sections.Where(section => section.Kind == "global").SelectMany(section => section.Lines)];
        HaproxyKeys keys = new(global.Any(line => line.Words[0].Text == "ssl-load-extra-del-ext"));
        string certificateBase = Base(global, "crt-base"), keyBase = Base(global, "key-base");
        foreach (HaproxySection section in sections)
        {
            // A crt-store may have directories of its own.
            keys._certificateBase = section.Kind == "crt-store" && Base(section.Lines, "crt-base") is { Length: > 0 } own
                ? own
                : certificateBase;
            keys._keyBase = section.Kind == "crt-store" && Base(section.Lines, "key-base") is { Length: > 0 } ownKeys ? ownKeys : keyBase;
            foreach (HaproxyLine line in section.Lines)
            {
                keys.Take(section, line);
            }
        }

        return keys._places;
    }

    /// <summary>Finds the keys of a list of certificates (crt-list): <c>FILE [options] names</c> a line.</summary>
    /// <param name="sections">The configuration that names the list.</param>
    /// <param name="path">The list's path.</param>
    /// <param name="text">What stands in it.</param>
    public static KeyPlaces OfList(IReadOnlyList<HaproxySection> sections, string path, string text)
    {
        HaproxyLine[] global = [.. sections.Where(section => section.Kind == "global").SelectMany(section => section.Lines)];
        HaproxyKeys keys = new(
            global.Any(line => line.Words[0].Text == "ssl-load-extra-del-ext"))
            {
                _certificateBase = Base(global, "crt-base"),
                _keyBase = Base(global, "key-base"),
            };
        foreach (HaproxyLine line in HaproxyText.Parse(text, path))
        {
            keys.Certificate(line.Words[0], path);

            // The options in brackets may name a key of their own (HAProxy 3.0 and later).
            string[] words = [.. line.Words.Skip(1).Select(word => word.Text.Trim('[', ']'))];
            int at = Array.IndexOf(words, "key");
            if (at >= 0 && at + 1 < words.Length)
            {
                keys._places.Add(Whole(words[at + 1], keys._keyBase));
            }
        }

        return keys._places;
    }

    private void Take(HaproxySection section, HaproxyLine line)
    {
        if (line.Keyword == "bind" && line.Words.Count > 2 && HaproxyBindWords.Trouble(line.Words.Skip(2)) is { } trouble)
        {
            _places.Doubts.Add(trouble);
        }

        for (int index = 0; index + 1 < line.Words.Count; index++)
        {
            ConfigurationWord argument = line.Words[index + 1];
            switch (line.Words[index].Text)
            {
                // A word that is no keyword here names no file with a key, or one that is looked at in vain.
                case "crt" or "default-crt":
                    Certificate(argument, line.Keyword);
                    break;
                case "crt-list":
                    Follow(argument, line.Keyword, path => _places.Lists.Add(Whole(path, "")));
                    break;
                case "ca-sign-file":
                    Follow(argument, line.Keyword, path => _places.Add(Whole(path, "")));
                    break;
                case "key" when section.Kind == "crt-store":
                    Follow(argument, line.Keyword, path => _places.Add(Whole(path, _keyBase)));
                    break;
                case "account-key" when section.Kind == "acme":
                    Follow(argument, line.Keyword, path => _places.Add(Whole(path, _keyBase)));
                    break;
                default:
                    break;
            }
        }
    }

    private void Certificate(ConfigurationWord word, string place) => Follow(word, place, path =>
    {
        // @STORE/NAME is one that a crt-store loads, and its line names the files.
        if (path.StartsWith('@'))
        {
            return;
        }

        string whole = Whole(path, _certificateBase);
        bool isReplaced = _replacesExtension && whole.EndsWith(Extension, StringComparison.Ordinal);
        IEnumerable<string> instead = isReplaced ? [whole[..^Extension.Length] + ".key"] : [];
        _places.Add(whole, [.. Beside.Select(extension => whole + extension), .. instead]);
    });

    private void Follow(ConfigurationWord word, string place, Action<string> take)
    {
        if (word.HasVariable)
        {
            _places.Doubts.Add($"{place} {word}: an environment variable stands for the file");
        }
        else
        {
            take(word.Text);
        }
    }

    private static string Base(IEnumerable<HaproxyLine> lines, string keyword) =>
        lines.LastOrDefault(line => line.Words[0].Text == keyword && line.Words.Count > 1)?.Words[1].Text ?? "";

    private static string Whole(string path, string directory) =>
        (path.StartsWith('/')
            ? path
            : $"{(directory.Length == 0 ? "/etc/haproxy" : directory.TrimEnd('/'))}/{path}") is { Length: > 1 } whole
            ? whole.TrimEnd('/')
            : path;
}
