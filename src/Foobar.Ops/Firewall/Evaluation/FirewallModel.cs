using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// What one server's packet filters do, exactly: for each hook a function from packets to what becomes of them, through
/// every base chain of every table in the order of their priorities. Made lazily; not safe for concurrent use.
/// </summary>
internal sealed class FirewallModel
{
    // Where connection tracking and address translation stand among the priorities (netfilter_ipv4.h, NF_IP_PRI_*).
    private const int ConnectionTracking = -200;
    private const int DestinationNat = -100;
    private const int SourceNat = 100;

    private readonly Dictionary<(string Hook, bool Later), int> _hooks = [];
    private readonly Dictionary<int, Match> _passing = [];
    private readonly Dictionary<int, int> _unlimited = [];
    private readonly bool _hasAddresses;
    private readonly FirewallChain[] _below;
    private readonly int?[] _delivered = [null, null];
    private readonly int?[] _forwarded = [null, null];
    private int? _route;

    /// <summary>Makes the model of a ruleset on a server.</summary>
    /// <param name="ruleset">All its packet filters.</param>
    /// <param name="network">Its addresses and routes; without them what depends on them is unknown.</param>
    /// <param name="namesRules">Whether outcomes name the rule that decided; without, large rulesets take less.</param>
    /// <param name="workspace">The store to work in; models to be compared or chained share one.</param>
    public FirewallModel(Ruleset ruleset, HostNetwork network, Workspace? workspace = null, bool namesRules = true)
    {
        Ruleset = ruleset;
        _hasAddresses = network.Addresses.Count > 0;
        Workspace = workspace ?? new Workspace([ruleset], [network]);
        Network = new NetworkSpaces(Workspace.Diagram, Workspace.Atoms, network);
        Conditions = new ConditionCompiler(Workspace, Network, ruleset);
        _below = [.. FiltersBelow.Of(ruleset, network)];
        TranslationCompiler translations = new(Workspace.Algebra, Workspace.Atoms, Network);
        Chains = new ChainCompiler(Workspace.Algebra, Workspace.Atoms, Conditions, translations, ruleset, namesRules);
    }

    /// <summary>The ruleset.</summary>
    public Ruleset Ruleset { get; }

    /// <summary>The store of all functions and spaces.</summary>
    public Workspace Workspace { get; }

    /// <summary>What the server's addresses and routes mean.</summary>
    public NetworkSpaces Network { get; }

    /// <summary>Makes spaces of conditions.</summary>
    public ConditionCompiler Conditions { get; }

    /// <summary>Makes functions of chains and rules.</summary>
    public ChainCompiler Chains { get; }

    private OutcomeAlgebra Algebra => Workspace.Algebra;

    private OutcomeTable Table => Workspace.Algebra.Table;

    /// <summary>
    /// The base chains of a hook of IP traffic, in the order the kernel runs them; translating ones stand where the kernel translates.
    /// </summary>
    /// <remarks>Of chains with the same priority the one made last runs first (nf_hook_entries_grow); listings are in the order of
    /// making.</remarks>
    public IEnumerable<FirewallChain> BaseChains(string hook) => Ruleset.Chains.Reverse()
        .Where(chain => chain.IsBase && chain.Hook == hook && chain.Family is not ("bridge" or "arp"))
        .Concat(_below.Where(chain => chain.Hook == hook))
        .OrderBy(chain => chain.Type == "nat" ? NatPriority(hook) : chain.Priority)
        .ThenBy(chain => chain.Priority);

    /// <summary>What a hook does with each packet that reaches it.</summary>
    /// <param name="hook">The hook.</param>
    /// <param name="later">Whether later packets of a connection's original direction are translated as its first one was.</param>
    public int Hook(string hook, bool later = false)
    {
        later = later && BaseChains(hook).Any(static chain => chain.Type == "nat");
        if (!_hooks.TryGetValue((hook, later), out int function))
        {
            function = BuildHook(hook, later);
            _hooks.Add((hook, later), function);
        }

        return function;
    }

    /// <summary>
    /// What becomes of packets that arrive from the network and turn out to be for this server; others do not occur in it.
    /// </summary>
    /// <param name="later">Whether later packets of a connection's original direction are translated as its first one was.</param>
    public int Delivered(bool later = false) => _delivered[later ? 1 : 0] ??= Arriving(
        Algebra.Then(Arrival(later), ForLocal(local: true, Hook("input", later))));

    /// <summary>
    /// What becomes of packets that arrive from the network and turn out to be for someone else; others do not occur in it.
    /// </summary>
    /// <param name="later">Whether later packets of a connection's original direction are translated as its first one was.</param>
    public int Forwarded(bool later = false) => _forwarded[later ? 1 : 0] ??= Arriving(Algebra.Then(
        Arrival(later),
        ForLocal(
            local: false,
            Algebra.Then(OneHop(), Algebra.Then(Route(), Algebra.Then(Hook("forward", later), Departure(later)))))));

