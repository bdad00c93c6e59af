using System.Net;
using System.Runtime.CompilerServices;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>One server's model beside its policy, made once for all controls that look at the same facts.</summary>
internal sealed class FirewallAnalysis
{
    private const int MaxWays = 64;

    private static readonly ConditionalWeakTable<FirewallFacts, FirewallAnalysis> Known = [];

    private static readonly ConditionalWeakTable<Ruleset, Lazy<FirewallAnalysis>> Prepared = [];

    // 2001:db8:ffff::7; the IPv4 one is 203.0.113.7 (RFC 3849, RFC 5737).
    public static readonly UInt128 DocumentationSource6 = new(0x2001_0db8_ffff_0000, 7);
    public const uint DocumentationSource4 = 0xCB00_7107;

    private int? _arrivingHere;
    private int? _arrivingForOthers;
    private int? _byTheirWay;
    private int? _goingDirectly;
    private int? _goingDirectlyByMain;
    private int? _real;
    private readonly Dictionary<Func<FirewallAnalysis, IEnumerable<Verdict>>, IReadOnlyList<Verdict>> _byRules = [];
    private readonly Lock _asking = new();
    private FirewallModel? _named;

    private FirewallAnalysis(Server server, Site site, Reading<HostNetwork> read, Ruleset ruleset, Workspace? workspace = null)
    {
        Server = server;
        Site = site;
        Network = read.TryGet(out HostNetwork? network) ? network : new HostNetwork();
        RoutesUnknown = Network.KnownRoutes.Count > 0 ? null : Network.RoutesUnknown ?? read.Failure ?? "it has no routes";
        Model = new FirewallModel(ruleset, Network, workspace, namesRules: false);
        Policy = new PolicySpaces(Model.Workspace.Diagram, Model.Workspace.Atoms, site);
        Text = new SpaceText(Model.Workspace.Diagram, Model.Workspace.Atoms, arriving: true);
        Own =
        [
            .. Network.Addresses.Select(address => address.Address)
                .Where(address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal)
                .DefaultIfEmpty(IPAddress.None),
        ];
        Own = Own.Contains(IPAddress.None) ? server.Addresses : Own;
    }

    /// <summary>The analysis of a ruleset that is not loaded yet.</summary>
    /// <param name="server">The server, with the addresses and routes it will stand on.</param>
    /// <param name="ruleset">The ruleset.</param>
    /// <param name="workspace">The store to work in; what is compared shares one.</param>
    public static FirewallAnalysis Of(ServerCase<FirewallFacts> server, Ruleset ruleset, Workspace? workspace = null) =>
        new(server.Server, server.Site, server.Facts.Network, ruleset, workspace);

    /// <summary>
    /// Begins what the controls will ask of a ruleset, while other facts of its server are still read. Whoever judges the facts
    /// finds what is done, and does the rest. What fails is left to the controls, which say so.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="site">The site whose policy is meant.</param>
    /// <param name="network">The server's addresses and routes.</param>
    /// <param name="ruleset">The running ruleset.</param>
    /// <param name="judgements">What is asked of the rules and the policy alone (<see cref="JudgeRules"/>).</param>
    public static Task PrepareAsync(
        Server server,
        Site site,
        Reading<HostNetwork> network,
        Ruleset ruleset,
        IEnumerable<Func<FirewallAnalysis, IEnumerable<Verdict>>> judgements)
    {
        Lazy<FirewallAnalysis> made = new(() => new FirewallAnalysis(server, site, network, ruleset));
        Prepared.AddOrUpdate(ruleset, made);
        return Task.Run(() =>
        {
            try
            {
                foreach (Func<FirewallAnalysis, IEnumerable<Verdict>> judge in judgements)
                {
                    _ = made.Value.Of(judge);
                }
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // The facts are good all the same: each control that asks meets this again, and is Unknown with it.
            }
        });
    }

    // An analysis serves one pair of facts and site: it grows while it is asked.
    private static FirewallAnalysis Of(ServerCase<FirewallFacts> server, Ruleset ruleset) =>
        Prepared.TryGetValue(ruleset, out Lazy<FirewallAnalysis>? made)
            && Prepared.Remove(ruleset)
            && made.Value is { } ready
            && ready.IsOf(server)
            && server.Facts.Network.TryGet(out HostNetwork? network) && ReferenceEquals(ready.Network, network)
            ? ready
            : new FirewallAnalysis(server.Server, server.Site, server.Facts.Network, ruleset);

