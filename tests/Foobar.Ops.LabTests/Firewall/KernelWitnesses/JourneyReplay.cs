using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Inventory;
using Foobar.Ops.LabTests.Firewall.KernelAgreement;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;
using Foobar.Ops.Topology;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>A server of a small site, as a sandbox.</summary>
/// <param name="Server">The server as declared.</param>
/// <param name="Host">Its addresses and routes.</param>
/// <param name="Rules">Its ruleset.</param>
internal sealed record JourneyServer(Server Server, SandboxHost Host, string Rules)
{
    public GeneratedRuleset Ruleset => new() { Nft = Rules, Atoms = new Atoms() };
}

/// <summary>
/// Holds findings about ways through several servers against the kernel: each server is a sandbox of its own, and what one
/// of them sends comes in at the next, by the interface of the same name.
/// </summary>
internal static class JourneyReplay
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Judges the servers together and replays each finding.</summary>
    public static async Task<ReplayReport> RunAsync(string name, Site site, IReadOnlyList<JourneyServer> servers)
    {
        Dictionary<string, Reading<FirewallFacts>> facts = [];
        foreach (JourneyServer server in servers)
        {
            facts.Add(
                server.Server.Name,
                Reading.Of(
                    await InSandbox(
                        server,
                        _ => WitnessSite.Facts(LoadedRuleset.Text(server.Ruleset)) with
                        {
                            Network = Reading.Of(LoadedRuleset.NetworkOf(server.Host)),
                        })));
        }

        ReplayReport report = new();
        SiteCase<FirewallFacts> all = new(site, facts, Now);
        foreach (Finding finding in SiteFirewallControls.All.SelectMany(control => control.Apply(all, null, Now))
            .Where(static finding => finding.Status == FindingStatus.Fail))
        {
            string? fault = await ReplayAsync(finding, servers);
            report.Count(
                finding.ControlId,
                fault is null ? null : $"{name}: {finding.ControlId} {finding.Target}: {fault}\n  {finding.Actual}\n  {finding.Evidence}");
        }

        return report;
    }

    private static async Task<string?> ReplayAsync(Finding finding, IReadOnlyList<JourneyServer> servers)
    {
        string[] parts = finding.Evidence!.Split(" | ");
        (Probe? probe, string? obstacle) = WitnessPacket.Read(parts[0], 1, isPlaced: true);
        string? entry = probe is null || Find(parts[1]).Server.Addresses.Contains(probe.Source) ? null : WayIn;
        for (int hop = 1; probe is not null && hop < parts.Length; hop++)
        {
            Probe coming = probe with { InInterface = entry };
            (Observation seen, IReadOnlyList<string> met) = await InSandbox(Find(parts[hop]), box => (box.Observe(coming), box.RulesMet()));
            Outcome[] said = hop < parts.Length - 1 ? [Outcome.Sent]
                : finding.Actual!.StartsWith("closed", StringComparison.Ordinal) ? [Outcome.Dropped, Outcome.Rejected]
                : [Outcome.Delivered];
            if (new WitnessClaim(finding, coming, said, NamedRule.In(parts[hop])).Fault(seen, met) is { } fault)
            {
                return $"{parts[hop]}: {fault}\n  sent {coming}\n  kernel {seen} by {string.Join(", ", met)}";
            }

            entry = seen.OutInterface;
            probe = seen.Packet is { } packet
                ? probe with
                {
                    Source = packet.Source,
                    Destination = packet.Destination,
                    SourcePort = packet.SourcePort,
                    DestinationPort = packet.DestinationPort,
                }
                : null;
        }

        return obstacle;

        JourneyServer Find(string part) => servers.Single(server => part.StartsWith($"{server.Server.Name}: ", StringComparison.Ordinal));
    }

    /// <summary>The interface by which packets come from outside.</summary>
    public const string WayIn = "outside";

    /// <summary>Works in a sandbox in which a server's rules are loaded.</summary>
    public static Task<T> InSandbox<T>(JourneyServer server, Func<Sandbox, T> work) => Sandbox.RunAsync(
        box =>
        {
            box.StartTracing();
            box.Reset([]);
            return box.Load(server.Ruleset) is { } error ? throw new InvalidOperationException($"{error}\n{server.Rules}") : work(box);
        },
        server.Host);
}
