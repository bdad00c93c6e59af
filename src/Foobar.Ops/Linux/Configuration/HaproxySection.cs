namespace Foobar.Ops.Linux.Configuration;

/// <summary>A section of HAProxy's configuration.</summary>
/// <param name="File">The file it stands in.</param>
/// <param name="Head">Its first line, with the kind of the section, its name, and whose defaults it takes (<c>from</c>).</param>
internal sealed record HaproxySection(HaproxyFile File, HaproxyLine Head)
{
    /// <summary>The words that begin a section, in HAProxy 2.6 to 3.4 (Configuration Manual, 3 and 4).</summary>
    private static readonly HashSet<string> Kinds =
    [
        "global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "userlist", "mailers", "cache", "program",
        "http-errors", "ring", "log-forward", "log-profile", "fcgi-app", "crt-store", "traces", "acme", "healthcheck", "namespace_list",
    ];

    /// <summary>The kind: <c>backend</c>, <c>defaults</c> ...</summary>
    public string Kind => Head.Words[0].Text;

    /// <summary>The name; empty for none.</summary>
    public string Name => Head.Words.Count > 1 && Head.Words[1].Text != "from" ? Head.Words[1].Text : "";

    /// <summary>The defaults section it names itself; <see langword="null"/> for the last one before it.</summary>
    public string? From =>
        Head.Words.Select(word => word.Text).ToArray() is { } words
            && Array.IndexOf(words, "from") is > 0 and int at
            && at + 1 < words.Length
            ? words[at + 1]
            : null;

    /// <summary>The lines behind the first one.</summary>
    public required IReadOnlyList<HaproxyLine> Lines { get; init; }

    /// <summary>Takes files apart into sections, in the order in which HAProxy reads them.</summary>
    /// <exception cref="Errors.ParseException">A quote is not closed.</exception>
    public static IReadOnlyList<HaproxySection> Of(IEnumerable<HaproxyFile> files)
    {
        List<HaproxySection> sections = [];
        foreach (HaproxyFile file in files)
        {
            List<HaproxyLine> lines = [];
            foreach (HaproxyLine line in HaproxyText.Parse(file.Text, file.Path))
            {
                if (Kinds.Contains(line.Words[0].Text))
                {
                    sections.Add(new HaproxySection(file, line) { Lines = lines = [] });
                }
                else
                {
                    lines.Add(line);
                }
            }
        }

        return sections;
    }

    /// <summary>The defaults sections that a section inherits from, the first one inherited first.</summary>
    /// <param name="sections">All sections, in the order in which HAProxy reads them.</param>
    /// <param name="section">The section that inherits.</param>
    /// <param name="doubt">Told whether something makes that uncertain, in which keyword, and why.</param>
    public static IReadOnlyCollection<HaproxySection> DefaultsOf(
        IReadOnlyList<HaproxySection> sections, HaproxySection section, Action<bool, string, string> doubt)
    {
        Stack<HaproxySection> chain = new();
        HaproxySection heir = section;
        while (chain.Count < sections.Count)
        {
            IEnumerable<HaproxySection> before = sections.TakeWhile(each => each != heir).Where(each => each.Kind == "defaults");

            // A defaults section inherits only from one it names, a proxy also from the last one before it.
            HaproxySection? found = heir.From is { } name
                ? before.LastOrDefault(each => each.Name == name)
                : heir.Kind == "defaults" ? null : before.LastOrDefault();
            doubt(found is null && heir.From is not null, "from", $"there is no defaults section '{heir.From}' before it");
            doubt(heir.Head.IsConditional, heir.Kind, "a conditional block holds the section");
            if (found is null)
            {
                break;
            }

            chain.Push(heir = found);
        }

        return chain;
    }
}

/// <summary>A file of HAProxy's configuration.</summary>
/// <param name="Path">Where it stands.</param>
/// <param name="Text">What stands in it.</param>
internal sealed record HaproxyFile(string Path, string Text);
