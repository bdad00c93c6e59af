using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>One step of a packet's way through a ruleset.</summary>
/// <param name="Chain">The chain it was in.</param>
/// <param name="Rule">The rule it matched; <see langword="null"/> for the chain's policy.</param>
/// <param name="Verdict">
/// What happened: <c>accept</c>, <c>drop</c>, <c>jump NAME</c>, <c>policy drop</c>, <c>within a limit accept</c>, <c>unknown</c>;
/// <c>at times drop</c> of a rule that this packet is taken not to have met.
/// </param>
/// <param name="Why">Why it is unknown, or what limits it.</param>
/// <param name="GoesOn">Whether the packet went on after it, so that something else decided.</param>
internal sealed record TraceStep(FirewallChain Chain, FirewallRule? Rule, string Verdict, string? Why = null, bool GoesOn = false)
{
    /// <summary>What is said of a step that can't be told.</summary>
    public const string Unknown = "unknown";

    public override string ToString() => Rule is null ? $"{Chain}: {Verdict}" : $"{Rule}: {Verdict}";
}

/// <summary>
/// Follows one packet through a hook rule by rule, as the kernel does. Independent of the functions on purpose: it explains
/// what they found, and tests hold both against each other.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="skips">Whether runs of rules that hand the packet on unchanged are passed over by the model's functions, so that a long
/// chain costs little.</param>
/// <param name="choices">
/// Which way the packet goes at each test that is met at one time and not at another (a rate limit, a set that rules fill):
/// whether it meets it, and all that come after the last of these. Without them its way ends there, as not known.
/// </param>
/// <param name="later">Whether later packets of a connection's original direction are translated as its first one was.</param>
internal sealed class Tracer(FirewallModel model, bool skips = false, IReadOnlyList<bool>? choices = null, bool later = false)
{
    private const int MaxDepth = 64;

    private readonly List<TraceStep> _steps = [];
    private readonly List<bool> _chosen = [];

    private enum Way
    {
        On,
        Back,
        Accepted,
        Translated,
        Dropped,
        Unknown,
    }

    /// <summary>What happened, in order.</summary>
    public IReadOnlyList<TraceStep> Steps => _steps;

    /// <summary>Which way it went at each test that is met at one time and not at another.</summary>
    public IReadOnlyList<bool> Chosen => _chosen;

    /// <summary>The packet as rules have rewritten it.</summary>
    public Packet Packet { get; private set; } = new();

    /// <summary>
    /// Sends a packet through hooks, routed where the kernel routes, until it ends; <see langword="true"/> if it passes all,
    /// <see langword="null"/> if that can't be told.
    /// </summary>
    public bool? RunThrough(Packet packet, params IEnumerable<string> hooks)
    {
        string[] way = [.. hooks.SelectMany(static hook => hook switch
        {
            "prerouting" => ["ingress", hook],
            "postrouting" => (string[])[hook, "egress"],
            _ => [hook],
        })];
        Array.ForEach(way, hook => _ = model.Hook(hook));
        Packet = model.Workspace.Origin.Arrive(packet);
        foreach (string hook in way)
        {
            if (Run(hook, model.Routed(hook, Packet)) is not true and var end)
            {
                return end;
            }
        }

        return true;
    }

    /// <summary>Sends a packet through a hook; <see langword="true"/> if it passes, <see langword="null"/> if that can't be told.</summary>
    public bool? Run(string hook, Packet packet)
    {
        Packet = packet.Copy();
        bool translated = false;
        foreach (FirewallChain chain in model.BaseChains(hook).Where(
            chain => model.Workspace.Diagram.Contains(model.Chains.Entering(chain), Packet)))
        {
            bool follows = later && Packet[PacketField.State] == PacketValues.Established && Packet[PacketField.Direction] == 0;
            if (chain.Type == "nat" && (translated || (Packet[PacketField.State] != PacketValues.New && !follows)))
            {
                continue;
            }

            Way way = chain.Type == "nat" && follows ? RunAsFirst(chain) : RunBase(chain);
            translated |= way == Way.Translated;
            if (way is Way.Dropped or Way.Unknown)
            {
                return way == Way.Dropped ? false : null;
            }
        }

        return true;
    }

    // No later packet is shown to a nat chain: what the chain drops is the first one alone.
    private Way RunAsFirst(FirewallChain chain)
    {
        Packet[PacketField.State] = PacketValues.New;
        Way way = RunBase(chain);
        Packet[PacketField.State] = PacketValues.Established;
        return way == Way.Dropped ? Way.On : way;
    }

