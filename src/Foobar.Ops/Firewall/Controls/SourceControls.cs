using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Firewall;

/// <summary>The control over packets whose source is not where they come from.</summary>
internal static class SourceControls
{
    private const string Expected = "dropped: no packet whose source the routes lead to by another interface, or by none";

    /// <summary>FW-017.</summary>
    public static Control<ServerCase<FirewallFacts>> NoneForged { get; } = new(
        FirewallControls.Info(
            "FW-017",
            Severity.Medium,
            "Nothing passes by an interface that does not lead to its source",
            "A rule that permits an address permits whoever writes it on a packet: what comes from outside with an internal source passes "
                + "as internal. Control messages of IP are left out, since any router on a way may send them. Of a server that packets "
                + "reach by one interface only nothing can be told here: what is forged is then for the network firewall to drop.",
            "For IPv4 set net.ipv4.conf.all.rp_filter to 1 (2 is not enough); for IPv6 drop 'fib saddr . iif oif missing' (ip6tables: -m "
                + "rpfilter --invert) before the rules; or let each rule name the interfaces that lead to its sources.",
            "RFC 3704, 2.2; ip-sysctl of the Linux kernel; nft(8), FIB EXPRESSIONS"),
        server => FirewallAnalysis.Judge(server, analysis => Judge(analysis, server.Facts)));

    private static IEnumerable<Verdict> Judge(FirewallAnalysis analysis, FirewallFacts facts)
    {
        ForgedSources forged = new(analysis, facts);
        return !forged.IsKnown
                ? [Verdict.Unknown(null, $"By which interface a source's packets come is not known, since {analysis.RoutesUnknown}.")]
            : forged.Interfaces.Count < 2
                ? [Verdict.NotApplicable(actual: "packets come in by one interface only")]
            : forged.Interfaces.Select(name => Judge(analysis, facts, name, forged.By(name)));
    }

    private static Verdict Judge(FirewallAnalysis analysis, FirewallFacts facts, string name, (int All, int Kept, int Unsure) by)
    {
        string target = $"interface {name}";
        int forged = analysis.Diagram.Except(by.All, by.Kept);
        Verdict? unknown = null;
        foreach ((int space, int function, string[] hooks) in Ways(analysis, facts))
        {
            int arriving = analysis.Diagram.And(space, forged);
            Match passing = analysis.Model.Passing(function);
            int open = analysis.Diagram.Except(analysis.Diagram.And(arriving, passing.Must), by.Unsure);
            if (analysis.Diagram.Overlap(open, analysis.Real()))
            {
                Packet witness = analysis.Witness(open);
                string steps = analysis.Explain(witness, hooks);
                return Verdict.Fail(
                    target, Expected, $"open: {analysis.Text.Text(open)}",
                    $"{analysis.Text.Text(witness)} passes: {(steps.Length == 0 ? "no chain on its way" : steps)}") with
                {
                    Extent = SpaceDigest.Of(analysis.Diagram, open),
                };
            }

            int possible = analysis.Diagram.And(arriving, analysis.Real(), passing.May);
            if (unknown is null && possible != Diagram.False)
            {
                Packet witness = analysis.Witness(possible);
                string why = analysis.Diagram.Contains(passing.Must, witness)
                    ? $"rp_filter of {name} could not be read: {facts.ReversePath.Failure ?? "it is not among the settings"}"
                    : analysis.Explain(witness, hooks);
                unknown = Verdict.Unknown(target, $"Whether forged packets pass can't be decided: {why}.", analysis.Text.Text(witness));
            }
        }

        return unknown ?? Verdict.Pass(target, "what does not come from there is dropped");
    }

    private static IEnumerable<(int Space, int Function, string[] Hooks)> Ways(FirewallAnalysis analysis, FirewallFacts facts)
    {
        yield return (analysis.ArrivingHere(), analysis.Model.Delivered(), ["prerouting", "input"]);
        int forwarded = analysis.Server.Is(Role.NetworkFirewall) ? Diagram.True : analysis.Forwards(facts.Forwarding);
        if (forwarded != Diagram.False)
        {
            yield return (analysis.Diagram.And(analysis.ArrivingForOthers(), forwarded), analysis.Model.Forwarded(), [
                "prerouting", "forward", "postrouting",
            ]);
        }
    }
}
