using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Firewall;

/// <summary>Controls over what a firewall does where no rule says more.</summary>
internal static class DefaultControls
{
    /// <summary>FW-004.</summary>
    public static Control<ServerCase<FirewallFacts>> DropsByDefault { get; } = new(
        FirewallControls.Info(
            "FW-004",
            Severity.High,
            "What no rule names is dropped",
            "With a default of accept each new service is open to everyone the moment it starts.",
            "Set the policy of the input and forward chains to drop, for both IP versions, after accepting what is declared."),
        server => FirewallAnalysis.Judge(server, analysis => JudgeDefault(analysis, server.Facts)));

    /// <summary>FW-005.</summary>
    public static Control<ServerCase<FirewallFacts>> TakesReplies { get; } = new(
        FirewallControls.Info(
            "FW-005",
            Severity.High,
            "Replies to the server's own connections come in",
            "Without a rule for established and related packets the server can't resolve names, fetch updates, replicate or learn that a "
                + "packet was too big.",
            "Put 'ct state established,related accept' before the rules that drop.",
            "RFC 4787, RFC 1191"),
        server => FirewallAnalysis.Judge(server, JudgeReplies));

    private static IEnumerable<Verdict> JudgeDefault(FirewallAnalysis analysis, FirewallFacts facts)
    {
        yield return Default(analysis, "input", analysis.ArrivingHere(), analysis.StrayHere(), analysis.Model.Delivered());
        int forwarded = analysis.Forwards(facts.Forwarding);
        if (forwarded != Diagram.False)
        {
            yield return Default(
                analysis, "forward", analysis.Diagram.And(
                    analysis.ArrivingForOthers(), forwarded), analysis.Diagram.And(analysis.StrayForOthers(), forwarded),
                analysis.Model.Forwarded());
        }
    }

    // Of segments without a connection nothing is said where first packets pass too.
    private static Verdict Default(FirewallAnalysis analysis, string hook, int first, int stray, int function)
    {
        OutcomeTable table = analysis.Model.Workspace.Algebra.Table;
        int unnamed = analysis.Diagram.Where(function, terminal =>
            Array.Exists(table.Outcomes(terminal), outcome => FirewallModel.Passes(outcome) && !table.IsRule(outcome.Decider)));
        int byPolicy = analysis.Diagram.And(first, analysis.Real(), unnamed);
        byPolicy = byPolicy == Diagram.False ? analysis.Diagram.And(stray, analysis.Real(), unnamed) : byPolicy;
        int open = analysis.Diagram.And(byPolicy, analysis.Model.Passing(function).Must);
        if (byPolicy == Diagram.False)
        {
            return Verdict.Pass(hook, "drops what no rule names");
        }

        Packet witness = analysis.Witness(open == Diagram.False ? byPolicy : open);
        string way = Way(analysis, witness, hook);
        return open == Diagram.False
            ? Verdict.Unknown(hook, $"Whether what no rule names passes can't be decided: {way}.", analysis.Text.Text(byPolicy, 2)) with
            {
                Extent = SpaceDigest.Of(analysis.Diagram, byPolicy),
            }
            : Verdict.Fail(
                hook, "policy drop",
                $"passes without a rule: {analysis.Describe(open, 2)}",
                $"{analysis.Text.Text(witness)} passes: {way}") with
            {
                Extent = SpaceDigest.Of(analysis.Diagram, open),
            };
    }

    private static string Way(FirewallAnalysis analysis, Packet witness, string hook)
    {
        string steps = analysis.Explain(witness, "prerouting", hook);
        return steps.Length == 0 ? $"no chain at the {hook} hook" : steps;
    }

