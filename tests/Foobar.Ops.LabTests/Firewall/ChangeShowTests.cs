using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Firewall;

/// <summary>
/// On each kind of lab: after a change of the whole site each server is open to what the policy names and to nothing else, by the
/// interfaces that lead to the senders; its kernel drops forged sources from each side; and an undo leaves no trace.
/// </summary>
[Collection(OtherLabCollection.Name)]
public sealed class ChangeShowTests(LabFixture labs, ITestOutputHelper output)
{
    private const string All = "fw-01,lb-01,web-01,web-02";

    /// <summary>Each database and each place where TLS ends; one kind in the default run.</summary>
    public static TheoryData<string, string> Variants => new(
        Sample.Of(
            from database in Enum.GetValues<DatabaseFlavour>() from tls in Enum.GetValues<TlsVariant>() select ($"{database}", $"{tls}"),
            6));

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task A_changed_site_is_open_to_what_the_policy_names_alone_and_an_undo_leaves_no_trace(string database, string tls)
    {
        (DatabaseFlavour flavour, TlsVariant ends) = (Enum.Parse<DatabaseFlavour>(database), Enum.Parse<TlsVariant>(tls));
        await using (ChangeBed bed = await ChangeBed.MakeAsync(labs, flavour, ends))
        {
            Dictionary<string, string> before = await TracesAsync(bed);

            FirewallChangeResult result = await bed.ChangeAsync(bed.Lab.Inventory, All);

            Assert.True(result.Outcome == PlanOutcome.Completed, result.Error);
            Dictionary<string, string> changed = await TracesAsync(bed);
            await AssertOpenToThePolicyAloneAsync(bed.Lab);
            foreach (Forgery forgery in Forgeries(bed.Lab.Plan))
            {
                (int arrived, int survived) = await SendAsync(bed.Lab, forgery);
                output.WriteLine($"{database} {tls}: {forgery}: {arrived} arrived, {survived} survived");
                Assert.True(arrived > 0, $"{forgery}: nothing arrived");
                Assert.True(forgery.IsForged ? survived == 0 : survived == arrived, $"{forgery}: {survived} of {arrived} survived");
            }

            Assert.Equal(changed, await TracesAsync(bed));
            FirewallChangeResult undone = await bed.UndoAsync(All);

            Assert.True(undone.Outcome == PlanOutcome.Completed, undone.Error);
            Assert.Equal(before, await TracesAsync(bed));
            await bed.AssertAccessAsync();
        }

        // A lab that only stands there takes its share of the machine.
        if (Sample.IsAll && (flavour, ends) != (DatabaseFlavour.MySql, TlsVariant.Edge))
        {
            await labs.RetireAsync(options => options.Database == flavour && options.Tls == ends);
        }
    }

    private static async Task<Dictionary<string, string>> TracesAsync(ChangeBed bed)
    {
        Dictionary<string, string> traces = [];
        foreach (string server in ChangeBed.Servers)
        {
            traces[server] = await bed.TraceAsync(server);
        }

        return traces;
    }

    // What the kernel runs, read again: nothing passes but first packets of the policy's flows by the way of their senders, and
    // every flow does.
    private static async Task AssertOpenToThePolicyAloneAsync(RaisedLab lab)
    {
        await using SiteSession session = LabAudit.Connect(lab);
        foreach (Server server in session.Site.Servers)
        {
            FirewallFacts facts = await new FirewallCollector().CollectAsync(session, server, TestContext.Current.CancellationToken);
            Assert.True(facts.Ruleset.TryGet(out Ruleset? running), facts.Ruleset.Failure);
            ChangeTarget target = new() { Server = server, Id = "test", NewRuleset = string.Empty, After = running, Facts = facts };
            Assert.Empty(OpeningForecast.Openings(session.Site, [target]));
            Finding[] trouble =
            [
                .. FirewallControls.All.Where(static control => control.Info.Id is "FW-001" or "FW-002" or "FW-003" or "FW-008")
                    .SelectMany(
                        control => control.Apply(
                            new ServerCase<FirewallFacts>(server, session.Site, facts, DateTimeOffset.UtcNow),
                            server.Name, DateTimeOffset.UtcNow))
                    .Where(static finding => finding.Status is FindingStatus.Fail or FindingStatus.Unknown),
            ];
            Assert.True(trouble.Length == 0, string.Join('\n', trouble.Select(LabAudit.Text)));
        }
    }

