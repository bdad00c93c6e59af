using System.Text.Json.Nodes;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;
using Foobar.Ops.Linux;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>What the collector's script reads of declarations is what the whole listing says of them, by either of its ways.</summary>
public sealed class DeclarationTests
{
    private const string Made = """
        table inet a {
            set seen { type ipv4_addr; flags dynamic, timeout; timeout 1m; elements = { 192.0.2.1, 192.0.2.2 } }
            set named { typeof tcp dport; flags interval; elements = { 1-5 } }
            map where { type inet_service : verdict; elements = { 22 : accept } }
            counter tries { }
            chain input { type filter hook input priority 0; policy drop; ip saddr @seen accept; jump other; }
            chain other { tcp dport vmap @where; }
        }
        table netdev b { chain wire { type filter hook ingress devices = { lo, outside } priority 0; policy accept; }; }
        table ip6 empty { }

        """;

    [Theory]
    [InlineData("", false)]
    [InlineData("table ip c { flags dormant; chain input { type filter hook input priority 0; policy drop; }; }\n", true)]
    public async Task A_made_ruleset_s_are_whole(string more, bool dormant)
    {
        Requirements.Check();
        NftStructure read = await Sandbox.RunAsync(box =>
        {
            box.Reset([]);
            Assert.Null(box.Load(new GeneratedRuleset { Nft = Made + more, Atoms = new Atoms() }));
            return Compared();
        });

        Assert.Equal(["dynamic", "timeout"], read.SetFlags("inet", "a", "seen"));
        Assert.Equal(["lo", "outside"], read.ChainDevices("netdev", "b", "wire"));
        Assert.Contains(("ip6", "empty"), read.Tables);
        Assert.Equal(dormant ? ["dormant"] : null, read.TableFlags("ip", "c"));
    }

    [Fact]
    public async Task Those_of_random_rulesets_are_whole()
    {
        Requirements.Check();
        await Sandbox.RunAsync(box => Enumerable.Range(0, 30).Select(seed =>
        {
            box.Reset([]);
            return box.Load(NftGenerator.Generate(seed)) is null ? Compared() : null;
        }).ToArray());
    }

    private static NftStructure Compared()
    {
        IReadOnlyDictionary<string, string> sections = Sections.Parse(Tool.Run("sh", string.Empty, "-c", RulesetScript.Running));
        NftStructure read = NftStructure.Parse(sections.Require("declarations"))!;
        NftStructure whole = NftStructure.Parse(Tool.Run("nft", string.Empty, "-t", "list", "ruleset"))!;

        Assert.Equal(whole.Tables.Order(), read.Tables.Order());
        Assert.Equal(whole.Chains.Order(), read.Chains.Order());
        Assert.All(
            whole.Tables, table => Assert.Equal(whole.TableFlags(table.Family, table.Table), read.TableFlags(table.Family, table.Table)));
        Assert.All(whole.Chains, chain => Assert.Equal(
            whole.ChainDevices(chain.Family, chain.Table, chain.Chain), read.ChainDevices(chain.Family, chain.Table, chain.Chain)));
        Assert.All(SetsOf(sections.Require("nftables")), set => Assert.Equal(
            whole.SetFlags(set.Family, set.Table, set.Name), read.SetFlags(set.Family, set.Table, set.Name)));
        return read;
    }

    private static IEnumerable<(string Family, string Table, string Name)> SetsOf(string json) =>
        from item in JsonNode.Parse(json)!["nftables"]!.AsArray()
        let set = item["set"] ?? item["map"]
        where set is not null
        select ((string)set["family"]!, (string)set["table"]!, (string)set["name"]!);
}