    private static IEnumerable<Verdict> JudgeReplies(FirewallAnalysis analysis)
    {
        Diagram diagram = analysis.Diagram;
        int families = analysis.Own.Any(address => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6) ? 2 : 1;
        foreach (int family in ((int[])[PacketValues.Ipv4, PacketValues.Ipv6]).Take(families))
        {
            foreach ((string name, int state) in ((string, int)[])
            [
                ("established", PacketValues.Established), ("related", PacketValues.Related),
            ])
            {
                int space = diagram.And(Replies(analysis, state), diagram.FieldIs(PacketField.Family, (UInt128)family));
                Match passing = analysis.Model.Passing(analysis.Model.Delivered());
                string target = $"IPv{family} {name}";
                Packet witness = Reply(analysis, space, family, state);
                int certain = analysis.Model.Unlimited(analysis.Model.Delivered());
                yield return diagram.Overlap(space, certain) ? Verdict.Pass(target, "comes in")
                    : diagram.Overlap(space, passing.Must)
                        ? Verdict.Warning(
                            target, "comes in without a limit", "comes in at times only",
                            $"{analysis.Text.Text(witness)} is dropped at times: {analysis.ExplainStop(witness, "prerouting", "input")}")
                    : diagram.Overlap(space, passing.May)
                        ? Verdict.Unknown(
                            target, $"Whether it comes in can't be decided: {analysis.Explain(witness, "prerouting", "input")}.")
                    : Verdict.Fail(
                        target, "comes in", "dropped",
                        $"{analysis.Text.Text(witness)} is dropped: {analysis.Explain(witness, "prerouting", "input")}");
            }
        }
    }

    // As a web server's answer, or the error of a router on the way to it, comes in.
    private static Packet Reply(FirewallAnalysis analysis, int space, int family, int state)
    {
        Packet wish = Packet.TcpSyn(family);
        wish[PacketField.SourcePort] = 443;
        wish[PacketField.DestinationPort] = 40000;
        wish[PacketField.State] = (UInt128)state;
        wish[PacketField.Direction] = 1;
        wish[PacketField.TcpFlags] = Packet.Ack;
        wish[PacketField.Status] = (UInt128)(state == PacketValues.Established
            ? PacketValues.SeenReply | PacketValues.Assured
            : PacketValues.SeenReply);
        wish[PacketField.Length] = state == PacketValues.Related ? (UInt128)Packet.ErrorLength(family) : wish[PacketField.Length];
        int real = analysis.Diagram.And(space, analysis.Policy.Possible(), analysis.ByTheirWay());
        return analysis.AnyPacket(real == Diagram.False ? space : real, wish);
    }

    // Replies of TCP connections to the server's ephemeral ports; ICMP errors for what is related (RFC 792, RFC 4443).
    private static int Replies(FirewallAnalysis analysis, int state)
    {
        Diagram diagram = analysis.Diagram;
        int kind = state == PacketValues.Established
            ? diagram.And(
                diagram.FieldIs(PacketField.Protocol, PacketValues.Tcp),
                diagram.FieldIn(PacketField.DestinationPort, IntervalSet.Range(32768, 60999)))
            : diagram.Or([
                diagram.And(
                    diagram.FieldIs(PacketField.Family, 4),
                    diagram.FieldIs(PacketField.Protocol, PacketValues.Icmp),
                    diagram.FieldIs(PacketField.IcmpType, 3)),
                diagram.And(
                    diagram.FieldIs(PacketField.Family, 6),
                    diagram.FieldIs(PacketField.Protocol, PacketValues.IcmpV6),
                    diagram.FieldIn(PacketField.IcmpType, IntervalSet.Range(1, 3)))]);
        int ready = diagram.And(
            diagram.FieldIs(PacketField.State, (UInt128)state),
            diagram.FieldIs(PacketField.Direction, 1),
            diagram.FieldIs(PacketField.Mark, 0),
            diagram.FieldIs(PacketField.OutInterface, InterfaceAtoms.None),
            diagram.Except(
                diagram.FieldIn(PacketField.InInterface, analysis.Model.Workspace.Atoms.All),
                diagram.FieldIs(PacketField.InInterface, (UInt128)analysis.Model.Workspace.Atoms.Of("lo"))));
        return diagram.And(
            kind, ready,
            analysis.Policy.Addresses(
                analysis.Own.Select(address => new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8)),
                destination: true));
    }
}
