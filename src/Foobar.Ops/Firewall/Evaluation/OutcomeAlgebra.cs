using System.Runtime.CompilerServices;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>How functions from packets to outcomes are put together: conditions, sequences, uncertainty.</summary>
internal sealed class OutcomeAlgebra
{
    private readonly Dictionary<int, bool> _rewrites = [];
    private readonly JoinOperation _join;
    private readonly MaskOperation _mask;
    private readonly SequenceOperation _sequence;
    private readonly MaskOperation _restrict;

    public OutcomeAlgebra(Diagram diagram)
    {
        Diagram = diagram;
        Table = new OutcomeTable();
        _join = new JoinOperation(Table);
        _mask = new MaskOperation(6, Table.Continue);
        _restrict = new MaskOperation(8, Table.None);
        _sequence = new SequenceOperation(Table);
    }

    /// <summary>The store of all functions.</summary>
    public Diagram Diagram { get; }

    /// <summary>The terminals.</summary>
    public OutcomeTable Table { get; }

    /// <summary>A function within a space; packets outside go on.</summary>
    public int When(int space, int function) => Diagram.Apply(_mask, space, function);

    /// <summary>A function within a space; packets outside do not occur.</summary>
    public int Restrict(int space, int function) => Diagram.Apply(_restrict, space, function);

    /// <summary>What either function may do.</summary>
    public int Join(int left, int right) => Diagram.Apply(_join, left, right);

    /// <summary>A function, and for packets that go on after it, another.</summary>
    public int Then(int first, int second) => Then(first, second, Rewrites(first));

    /// <summary>A function, and for packets that go on after it, another; for callers who know whether the first rewrites.</summary>
    public int Then(int first, int second, bool rewrites)
    {
        if (first == Table.Continue)
        {
            return second;
        }

        if (!rewrites)
        {
            return Diagram.Apply(_sequence, first, second);
        }

        int[] transforms = [.. Diagram.Terminals(first).SelectMany(Table.Outcomes)
            .Where(outcome => outcome.Kind == OutcomeKind.Continue).Select(outcome => outcome.Transform).Distinct()];
        return ThenRewritten(first, second, transforms);
    }

    /// <summary>Whether packets may go on rewritten; remembered, for the same large parts are asked about by many rules.</summary>
    public bool Rewrites(int function)
    {
        if (!Table.HoldsRewriting)
        {
            return false;
        }

        if (Diagram.IsTerminal(function))
        {
            return Array.Exists(Table.Outcomes(function), outcome => outcome is { Kind: OutcomeKind.Continue, Transform: not 0 });
        }

        if (!_rewrites.TryGetValue(function, out bool rewrites))
        {
            foreach (uint edge in Diagram.Edges(function))
            {
                rewrites |= Rewrites(Diagram.Child(edge));
            }

            _rewrites.Add(function, rewrites);
        }

        return rewrites;
    }

    /// <summary>The function of packets that a rewriting was done to.</summary>
    public int After(int transform, int function)
    {
        if (transform == 0)
        {
            return function;
        }

        Transform rewriting = Table.TransformOf(transform);
        foreach ((PacketField field, UInt128 low, UInt128 high) in rewriting.Choices)
        {
            int chosen = Restrict(Diagram.FieldIn(field, IntervalSet.Range(low, high)), function);
            function = Diagram.Forget(chosen, field, _join);
            function = Diagram.MapTerminals(
                function,
                terminal =>
                    Table.Outcomes(terminal).Length == 1 ? terminal : Table.Map(terminal, outcome => outcome with { Perhaps = true }));
        }

        function = Diagram.Substitute(function, rewriting.Maps);
        return Diagram.MapTerminals(
            function, terminal => Table.Map(terminal, outcome => outcome with { Transform = Table.Compose(transform, outcome.Transform) }));
    }

    /// <summary>
    /// The function of packets of a space that a rewriting was done to; packets outside do not occur. Of a large function only
    /// what the space comes to is looked at.
    /// </summary>
    /// <param name="transform">The number of the rewriting.</param>
    /// <param name="function">What becomes of the packets once they are rewritten.</param>
    /// <param name="space">The packets before it.</param>
    public int AfterWithin(int transform, int function, int space)
    {
        Transform rewriting = Table.TransformOf(transform);
        return transform == 0 || rewriting.Choices.Length > 0
            ? Restrict(space, After(transform, function))
            : Diagram.Substitute(
                function, rewriting.Maps, space, Table.None,
                terminal => Table.Map(terminal, outcome => outcome with { Transform = Table.Compose(transform, outcome.Transform) }));
    }

    /// <summary>The packets of a space that a function may let go on.</summary>
    public int Undecided(int space, int function) => Diagram.Apply(new PickOperation(9, Table.GoesOn), space, function);

