using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Firewall;

/// <summary>Controls that hold what passes against the declared flows.</summary>
internal static class FlowControls
{
    /// <summary>FW-001.</summary>
    public static Control<ServerCase<FirewallFacts>> OnlyDeclared { get; } = new(
        FirewallControls.Info(
            "FW-001",
            Severity.Critical,
            "Only declared flows pass the firewall",
            "Each flow that passes without being declared is a door nobody watches. What passes is a packet that comes to a socket, or "
                + "makes the host answer: the first packet of a connection, and a TCP segment that belongs to no connection and begins "
                + "none (nmap -sF, -sN, -sX), whose answer tells closed ports from open ones.",
            "Narrow or remove the rule, or declare the flow in the inventory's policy."),
        server => FirewallAnalysis.JudgeRules(server, JudgeOpen));

    /// <summary>FW-002.</summary>
    public static Control<ServerCase<FirewallFacts>> DeclaredOpen { get; } = new(
        FirewallControls.Info(
            "FW-002",
            Severity.High,
            "Each declared flow passes the firewall",
            "A declared flow that is dropped is an outage, or one that the next failover brings about. So is one whose connections can "
                + "begin and not go on: later packets and answers are followed too, on the side that opens the connection as well.",
            "Add a rule that accepts the flow before the one that drops it, or remove the flow from the inventory's policy."),
        server => FirewallAnalysis.Judge(server, analysis => JudgeRequired(analysis, server.Site)));

    /// <summary>FW-003.</summary>
    public static Control<ServerCase<FirewallFacts>> SixAsClosedAsFour { get; } = new(
        FirewallControls.Info(
            "FW-003",
            Severity.High,
            "IPv6 is no more open than IPv4",
            "A firewall that only knows IPv4 leaves the same services open to everyone by their IPv6 address.",
            "Filter in a table of family inet, or repeat the IPv4 rules for IPv6.",
            "RFC 7381, 2.4.2"),
        server => FirewallAnalysis.JudgeRules(server, JudgeFamilies));

    /// <summary>What FW-001 says of the rules.</summary>
    internal static IEnumerable<Verdict> JudgeOpen(FirewallAnalysis analysis)
    {
        int essential = analysis.Policy.Essential();
        IEnumerable<Verdict> here = JudgeOpen(
            analysis, (analysis.ArrivingHere(), analysis.StrayHere()), analysis.Diagram.Or(
                analysis.Policy.Allowed(analysis.Own), essential),
            static model => model.Delivered(), "here", "prerouting", "input");
        IEnumerable<Verdict> through = analysis.Server.Is(Role.NetworkFirewall)
            ? JudgeOpen(
                analysis, (analysis.ArrivingForOthers(), analysis.StrayForOthers()), analysis.Diagram.Or(
                    analysis.Policy.Allowed(), essential),
                static model => model.Forwarded(), "through", "prerouting", "forward", "postrouting")
            : [];
        return here.Concat(through).Concat(FilledByPrograms(analysis)).Concat(ChangedBefore(analysis))
            .OrPass("nothing but declared flows passes");
    }

    // A segment of no connection is told where nothing is said yet of its port: where no first packet passes beside it.
    private static IEnumerable<Verdict> JudgeOpen(
        FirewallAnalysis analysis,
        (int First, int Stray) arriving,
        int wanted,
        Func<FirewallModel, int> function,
        string where,
        params string[] hooks)
    {
        Diagram diagram = analysis.Diagram;
        int passing = analysis.Model.Passing(function(analysis.Model)).May;
        int told = diagram.Or(
            [
                analysis.As(passing, PacketValues.New, Packet.Syn),
                analysis.As(passing, PacketValues.New, Packet.Ack),
                analysis.As(wanted, PacketValues.New),
            ]);
        return OpenSpaces.Judge(
            analysis, diagram.Except(arriving.First, wanted), function, $"closed: no declared flow leads {where}", hooks)
            .Concat(OpenSpaces.Judge(
                analysis, diagram.Except(
                    arriving.Stray, told), function, $"closed to segments of no connection: no declared flow leads {where}", hooks));
    }

