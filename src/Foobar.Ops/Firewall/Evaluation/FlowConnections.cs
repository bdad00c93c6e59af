using System.Net;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>Packets of a flow's connections after the first one, as they meet one server.</summary>
/// <param name="Target">What they are called.</param>
/// <param name="Part">Which of the connections' packets.</param>
/// <param name="Space">The packets.</param>
/// <param name="Function">What becomes of them.</param>
/// <param name="Usual">One to be near to.</param>
/// <param name="Hooks">The hooks on their way.</param>
internal sealed record ConnectionPackets(
    string Target, ConnectionPart Part, int Space, int Function, Packet Usual, params string[] Hooks)
{
    /// <summary>Why it can't be told what they are like; <see langword="null"/> if it can.</summary>
    public string? Untold { get; init; }

    /// <summary>Whether they are first packets, of which only a limit is told: whether they are stopped is FW-014's.</summary>
    public bool IsFirst { get; init; }
}

/// <summary>
/// Follows a flow's connections past their first packet, in both directions: a rule about established connections may end what
/// was let begin.
/// </summary>
internal sealed class FlowConnections(FirewallAnalysis analysis)
{
    private static readonly string[] In = ["prerouting", "input"];
    private static readonly string[] Out = ["output", "postrouting"];
    private static readonly string[] Through = ["prerouting", "forward", "postrouting"];

    private static readonly PacketField[] Destination =
        [PacketField.Destination4, PacketField.Destination6, PacketField.DestinationPort];

    private static readonly PacketField[] Source = [PacketField.Source4, PacketField.Source6];

    private Diagram Diagram => analysis.Diagram;

    private FirewallModel Model => analysis.Model;

    /// <summary>Of connections that the server takes: what comes in later, and the answers.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="first">The first packets.</param>
    public IEnumerable<ConnectionPackets> Taken(ResolvedFlow flow, int first)
    {
        int marked = Marked(Model.Delivered(), first);
        int later = Diagram.And(
            analysis.ForHere(analysis.Policy.Arriving(analysis.Policy.After(flow, ConnectionPart.Later))), analysis.ByTheirWay(), marked,
            Diagram.Not(analysis.GoingDirectly()));
        yield return Part($"later packets of flow {flow.Flow.Name}", flow, ConnectionPart.Later, later, Model.Delivered(later: true), In);
        int sent = Diagram.And(
            SentFrom(analysis.Own), Routed(), marked, Diagram.Not(Own(analysis.Own, destination: true)),
            Diagram.Not(analysis.GoingDirectly()));
        foreach (ConnectionPart part in (ConnectionPart[])[ConnectionPart.FirstAnswer, ConnectionPart.LaterAnswers])
        {
            int answers = Diagram.And(analysis.Policy.After(flow, part), sent);
            yield return Part($"answers of flow {flow.Flow.Name}", flow, part, answers, Model.Sent(), Out);
        }
    }

    /// <summary>Of connections that the server opens: what it sends later, and the answers that come in.</summary>
    /// <param name="flow">The flow.</param>
    public IEnumerable<ConnectionPackets> Opened(ResolvedFlow flow)
    {
        // Of a network it is not known which of its servers open connections; of a role or a server it is.
        IPAddress[] own =
        [
            .. analysis.Own.Where(address => flow.From.Any(end => end.Servers.Contains(analysis.Server) && end.Contains(address))),
        ];
        if (own.Length == 0)
        {
            yield break;
        }

        int leaving = Diagram.And(
            SentFrom(own), ByInterface(own), Diagram.Not(Own(analysis.Own, destination: true)), Diagram.Not(analysis.GoingDirectly()));
        int opening = Diagram.And(leaving, analysis.Policy.Space(flow), analysis.Policy.Ordinary());
        if (opening == Diagram.False)
        {
            yield break;
        }

        int marked = Marked(Model.Sent(), opening);
        Packet usual = PolicySpaces.Usual(flow, ConnectionPart.Later);
        usual[PacketField.State] = PacketValues.New;
        usual[PacketField.Status] = 0;
        usual[PacketField.TcpFlags] = Packet.Syn;
        yield return new ConnectionPackets(
            $"sent packets of flow {flow.Flow.Name}", ConnectionPart.Later, opening, Model.Sent(), usual, Out)
        {
            IsFirst = true,
        };
        yield return Part(
            $"sent packets of flow {flow.Flow.Name}", flow, ConnectionPart.Later,
            Diagram.And(leaving, marked, analysis.Policy.After(flow, ConnectionPart.Later)), Model.Sent(later: true), Out);
        string? untold = Translated(Model.Sent(), opening, [.. Destination, .. Source]);
        foreach (ConnectionPart part in (ConnectionPart[])[ConnectionPart.FirstAnswer, ConnectionPart.LaterAnswers])
        {
            int answers = Diagram.And(
                analysis.ForHere(analysis.Policy.Arriving(analysis.Policy.After(flow, part))), analysis.ByTheirWay(), ToInterface(own),
                marked, Diagram.Not(analysis.GoingDirectly()));
            yield return Part($"answers to flow {flow.Flow.Name}", flow, part, answers, Model.Delivered(), In) with { Untold = untold };
        }
    }

