using System.Text.Json;
using Foobar.Ops.Errors;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>
/// Reads the output of <c>nft -j list ruleset</c> (libnftables-json(5), schema version 1). A statement that is not
/// understood makes its rule's effect unknown; text that is not such a listing is an error.
/// </summary>
public static class NftRulesetParser
{
    /// <summary>The schema version this reader knows.</summary>
    public const int SchemaVersion = 1;

    /// <summary>Reads a ruleset.</summary>
    /// <param name="json">The output; empty text is a ruleset without a table.</param>
    /// <param name="server">The server it came from, for errors and rules.</param>
    /// <param name="source">The command or file it came from.</param>
    /// <exception cref="ParseException">It is cut short, not JSON, or of another schema version.</exception>
    public static Ruleset Parse(string json, string? server = null, string source = "nft -j list ruleset")
    {
        if (string.IsNullOrWhiteSpace(json))
        {
            return Ruleset.Empty;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 128 });
            return new Listing(server, source).Read(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw new ParseException(server, source, (int)(exception.LineNumber ?? 0) + 1, $"not complete JSON: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is NotUnderstoodException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException)
        {
            throw new ParseException(server, source, 0, $"not a listing of nftables: {exception.Message}", exception);
        }
    }

    private sealed class Listing(string? server, string source)
    {
        private readonly List<FirewallChain> _chains = [];
        private readonly List<NamedSet> _sets = [];
        private readonly Dictionary<(string, string, string), List<FirewallRule>> _rules = [];

        public Ruleset Read(JsonElement root)
        {
            foreach (JsonElement item in NftValue.Member(root, "nftables").EnumerateArray())
            {
                if (NftValue.TryFirst(item, out string name, out JsonElement value))
                {
                    Read(name, value);
                }
            }

            return new Ruleset(_chains.Select(chain => chain with { Rules = RulesOf(chain) }), _sets);
        }

        private void Read(string name, JsonElement value)
        {
            switch (name)
            {
                case "metainfo":
                    CheckVersion(value);
                    break;
                case "chain":
                    _chains.Add(Chain(value));
                    break;
                case "set" or "map":
                    _sets.Add(NftSets.Read(value));
                    break;
                case "rule":
                    AddRule(value);
                    break;
                default:
                    // Tables, flowtables, named counters, quotas, limits and helpers decide nothing by themselves.
                    break;
            }
        }

        private void CheckVersion(JsonElement info)
        {
            if (info.TryGetProperty("json_schema_version", out JsonElement version) && version.TryGetInt32(out int number) && number > SchemaVersion)
            {
                throw new ParseException(server, source, 0, $"schema version {number}; this version of Foobar.Ops knows up to {SchemaVersion}. Update the module");
            }
        }

        private static FirewallChain Chain(JsonElement json) => new()
        {
            Family = NftValue.Text(NftValue.Member(json, "family")),
            Table = NftValue.Text(NftValue.Member(json, "table")),
            Name = NftValue.Text(NftValue.Member(json, "name")),
            Type = Optional(json, "type"),
            Hook = Optional(json, "hook"),
            Priority = json.TryGetProperty("prio", out JsonElement priority) ? priority.GetInt32() : 0,
            Policy = Optional(json, "policy") ?? "accept",
            Devices = !json.TryGetProperty("dev", out JsonElement device) ? []
                : device.ValueKind == JsonValueKind.Array ? [.. device.EnumerateArray().Select(NftValue.Text)] : [NftValue.Text(device)],
        };

        private void AddRule(JsonElement json)
        {
            (string, string, string) chain = (NftValue.Text(NftValue.Member(json, "family")), NftValue.Text(NftValue.Member(json, "table")), NftValue.Text(NftValue.Member(json, "chain")));
            if (!_rules.TryGetValue(chain, out List<FirewallRule>? rules))
            {
                _rules.Add(chain, rules = []);
            }

            rules.Add(NftRule.Read(json, server, chain, rules.Count + 1));
        }

        private List<FirewallRule> RulesOf(FirewallChain chain) => _rules.GetValueOrDefault((chain.Family, chain.Table, chain.Name)) ?? [];

        private static string? Optional(JsonElement json, string name) =>
            json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }
}