    // What rewrites a packet before the rules see it may make a permitted one of any.
    private static IEnumerable<Verdict> ChangedBefore(FirewallAnalysis analysis) => analysis.Model.BaseChains("ingress")
        .Where(static chain => chain.Undecided is not null)
        .Select(static chain => Verdict.Unknown(
            chain.ToString(),
            $"What comes in at {(chain.Devices is ["*"] ? "any interface" : string.Join(", ", chain.Devices))} may be another packet when "
                + $"the rules see it: {chain.Undecided}."));

    // A set whose elements time out and that no rule fills is filled by a program: who is in it at the audit says little. Of
    // one that only feeds drops nothing is to be said.
    private static IEnumerable<Verdict> FilledByPrograms(FirewallAnalysis analysis) =>
        from chain in RuleReach.Reached(analysis.Model.Ruleset)
        from rule in chain.Rules
        where rule.Statements is [.., Statement.Verdict { Kind: VerdictKind.Accept or VerdictKind.Drop or VerdictKind.Reject }]
        let drops = rule.Statements[^1] is not Statement.Verdict { Kind: VerdictKind.Accept }
        from test in rule.Statements.OfType<Statement.Test>().Select(static test => test.Condition).OfType<Condition.In>()
        where test.Set is not null && test.Negated == drops && analysis.Model.Ruleset.FindSet(chain, test.Set) is { IsDynamic: true } set
            && !analysis.Model.Conditions.IsFilled(set)
        select Verdict.Warning(
            rule.Words(),
            "who may pass is declared",
            $"passes whoever is in set {test.Set}, which a program fills and whose elements time out",
            $"{rule}: {rule.Source}");

    private static IEnumerable<Verdict> JudgeRequired(FirewallAnalysis analysis, Site site)
    {
        FlowConnections connections = new(analysis);
        foreach (ResolvedFlow flow in analysis.Policy.Flows.Where(flow => flow.To.Any(end => analysis.Own.Any(end.Contains))))
        {
            int space = analysis.Diagram.And(
                analysis.ArrivingHere(), analysis.Policy.Space(flow, analysis.Own), analysis.Policy.Ordinary(), analysis.ByTheirWay(),
                analysis.Diagram.Not(analysis.GoingDirectly()));
            if (space != Diagram.False)
            {
                Verdict first = JudgeRequired(analysis, flow, space, analysis.Model.Delivered(), "prerouting", "input");
                yield return first;
                foreach (Verdict later in JudgeAfter(analysis, first, connections.Taken(flow, space)))
                {
                    yield return later;
                }
            }
        }

        foreach (Verdict sent in analysis.Policy.Flows.SelectMany(flow => JudgeAfter(analysis, null, connections.Opened(flow))))
        {
            yield return sent;
        }

        if (!analysis.Server.Is(Role.NetworkFirewall))
        {
            yield break;
        }

        foreach (ResolvedFlow flow in analysis.Policy.Flows)
        {
            int space = analysis.Diagram.And(
                analysis.ArrivingForOthers(), analysis.Policy.Space(flow), analysis.Policy.Ordinary(), analysis.ByTheirWay(),
                Crossing(analysis, site), analysis.Diagram.Not(analysis.GoingDirectly()));
            if (space != Diagram.False)
            {
                Verdict first = JudgeRequired(analysis, flow, space, analysis.Model.Forwarded(), "prerouting", "forward", "postrouting");
                yield return first;
                foreach (Verdict later in JudgeAfter(analysis, first, connections.PassedOn(flow, space, Crossing(analysis, site))))
                {
                    yield return later;
                }
            }
        }
    }

