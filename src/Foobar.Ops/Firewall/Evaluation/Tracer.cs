using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>One step of a packet's way through a ruleset.</summary>
/// <param name="Chain">The chain it was in.</param>
/// <param name="Rule">The rule it matched; <see langword="null"/> for the chain's policy.</param>
/// <param name="Verdict">What happened: <c>accept</c>, <c>drop</c>, <c>jump NAME</c>, <c>policy drop</c>, <c>within a limit accept</c>, <c>unknown</c>.</param>
/// <param name="Why">Why it is unknown, or what limits it.</param>
internal sealed record TraceStep(FirewallChain Chain, FirewallRule? Rule, string Verdict, string? Why = null)
{
    public override string ToString() => Rule is null ? $"{Chain}: {Verdict}" : $"{Rule}: {Verdict}";
}

/// <summary>
/// Follows one packet through a hook rule by rule, as the kernel does. Independent of the functions on purpose: it explains
/// what they found, and tests hold both against each other.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="skips">Whether runs of rules that hand the packet on unchanged are passed over by the model's functions, so that a long chain costs little.</param>
internal sealed class Tracer(FirewallModel model, bool skips = false)
{
    private const int MaxDepth = 64;

    private readonly List<TraceStep> _steps = [];

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

    /// <summary>The packet as rules have rewritten it.</summary>
    public Packet Packet { get; private set; } = new();

    /// <summary>Sends a packet through hooks, routed where the kernel routes, until it ends; <see langword="true"/> if it passes all, <see langword="null"/> if that can't be told.</summary>
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
        foreach (FirewallChain chain in model.BaseChains(hook).Where(chain => model.Workspace.Diagram.Contains(model.Chains.Entering(chain), Packet)))
        {
            if (chain.Type == "nat" && (translated || Packet[PacketField.State] != PacketValues.New))
            {
                continue;
            }

            Way way = RunBase(chain);
            translated |= way == Way.Translated;
            if (way is Way.Dropped or Way.Unknown)
            {
                return way == Way.Dropped ? false : null;
            }
        }

        return true;
    }

    private Way RunBase(FirewallChain chain)
    {
        if (chain.Undecided is { } why)
        {
            _steps.Add(new TraceStep(chain, null, "unknown", why));
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

    private Way RunChain(FirewallChain chain, int depth) => skips ? RunSpan(model.Chains.Span(chain), chain, depth) : RunRules(chain, depth);

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
                case Statement.Test test when Fails(test.Condition, chain, rule) is { } result:
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
                case Statement.AssignUnknown assign:
                    return Unknown(chain, rule, assign.Why);
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
    private Way? Fails(Condition condition, FirewallChain chain, FirewallRule rule)
    {
        Match match = model.Conditions.Compile(condition, chain);
        return model.Workspace.Diagram.Contains(match.Must, Packet) ? null
            : !model.Workspace.Diagram.Contains(match.May, Packet) ? Way.On
            : condition is Condition.Sometimes limit ? Sometimes(chain, rule, limit.What)
            : model.Conditions.Changing(condition, chain) is { } filled ? Sometimes(chain, rule, filled)
            : Unknown(chain, rule, model.Conditions.Why(condition, chain) ?? "depends on addresses, routes or sets that are not known");
    }

    private Way Sometimes(FirewallChain chain, FirewallRule rule, string why)
    {
        _steps.Add(new TraceStep(chain, rule, $"within a limit {rule.Verdict}".TrimEnd(), why));
        return Way.Unknown;
    }

    private Way Unknown(FirewallChain chain, FirewallRule rule, string why)
    {
        _steps.Add(new TraceStep(chain, rule, "unknown", why));
        return Way.Unknown;
    }

    private Way Verdict(Statement.Verdict verdict, FirewallRule rule, FirewallChain chain, int depth)
    {
        if (verdict.Kind is VerdictKind.Return)
        {
            return Way.Back;
        }

        string target = verdict.Chain is null ? string.Empty : $" {verdict.Chain}";
        _steps.Add(new TraceStep(chain, rule, verdict.Kind.ToString().ToLowerInvariant() + target));
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
                return Unknown(chain, rule, verdict.Kind == VerdictKind.Queue ? "handed to a program (queue)" : $"chain {verdict.Chain} is not in the ruleset");
        }
    }

    private Way Lookup(Statement.Lookup lookup, Statement[] rest, FirewallRule rule, FirewallChain chain, int depth)
    {
        IReadOnlyList<SetElement>? elements = lookup.Elements;
        if (elements is null)
        {
            NamedSet? map = model.Ruleset.FindSet(chain, lookup.Map!);
            if ((ConditionCompiler.Trouble(map, lookup.Map!, lookup.Key) ?? (model.Conditions.IsFilled(map!) ? $"map {map!.Name} is filled by rules" : null)) is { } why)
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
            return outcomes is [{ Kind: OutcomeKind.Continue }] ? Way.On : Unknown(chain, rule, "the translation depends on what is not known");
        }

        _steps.Add(new TraceStep(chain, rule, $"{nat.Kind} translation".ToLowerInvariant()));
        Packet = model.Workspace.Algebra.Table.TransformOf(outcome.Transform).Apply(Packet);
        return Way.Translated;
    }
}
