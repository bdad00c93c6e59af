using System.Text;
using System.Text.Json.Nodes;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>What is printed of a rule can be loaded by nft again, and is the same rule.</summary>
public sealed class RuleTextTests(ITestOutputHelper output)
{
    private static readonly string[] Passing = ["packets", "bytes", "used", "used_unit", "handle"];

    [Fact]
    public async Task Each_kind_of_statement_is_printed_as_it_is()
    {
        Requirements.Check();
        string[] parts = Text("every-statement.nft").Split("# rules\n");
        string[] rules = parts[1].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        (int loaded, List<string> refused, List<string> differing) = await Sandbox.RunAsync(box =>
        {
            List<string> refused = [];
            List<string> differing = [];
            int loaded = 0;
            foreach (string rule in rules)
            {
                box.Reset([]);
                Assert.Null(box.Load(new GeneratedRuleset { Nft = parts[0], Atoms = new Atoms() }));
                if (Tool.Try("nft", $"add rule {rule}\n", "-f", "-") is { ExitCode: not 0 } failure)
                {
                    refused.Add($"{rule}: {failure.Error.Split('\n')[0]}");
                    continue;
                }

                loaded++;
                differing.AddRange(LoadedAgain(rule));
            }

            return (loaded, refused, differing);
        });
        output.WriteLine($"{loaded} of {rules.Length}; refused by this kernel or this nft:\n{string.Join('\n', refused)}");
        Assert.True(differing.Count == 0, string.Join('\n', differing));
        Assert.True(loaded > 130, $"only {loaded} kinds of statements were seen");
    }

    [Fact]
    public async Task Random_rulesets_are_printed_as_they_are()
    {
        Requirements.Check();
        string[] differing = await Sandbox.RunAsync(box => Enumerable.Range(0, 40).SelectMany(seed =>
        {
            box.Reset([]);
            GeneratedRuleset ruleset = NftGenerator.Generate(seed);
            return box.Load(ruleset) is { } error ? [$"seed {seed}: {error}"] : LoadedAgain($"seed {seed}");
        }).ToArray());
        Assert.True(differing.Length == 0, string.Join('\n', differing));
    }

    // Every chain is emptied and filled again with what is printed of its rules, in one go.
    private static string[] LoadedAgain(string name)
    {
        string before = Tool.Run("nft", string.Empty, "-j", "list", "ruleset");
        FirewallRule[] rules = [.. NftRulesetParser.Parse(before).Rules.Where(static rule => rule.Table != ObserverRuleset.Table)];
        StringBuilder script = new();
        foreach ((string family, string table, string chain) in rules.Select(
            static rule => (rule.Family, rule.Table, rule.Chain)).Distinct())
        {
            script.Append("flush chain ").Append(family).Append(' ').Append(table).Append(' ').Append(chain).Append('\n');
        }

        foreach (FirewallRule rule in rules)
        {
            script.Append("add rule ")
                .Append(rule.Family)
                .Append(' ')
                .Append(rule.Table)
                .Append(' ')
                .Append(rule.Chain)
                .Append(' ')
                .Append(rule.Source)
                .Append('\n');
        }

        if (Tool.Try("nft", script.ToString(), "-f", "-") is { ExitCode: not 0 } failure)
        {
            return [$"{name}: nft refuses what is printed: {failure.Error}\n{script}"];
        }

        string[] old = Expressions(before);
        string[] now = Expressions(Tool.Run("nft", string.Empty, "-j", "list", "ruleset"));
        return old.SequenceEqual(now) ? []
            : [
                $"{name}: {string.Join("; ", rules.Select(static rule => rule.Source))}\n  was {string.Join("\n      ", old.Except(now))}\n"
                    + $"  is  {string.Join("\n      ", now.Except(old))}",
            ];
    }

    private static string[] Expressions(string listing) =>
    [
        .. JsonNode.Parse(listing)!["nftables"]!.AsArray().Select(static item => item!["rule"]).OfType<JsonObject>()
            .Where(static rule => (string?)rule["table"] != ObserverRuleset.Table)
            .Select(static rule => Lasting(rule).ToJsonString()),
    ];

    // Without what passes, and elements of sets in one order.
    private static JsonNode Lasting(JsonNode node)
    {
        if (node is JsonArray array)
        {
            return new JsonArray([.. array.Select(static item => item is null ? null : Lasting(item))]);
        }

        return node is not JsonObject members
            ? node.DeepClone()
            : new JsonObject(members.Where(static member => !Passing.Contains(member.Key))
                .Select(
                    static member => KeyValuePair.Create(
                        member.Key,
                        member.Value is null ? null : member.Key == "set" ? Sorted(Lasting(member.Value)) : Lasting(member.Value))));
    }

    private static JsonNode Sorted(JsonNode elements) => elements is not JsonArray list ? elements
        : new JsonArray(
            [
                .. list.OrderBy(static element => element!.ToJsonString(), StringComparer.Ordinal)
                    .Select(static element => element!.DeepClone()),
            ]);

    private static string Text(string name)
    {
        using Stream stream = typeof(RuleTextTests).Assembly.GetManifestResourceStream(name) ?? throw new ArgumentException(name);
        return new StreamReader(stream).ReadToEnd();
    }
}