    /// <summary>Tells whether a function surely stops some packet of a space, be it by accepting it.</summary>
    public bool Decides(int space, int function) =>
        Diagram.Any(new PickOperation(10, terminal => !Table.GoesOn(terminal)), space, function);

    /// <summary>The packets of a space that a function neither hands on unchanged nor gives a fate.</summary>
    public int Otherwise(int space, int function, int fate) =>
        Diagram.Apply(
            new PickOperation(11 + Diagram.Number(fate), terminal => terminal != fate && terminal != Table.Continue), space, function);

    /// <summary>A function that may apply or not, for reasons that are not known: nothing that it does is sure.</summary>
    public int Perhaps(int function) => Map(function, static outcome => outcome with { Perhaps = true });

    /// <summary>The packets that a rewriting may turn into packets of a space.</summary>
    public int Before(Transform rewriting, int space)
    {
        foreach ((PacketField field, UInt128 low, UInt128 high) in rewriting.Choices)
        {
            space = Diagram.Forget(Diagram.And(space, Diagram.FieldIn(field, IntervalSet.Range(low, high))), field);
        }

        return Diagram.Substitute(space, rewriting.Maps);
    }

    /// <summary>A function with each outcome replaced.</summary>
    public int Map(int function, Func<Outcome, Outcome> map) => Diagram.MapTerminals(function, terminal => Table.Map(terminal, map));

    private int ThenRewritten(int first, int second, int[] transforms)
    {
        int result = Diagram.MapTerminals(first, terminal => Table.Only(terminal, outcome => outcome.Kind != OutcomeKind.Continue));
        foreach (int transform in transforms)
        {
            int going = Diagram.MapTerminals(first, terminal => Table.Map(
                Table.Only(terminal, outcome => outcome.Kind == OutcomeKind.Continue && outcome.Transform == transform),
                outcome => outcome with { Transform = 0 }));
            result = Join(result, Diagram.Apply(_sequence, going, After(transform, second)));
        }

        return result;
    }

    private readonly struct JoinOperation(OutcomeTable table) : IBinaryOperation
    {
        public int Number => 5;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool TryResolve(int left, int right, out int result)
        {
            result = Diagram.IsTerminal(left) && Diagram.IsTerminal(right) ? table.Join(left, right) : left == table.None ? right : left;
            return left == right || left == table.None || right == table.None || (Diagram.IsTerminal(left) && Diagram.IsTerminal(right));
        }
    }

    // The left side is a space, the right side a function.
    private readonly struct MaskOperation(int number, int outside) : IBinaryOperation
    {
        public int Number => number;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool TryResolve(int left, int right, out int result)
        {
            result = left == Diagram.False ? outside : right;
            return left is Diagram.False or Diagram.True || right == outside;
        }
    }

    // Of a space, the left side, the packets to which a function, the right side, gives some terminals.
    private readonly struct PickOperation(int number, Func<int, bool> wanted) : IBinaryOperation
    {
        public int Number => number;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool TryResolve(int left, int right, out int result)
        {
            bool ends = Diagram.IsTerminal(right);
            result = left != Diagram.False && ends && wanted(right) ? left : Diagram.False;
            return ends || left == Diagram.False;
        }
    }

    private readonly struct SequenceOperation(OutcomeTable table) : IBinaryOperation
    {
        public int Number => 7;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool TryResolve(int left, int right, out int result)
        {
            // What has been done with a packet that went on unchanged can be done again without effect.
            result = left;
            if (left == table.Continue)
            {
                result = right;
                return true;
            }

            if (right == table.Continue || left == right)
            {
                return true;
            }

            if (!Diagram.IsTerminal(left))
            {
                return false;
            }

            if (!table.GoesOn(left))
            {
                return true;
            }

            if (!Diagram.IsTerminal(right))
            {
                return false;
            }

            result = Follow(table.Outcomes(left), right);
            return true;
        }

        // A policy's acceptance is less telling than the rule that accepted earlier: the earlier rule stays the decider.
        private int Follow(Outcome[] outcomes, int right)
        {
            OutcomeTable terminals = table;
            int result = terminals.Only(terminals.Terminal(outcomes), outcome => outcome.Kind != OutcomeKind.Continue);
            foreach (Outcome going in outcomes.Where(outcome => outcome.Kind == OutcomeKind.Continue))
            {
                result = terminals.Join(result, terminals.Map(right, outcome => outcome with
                {
                    Decider = going.Decider != 0 && outcome.Kind != OutcomeKind.Drop && !terminals.IsRule(outcome.Decider)
                        ? going.Decider
                        : outcome.Decider,
                    Perhaps = outcome.Perhaps || going.Perhaps,
                }));
            }

            return result;
        }
    }
}