    private Way RunBase(FirewallChain chain)
    {
        if (chain.Undecided is { } why)
        {
            _steps.Add(new TraceStep(chain, null, TraceStep.Unknown, why));
            return Way.Unknown;
        }

        UInt128 state = Packet[PacketField.State];
        bool early = chain.Hook is "ingress" || chain.Hook is "prerouting" or "output" && chain.Priority < -200;
        Packet[PacketField.State] = early ? PacketValues.Invalid : state;
        Way way = RunChain(chain, 0);
        Packet[PacketField.State] = early && Packet[PacketField.State] == PacketValues.Invalid ? state : Packet[PacketField.State];
        if (way is not (Way.On or Way.Back))
        {
            return way;
        }

        _steps.Add(new TraceStep(chain, null, $"policy {chain.Policy}"));
        return chain.Policy == "drop" ? Way.Dropped : Way.Accepted;
    }

    private Way RunChain(FirewallChain chain, int depth) =>
        skips ? RunSpan(model.Chains.Span(chain), chain, depth) : RunRules(chain, depth);

    private Way RunSpan(RuleSpan span, FirewallChain chain, int depth)
    {
        if (span.From == span.To || model.Workspace.Diagram.Evaluate(span.Function, Packet) == model.Workspace.Algebra.Table.Continue)
        {
            return Way.On;
        }

        if (span.First is null || span.Second is null)
        {
            return RunSteps(chain.Rules[span.From].Statements, chain.Rules[span.From], chain, depth);
        }

        Way way = RunSpan(span.First, chain, depth);
        return way == Way.On ? RunSpan(span.Second, chain, depth) : way;
    }

    private Way RunRules(FirewallChain chain, int depth)
    {
        foreach (FirewallRule rule in chain.Rules)
        {
            Way way = RunSteps(rule.Statements, rule, chain, depth);
            if (way != Way.On)
            {
                return way;
            }
        }

        return Way.On;
    }

    private Way RunSteps(IReadOnlyList<Statement> statements, FirewallRule rule, FirewallChain chain, int depth)
    {
        for (int index = 0; index < statements.Count; index++)
        {
            switch (statements[index])
            {
                case Statement.Test test when Fails(test.Condition, statements.Skip(index + 1), chain, rule) is { } result:
                    return result;
                case Statement.Verdict { Kind: not VerdictKind.Continue } verdict:
                    return Verdict(verdict, rule, chain, depth);
                case Statement.Lookup lookup:
                    return Lookup(lookup, [.. statements.Skip(index + 1)], rule, chain, depth);
                case Statement.Nat nat:
                    return Translate(nat, rule, chain);
                case Statement.UnknownEffect unknown:
                    return Unknown(chain, rule, unknown.Why);
                case Statement.Assign { Field: PacketField.ConnectionMark } or Statement.AssignUnknown { Field: PacketField.ConnectionMark }
                    when Packet[PacketField.State] > PacketValues.Related:
                    break;
                case Statement.AssignUnknown assign when choices is null:
                    return Unknown(chain, rule, assign.Why);
                case Statement.AssignUnknown assign:
                    _steps.Add(new TraceStep(chain, rule, TraceStep.Unknown, assign.Why, GoesOn: true));
                    break;
                case Statement.Assign assign:
                    Packet[assign.Field] = (Packet[assign.Field] & assign.Keep) ^ assign.Flip;
                    break;
                case Statement.Copy { To: PacketField.ConnectionMark } when Packet[PacketField.State] > PacketValues.Related:
                    break;
                case Statement.Copy copy:
                    Packet[copy.To] = (Packet[copy.To] & copy.Left) ^ copy.Added(Packet[copy.From]);
                    break;
                case Statement.NoTrack:
                    Packet[PacketField.State] = PacketValues.Untracked;
                    break;
            }
        }

        return Way.On;
    }

    // Null: the condition is met.
    private Way? Fails(Condition condition, IEnumerable<Statement> later, FirewallChain chain, FirewallRule rule)
    {
        Match match = model.Conditions.Compile(condition, chain);
        return model.Workspace.Diagram.Contains(match.Must, Packet) ? null
            : !model.Workspace.Diagram.Contains(match.May, Packet) ? Way.On
            : condition is Condition.Sometimes limit ? Sometimes(later, chain, rule, limit.What)
            : model.Conditions.Changing(condition, chain) is { } filled ? Sometimes(later, chain, rule, filled)
            : Unknown(chain, rule, model.Conditions.Why(condition, chain) ?? "depends on addresses, routes or sets that are not known");
    }

