using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Lab.Configuration;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Firewall.KernelAgreement;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;
using Foobar.Ops.LabTests.Firewall.KernelWitnesses;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Firewall.KernelDefaults;

/// <summary>
/// Model and kernel agree on what ufw 0.36.2, firewalld 1.3.3, docker 20.10.24 and fail2ban 1.0.2 of Debian 12 wrote into a
/// kernel of its own, by their defaults and with rules of an operator, and on the lab's own rulesets; nothing of them is
/// unknown to it, and the packets of what the controls find in them do what the findings say.
/// </summary>
public sealed class DefaultsTests(ITestOutputHelper output)
{
    private const int FewestPairs = 60;

    public static TheoryData<string, string> Captured =>
    [
        .. from name in (string[])["ufw-default", "ufw-rules", "docker-start", "docker-published", "fail2ban-default", "fail2ban-ipset"]
           from variant in (string[])["nft", "legacy"]
           select new TheoryDataRow<string, string>(name, variant),
        .. from name in (string[])["firewalld-default", "firewalld-rules", "fail2ban-nftables", "fail2ban-allports"]
           select new TheoryDataRow<string, string>(name, "nft"),
    ];

    [Theory]
    [MemberData(nameof(Captured))]
    public Task What_other_programs_make_is_known_and_does_what_the_model_says(string name, string variant)
    {
        Requirements.Check($"iptables-{variant}-restore", "ipset");
        return CheckAsync(name, RealRuleset.Captured(name, variant));
    }

    [Theory]
    [InlineData("fw-01")]
    [InlineData("lb-01")]
    [InlineData("web-01")]
    [InlineData("web-02")]
    public Task The_lab_s_rulesets_are_known_and_do_what_the_model_says(string server)
    {
        Requirements.Check();
        LabPlan plan = new()
        {
            Options = new LabOptions { Name = "sandbox" },
            Addresses = new AddressPlan(0),
            Secrets = new LabSecrets { Application = string.Empty, Replication = string.Empty },
        };
        string text = FirewallFiles.Ruleset(plan, plan.Servers.Single(one => one.Name == server))
            .Replace("flush ruleset", string.Empty, StringComparison.Ordinal);
        foreach ((LabNetworkName network, string device) in ((LabNetworkName, string)[])
        [
            (LabNetworkName.Outside, SandboxNetwork.Outside),
            (LabNetworkName.Public, SandboxNetwork.Perimeter),
            (LabNetworkName.Internal, SandboxNetwork.Inside),
        ])
        {
            text = text.Replace($"\"{network.ToString().ToLowerInvariant()}\"", $"\"{device}\"", StringComparison.Ordinal);
        }

        return CheckAsync(server, RealRuleset.Of(text));
    }

    private async Task CheckAsync(string name, GeneratedRuleset ruleset)
    {
        int rounds = Sample.IsAll ? 40 : 3;
        (AgreementRun run, ReplayReport replayed, string[] unknown) = await Sandbox.RunAsync(box =>
        {
            AgreementRun run = new(box);
            for (int round = 0; round < rounds && !run.HasEnough; round++)
            {
                run.Run(name, ruleset, new Random(round));
            }

            RulesetText text = LoadedRuleset.Text(ruleset);
            WitnessReplay replay = new(box);
            replay.Run(name, ruleset, isNetworkFirewall: false);
            replay.Run(name, ruleset, isNetworkFirewall: true);
            return (run, replay.Report, (string[])[.. UnknownSpaces(text), .. UnknownFindings(text)]);
        });
        output.WriteLine(
            $"{run.Agreed} pairs agreed ({string.Join(", ", run.Outcomes.Select(static pair => $"{pair.Value} {pair.Key}"))}), "
                + $"{run.Unknown} unknown, {run.Interfered} interfered; witnesses: {replayed}");
        Assert.True(run.Disagreements.Count == 0, string.Join("\n----\n", run.Disagreements));
        Assert.True(replayed.Failures.Count == 0, string.Join("\n----\n", replayed.Failures));
        Assert.True(unknown.Length == 0, string.Join("\n", unknown));
        Assert.Equal(0, run.Unknown);
        Assert.True(run.Agreed >= FewestPairs, $"Only {run.Agreed} pairs were compared.");
    }

    private static IEnumerable<string> UnknownSpaces(RulesetText text)
    {
        FirewallModel model = new(text.Parse(), LoadedRuleset.Network);
        foreach (string hook in (string[])["prerouting", "input", "forward", "output", "postrouting"])
        {
            Match passing = model.Passing(model.Hook(hook));
            int unknown = model.Workspace.Diagram.Except(passing.May, passing.Must);
            if (unknown != Diagram.False)
            {
                yield return $"{hook}: {new SpaceText(model.Workspace.Diagram, model.Workspace.Atoms).Text(unknown)}";
            }
        }
    }

    private static IEnumerable<string> UnknownFindings(RulesetText text) => ((bool[])[true, false])
        .SelectMany(isNetworkFirewall => WitnessSite.Judge(WitnessSite.Facts(text), isNetworkFirewall))
        .Where(static finding => finding.Status == FindingStatus.Unknown)
        .Select(static finding => $"{finding.ControlId} {finding.Target}: {finding.Reason}");
}
