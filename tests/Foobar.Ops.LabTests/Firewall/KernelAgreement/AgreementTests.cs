using System.Diagnostics;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>The model says of more than 20,000 packets what the kernel does with each, or that it can't tell.</summary>
[RunsFirst]
public sealed class AgreementTests(ITestOutputHelper output)
{
    // One for each core, and as many again: the kernel lets a change of rules wait for all cores to take notice.
    private static readonly int Workers = 2 * Environment.ProcessorCount;

    [Fact]
    public async Task Model_and_kernel_agree_on_random_rulesets_of_nftables()
    {
        Requirements.Check();

        // As many as hold every construct that is modelled, by CoverageTests.
        await CheckAsync(Sample.IsAll ? 420 : 200, NftGenerator.Generate);
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("nft")]
    public async Task Model_and_kernel_agree_on_random_rulesets_of_iptables(string variant)
    {
        Requirements.Check($"iptables-{variant}-restore", "ipset");
        await CheckAsync(90, seed => IptablesGenerator.Generate(seed, variant));
    }

    [Theory]
    [InlineData("nft", "fib saddr . iif oif missing drop")]
    [InlineData("nft", "fib saddr oif missing drop")]
    [InlineData("nft", "iifname eth0 fib saddr . iif oif exists drop")]
    [InlineData("nft", "fib saddr type unicast fib daddr type { local, anycast } drop")]
    [InlineData("legacy", "-m rpfilter --invert -j DROP")]
    [InlineData("nft", "-m rpfilter --loose --validmark --invert -j DROP")]
    [InlineData("legacy", "-i eth1 -m rpfilter -j DROP")]
    public async Task Model_and_kernel_agree_on_the_way_back(string variant, string rule)
    {
        Requirements.Check($"iptables-{variant}-restore");
        string save = $"*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\n-A PREROUTING {rule}\nCOMMIT\n";
        GeneratedRuleset ruleset = rule[0] == '-'
            ? new GeneratedRuleset { Atoms = new Atoms(), Variant = variant, Iptables = save, Ip6tables = save }
            : new GeneratedRuleset
            {
                Atoms = new Atoms(),
                Nft = $"table inet t {{\n  chain p {{\n    type filter hook prerouting priority -300;\n    {rule}\n  }}\n}}\n",
            };
        await CheckAsync(Workers, _ => ruleset);
    }

    // The JSON has another word in place of the flag; the text beside it has the flag.
    [Fact]
    public async Task Model_and_kernel_agree_on_a_dormant_table()
    {
        Requirements.Check();
        const string Dormant =
            "table inet t {\n  flags dormant\n  chain p {\n    type filter hook prerouting priority -300; policy drop;\n  }\n}\n";
        const string Awake =
            "table inet u {\n  chain p {\n    type filter hook prerouting priority -200;\n    meta l4proto tcp drop\n  }\n}\n";
        await CheckAsync(Workers, _ => new GeneratedRuleset { Atoms = new Atoms(), Nft = Dormant + Awake });
    }

    private async Task CheckAsync(int rulesets, Func<int, GeneratedRuleset> generate)
    {
        // The run's seed is the first ruleset's.
        int first = TestSeed.Value;
        Stopwatch watch = Stopwatch.StartNew();
        AgreementRun[] runs = await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Sandbox.RunAsync(box =>
        {
            AgreementRun run = new(box);
            for (int seed = first + worker; seed < first + rulesets && !run.HasEnough; seed += Workers)
            {
                run.Run($"seed {seed}", generate(seed), new Random(seed));
            }

            return run;
        })));
        Disagreement[] disagreements = [.. runs.SelectMany(static run => run.Disagreements)];
        int agreed = runs.Sum(static run => run.Agreed);
        string outcomes = string.Join(
            ", ", Enum.GetValues<Outcome>().Select(outcome => $"{runs.Sum(run => run.Outcomes.GetValueOrDefault(outcome))} {outcome}"));
        output.WriteLine(
            $"{runs.Sum(static run => run.Rulesets)} rulesets, {agreed} packets agreed, {runs.Sum(static run => run.Unknown)} unknown, "
                + $"{runs.Sum(static run => run.Interfered)} interfered, {outcomes}, {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.True(
            disagreements.Length == 0,
            $"{disagreements.Length} disagreements:\n"
                + $"{string.Join("\n----\n", disagreements.Take(20).Select(static one => one.ToString()))}");
        Assert.True((runs.Sum(static run => run.Interfered) - 1) * 200 < agreed, "Too many pairs agree only with the packet alone.");
        Assert.True(agreed > rulesets * 34, $"Only {agreed} pairs were decided.");
    }
}