    private static Verdict JudgeRequired(FirewallAnalysis analysis, ResolvedFlow flow, int space, int function, params string[] hooks)
    {
        Match passing = analysis.Model.Passing(function);
        int may = ByItsInterface(analysis, analysis.Diagram.And(space, passing.May));
        int doubtful = analysis.Diagram.And(space, DirectlyPerhaps(analysis));
        int closed = analysis.Diagram.Except(space, analysis.Diagram.Or(may, doubtful));
        int unsure = analysis.Diagram.Except(analysis.Diagram.Or(analysis.Diagram.And(space, may), doubtful), passing.Must);
        string target = $"flow {flow.Flow.Name}";
        if (analysis.Diagram.Overlap(closed, analysis.Real()))
        {
            Packet witness = analysis.Witness(closed);
            string fate = analysis.Model.Judge(function, witness).Elsewhere
                ? $"is led elsewhere: {analysis.Explain(witness, "prerouting")}"
                : $"is dropped: {analysis.Explain(witness, hooks)}";
            return Verdict.Fail(target, "open", $"closed: {analysis.Text.Text(closed)}", $"{analysis.Text.Text(witness)} {fate}") with
            {
                Extent = SpaceDigest.Of(analysis.Diagram, closed),
            };
        }

        return !analysis.Diagram.Overlap(unsure, analysis.Real())
            ? JudgeLimit(analysis, target, analysis.Diagram.And(space, passing.Must, analysis.Real()), function, null, hooks)
                ?? Verdict.Pass(target, "open")
            : Verdict.Unknown(
                target, $"Whether it is open can't be decided: {Doubt(analysis, analysis.Witness(unsure), hooks)}.",
                analysis.Text.Text(unsure)) with
            {
                Extent = SpaceDigest.Of(analysis.Diagram, unsure),
            };
    }

    // A limit may be meant, and may starve the flow: which of both it is depends on how much traffic there is.
    private static Verdict? JudgeLimit(
        FirewallAnalysis analysis, string target, int space, int function, Packet? usual, params string[] hooks)
    {
        int limited = analysis.Diagram.Except(space, analysis.Model.Unlimited(function));
        if (limited == Diagram.False)
        {
            return null;
        }

        Packet witness = usual is null ? analysis.Witness(limited) : analysis.AnyPacket(limited, usual);
        return Verdict.Warning(
            target, "open without a limit", $"open at times only: {analysis.Text.Text(limited)}",
            $"{analysis.Text.Text(witness)} is dropped at times: {analysis.ExplainStop(witness, hooks)}") with
        {
            Extent = SpaceDigest.Of(analysis.Diagram, limited),
            Remediation = "Measure whether the limit leaves the flow enough, or take the flow out of it; accept the finding by a "
                + "suppression where the limit is meant.",
        };
    }

    // Where routes are not known, a packet comes and leaves by some interface: it is stopped only if it is at each of them.
    private static int ByItsInterface(FirewallAnalysis analysis, int passing) => analysis.RoutesUnknown is null
        ? passing
        : analysis.Diagram.Forget(analysis.Diagram.Forget(passing, PacketField.InInterface), PacketField.OutInterface);

    // What would go another way by the main table may never be sent: nothing is said to be closed to it by other routes.
    private static int DirectlyPerhaps(FirewallAnalysis analysis) =>
        analysis.RoutesUnknown is null ? Diagram.False : analysis.GoingDirectlyByMain();

    private static string Doubt(FirewallAnalysis analysis, Packet witness, params string[] hooks) => analysis.RoutesUnknown is { } why
        ? $"by which interface it comes and leaves is not known, since {why}"
        : analysis.Explain(witness, hooks);

    // A flow whose answers or later packets are dropped is as dead as one that is dropped itself. What passes is not told one by one.
    // Of what can't even begin it is not told as well that it can't go on.
    private static IEnumerable<Verdict> JudgeAfter(FirewallAnalysis analysis, Verdict? first, IEnumerable<ConnectionPackets> parts) => parts
        .Where(part => first?.Status != FindingStatus.Fail || part.Part != ConnectionPart.Later)
        .Select(part => JudgeAfter(analysis, part)).OfType<Verdict>().DistinctBy(static verdict => verdict.Target);

