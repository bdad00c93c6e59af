using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>
/// Reads <c>iptables-save</c> and <c>ip6tables-save</c>, legacy or nft, with counters or without. An option or target that
/// is not understood makes its rule's effect unknown; text that is not such a listing is an error.
/// </summary>
public static class IptablesSaveParser
{
    /// <summary>Reads a listing.</summary>
    /// <param name="text">The output, or a file such as <c>/etc/iptables/rules.v4</c>.</param>
    /// <param name="family">4 for iptables, 6 for ip6tables.</param>
    /// <param name="origin">Where its rules are kept.</param>
    /// <param name="ipsets">The output of <c>ipset save</c>; empty if there are no ipsets.</param>
    /// <param name="server">The server it came from.</param>
    /// <param name="source">The command or file it came from.</param>
    /// <exception cref="ParseException">A line is none of such a listing.</exception>
    public static Ruleset Parse(
        string text, int family, RulesetOrigin origin, string ipsets = "", string? server = null, string source = "iptables-save")
    {
        IReadOnlyDictionary<string, NamedSet> sets = IpsetParser.Parse(ipsets, server);
        SaveListing listing = new(family, origin, sets, server);
        int number = 0;
        foreach (string line in text.Split('\n').Select(line => line.Trim()))
        {
            number++;
            try
            {
                listing.Read(line);
            }
            catch (FormatException exception)
            {
                throw new ParseException(server, source, number, exception.Message, exception);
            }
        }

        return listing.Finish(sets.Values);
    }
}

/// <summary>A listing while it is read.</summary>
internal sealed class SaveListing(int family, RulesetOrigin origin, IReadOnlyDictionary<string, NamedSet> sets, string? server)
{
    private readonly List<FirewallChain> _chains = [];
    private readonly Dictionary<(string Table, string Chain), List<FirewallRule>> _rules = [];
    private readonly Dictionary<string, HashSet<string>> _names = [];
    private readonly List<(string Table, string Line)> _pending = [];
    private string? _table;

    private string Family => family == PacketValues.Ipv4 ? "ip" : "ip6";

    /// <summary>Reads one line.</summary>
    /// <exception cref="FormatException">It is none of a listing.</exception>
    public void Read(string line)
    {
        switch (line)
        {
            case "" or ['#', ..]:
                break;
            case "COMMIT":
                Commit();
                break;
            case ['*', .. var table]:
                _table = table;
                _names[table] = [];
                break;
            case [':', .. var chain]:
                AddChain(chain);
                break;
            default:
                _pending.Add(
                    (Table(), line.StartsWith("-A ", StringComparison.Ordinal) || line.StartsWith('[')
                        ? line
                        : throw new FormatException($"a rule expected, found '{line}'")));
                break;
        }
    }

    /// <summary>The ruleset.</summary>
    /// <exception cref="FormatException">A table was not committed: the text is cut short.</exception>
    public Ruleset Finish(IEnumerable<NamedSet> ipsets)
    {
        if (_table is not null)
        {
            throw new ParseException(server, "iptables-save", 0, $"table {_table} has no COMMIT: the text is cut short");
        }

        return new Ruleset(
            _chains.Select(chain => chain with { Rules = _rules.GetValueOrDefault((chain.Table, chain.Name)) ?? [] }), ipsets);
    }

    private string Table() => _table ?? throw new FormatException("a line '*TABLE' expected first");

    // Chains may be named before they are declared, so rules are read when their table is complete.
    private void Commit()
    {
        foreach ((string table, string line) in _pending)
        {
            AddRule(table, line);
        }

        _pending.Clear();
        _table = Table() is not null ? null : _table;
    }

    private void AddChain(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2)
        {
            throw new FormatException($"a chain and its policy expected, found ':{line}'");
        }

        string table = Table();
        if (!_names[table].Add(words[0]))
        {
            throw new FormatException($"chain {words[0]} stands twice in table {table}");
        }

        string? hook = words[1] == "-" ? null : words[0].ToLowerInvariant();
        _chains.Add(new FirewallChain
        {
            Family = Family,
            Table = table,
            Name = words[0],
            Origin = origin,
            Hook = hook,
            Type = hook is null ? null : table == "nat" ? "nat" : table == "mangle" && hook == "output" ? "route" : "filter",
            Priority = Priority(table, hook),
            Policy = words[1] == "DROP" ? "drop" : "accept",
        });
    }

    // NF_IP_PRI_* of netfilter_ipv4.h.
    private static int Priority(string table, string? hook) => table switch
    {
        "raw" => -300,
        "mangle" => -150,
        "nat" => hook is "prerouting" or "output" ? -100 : 100,
        "security" => 50,
        _ => 0,
    };

    private void AddRule(string table, string line)
    {
        SaveTokens words = new(line);
        (long? packets, long? bytes) = Counters(words);
        string source = words.Rest;
        if (words.Take() != "-A")
        {
            throw new FormatException($"-A expected in '{line}'");
        }

        string chain = words.Take();
        if (!_names[table].Contains(chain))
        {
            throw new FormatException($"chain {chain} is not declared in table {table}");
        }

        if (!_rules.TryGetValue((table, chain), out List<FirewallRule>? rules))
        {
            _rules.Add((table, chain), rules = []);
        }

        rules.Add(Rule(table, chain, rules.Count + 1, words, source) with { Packets = packets, Bytes = bytes });
    }

    private FirewallRule Rule(string table, string chain, int position, SaveTokens words, string source)
    {
        SaveMatches matches = new(family, sets);
        List<Statement> target = [];
        string verdict = string.Empty;
        string condition = words.RestBefore("-j", "-g");
        try
        {
            while (words.More)
            {
                bool negated = words.Peek == "!";
                string option = negated ? TakeAfter(words) : words.Take();
                if (option is "-j" or "-g")
                {
                    string name = words.Take();
                    verdict =
                        $"{(option == "-g" ? "goto " : _names[table].Contains(name) ? "jump " : string.Empty)}{(_names[table].Contains(name) ? name : name.ToLowerInvariant())}";
                    target.AddRange(
                        option == "-g"
                            ? [new Statement.Verdict(VerdictKind.Goto, name)]
                            : SaveTargets.Read(name, words, family, _names[table], sets));
                }
                else
                {
                    matches.Read(option, negated, words);
                }
            }
        }
        catch (FormatException exception)
        {
            target = [new Statement.UnknownEffect(exception.Message)];
        }

        return new FirewallRule
        {
            Server = server,
            Family = Family,
            Table = table,
            Chain = chain,
            Position = position,
            Matches = condition.Length > 0 ? [condition] : [],
            Verdict = verdict,
            Comment = matches.Comment,
            Source = source,
            Origin = origin,
            ManagedBy = RuleMaker.Of(table, chain, matches.Comment),
            Statements = [.. matches.Steps, .. target],
        };
    }

    private static string TakeAfter(SaveTokens words)
    {
        words.Take();
        return words.Take();
    }

    private static (long? Packets, long? Bytes) Counters(SaveTokens words)
    {
        if (!words.Peek.StartsWith('['))
        {
            return (null, null);
        }

        string[] counts = words.Take().Trim('[', ']').Split(':');
        return counts.Length == 2
            && long.TryParse(counts[0], CultureInfo.InvariantCulture, out long packets)
            && long.TryParse(counts[1], CultureInfo.InvariantCulture, out long bytes)
            ? (packets, bytes)
            : throw new FormatException("counters '[packets:bytes]' expected");
    }
}
