using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>The packets that meet a condition for certain, and those that may meet it.</summary>
internal readonly record struct Match(int Must, int May)
{
    public static readonly Match Undecided = new(Diagram.False, Diagram.True);

    public static Match Exact(int space) => new(space, space);
}

/// <summary>Turns conditions into packet spaces.</summary>
internal sealed class ConditionCompiler(Diagram diagram, InterfaceAtoms atoms, NetworkSpaces network, Ruleset ruleset)
{
    private readonly Dictionary<(NamedSet, string), int> _sets = new(SetComparer.Instance);

    // Conditions that several tables share (guards) name no set, so that one answer serves all.
    private readonly Dictionary<Condition, Match> _matches = new(ReferenceEqualityComparer.Instance);

    /// <summary>The packets that meet a condition of a rule in a chain.</summary>
    public Match Compile(Condition condition, FirewallChain chain)
    {
        if (!_matches.TryGetValue(condition, out Match match))
        {
            match = Build(condition, chain);
            _matches.Add(condition, match);
        }

        return match;
    }

    private Match Build(Condition condition, FirewallChain chain) => condition switch
    {
        Condition.In test => Membership(test, chain),
        Condition.Masked test => Match.Exact(Negate(diagram.FieldMasked(test.Field, test.Mask, test.Value), test.Negated)),
        Condition.AddressTypeIs test => AddressType(test),
        Condition.ReversePath test => network.ReversePath(test.Strict, test.AcceptsLocal) is { } space ? Match.Exact(Negate(space, test.Negated)) : Match.Undecided,
        Condition.Any test => Any(test, chain),
        _ => Match.Undecided,
    };

    /// <summary>The packets whose key is in a list of elements; later elements may take packets out again.</summary>
    public int Elements(IReadOnlyList<KeyPart> key, IReadOnlyList<SetElement> elements)
    {
        if (!elements.Any(element => element.Excluded))
        {
            return Plain(key, elements);
        }

        // The narrowest network that holds an address decides (ipset(8), nomatch); of two networks the first comes first.
        int space = Diagram.False;
        IOrderedEnumerable<SetElement> narrowing = Enumerable.Range(0, key.Count).Aggregate(
            elements.OrderBy(static _ => 0),
            static (ordered, part) => ordered.ThenByDescending(element => element.Parts[part].High - element.Parts[part].Low));
        foreach (SetElement element in narrowing)
        {
            int box = Plain(key, [element]);
            space = element.Excluded ? diagram.Except(space, box) : diagram.Or(space, box);
        }

        return space;
    }

    /// <summary>Why a named set can't be looked up; <see langword="null"/> if it can.</summary>
    public static string? Trouble(NamedSet? set, string name, IReadOnlyList<KeyPart> key) => set switch
    {
        null => $"set {name} is not in the ruleset",
        { Undecided: { } why } => why,
        _ when set.Kinds is not null && set.Kinds.Count != key.Count => $"set {name} has keys of {set.Kinds.Count} parts, the rule looks up {key.Count}",
        _ => null,
    };

    private int Plain(IReadOnlyList<KeyPart> key, IReadOnlyList<SetElement> elements)
    {
        if (key.Count == 1)
        {
            return elements is [var only] && key[0] is { Shift: 0, Kind: not ValueKind.InterfaceName } && only.Parts[0].High <= FieldLayout.Max(key[0].Field)
                ? diagram.FieldIn(key[0].Field, IntervalSet.Range(only.Parts[0].Low, only.Parts[0].High))
                : Values(key[0], elements.Select(element => element.Parts[0]));
        }

        // Elements that differ in their last part only are joined first: sets of addresses and ports are mostly that.
        IEnumerable<int> boxes = elements
            .GroupBy(element => string.Join('|', element.Parts.SkipLast(1)))
            .Select(group => key.Select((part, index) => index < key.Count - 1
                ? Values(part, [group.First().Parts[index]])
                : Values(part, group.Select(element => element.Parts[index]))).Aggregate(Diagram.True, diagram.And));
        return diagram.Or(boxes);
    }

    private int Values(KeyPart part, IEnumerable<ValueRange> ranges)
    {
        if (part.Kind == ValueKind.InterfaceName)
        {
            return diagram.FieldIn(part.Field, IntervalSet.Union(ranges.Select(range => atoms.Matching(range.Name ?? string.Empty))));
        }

        UInt128 max = FieldLayout.Max(part.Field);
        IntervalSet set = IntervalSet.From(ranges.Where(range => range.Low <= range.High && range.Low <= max).Select(range => Shifted(range, part.Shift, max)));
        return diagram.FieldIn(part.Field, set);
    }

    private static (UInt128 Low, UInt128 High) Shifted(ValueRange range, int shift, UInt128 max) => shift switch
    {
        NftKey.RoutingTypeOffset => (range.Low + 1, UInt128.Min(range.High, max - 1) + 1),
        _ => (range.Low << shift, UInt128.Min(range.High << shift | ((UInt128.One << shift) - 1), max)),
    };

    private Match Membership(Condition.In test, FirewallChain chain)
    {
        if (test.Set is null)
        {
            return Match.Exact(Negate(Elements(test.Key, test.Elements!), test.Negated));
        }

        NamedSet? set = ruleset.FindSet(chain, test.Set);
        return Trouble(set, test.Set, test.Key) is null ? Match.Exact(Negate(SetSpace(set!, test.Key), test.Negated)) : Match.Undecided;
    }

    private int SetSpace(NamedSet set, IReadOnlyList<KeyPart> key)
    {
        (NamedSet, string) memory = (set, string.Join(' ', key));
        if (!_sets.TryGetValue(memory, out int space))
        {
            space = Elements(key, set.Elements);
            _sets.Add(memory, space);
        }

        return space;
    }

    private Match AddressType(Condition.AddressTypeIs test)
    {
        int?[] spaces = [.. test.Types.Select(type => network.OfType(type, test.Destination))];
        return Array.TrueForAll(spaces, space => space is not null)
            ? Match.Exact(Negate(diagram.Or(spaces.Select(space => space!.Value)), test.Negated))
            : Match.Undecided;
    }

    private Match Any(Condition.Any test, FirewallChain chain)
    {
        Match[] matches = [.. test.Conditions.Select(condition => Compile(condition, chain))];
        int must = diagram.Or(matches.Select(match => match.Must));
        int may = diagram.Or(matches.Select(match => match.May));
        return test.Negated ? new Match(diagram.Not(may), diagram.Not(must)) : new Match(must, may);
    }

    private int Negate(int space, bool negated) => negated ? diagram.Not(space) : space;

    // Sets are told apart as objects: comparing their elements would cost more than the look-up saves.
    private sealed class SetComparer : IEqualityComparer<(NamedSet Set, string Key)>
    {
        public static readonly SetComparer Instance = new();

        public bool Equals((NamedSet Set, string Key) x, (NamedSet Set, string Key) y) => ReferenceEquals(x.Set, y.Set) && x.Key == y.Key;

        public int GetHashCode((NamedSet Set, string Key) obj) => HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj.Set), obj.Key);
    }
}