    private static Verdict? JudgeAfter(FirewallAnalysis analysis, ConnectionPackets part)
    {
        Diagram diagram = analysis.Diagram;
        if (part.Untold is { } untold)
        {
            return Verdict.Unknown(part.Target, $"Whether they pass can't be decided: {untold}.");
        }

        int sure = diagram.And(part.Space, analysis.Model.Passing(part.Function).Must);
        Verdict? limit = JudgeLimit(analysis, part.Target, sure, part.Function, part.Usual, part.Hooks);
        if (part.IsFirst)
        {
            return limit;
        }

        // Which of several connection marks a packet's connection has is not known.
        Match passing = analysis.Model.Passing(part.Function);
        int may = diagram.Forget(
            ByItsInterface(analysis, diagram.And(part.Space, passing.May)), PacketField.ConnectionMark);
        int doubtful = diagram.And(part.Space, DirectlyPerhaps(analysis));
        int stopped = diagram.Except(part.Space, diagram.Or(may, doubtful));
        int unsure = diagram.Except(diagram.Or(diagram.And(part.Space, may), doubtful), passing.Must);
        if (stopped != Diagram.False)
        {
            Packet witness = analysis.AnyPacket(stopped, part.Usual);
            string evidence = $"{analysis.Text.Text(witness)} is dropped: {analysis.Explain(witness, part.Hooks)}";
            return Verdict.Fail(part.Target, "open", $"closed: {analysis.Text.Text(stopped)}", evidence) with
            {
                Extent = SpaceDigest.Of(diagram, stopped),
            };
        }

        return unsure == Diagram.False ? limit : Verdict.Unknown(
            part.Target, $"Whether they pass can't be decided: {Doubt(analysis, analysis.AnyPacket(unsure, part.Usual), part.Hooks)}.",
            analysis.Text.Text(unsure)) with
        {
            Extent = SpaceDigest.Of(diagram, unsure),
        };
    }

    // What comes in by one interface and leaves by another; what would leave where it came from never comes this way.
    private static int Crossing(FirewallAnalysis analysis, Site site)
    {
        Diagram diagram = analysis.Diagram;
        if (analysis.Model.Network.Ways() is not { } ways)
        {
            return site.Servers.Count > 0 ? Diagram.True : Diagram.False;
        }

        int turning = diagram.Or(
            ways.Select(
                way => diagram.And(
                    diagram.FieldIs(PacketField.InInterface, (UInt128)analysis.Model.Workspace.Atoms.Of(way.Interface)), way.Space)));
        return diagram.Except(diagram.Or(ways.Select(way => way.Space)), turning);
    }

    // A service is a protocol and a port; one that some IPv6 address of the internet reaches and no IPv4 address does.
    /// <summary>What FW-003 says of the rules.</summary>
    internal static IEnumerable<Verdict> JudgeFamilies(FirewallAnalysis analysis)
    {
        if (!analysis.Own.Any(address => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6))
        {
            return [Verdict.NotApplicable(actual: "the server has no IPv6 address")];
        }

        Diagram diagram = analysis.Diagram;
        int arriving = diagram.And(analysis.ArrivingHere(), analysis.Policy.FromInternet(), diagram.Not(analysis.Policy.Essential()));
        int open = diagram.And(arriving, analysis.Model.Passing(analysis.Model.Delivered()).Must);
        int four = AlsoOfIcmp6(diagram, Services(diagram, OverFour(open)), Services(diagram, OverFour(arriving)));
        int undeclared = diagram.Except(
            diagram.And(open, diagram.FieldIs(PacketField.Family, PacketValues.Ipv6)), analysis.Policy.Allowed(analysis.Own));
        int more = diagram.Except(undeclared, four);
        return OpenSpaces.Judge(
            analysis, more, static model => model.Delivered(), "closed over IPv6 as it is over IPv4", "prerouting", "input")
            .OrPass("IPv6 is no more open than IPv4");

        int OverFour(int space) => diagram.And(space, diagram.FieldIs(PacketField.Family, PacketValues.Ipv4));
    }

    // The messages of ICMP have other numbers over IPv6: where all of them pass over IPv4, all may over IPv6.
    private static int AlsoOfIcmp6(Diagram diagram, int open, int all) =>
        diagram.And(all, diagram.FieldIs(PacketField.Protocol, PacketValues.Icmp)) is var messages && messages != Diagram.False
            && diagram.Except(messages, open) == Diagram.False
            ? diagram.Or(open, diagram.FieldIs(PacketField.Protocol, PacketValues.IcmpV6))
            : open;

    private static int Services(Diagram diagram, int space)
    {
        space = diagram.UpTo(PacketField.DestinationPort, space);
        foreach (PacketField field in FieldLayout.Fields.Where(
            field => field < PacketField.DestinationPort && field is not (PacketField.Protocol or PacketField.IcmpType)).Reverse())
        {
            space = diagram.Forget(space, field);
        }

        return space;
    }
}
