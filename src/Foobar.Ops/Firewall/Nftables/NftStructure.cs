using System.Text.RegularExpressions;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>
/// What <c>nft list ruleset</c> writes as text about tables, chains and sets, beside the JSON listing: a second witness. The
/// JSON of nft 1.0.6 has another word in the place of a table's only flag, and leaves out a set's flag <c>dynamic</c> and the
/// devices of chains.
/// </summary>
internal sealed partial class NftStructure
{
    private readonly Dictionary<(string Family, string Table), string[]> _tables = [];
    private readonly Dictionary<(string Family, string Table, string Chain), string[]> _chains = [];
    private readonly Dictionary<(string Family, string Table, string Set), string[]> _sets = [];

    /// <summary>The tables.</summary>
    public IReadOnlyCollection<(string Family, string Table)> Tables => _tables.Keys;

    /// <summary>The chains.</summary>
    public IReadOnlyCollection<(string Family, string Table, string Chain)> Chains => _chains.Keys;

    /// <summary>
    /// Reads the listing, whole or without what stands deeper than the declarations; <see langword="null"/> of empty text.
    /// </summary>
    public static NftStructure? Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        NftStructure structure = new();
        (string Family, string Table) table = (string.Empty, string.Empty);
        (string Kind, string Name) part = (string.Empty, string.Empty);
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            int depth = line.Length - line.TrimStart('\t').Length;
            switch (depth, words)
            {
                case (0, ["table", var family, var name, ..]):
                    table = (family, name);
                    structure._tables[table] = [];
                    break;
                case (1, ["flags", .. var flags]):
                    structure._tables[table] = Flags(flags);
                    break;
                case (1, ["chain", var name, ..]):
                    part = ("chain", name);
                    structure._chains[(table.Family, table.Table, name)] = [];
                    break;
                case (1, ["set" or "map", var name, ..]):
                    part = ("set", name);
                    structure._sets[(table.Family, table.Table, name)] = [];
                    break;
                case (1, [var kind, var name, ..]):
                    part = (kind, name);
                    break;
                case (2, ["type", _, "hook", ..]) when part.Kind == "chain":
                    structure._chains[(table.Family, table.Table, part.Name)] = Devices(line);
                    break;
                case (2, ["flags", .. var flags]) when part.Kind == "set":
                    structure._sets[(table.Family, table.Table, part.Name)] = Flags(flags);
                    break;
            }
        }

        return structure;
    }

    /// <summary>The flags of a table; <see langword="null"/> if the listing does not have it.</summary>
    public IReadOnlyList<string>? TableFlags(string family, string table) => _tables.GetValueOrDefault((family, table));

    /// <summary>The devices of a chain; <see langword="null"/> if the listing does not have it.</summary>
    public IReadOnlyList<string>? ChainDevices(string family, string table, string chain) =>
        _chains.GetValueOrDefault((family, table, chain));

    /// <summary>The flags of a set or map.</summary>
    public IReadOnlyList<string> SetFlags(string family, string table, string set) => _sets.GetValueOrDefault((family, table, set)) ?? [];

    private static string[] Flags(string[] words) => string.Join(' ', words).Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries);

    private static string[] Devices(string line) => DeviceList().Match(line) is { Success: true } match
        ? match.Groups["names"].Value.Split([',', ' ', '"'], StringSplitOptions.RemoveEmptyEntries)
        : [];

    [GeneratedRegex(@"\bdevices? (= )?\{? ?(?<names>[^}]*?) ?\}? priority ", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex DeviceList();
}