    private bool IsOf(ServerCase<FirewallFacts> server) => ReferenceEquals(Site, server.Site) && ReferenceEquals(Server, server.Server);

    public Server Server { get; }

    public Site Site { get; }

    public HostNetwork Network { get; }

    /// <summary>Why it is not known by which routes packets go; <see langword="null"/> if it is.</summary>
    public string? RoutesUnknown { get; }

    public FirewallModel Model { get; }

    public PolicySpaces Policy { get; }

    public SpaceText Text { get; }

    /// <summary>
    /// The server's addresses that others can reach: those of its interfaces, or those declared where they could not be read.
    /// </summary>
    public IReadOnlyList<IPAddress> Own { get; }

    public Diagram Diagram => Model.Workspace.Diagram;

    /// <summary>Judges with the analysis of a case; one at a time, for the model grows while it is asked.</summary>
    public static IReadOnlyList<Verdict> Judge(ServerCase<FirewallFacts> server, Func<FirewallAnalysis, IEnumerable<Verdict>> judge)
    {
        if (!server.Facts.Ruleset.TryGet(out Ruleset? ruleset))
        {
            return [server.Facts.Ruleset.ToUnknown()];
        }

        FirewallAnalysis analysis = Known.GetValue(server.Facts, _ => Of(server, ruleset));
        analysis = analysis.IsOf(server) ? analysis : new FirewallAnalysis(server.Server, server.Site, server.Facts.Network, ruleset);
        lock (analysis._asking)
        {
            return [.. judge(analysis)];
        }
    }

    /// <summary>Judges by what the rules and the policy alone say: such verdicts can be made while other facts are read.</summary>
    public static IReadOnlyList<Verdict> JudgeRules(ServerCase<FirewallFacts> server, Func<FirewallAnalysis, IEnumerable<Verdict>> judge) =>
        Judge(server, analysis => analysis.Of(judge));

    private IReadOnlyList<Verdict> Of(Func<FirewallAnalysis, IEnumerable<Verdict>> judge)
    {
        lock (_asking)
        {
            return _byRules.TryGetValue(judge, out IReadOnlyList<Verdict>? known) ? known : _byRules[judge] = [.. judge(this)];
        }
    }

    /// <summary>First packets that arrive from elsewhere for one of the server's addresses.</summary>
    public int ArrivingHere() => _arrivingHere ??= ForHere(Policy.Arriving());

    /// <summary>TCP segments of no connection that arrive from elsewhere for one of the server's addresses.</summary>
    public int StrayHere() => ForHere(Policy.StrayArriving());

    /// <summary>First packets that arrive from elsewhere for someone else.</summary>
    public int ArrivingForOthers() => _arrivingForOthers ??= ForOthers(Policy.Arriving());

    /// <summary>TCP segments of no connection that arrive from elsewhere for someone else.</summary>
    public int StrayForOthers() => ForOthers(Policy.StrayArriving());

    /// <summary>The packets of the IP versions that the kernel forwards; all where that is not known.</summary>
    /// <param name="forwarding">The kernel's settings.</param>
    public int Forwards(Reading<ForwardingSettings> forwarding) =>
        !forwarding.TryGet(out ForwardingSettings? settings) ? Diagram.True : Diagram.Or(
            settings.Ipv4 ? Diagram.FieldIs(PacketField.Family, PacketValues.Ipv4) : Diagram.False,
            settings.Ipv6 ? Diagram.FieldIs(PacketField.Family, PacketValues.Ipv6) : Diagram.False);

    /// <summary>Of packets that arrive from elsewhere, those for one of the server's addresses.</summary>
    public int ForHere(int arriving) => Diagram.And(
        arriving,
        ByKnownInterface(),
        Policy.Addresses(Own.Select(Single), destination: true),
        Diagram.Not(Policy.Addresses(Own.Select(Single), destination: false)));

