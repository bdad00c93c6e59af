using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Firewall;

/// <summary>Controls over packets that a server passes on to others.</summary>
internal static class ForwardingControls
{
    /// <summary>FW-011.</summary>
    public static Control<ServerCase<FirewallFacts>> OnlyWhereDeclared { get; } = new(
        FirewallControls.Info(
            "FW-011",
            Severity.Medium,
            "Only network firewalls forward packets",
            "A server that forwards is a way around the network firewall for whoever reaches it.",
            "Switch net.ipv4.ip_forward and net.ipv6.conf.all.forwarding off, or drop everything in the forward chain.",
            "ip-sysctl of the Linux kernel"),
        server => server.Server.Is(Role.NetworkFirewall)
            ? [Verdict.NotApplicable(actual: "a network firewall forwards")]
            : server.Facts.Forwarding.Judge(settings => FirewallAnalysis.Judge(server, analysis => JudgeForwarding(analysis, settings))));

    /// <summary>FW-012.</summary>
    public static Control<ServerCase<FirewallFacts>> NoBypass { get; } = new(
        FirewallControls.Info(
            "FW-012",
            Severity.High,
            "No translation leads around the rules for the server's own ports",
            "A packet whose destination is rewritten before routing never meets the input chain: published container ports are open though "
                + "the firewall seems to close them.",
            "Publish on 127.0.0.1 (docker run -p 127.0.0.1:80:80), filter in the chain DOCKER-USER, or remove the translation."),
        server => FirewallAnalysis.Judge(server, JudgeBypass));

    private static List<Verdict> JudgeForwarding(FirewallAnalysis analysis, ForwardingSettings settings)
    {
        Diagram diagram = analysis.Diagram;
        List<Verdict> verdicts = [];
        foreach ((string sysctl, int family, bool on) in ((string, int, bool)[])
        [
            ("net.ipv4.ip_forward", 4, settings.Ipv4), ("net.ipv6.conf.all.forwarding", 6, settings.Ipv6),
        ])
        {
            int arriving = diagram.Or(analysis.ArrivingForOthers(), analysis.StrayForOthers());
            int through = diagram.And(arriving, analysis.Real(), diagram.FieldIs(PacketField.Family, (UInt128)family));
            verdicts.Add(on ? JudgeThrough(analysis, sysctl, through) : Verdict.Pass(sysctl, "off"));
        }

        return verdicts;
    }

    private static Verdict JudgeThrough(FirewallAnalysis analysis, string sysctl, int through)
    {
        Match passing = analysis.Model.Passing(analysis.Model.Forwarded());
        int open = analysis.Diagram.And(through, passing.Must);
        int possible = open != Diagram.False ? open : analysis.Diagram.And(through, passing.May);
        if (possible == Diagram.False)
        {
            return Verdict.Warning(sysctl, "off", "on, though the forward chain drops everything", $"{sysctl} = 1");
        }

        Packet witness = analysis.Witness(possible);
        string steps = analysis.Explain(witness, "prerouting", "forward", "postrouting");
        return open == Diagram.False
            ? Verdict.Unknown(
                sysctl, $"Whether the forward chain lets packets pass can't be decided: {steps}.", analysis.Text.Text(possible))
            : Verdict.Fail(
                sysctl, "off", "on, and the forward chain lets packets pass",
                $"{analysis.Text.Text(witness)} is forwarded: {(steps.Length == 0 ? "no chain on its way" : steps)}") with
            {
                Extent = SpaceDigest.Of(analysis.Diagram, open),
            };
    }

    private static IEnumerable<Verdict> JudgeBypass(FirewallAnalysis analysis)
    {
        int undeclared = analysis.Diagram.Except(analysis.ArrivingHere(), analysis.Policy.Allowed(analysis.Own));
        int reaching = analysis.Diagram.And(undeclared, analysis.Diagram.FieldIn(PacketField.HopLimit, IntervalSet.Range(2, 255)));
        return analysis.Server.Is(Role.NetworkFirewall)
            ? OpenSpaces.Judge(
                analysis, reaching, static model => model.Forwarded(), "no translation of undeclared flows", "prerouting", "forward",
                "postrouting")
                .OrPass("no translation of undeclared flows")
            : OpenSpaces.Judge(
                analysis, reaching, static model => model.Forwarded(), "packets for this server meet its input chain", "prerouting",
                "forward", "postrouting")
                .OrPass("no translation leads elsewhere");
    }
}
