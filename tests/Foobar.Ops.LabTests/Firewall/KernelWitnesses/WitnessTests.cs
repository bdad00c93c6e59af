using System.Diagnostics;
using Foobar.Ops.LabTests.Firewall.KernelAgreement;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>The packet that a finding names does in the kernel what the finding says, by the rules that it names.</summary>
public sealed class WitnessTests(ITestOutputHelper output)
{
    private static readonly int Workers = 2 * Environment.ProcessorCount;

    [Theory]
    [MemberData(nameof(MadeRulesets.Names), MemberType = typeof(MadeRulesets))]
    public async Task Each_control_s_packet_does_what_its_finding_says(string name)
    {
        MadeRuleset made = MadeRulesets.Find(name);
        Requirements.Check("iptables-legacy-restore");
        ReplayReport report = await Sandbox.RunAsync(box =>
        {
            WitnessReplay replay = new(box);
            replay.Run(name, made.Ruleset, made.IsNetworkFirewall, made.NextBoot);
            return replay.Report;
        });
        output.WriteLine(report.ToString());
        Assert.True(report.Failures.Count == 0, string.Join("\n----\n", report.Failures));
        Assert.True(report.Of(made.Control) >= made.Findings, $"{made.Control}: {report}");
        Assert.Equal(0, report.NotReplayable);
    }

    [Fact]
    public Task Findings_about_random_rulesets_of_nftables_do_what_they_say()
    {
        Requirements.Check();
        return CheckAsync(24, 200, NftGenerator.Generate);
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("nft")]
    public Task Findings_about_random_rulesets_of_iptables_do_what_they_say(string variant)
    {
        Requirements.Check($"iptables-{variant}-restore", "ipset");
        return CheckAsync(6, 60, seed => IptablesGenerator.Generate(seed, variant));
    }

    [Fact]
    public async Task A_comparison_s_packets_show_the_difference()
    {
        Requirements.Check();
        int rulesets = Sample.IsAll ? 200 : 10;
        // A difference at one hook is often hidden by what other hooks do: then nothing shows it from outside.
        await ReportAsync(rulesets, (box, report) => (seed, _) =>
        {
            GeneratedRuleset before = NftGenerator.Generate(seed);
            report.Add(new ComparisonReplay(box).Run("comparison", $"seed {seed}", before, Altered.Differing(before, seed)));
        }, mostUnsent: 10);
    }

    private Task CheckAsync(int sample, int all, Func<int, GeneratedRuleset> generate) =>
        ReportAsync(Sample.IsAll ? all : sample, (box, report) =>
        {
            WitnessReplay replay = new(box);
            return (seed, last) =>
            {
                replay.Run($"seed {seed}", generate(seed), seed % 2 == 1);
                if (last)
                {
                    report.Add(replay.Report);
                }
            };
        });

    private async Task ReportAsync(int rulesets, Func<Sandbox, ReplayReport, Action<int, bool>> make, int mostUnsent = 1)
    {
        // The run's seed is the first ruleset's.
        int first = TestSeed.Value;
        Stopwatch watch = Stopwatch.StartNew();
        ReplayReport[] reports = await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Sandbox.RunAsync(box =>
        {
            ReplayReport report = new();
            Action<int, bool> run = make(box, report);
            for (int seed = first + worker; seed < first + rulesets; seed += Workers)
            {
                run(seed, seed + Workers >= first + rulesets);
            }

            return report;
        })));
        ReplayReport whole = new();
        foreach (ReplayReport report in reports)
        {
            whole.Add(report);
        }

        output.WriteLine($"{rulesets} rulesets, {whole}, {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.True(whole.Failures.Count == 0, $"{whole.Failures.Count} of {whole}\n{string.Join("\n----\n", whole.Failures.Take(20))}");
        Assert.True(whole.NotReplayable * 10 < whole.Replayed * mostUnsent, $"Too many cannot be sent: {whole}");
    }
}
