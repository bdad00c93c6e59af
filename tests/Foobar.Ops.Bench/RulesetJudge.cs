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
        Policy = new Policy
        {
            Flows =
            [
                new Flow { Name = "visitors", From = ["internet"], To = ["web"], Ports = [new PortRange(TransportProtocol.Tcp, 443, 443)] },
            ],
        },
    };

    /// <summary>Judges a file a number of times and writes the figures.</summary>
    /// <param name="path">The listing.</param>
    /// <param name="times">How often.</param>
    /// <param name="before">
    /// A small listing that is judged three times before, each time with a second's rest, as in a session that someone has
    /// worked in for a while; <see langword="null"/> for a process that begins with the large one.
    /// </param>
    public static void Run(string path, int times, string? before)
    {
        for (int time = 0; before is not null && time < 3; time++)
        {
            Judge(new Listing(before));
            Thread.Sleep(TimeSpan.FromSeconds(1));
        }

        Listing listing = new(path);
        List<(double Wall, double Processor)> took = [];
        for (int time = 0; time < times; time++)
        {
            TimeSpan used = Environment.CpuUsage.TotalTime;
            long started = Stopwatch.GetTimestamp();
            Judge(listing);
            took.Add((Stopwatch.GetElapsedTime(started).TotalSeconds, (Environment.CpuUsage.TotalTime - used).TotalSeconds));
            GC.Collect();
        }

        string peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        double megabytes = double.Parse(peak.Split(':', 'k')[1], CultureInfo.InvariantCulture) / 1024;
        Console.WriteLine(
            JsonSerializer.Serialize(new JudgeFigures(
                took[0].Wall, took.Min(each => each.Wall), took.Min(each => each.Processor), megabytes)));
    }

    // What the next boot would load lists the same rules with other handles.
    private sealed class Listing(string path)
    {
        public string Running { get; } = File.ReadAllText(path);

        public string Persisted { get; } = File.ReadAllText(path).Replace("\"handle\": ", "\"handle\": 1", StringComparison.Ordinal);
    }

    private static void Judge(Listing listing)
    {
        RulesetText text = new() { Nftables = listing.Running };
        FirewallFacts facts = new()
        {
            Running = Reading.Of(text),
            Persisted = Reading.Of(new PersistedFirewall
            {
                Mechanisms = ["nftables"],
                Ruleset = text with { Nftables = listing.Persisted },
            }),
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