    /// <summary>What becomes of packets that this server sends.</summary>
    /// <param name="later">Whether later packets of a connection's original direction are translated as its first one was.</param>
    public int Sent(bool later = false) => Arriving(
        Algebra.Then(Route(), Algebra.Then(Hook("output", later), Algebra.Then(Route(), Departure(later)))));

    /// <summary>
    /// A function of packets as they come from a network or a program, given one of packets whose original addresses and ports
    /// have been noted.
    /// </summary>
    public int Arriving(int function) => Workspace.Origin.OnArrival(Algebra, function);

    /// <summary>
    /// A packet as it comes to a hook where the server's routes have their say before it: counted down when forwarded, with the interface
    /// it leaves by.
    /// </summary>
    public Packet Routed(string hook, Packet packet)
    {
        int function = hook switch
        {
            "forward" => Algebra.Then(OneHop(), Route()),
            "output" => Route(),
            _ => Table.Continue,
        };
        Outcome[] outcomes = Table.Outcomes(Workspace.Diagram.Evaluate(function, packet));
        return outcomes is [{ Kind: OutcomeKind.Continue } outcome] ? Table.TransformOf(outcome.Transform).Apply(packet) : packet;
    }

    /// <summary>The packets that surely pass a function, be it under a rate limit, and those that may.</summary>
    public Match Passing(int function)
    {
        if (_passing.TryGetValue(function, out Match known))
        {
            return known;
        }

        // Most rulesets decide everything: then one walk through the function answers both.
        bool undecided = false;
        int may = Workspace.Diagram.Where(function, terminal =>
        {
            bool passes = Array.Exists(Table.Outcomes(terminal), Passes);
            undecided |= passes && !Happens(Table.Outcomes(terminal));
            return passes;
        });
        int must = !undecided ? may : Workspace.Diagram.Or(
            Workspace.Diagram.Where(function, terminal => Happens(Table.Outcomes(terminal))),
            Workspace.Diagram.Except(
                Workspace.Diagram.Where(function, terminal => SurelyPass(Table.Outcomes(terminal))), LedAway(function)));
        return _passing[function] = new Match(must, may);
    }

    private static bool Happens(Outcome[] outcomes) => Array.Exists(outcomes, outcome => Passes(outcome) && !outcome.Perhaps);

    // Packets that may end here though a function is about those for others, or the other way round: an undecided translation
    // leaves both open, and neither function tells of the other.
    private int LedAway(int function)
    {
        bool forwarded = _forwarded.Contains(function);
        bool later = function != _delivered[0] && function != _forwarded[0];
        return !forwarded && !_delivered.Contains(function) ? Diagram.False : Workspace.Diagram.Where(
            Arriving(Algebra.Then(Arrival(later), ForLocal(local: forwarded, Table.Continue))),
            terminal => Array.Exists(Table.Outcomes(terminal), Passes));
    }

    /// <summary>The packets that pass a function always: under no rate limit, quota or the like.</summary>
    public int Unlimited(int function)
    {
        if (!_unlimited.TryGetValue(function, out int space))
        {
            space = Workspace.Diagram.Where(
                function, terminal => Table.Outcomes(terminal) is { Length: > 0 } outcomes && Array.TrueForAll(outcomes, Passes));
            _unlimited.Add(function, space);
        }

        return space;
    }

    /// <summary>Tells whether packets with some outcomes surely pass: all of them, or those within a limit.</summary>
    public static bool SurelyPass(Outcome[] outcomes) => outcomes.Length > 0
        && (Array.TrueForAll(outcomes, Passes) || Array.Exists(outcomes, outcome => Passes(outcome) && !outcome.Perhaps));

    /// <summary>What becomes of one packet.</summary>
    public Fate Judge(int function, Packet packet)
    {
        Outcome[] outcomes = Table.Outcomes(Workspace.Diagram.Evaluate(function, packet));
        bool passes = Array.Exists(outcomes, Passes);
        bool stops = !Array.TrueForAll(outcomes, Passes);
        Packet[] after = [.. outcomes.Where(Passes).Select(outcome => Table.TransformOf(outcome.Transform).Apply(packet))];
        return new Fate(
            passes && stops ? null : passes, outcomes.Length == 0, after,
            [.. outcomes.Select(outcome => Table.Decider(outcome.Decider)).OfType<object>().Distinct()]);
    }

    /// <summary>Tells whether an outcome lets a packet pass.</summary>
    public static bool Passes(Outcome outcome) => outcome.Kind != OutcomeKind.Drop;

    // What is filtered at the interface comes before all other hooks, and after them (nft(8), ADDRESS FAMILIES).
    private int Arrival(bool later) => Algebra.Then(Hook("ingress"), Hook("prerouting", later));

    private int Departure(bool later) => Algebra.Then(Hook("postrouting", later), Hook("egress"));