    /// <summary>Of packets that arrive from elsewhere, those for someone else.</summary>
    public int ForOthers(int arriving) => Diagram.And(
        arriving,
        ByKnownInterface(),
        Diagram.Not(Model.Network.EndingHere()),
        Diagram.FieldIn(PacketField.HopLimit, IntervalSet.Range(2, 255)),
        Diagram.Not(Policy.Addresses(Own.Select(Single), destination: false)));

    // A filter at interfaces says nothing of interfaces that are not there.
    private int ByKnownInterface() =>
        Network.Interfaces.Count == 0 || !Model.BaseChains("ingress").Any(static chain => chain.Undecided is null)
        ? Diagram.True
        : Diagram.Except(Diagram.True, Diagram.FieldIs(PacketField.InInterface, (UInt128)Model.Workspace.Atoms.Other));

    /// <summary>
    /// Packets of single hosts that come in by the interface on which the way back to their source leads; by any where
    /// routes are not known.
    /// </summary>
    public int ByTheirWay() =>
        _byTheirWay ??= Diagram.Except(Model.Network.ByBestWay() ?? Diagram.True, Model.Network.Shared(destination: false));

    /// <summary>Packets between ends that reach each other by a network of their own (<see cref="DirectWays"/>).</summary>
    public int GoingDirectly() => _goingDirectly ??= GoingDirectly(Network);

    /// <summary>The same, as the main table has it, whatever policy routing may make of it.</summary>
    public int GoingDirectlyByMain() => _goingDirectlyByMain ??= GoingDirectly(Network with { PolicyRouting = [] });

    private int GoingDirectly(HostNetwork network) => Diagram.Or(new DirectWays(Site, network).Groups.SelectMany(group => (int[])
    [
        Diagram.And(Policy.Addresses(group.Joined, destination: false), Policy.Addresses(group.Remote, destination: true)),
        Diagram.And(Policy.Addresses(group.Remote, destination: false), Policy.Addresses(group.Joined, destination: true)),
    ]));

    /// <summary>
    /// Packets of no known connection that a kernel takes from a network: first ones that connection tracking calls new, and
    /// TCP segments that begin no connection; none from a broadcast address (fib_validate_source). What holds for no such
    /// packet holds for none.
    /// </summary>
    public int Real() => _real ??= Diagram.And(
        Diagram.Or(
            Policy.Opening(), Diagram.And(Policy.Stray(), Policy.Whole())), Diagram.Not(Model.Network.Broadcast(destination: false)));

    /// <summary>The packets that are in a space once they are taken for another segment of TCP.</summary>
    /// <param name="space">The space.</param>
    /// <param name="state">The state that connection tracking is taken to give them.</param>
    /// <param name="flags">The flags that they are taken to bear; their own if not given.</param>
    public int As(int space, int state, int? flags = null)
    {
        // These fields stand high in the diagrams: what stands below them is not walked through.
        int taken = Diagram.And(space, Diagram.FieldIs(PacketField.State, (UInt128)state));
        taken = flags is { } bits ? Diagram.And(taken, Diagram.FieldIs(PacketField.TcpFlags, (UInt128)bits)) : taken;
        taken = Diagram.Forget(taken, PacketField.State);
        return flags is null ? taken : Diagram.Forget(taken, PacketField.TcpFlags);
    }

    /// <summary>What a space holds, in words; of segments without a connection not each of their flags.</summary>
    public string Describe(int space, int limit = 3)
    {
        if (Diagram.Except(space, Policy.Stray()) != Diagram.False)
        {
            return Text.Text(space, limit);
        }

        int any = Diagram.Forget(space, PacketField.TcpFlags);
        return Text.Text(Diagram.And(any, Policy.Stray()) == space ? any : space, limit);
    }

    /// <summary>A packet of a space as a reader would pick one: TCP, from a documentation address, to this server.</summary>
    public Packet Witness(int space) => AnyPacket(((int[])[Real(), Policy.Ordinary(), ByTheirWay()]).Aggregate(space, (chosen, wish) =>
        Diagram.And(chosen, wish) is var part && part == Diagram.False ? chosen : part));