    // Each side of each server, with a source that the policy lets in by another side; and one that comes by its own way, so that
    // what is counted is seen to be able to pass.
    private static IEnumerable<Forgery> Forgeries(LabPlan plan)
    {
        AddressPlan at = plan.Addresses;
        foreach (bool four in (bool[])[true, false])
        {
            IPAddress Of(LabLink link) => four ? link.V4 : link.V6;
            yield return new("outside", Of(at.Web(1)), Of(at.BalancerPublic), "tcp", 3306, "fw-01");
            yield return new("outside", Of(at.BalancerPublic), Of(at.FirewallOutside), "udp", 123, "fw-01");
            yield return new("lb-01", Of(at.Operator), Of(at.FirewallPublic), "tcp", 22, "fw-01");
            yield return new("fw-01", Of(at.Web(1)), Of(at.BalancerPublic), "tcp", 3306, "lb-01");
            yield return new("web-01", Of(at.Operator), Of(at.BalancerInternal), "tcp", 22, "lb-01");
            yield return new("web-01", IPAddress.Parse(four ? "9.9.9.9" : "2620:fe::fe"), Of(at.BalancerInternal), "tcp", 443, "lb-01");
            yield return new("lb-01", Of(at.Operator), Of(at.Web(1)), "tcp", 22, "web-01");
            yield return new("lb-01", IPAddress.Parse(four ? "9.9.9.9" : "2620:fe::fe"), Of(at.Web(2)), "tcp", 3306, "web-02");
            yield return new("lb-01", Of(at.BalancerInternal), Of(at.Web(1)), "tcp", 22, "web-01") { IsForged = false };
        }
    }

    // The sender's own kernel writes the forged source, and the receiver's counts before its first rule and behind its last.
    private static async Task<(int Arrived, int Survived)> SendAsync(RaisedLab lab, Forgery forgery)
    {
        string ip = forgery.Source.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? "ip" : "ip6";
        string packets = $"{ip} saddr {forgery.Source} {ip} daddr {forgery.To} {forgery.Protocol} dport {forgery.Port}";
        await lab.RunAsync(forgery.Receiver, "nft -f -", $$"""
            table inet observed {
                counter arrived { }
                counter survived { }
                chain before { type filter hook prerouting priority -301; {{packets}} counter name arrived; }
                chain behind { type filter hook input priority 300; {{packets}} counter name survived; }
                chain through { type filter hook forward priority 300; {{packets}} counter name survived; }
            }

            """);
        try
        {
            await OnAsync(
                lab, forgery.Sender,
                $"nft -f - <<'END'\ntable {ip} forging {{ chain out {{ type nat hook postrouting priority 100; {ip} daddr {forgery.To} "
                    + $"{forgery.Protocol} dport {forgery.Port} snat to {forgery.Source}; }}; }}\nEND");
            await OnAsync(
                lab, forgery.Sender,
                $"timeout 1 bash -c 'echo x > /dev/{forgery.Protocol}/{forgery.To}/{forgery.Port}' 2>/dev/null || true");
            await Task.Delay(200, TestContext.Current.CancellationToken);
            return (await CountAsync(lab, forgery.Receiver, "arrived"), await CountAsync(lab, forgery.Receiver, "survived"));
        }
        finally
        {
            await OnAsync(lab, forgery.Sender, $"nft delete table {ip} forging");
            await lab.RunAsync(forgery.Receiver, "nft delete table inet observed");
        }
    }

    private static async Task<int> CountAsync(RaisedLab lab, string server, string name) => int.Parse(
        (await lab.RunAsync(server, $"nft list counter inet observed {name} | sed -n 's/.*packets \\([0-9]*\\) .*/\\1/p'")).Trim(),
        System.Globalization.CultureInfo.InvariantCulture);

    private static async Task OnAsync(RaisedLab lab, string machine, string command)
    {
        if (machine != "outside")
        {
            await lab.RunAsync(machine, command);
            return;
        }

        Ops.Lab.Host.ToolResult result = await lab.ExecOutsideAsync(command);
        Assert.True(result.Succeeded, $"outside: {command}: {result.Error}");
    }

    /// <summary>A packet from a machine under an address of another.</summary>
    private sealed record Forgery(string Sender, IPAddress Source, IPAddress To, string Protocol, int Port, string Receiver)
    {
        public bool IsForged { get; init; } = true;

        public override string ToString() => $"{Source} from {Sender} to {To} {Protocol}/{Port} at {Receiver}";
    }
}