    /// <summary>Of connections that the server passes on: what comes later, and the answers.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="first">The first packets.</param>
    /// <param name="crossing">What comes in by one interface and leaves by another.</param>
    public IEnumerable<ConnectionPackets> PassedOn(ResolvedFlow flow, int first, int crossing)
    {
        int marked = Marked(Model.Forwarded(), first);
        int Passing(ConnectionPart part) => Diagram.And(
            analysis.ForOthers(analysis.Policy.Arriving(analysis.Policy.After(flow, part))), analysis.ByTheirWay(), crossing, marked,
            Diagram.Not(analysis.GoingDirectly()));
        yield return Part(
            $"later packets of flow {flow.Flow.Name}", flow, ConnectionPart.Later, Passing(ConnectionPart.Later),
            Model.Forwarded(later: true), Through);

        // What a source translation did is undone before the forward hook sees an answer.
        string? untold = Translated(Model.Forwarded(), first, Destination);
        foreach (ConnectionPart part in (ConnectionPart[])[ConnectionPart.FirstAnswer, ConnectionPart.LaterAnswers])
        {
            yield return Part($"answers of flow {flow.Flow.Name}", flow, part, Passing(part), Model.Forwarded(), Through) with
            {
                Untold = untold,
            };
        }
    }

    private static ConnectionPackets Part(
        string target, ResolvedFlow flow, ConnectionPart part, int space, int function, string[] hooks) =>
        new(target, part, space, function, PolicySpaces.Usual(flow, part), hooks);

    private int Own(IEnumerable<IPAddress> own, bool destination) => analysis.Policy.Addresses(own.Select(Single), destination);

    private int SentFrom(IEnumerable<IPAddress> own) =>
        Diagram.And(Own(own, destination: false), Diagram.FieldIs(PacketField.InInterface, InterfaceAtoms.None));

    private int Routed() => Model.Network.Ways() is { } ways ? Diagram.Or(ways.Select(static way => way.Space)) : Diagram.True;

    // A program's packets bear an address of the interface by which they leave.
    private int ByInterface(IPAddress[] own) => Model.Network.Ways() is not { } ways
        ? Diagram.True
        : Diagram.Or(ways.Select(way => Diagram.And(way.Space, Own(At(way.Interface, own), destination: false))));

    private int ToInterface(IPAddress[] own) => Model.Network.Ways() is not { } ways ? Own(own, destination: true) : Diagram.Or(
        ways.Select(way => Diagram.And(
            Diagram.FieldIs(PacketField.InInterface, (UInt128)Model.Workspace.Atoms.Of(way.Interface)),
            Own(At(way.Interface, own), destination: true))));

    private IEnumerable<IPAddress> At(string device, IPAddress[] own) => own.Where(address =>
        analysis.Network.Addresses.Any(each => each.Interface == device && each.Address.Equals(address)));

    // The marks that rules may have given the connections when they began.
    private int Marked(int function, int first)
    {
        HashSet<UInt128> marks = [];
        foreach (Transform done in Done(function, first))
        {
            if (done.Choices.Any(static choice => choice.Field == PacketField.ConnectionMark))
            {
                return Diagram.True;
            }

            marks.Add(done.Apply(new Packet())[PacketField.ConnectionMark]);
        }

        return Diagram.FieldIn(
            PacketField.ConnectionMark, IntervalSet.From(marks.DefaultIfEmpty().Select(static mark => (mark, mark))));
    }

    private string? Translated(int function, int first, PacketField[] fields) =>
        Done(function, first).Any(done => !done.Only(fields).Equals(Transform.Identity))
            ? "a translation changes the connection's addresses or ports, and what the answers are like by then is not modelled"
            : null;

    private IEnumerable<Transform> Done(int function, int first)
    {
        OutcomeTable table = Model.Workspace.Algebra.Table;
        return !table.HoldsRewriting ? [] : Diagram.Terminals(Model.Workspace.Algebra.Restrict(first, function))
            .SelectMany(table.Outcomes).Where(FirewallModel.Passes).Select(outcome => outcome.Transform).Distinct()
            .Select(table.TransformOf);
    }

    private static IPNetwork Single(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);
}