    /// <summary>A packet of a space, found at once however large the space is.</summary>
    /// <param name="space">The space; it must hold one.</param>
    /// <param name="wish">What it should be like besides its ends; the first packet of a TCP connection if not given.</param>
    public Packet AnyPacket(int space, Packet? wish = null)
    {
        wish = wish?.Copy() ?? Packet.TcpSyn();
        wish[PacketField.InInterface] = (UInt128)Model.Workspace.Atoms.Of(
            Network.Addresses.FirstOrDefault(address => Own.Contains(address.Address))?.Interface ?? "eth0");
        wish[PacketField.Source4] = DocumentationSource4;
        wish[PacketField.Source6] = DocumentationSource6;
        wish[PacketField.Destination4] = Own.FirstOrDefault(address => Nftables.AddressText.FamilyOf(address) == 4) is { } four
            ? Nftables.AddressText.ToNumber(four)
            : 0;
        wish[PacketField.Destination6] = Own.FirstOrDefault(address => Nftables.AddressText.FamilyOf(address) == 6) is { } six
            ? Nftables.AddressText.ToNumber(six)
            : 0;
        return Diagram.Witness(space, wish);
    }

    /// <summary>What the model says of a packet that arrives, rule by rule.</summary>
    public string Explain(Packet packet, params string[] hooks) =>
        string.Join("; ", Trace(packet, hooks).Select(step => step.Why is null ? step.ToString() : $"{step} ({step.Why})"));

    /// <summary>What stops a packet that passes at times only, rule by rule, with the text of the rules that do so.</summary>
    public string ExplainStop(Packet packet, params string[] hooks) => string.Join("; ", Trace(packet, hooks, stopped: true)
        .Select(static step => step.Why is null ? step.ToString() : $"{step} ({step.Why}) [{step.Rule?.Source}]"));

    /// <summary>
    /// The step that decided about a packet: the last rule's verdict, else the last policy; of a packet whose fate can't be told
    /// the first step that can't be told. <see langword="null"/> without a chain.
    /// </summary>
    /// <param name="packet">The packet.</param>
    /// <param name="sure">Whether its fate can be told.</param>
    /// <param name="hooks">The hooks on its way.</param>
    public TraceStep? Decider(Packet packet, bool sure, params string[] hooks)
    {
        IReadOnlyList<TraceStep> steps = Trace(packet, hooks);
        return (sure ? null : steps.FirstOrDefault(static step => step.Verdict == TraceStep.Unknown))
            ?? steps.LastOrDefault(static step => step is { Rule: not null, GoesOn: false })
            ?? (steps.Count > 0 ? steps[^1] : null);
    }

    /// <summary>The packets about which a step's rule or policy decides, as they arrive, whatever was done to them before.</summary>
    /// <param name="step">The step.</param>
    /// <param name="function">What becomes of packets in a model.</param>
    public int DecidedBy(TraceStep step, Func<FirewallModel, int> function)
    {
        FirewallModel named = _named ??= new FirewallModel(Model.Ruleset, Network, Model.Workspace, namesRules: true);
        OutcomeTable table = Model.Workspace.Algebra.Table;
        return Diagram.Where(
            function(named),
            terminal => Array.Exists(table.Outcomes(terminal), outcome => table.Decider(outcome.Decider) switch
            {
                FirewallRule rule => ReferenceEquals(rule, step.Rule),
                ChainPolicy policy => step.Rule is null && ReferenceEquals(policy.Chain, step.Chain),
                _ => false,
            }));
    }

    // A packet that meets a limit or not passes by one of both: that way is told, if there is one among the first few. Of one
    // that passes by none the way is told on which no limit stopped it. Where it is asked what stops it, such a way is told.
    private IReadOnlyList<TraceStep> Trace(Packet packet, string[] hooks, bool stopped = false)
    {
        List<(IReadOnlyList<TraceStep> Steps, int Rank)> ways = [];
        List<bool> choices = [];
        while (ways.Count < MaxWays)
        {
            Tracer tracer = new(Model, skips: true, choices, later: true);
            bool? passes = tracer.RunThrough(packet, hooks);
            ways.Add((tracer.Steps, passes == !stopped ? 3 : passes is null ? 2 : tracer.Steps is [.., { Why: null }] ? 1 : 0));
            int last = passes == !stopped ? -1 : tracer.Chosen.ToList().LastIndexOf(true);
            if (last < 0)
            {
                break;
            }

            choices = [.. tracer.Chosen.Take(last), false];
        }

        return ways.MaxBy(static way => way.Rank).Steps;
    }

    private static IPNetwork Single(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);
}
