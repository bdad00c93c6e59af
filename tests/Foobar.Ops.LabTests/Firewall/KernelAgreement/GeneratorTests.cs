using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>The generator makes rulesets that load, and the same one from the same seed.</summary>
public sealed class GeneratorTests
{
    [Theory]
    [InlineData("nftables")]
    [InlineData("legacy")]
    [InlineData("nft")]
    public async Task Random_rulesets_load(string kind)
    {
        Requirements.Check("iptables-legacy-restore", "ipset");
        const int Count = 40;
        string[] refused = await Sandbox.RunAsync(box => Enumerable.Range(0, Count).Select(seed =>
        {
            box.Reset([]);
            GeneratedRuleset ruleset = kind == "nftables" ? NftGenerator.Generate(seed) : IptablesGenerator.Generate(seed, kind);
            return box.Load(ruleset) is { } error ? $"seed {seed}: {error}" : null;
        }).OfType<string>().ToArray());
        Assert.True(refused.Length == 0, $"{refused.Length} of {Count} were refused:\n{string.Join('\n', refused)}");
    }
}