    private int BuildHook(string hook, bool later)
    {
        int function = Table.Continue;
        foreach (List<FirewallChain> run in Runs(BaseChains(hook)))
        {
            int step = run[0].Type == "nat"
                ? Translation(run, later)
                : run.Aggregate(Table.Continue, (before, chain) => Algebra.Then(before, Filter(chain)));
            function = Algebra.Then(function, step);
        }

        return function;
    }

    private int Filter(FirewallChain chain)
    {
        int function = Chains.Base(chain);
        bool untracked = chain.Hook is "ingress" || chain.Hook is "prerouting" or "output" && chain.Priority < ConnectionTracking;

        // Before connection tracking has seen a packet, "ct state" reads invalid.
        return untracked
            ? Workspace.Diagram.Substitute(function, Transform.Assign(PacketField.State, 0, PacketValues.Invalid).Maps)
            : function;
    }

    // Only the first packet of a connection is shown to nat chains, until one of them has chosen; what it chose is done to the
    // later packets too.
    private int Translation(IEnumerable<FirewallChain> chains, bool later)
    {
        int stage = chains.Aggregate(Table.Continue, (before, chain) => Algebra.Then(before, Chains.Base(chain)));
        stage = Algebra.Map(
            stage, outcome => outcome.Kind == OutcomeKind.Translated ? outcome with { Kind = OutcomeKind.Continue } : outcome);
        int first = Algebra.When(Workspace.Diagram.FieldIs(PacketField.State, PacketValues.New), stage);
        if (!later)
        {
            return first;
        }

        int asFirst = Algebra.Map(
            Workspace.Diagram.Substitute(stage, Transform.Assign(PacketField.State, 0, PacketValues.New).Maps),
            static outcome => outcome.Kind == OutcomeKind.Drop ? new Outcome(OutcomeKind.Continue) : outcome);
        return Algebra.Then(
            first,
            Algebra.When(
                Workspace.Diagram.And(
                    Workspace.Diagram.FieldIs(PacketField.State, PacketValues.Established),
                    Workspace.Diagram.FieldIs(PacketField.Direction, 0)),
                asFirst));
    }

    private int ForLocal(bool local, int function)
    {
        // Without its addresses it can't be told what is for the server; both ways are then possible for every packet.
        int mine = _hasAddresses ? Network.EndingHere() : local ? Diagram.True : Diagram.False;
        return Algebra.Restrict(local ? mine : Workspace.Diagram.Not(mine), function);
    }

    // A router counts the hop limit down before its forward hook, and forwards nothing whose limit is used up.
    private int OneHop()
    {
        int spent = Workspace.Diagram.FieldIn(PacketField.HopLimit, IntervalSet.Range(0, 1));
        int counted = Table.Terminal(new Outcome(OutcomeKind.Continue, 0, Table.Number(Transform.Decrement(PacketField.HopLimit))));
        return Algebra.Join(
            Algebra.Restrict(spent, Table.Terminal(new Outcome(OutcomeKind.Drop))),
            Algebra.Restrict(Workspace.Diagram.Not(spent), counted));
    }

    private int Route()
    {
        if (_route is { } known)
        {
            return known;
        }

        int any = Table.Terminal(new Outcome(
            OutcomeKind.Continue, 0, Table.Number(Transform.Choose(PacketField.OutInterface, 1, (UInt128)Workspace.Atoms.Other))));
        if (Network.Ways() is not { } ways)
        {
            return (_route = any).Value;
        }

        int function = Table.None;
        int routed = Diagram.False;
        foreach ((string device, int way) in ways.Prepend(("lo", Network.Local(destination: true))))
        {
            int space = Workspace.Diagram.Except(way, routed);
            Transform leave = Transform.Assign(PacketField.OutInterface, 0, (UInt128)Workspace.Atoms.Of(device));
            function = Algebra.Join(
                function, Algebra.Restrict(space, Table.Terminal(new Outcome(OutcomeKind.Continue, 0, Table.Number(leave)))));
            routed = Workspace.Diagram.Or(routed, space);
        }

        int unreachable = Table.Terminal(new Outcome(OutcomeKind.Drop));
        _route = Algebra.Join(function, Algebra.Restrict(Workspace.Diagram.Not(routed), unreachable));
        return _route.Value;
    }

    private static int NatPriority(string hook) => hook is "prerouting" or "output" ? DestinationNat : SourceNat;

    // Neighbours of one kind together: nat chains form one stage.
    private static List<List<FirewallChain>> Runs(IEnumerable<FirewallChain> chains)
    {
        List<List<FirewallChain>> runs = [];
        foreach (FirewallChain chain in chains)
        {
            if (runs.Count == 0 || runs[^1][0].Type == "nat" != (chain.Type == "nat"))
            {
                runs.Add([]);
            }

            runs[^1].Add(chain);
        }

        return runs;
    }
}
