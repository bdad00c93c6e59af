using System.Collections;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// The terminals of functions that say what a ruleset does: sets of outcomes. One outcome is a decision, several are
/// a question that only the running kernel answers (a rate limit), none marks packets that do not occur.
/// </summary>
internal sealed class OutcomeTable
{
    private readonly List<Outcome[]> _sets = [];
    private readonly List<bool> _goOn = [];
    private readonly Dictionary<Outcome[], int> _numbers = new(SetComparer.Instance);
    private readonly List<Transform> _transforms = [Transform.Identity];
    private readonly Dictionary<Transform, int> _transformNumbers = new() { [Transform.Identity] = 0 };
    private readonly List<object?> _deciders = [null, null, null];
    private readonly Dictionary<(int, int), int> _joined = [];
    private readonly Dictionary<(int, int), int> _composed = [];

    // Terminal numbers 0 and 1 are false and true.
    private const int First = 2;

    public OutcomeTable()
    {
        None = Terminal([]);
        Continue = Terminal(new Outcome(OutcomeKind.Continue));
    }

    /// <summary>No outcome: the packet does not occur.</summary>
    public int None { get; }

    /// <summary>The packet goes on, unchanged.</summary>
    public int Continue { get; }

    /// <summary>Whether there is a terminal by which packets go on rewritten.</summary>
    public bool HoldsRewriting { get; private set; }

    /// <summary>The terminal of one outcome.</summary>
    public int Terminal(Outcome outcome) => Terminal([outcome]);

    /// <summary>The terminal of a sorted set of outcomes.</summary>
    public int Terminal(Outcome[] outcomes)
    {
        if (!_numbers.TryGetValue(outcomes, out int number))
        {
            number = _sets.Count;
            HoldsRewriting |= Array.Exists(outcomes, outcome => outcome is { Kind: OutcomeKind.Continue, Transform: not 0 });
            _sets.Add(outcomes);
            _goOn.Add(Array.Exists(outcomes, static outcome => outcome.Kind == OutcomeKind.Continue));
            _numbers.Add(outcomes, number);
        }

        return Diagram.Terminal(number + First);
    }

    /// <summary>The outcomes of a terminal.</summary>
    public Outcome[] Outcomes(int terminal) => _sets[Diagram.Number(terminal) - First];

    /// <summary>Tells whether packets may go on from a terminal.</summary>
    public bool GoesOn(int terminal) => _goOn[Diagram.Number(terminal) - First];

    /// <summary>The terminal with the outcomes of both.</summary>
    public int Join(int left, int right)
    {
        if (left == right || left == None)
        {
            return right;
        }

        if (right == None)
        {
            return left;
        }

        (int, int) pair = (Math.Min(left, right), Math.Max(left, right));
        if (!_joined.TryGetValue(pair, out int result))
        {
            result = Terminal(Distinct(Outcomes(left).Concat(Outcomes(right))));
            _joined.Add(pair, result);
        }

        return result;
    }

    /// <summary>A terminal with each outcome replaced.</summary>
    public int Map(int terminal, Func<Outcome, Outcome> map) => Terminal(Distinct(Outcomes(terminal).Select(map)));

    // What surely happens is more than the mere possibility of the same.
    private static Outcome[] Distinct(IEnumerable<Outcome> outcomes)
    {
        Outcome[] all = [.. outcomes.Distinct().Order()];
        return Array.Exists(all, outcome => outcome.Perhaps)
            ? [.. all.Where(outcome => !outcome.Perhaps || !all.Contains(outcome with { Perhaps = false }))]
            : all;
    }

    /// <summary>A terminal with only some outcomes.</summary>
    public int Only(int terminal, Func<Outcome, bool> wanted) => Terminal([.. Outcomes(terminal).Where(wanted)]);

    /// <summary>The number of a rule or policy that decides.</summary>
    public int AddDecider(object decider)
    {
        _deciders.Add(decider);
        return _deciders.Count - 1;
    }

    /// <summary>The number of "some rule", where it need not be known which: functions of many rules then stay small.</summary>
    public const int AnyRule = 1;

    /// <summary>The number of "some rule that rejects": the sender is told, so that it is not the same as one that drops.</summary>
    public const int AnyRejection = 2;

    /// <summary>Tells whether a number is of a rule, not of a policy or nothing.</summary>
    public bool IsRule(int number) => number is AnyRule or AnyRejection || _deciders[number] is Model.FirewallRule;

    /// <summary>The rule or policy of a number.</summary>
    public object? Decider(int number) => _deciders[number];

    /// <summary>The number of a rewriting.</summary>
    public int Number(Transform transform)
    {
        if (!_transformNumbers.TryGetValue(transform, out int number))
        {
            number = _transforms.Count;
            _transforms.Add(transform);
            _transformNumbers.Add(transform, number);
        }

        return number;
    }

    /// <summary>The rewriting of a number.</summary>
    public Transform TransformOf(int number) => _transforms[number];

    /// <summary>The number of one rewriting after another.</summary>
    public int Compose(int first, int second)
    {
        if (first == 0 || second == 0)
        {
            return first + second;
        }

        if (!_composed.TryGetValue((first, second), out int result))
        {
            result = Number(_transforms[first].Then(_transforms[second]));
            _composed.Add((first, second), result);
        }

        return result;
    }

    private sealed class SetComparer : IEqualityComparer<Outcome[]>
    {
        public static readonly SetComparer Instance = new();

        public bool Equals(Outcome[]? x, Outcome[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(Outcome[] obj) => ((IStructuralEquatable)obj).GetHashCode(EqualityComparer<Outcome>.Default);
    }
}
