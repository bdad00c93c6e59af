using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Bench;

/// <summary>Judges a listing of nftables with every firewall control, in a process of its own so that its memory can be told.</summary>
internal static class RulesetJudge
{
    /// <summary>The word on the command line; no benchmark of its own.</summary>
    public const string Command = "judge-ruleset";

    private static readonly Server Host = new()
    {
        Name = "web-01",
        Roles = [Role.Web],
        Ssh = new SshEndpoint { Host = "web-01" },
        Addresses = [IPAddress.Parse(BenchHost.Address)],
    };

    private static readonly Site Site = new()
    {
        Name = "www.foobar.com",
        Servers = [Host],
        Policy = new Policy { Flows = [new Flow { Name = "visitors", From = ["internet"], To = ["web"], Ports = [new PortRange(TransportProtocol.Tcp, 443, 443)] }] },
    };

    /// <summary>Judges a file a number of times and writes the figures.</summary>
    public static void Run(string path, int times)
    {
        string listing = File.ReadAllText(path);
        List<double> seconds = [];
        for (int time = 0; time < times; time++)
        {
            long started = Stopwatch.GetTimestamp();
            Judge(listing);
            seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
            GC.Collect();
        }

        string peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        double megabytes = double.Parse(peak.Split(':', 'k')[1], CultureInfo.InvariantCulture) / 1024;
        Console.WriteLine(JsonSerializer.Serialize(new JudgeFigures(seconds[0], seconds.Order().ElementAt(times / 2), megabytes)));
    }

    private static void Judge(string listing)
    {
        RulesetText text = new() { Nftables = listing };
        FirewallFacts facts = new()
        {
            Running = Reading.Of(text),
            Persisted = Reading.Of(new PersistedFirewall { Mechanisms = ["nftables"], Ruleset = text with { Nftables = listing } }),
            Network = Reading.Of(BenchHost.Network),
            Sockets = Reading.Of<IReadOnlyList<Linux.ListeningSocket>>([]),
            Forwarding = Reading.Of(new ForwardingSettings(false, false)),
        };
        ServerCase<FirewallFacts> server = new(Host, Site, facts, DateTimeOffset.UnixEpoch);
        Finding[] findings = [.. FirewallControls.All.SelectMany(control => control.Apply(server, Host.Name, DateTimeOffset.UnixEpoch))];
        if (Array.Exists(findings, finding => finding.Status == FindingStatus.Unknown))
        {
            throw new InvalidOperationException("A control could not decide about the ruleset, so that its time says nothing.");
        }
    }
}
