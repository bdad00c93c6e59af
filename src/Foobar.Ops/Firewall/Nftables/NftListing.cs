using System.Text.Json;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>A listing of nftables while its objects are read.</summary>
/// <param name="server">The server it came from.</param>
/// <param name="source">The command or file it came from.</param>
/// <param name="structure">What the text listing says, where there is one.</param>
internal sealed class NftListing(string? server, string source, NftStructure? structure)
{
    private readonly Dictionary<(string, string), (bool Dormant, string? Undecided)> _tables = [];
    private readonly List<FirewallChain> _chains = [];
    private readonly List<NamedSet> _sets = [];
    private readonly Dictionary<(string, string, string), List<FirewallRule>> _rules = [];
    private readonly Dictionary<(string, string), NftExpressions> _expressions = [];

    /// <summary>Reads the whole.</summary>
    /// <exception cref="ParseException">It is of another schema, or the text listing has what it lacks.</exception>
    /// <exception cref="NotUnderstoodException">It is no such listing.</exception>
    public Ruleset Read(JsonElement root)
    {
        foreach (JsonElement item in NftValue.Member(root, "nftables").EnumerateArray())
        {
            if (NftValue.TryFirst(item, out string name, out JsonElement value))
            {
                Read(name, value);
            }
        }

        CompareWithText();
        return new Ruleset(_chains.Select(Finish), _sets);
    }

    private void Read(string name, JsonElement value)
    {
        switch (name)
        {
            case "metainfo":
                CheckVersion(value);
                break;
            case "table":
                AddTable(value);
                break;
            case "chain":
                _chains.Add(Chain(value));
                break;
            case "set" or "map":
                _sets.Add(NftSets.Read(value, structure));
                break;
            case "rule":
                AddRule(value);
                break;
            default:
                if (NftWords.Objects.Trouble(name) is { } why)
                {
                    throw new NotUnderstoodException(why);
                }

                break;
        }
    }

    private void CheckVersion(JsonElement info)
    {
        if (info.TryGetProperty("json_schema_version", out JsonElement version) && version.TryGetInt32(out int number)
            && number > NftRulesetParser.SchemaVersion)
        {
            string problem =
                $"schema version {number}; this version of Foobar.Ops knows up to {NftRulesetParser.SchemaVersion}. Update the module";
            throw new ParseException(server, source, 0, problem);
        }
    }

    private void AddTable(JsonElement json)
    {
        (string family, string table) = (NftValue.Text(NftValue.Member(json, "family")), NftValue.Text(NftValue.Member(json, "name")));
        IReadOnlyList<string> flags = structure?.TableFlags(family, table) ?? NftWords.List(json, "flags");
        _tables[(family, table)] = (flags.Contains("dormant"), NftWords.TableFlags.Trouble(flags) ?? NftWords.MemberTrouble("table", json));
    }

    private static FirewallChain Chain(JsonElement json)
    {
        FirewallChain chain = new()
        {
            Family = NftValue.Text(NftValue.Member(json, "family")),
            Table = NftValue.Text(NftValue.Member(json, "table")),
            Name = NftValue.Text(NftValue.Member(json, "name")),
            Type = Optional(json, "type"),
            Hook = Optional(json, "hook"),
            Priority = json.TryGetProperty("prio", out JsonElement priority) ? priority.GetInt32() : 0,
            Policy = Optional(json, "policy") ?? "accept",
            Devices = NftWords.List(json, "dev"),
            Undecided = NftWords.MemberTrouble("chain", json),
        };
        return chain.Hook is null ? chain : chain with
        {
            Undecided = chain.Undecided ?? NftWords.Hooks.Trouble(chain.Hook) ?? NftWords.Families.Trouble(chain.Family)
                ?? NftWords.ChainTypes.Trouble(chain.Type ?? "filter"),
        };
    }

    private void AddRule(JsonElement json)
    {
        (string Family, string Table, string Chain) chain = (
            NftValue.Text(NftValue.Member(json, "family")),
            NftValue.Text(NftValue.Member(json, "table")),
            NftValue.Text(NftValue.Member(json, "chain")));
        if (!_rules.TryGetValue(chain, out List<FirewallRule>? rules))
        {
            _rules.Add(chain, rules = []);
        }

        // A set is known by its name within its table.
        if (!_expressions.TryGetValue((chain.Family, chain.Table), out NftExpressions? expressions))
        {
            _expressions.Add((chain.Family, chain.Table), expressions = new());
        }

        rules.Add(NftRule.Read(json, server, chain, rules.Count + 1, expressions));
    }

    private FirewallChain Finish(FirewallChain chain)
    {
        (bool dormant, string? undecided) = _tables.GetValueOrDefault((chain.Family, chain.Table));
        IReadOnlyList<string>? devices = chain.Devices.Count > 0
            ? chain.Devices
            : structure?.ChainDevices(chain.Family, chain.Table, chain.Name);
        bool hidden = chain.Hook is "ingress" or "egress" && devices is null;
        return chain with
        {
            Devices = hidden ? ["*"] : devices ?? [],
            IsDormant = dormant,
            Undecided = undecided ?? chain.Undecided ?? (hidden ? "the listing does not tell its devices" : null),
            Rules = _rules.GetValueOrDefault((chain.Family, chain.Table, chain.Name)) ?? [],
        };
    }

    private void CompareWithText()
    {
        if (structure is null)
        {
            return;
        }

        HashSet<(string, string, string)> chains = [.. _chains.Select(static chain => (chain.Family, chain.Table, chain.Name))];
        IEnumerable<string> lacking =
        [
            .. structure.Tables.Where(table => !_tables.ContainsKey(table)).Select(static table => $"table {table.Family} {table.Table}"),
            .. structure.Chains.Where(chain => !chains.Contains(chain))
                .Select(static chain => $"chain {chain.Family} {chain.Table} {chain.Chain}"),
        ];
        if (lacking.FirstOrDefault() is { } missing)
        {
            throw new ParseException(server, source, 0, $"'nft list ruleset' has {missing}, which the JSON listing lacks");
        }
    }

    private static string? Optional(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