    private Way? Sometimes(IEnumerable<Statement> later, FirewallChain chain, FirewallRule rule, string why)
    {
        if (choices is not null && later.TakeWhile(IsTest).OfType<Statement.Test>().Any(test => NeverMeets(test.Condition, chain)))
        {
            return Way.On;
        }

        bool meets = choices is null || _chosen.Count >= choices.Count || choices[_chosen.Count];
        _chosen.Add(meets);
        bool goesOn = !meets
            || rule.Statements is not [.., Statement.Verdict { Kind: VerdictKind.Accept or VerdictKind.Drop or VerdictKind.Reject }];
        _steps.Add(new TraceStep(chain, rule, $"{(meets ? "within a limit" : "at times")} {rule.Verdict}".TrimEnd(), why, goesOn));
        return choices is null ? Way.Unknown : meets ? null : Way.On;
    }

    private static bool IsTest(Statement step) => step is Statement.Test or Statement.NoEffect or Statement.Fill;

    private bool NeverMeets(Condition condition, FirewallChain chain) =>
        !model.Workspace.Diagram.Contains(model.Conditions.Compile(condition, chain).May, Packet);

    private Way Unknown(FirewallChain chain, FirewallRule rule, string why)
    {
        _steps.Add(new TraceStep(chain, rule, TraceStep.Unknown, why));
        return Way.Unknown;
    }

    private Way Verdict(Statement.Verdict verdict, FirewallRule rule, FirewallChain chain, int depth)
    {
        if (verdict.Kind is VerdictKind.Return)
        {
            return Way.Back;
        }

        if (_steps is not [.., { Why: not null } last]
            || !ReferenceEquals(last.Rule, rule)
            || !ReferenceEquals(rule.Statements[^1], verdict))
        {
            string target = verdict.Chain is null ? string.Empty : $" {verdict.Chain}";
            bool goesOn = verdict.Kind is VerdictKind.Jump or VerdictKind.Goto;
            _steps.Add(new TraceStep(chain, rule, verdict.Kind.ToString().ToLowerInvariant() + target, GoesOn: goesOn));
        }

        switch (verdict.Kind)
        {
            case VerdictKind.Accept:
                return Way.Accepted;
            case VerdictKind.Drop or VerdictKind.Reject:
                return Way.Dropped;
            case VerdictKind.Jump or VerdictKind.Goto when depth < MaxDepth && model.Ruleset.FindChain(chain, verdict.Chain!) is { } next:
                Way way = RunChain(next, depth + 1);
                return way is not (Way.On or Way.Back) ? way : verdict.Kind == VerdictKind.Jump ? Way.On : Way.Back;
            default:
                return Unknown(
                    chain, rule,
                    verdict.Kind == VerdictKind.Queue ? "handed to a program (queue)" : $"chain {verdict.Chain} is not in the ruleset");
        }
    }

    private Way Lookup(Statement.Lookup lookup, Statement[] rest, FirewallRule rule, FirewallChain chain, int depth)
    {
        IReadOnlyList<SetElement>? elements = lookup.Elements;
        if (elements is null)
        {
            NamedSet? map = model.Ruleset.FindSet(chain, lookup.Map!);
            if ((ConditionCompiler.Trouble(map, lookup.Map!, lookup.Key)
                ?? (model.Conditions.IsFilled(map!) ? $"map {map!.Name} is filled by rules" : null)) is { } why)
            {
                return Unknown(chain, rule, why);
            }

            elements = map!.Elements;
        }

        foreach (SetElement element in elements)
        {
            if (model.Workspace.Diagram.Contains(model.Conditions.Elements(lookup.Key, [element]), Packet))
            {
                Statement step = lookup.Shape is null ? element.Result! : lookup.Shape(element.Result!);
                return step is Statement.Data ? Unknown(chain, rule, "a map without a use") : RunSteps([step, .. rest], rule, chain, depth);
            }
        }

        return Way.On;
    }

    private Way Translate(Statement.Nat nat, FirewallRule rule, FirewallChain chain)
    {
        int function = model.Chains.Rules.Compile(rule, chain);
        Outcome[] outcomes = model.Workspace.Algebra.Table.Outcomes(model.Workspace.Diagram.Evaluate(function, Packet));
        if (outcomes is not [{ Kind: OutcomeKind.Translated } outcome])
        {
            return outcomes is [{ Kind: OutcomeKind.Continue }]
                ? Way.On
                : Unknown(chain, rule, "the translation depends on what is not known");
        }

        _steps.Add(new TraceStep(chain, rule, $"{nat.Kind} translation".ToLowerInvariant()));
        Packet = model.Workspace.Algebra.Table.TransformOf(outcome.Transform).Apply(Packet);
        return Way.Translated;
    }
}
