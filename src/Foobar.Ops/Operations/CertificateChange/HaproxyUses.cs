using System.Globalization;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>
/// The certificates that HAProxy loads (Configuration Manual, 3.1 crt-base, ssl-load-extra-del-ext, 5.1 crt, crt-list,
/// default-crt, 5.2 crt, 12.7 crt-store), each with its key. Pure.
/// </summary>
internal static class HaproxyUses
{
    private const string Extension = ".crt";

    // HAProxy takes no file of a directory for a certificate that ends so.
    private static readonly string[] Companions = [".key", ".issuer", ".ocsp", ".sctl"];

    // Bundles by kind of key: FILE.rsa, FILE.ecdsa.
    private static readonly string[] Bundles = ["", ".rsa", ".ecdsa", ".dsa"];

    /// <summary>Whether a file of a directory is loaded as a certificate.</summary>
    public static bool IsCertificate(string name) => !name.StartsWith('.') && !Companions.Any(end => name.EndsWith(end, StringComparison.Ordinal));

    /// <summary>Finds them, and the lists that name more.</summary>
    public static CertificateUses Of(IReadOnlyList<HaproxySection> sections)
    {
        CertificateUses uses = new();
        HaproxyLine[] global = Global(sections);
        foreach (HaproxySection section in sections)
        {
            bool isStore = section.Kind == "crt-store";
            string certificates = isStore && Base(section.Lines, "crt-base") is { Length: > 0 } own ? own : Base(global, "crt-base");
            string keys = isStore && Base(section.Lines, "key-base") is { Length: > 0 } ownKeys ? ownKeys : Base(global, "key-base");
            foreach (HaproxyLine line in section.Lines)
            {
                Take(uses, line, certificates, keys, Replaces(global));
            }
        }

        return uses;
    }

    /// <summary>Adds those of a list of certificates (crt-list): <c>FILE [options] names</c> a line.</summary>
    public static void AddList(CertificateUses uses, IReadOnlyList<HaproxySection> sections, string path, string text)
    {
        HaproxyLine[] global = Global(sections);
        foreach (HaproxyLine line in HaproxyText.Parse(text, path))
        {
            string[] words = [.. line.Words.Select(static word => word.Text.Trim('[', ']'))];
            int key = Array.IndexOf(words, "key");
            Add(uses, words[0], key > 0 && key + 1 < words.Length ? words[key + 1] : null, Base(global, "crt-base"), Base(global, "key-base"), Replaces(global));
        }
    }

    private static void Take(CertificateUses uses, HaproxyLine line, string certificates, string keys, bool replaces)
    {
        if (line.Keyword == "bind" && line.Words.Any(static word => word.Text == "ssl"))
        {
            uses.Ports.UnionWith(Ports(line.Words[1].Text));
        }

        string? key = Argument(line, "key") is { HasVariable: false } named && line.Keyword == "load" ? named.Text : null;
        for (int index = 0; index + 1 < line.Words.Count; index++)
        {
            ConfigurationWord word = line.Words[index + 1];
            string keyword = line.Words[index].Text;
            if (keyword is not ("crt" or "default-crt" or "crt-list"))
            {
                continue;
            }

            if (word.HasVariable)
            {
                uses.Doubts.Add($"{line.Keyword} {keyword} {word}: an environment variable stands for the file");
            }
            else if (keyword == "crt-list")
            {
                uses.Lists.Add(Whole(word.Text, ""));
            }
            else
            {
                Add(uses, word.Text, key, certificates, keys, replaces);
            }
        }
    }

    private static void Add(CertificateUses uses, string path, string? key, string certificates, string keys, bool replaces)
    {
        // @STORE/NAME is one that a crt-store loads, and its line names the files.
        if (path.StartsWith('@'))
        {
            return;
        }

        string whole = Whole(path, certificates);
        string[] named = key is null ? [] : [Whole(key, keys)];
        string[] instead = replaces && whole.EndsWith(Extension, StringComparison.Ordinal) ? [whole[..^Extension.Length] + ".key"] : [];
        uses.Uses.AddRange(Bundles.Select(bundle => new CertificateUse(CertificateProgram.Haproxy, whole + bundle, [.. named, whole + bundle + ".key", .. instead])));
    }

    private static IEnumerable<int> Ports(string addresses) => addresses.Split(',')
        .Select(static address => address[(address.LastIndexOf(':') + 1)..])
        .Select(static port => int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)
        .Where(static number => number is > 0 and <= 65535);

    private static ConfigurationWord? Argument(HaproxyLine line, string keyword)
    {
        int at = line.Words.Select(static word => word.Text).ToList().IndexOf(keyword);
        return at >= 0 && at + 1 < line.Words.Count ? line.Words[at + 1] : null;
    }

    private static HaproxyLine[] Global(IReadOnlyList<HaproxySection> sections) =>
        [.. sections.Where(static section => section.Kind == "global").SelectMany(static section => section.Lines)];

    private static bool Replaces(HaproxyLine[] global) => global.Any(static line => line.Words[0].Text == "ssl-load-extra-del-ext");

    private static string Base(IEnumerable<HaproxyLine> lines, string keyword) =>
        lines.LastOrDefault(line => line.Words[0].Text == keyword && line.Words.Count > 1)?.Words[1].Text ?? "";

    private static string Whole(string path, string directory)
    {
        string whole = path.StartsWith('/') ? path : $"{(directory.Length == 0 ? "/etc/haproxy" : directory.TrimEnd('/'))}/{path}";
        return whole.Length > 1 ? whole.TrimEnd('/') : whole;
    }
}
