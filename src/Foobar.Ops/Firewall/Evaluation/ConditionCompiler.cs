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
internal sealed class ConditionCompiler(Workspace workspace, NetworkSpaces network, Ruleset ruleset)
{
    private readonly Diagram _diagram = workspace.Diagram;
    private readonly InterfaceAtoms _atoms = workspace.Atoms;
    private readonly SetFilling _filling = new(ruleset);
    private readonly Dictionary<(NamedSet, string), int> _added = new(SetComparer.Instance);

    // While it is found out what rules add to sets, these hold what they hold now, and no match is remembered.
    private bool _filled;
    private readonly Dictionary<(NamedSet, string), int> _sets = new(SetComparer.Instance);

    // Conditions that several tables share (guards) name no set, so that one answer serves all.
    private readonly Dictionary<Condition, Match> _matches = new(ReferenceEqualityComparer.Instance);

    /// <summary>The packets that meet a condition of a rule in a chain.</summary>
    public Match Compile(Condition condition, FirewallChain chain)
    {
        if (!_matches.TryGetValue(condition, out Match match))
        {
            match = Build(condition, chain);
            if (!_filled)
            {
                _matches.Add(condition, match);
            }
        }

        return match;
    }

    private Match Build(Condition condition, FirewallChain chain) => condition switch
    {
        Condition.In test => Membership(test, chain),
        Condition.RouteLeads test => network.Leading(test.Interfaces, test.Destination) is { } space
            ? Match.Exact(Negate(space, test.Negated))
            : Match.Undecided,
        Condition.Masked test => Match.Exact(Negate(_diagram.FieldMasked(test.Field, test.Mask, test.Value), test.Negated)),
        Condition.AddressTypeIs test => AddressType(test),
        Condition.ReversePath test =>
            network.ReversePath(test.Strict, test.AcceptsLocal) is { } space ? Match.Exact(Negate(space, test.Negated)) : Match.Undecided,
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
            space = element.Excluded ? _diagram.Except(space, box) : _diagram.Or(space, box);
        }

        return space;
    }

    /// <summary>Why a named set can't be looked up; <see langword="null"/> if it can.</summary>
    public static string? Trouble(NamedSet? set, string name, IReadOnlyList<KeyPart> key) => set switch
    {
        null => $"set {name} is not in the ruleset",
        { Undecided: { } why } => why,
        _ when set.Kinds is not null && set.Kinds.Count != key.Count =>
            $"set {name} has keys of {set.Kinds.Count} parts, the rule looks up {key.Count}",
        _ => null,
    };

    private int Plain(IReadOnlyList<KeyPart> key, IReadOnlyList<SetElement> elements)
    {
        if (key.Count == 1)
        {
            return elements is [var only]
                && key[0] is { Shift: 0, Original: false, Kind: not (ValueKind.InterfaceName or ValueKind.NextHeader) }
                && only.Parts[0].High <= FieldLayout.Max(key[0].Field)
                ? _diagram.FieldIn(key[0].Field, IntervalSet.Range(only.Parts[0].Low, only.Parts[0].High))
                : Values(key[0], elements.Select(element => element.Parts[0]));
        }

        // Elements that differ in their last part only are joined first: sets of addresses and ports are mostly that.
        IEnumerable<int> boxes = elements
            .GroupBy(element => string.Join('|', element.Parts.SkipLast(1)))
            .Select(group => key.Select((part, index) => index < key.Count - 1
                ? Values(part, [group.First().Parts[index]])
                : Values(part, group.Select(element => element.Parts[index]))).Aggregate(Diagram.True, _diagram.And));
        return _diagram.Or(boxes);
    }

    private int Values(KeyPart part, IEnumerable<ValueRange> ranges)
    {
        if (part.Original)
        {
            return workspace.Origin.Arrived(Values(part with { Original = false }, ranges));
        }

        if (part.Kind == ValueKind.NextHeader)
        {
            return NextHeader([.. ranges]);
        }

        if (part.Kind == ValueKind.InterfaceName)
        {
            return _diagram.FieldIn(part.Field, IntervalSet.Union(ranges.Select(range => _atoms.Matching(range.Name ?? string.Empty))));
        }

        UInt128 max = FieldLayout.Max(part.Field);
        IntervalSet set = IntervalSet.From(
            ranges.Where(range => range.Low <= range.High && range.Low <= max).Select(range => Shifted(range, part.Shift, max)));
        return _diagram.FieldIn(part.Field, set);
    }

    // The transport protocol's number only where no extension header stands before it (nft(8), IPV6 HEADER EXPRESSION).
    private int NextHeader(ValueRange[] ranges) => _diagram.Or(
        _diagram.And(
            _diagram.FieldIs(PacketField.ExtensionHeader, 0), Values(new KeyPart(PacketField.Protocol, ValueKind.Protocol), ranges)),
        Values(new KeyPart(PacketField.ExtensionHeader, ValueKind.Number, NftKey.RoutingTypeOffset), ranges));

    private static (UInt128 Low, UInt128 High) Shifted(ValueRange range, int shift, UInt128 max) => shift switch
    {
        NftKey.RoutingTypeOffset => (range.Low + 1, UInt128.Min(range.High, max - 1) + 1),
        _ => (range.Low << shift, UInt128.Min(range.High << shift | ((UInt128.One << shift) - 1), max)),
    };

    private Match Membership(Condition.In test, FirewallChain chain)
    {
        if (test.Set is null)
        {
            return Known(test, Match.Exact(Negate(Elements(test.Key, test.Elements!), test.Negated)));
        }

        NamedSet? set = ruleset.FindSet(chain, test.Set);
        if (Trouble(set, test.Set, test.Key) is not null)
        {
            return Match.Undecided;
        }

        int now = SetSpace(set!, test.Key);
        int added = Added(set!, test.Key);
        return Known(test, added == Diagram.False ? Match.Exact(Negate(now, test.Negated))
            : test.Negated ? new Match(_diagram.Not(_diagram.Or(now, added)), _diagram.Not(_diagram.Except(now, added)))
            : new Match(_diagram.Except(now, added), _diagram.Or(now, added)));
    }

    /// <summary>
    /// The rules that fill the set of a condition, which packets then meet at one time and not at another; <see langword="null"/>
    /// if no rule fills it.
    /// </summary>
    public string? Changing(Condition condition, FirewallChain chain)
    {
        if (condition is not Condition.In { Set: { } name } test || ruleset.FindSet(chain, name) is not { } set
            || Trouble(set, name, test.Key) is not null || Added(set, test.Key) == Diagram.False)
        {
            return null;
        }

        IEnumerable<string> fillers = _filling.Of(set).Select(static filler => $"{filler.Rule} [{filler.Rule.Source}]");
        return $"set {name} is filled by {string.Join(", ", fillers)}";
    }

    /// <summary>Why it can't be told whether some packets meet a condition; <see langword="null"/> if it can.</summary>
    public string? Why(Condition condition, FirewallChain chain) => condition switch
    {
        Condition.Undecided undecided => undecided.Why,
        Condition.In { Set: { } name } test when Trouble(ruleset.FindSet(chain, name), name, test.Key) is { } trouble => trouble,
        Condition.In test when test.Key.Any(static part => part.Original) =>
            "what the connection's first packet was like is known of that packet only",
        Condition.AddressTypeIs test => NftFib.AddressTypes.Trouble(test.Types)
            ?? $"the type of an address ({string.Join(", ", test.Types)}) depends on addresses and routes that were not read",
        Condition.ReversePath or Condition.RouteLeads => "the routes of the server are not known",
        Condition.Any any => any.Conditions.Select(inner => Why(inner, chain)).FirstOrDefault(static why => why is not null),
        _ => null,
    };

    /// <summary>Whether a set or map was made to be filled as packets pass, or is.</summary>
    public bool IsChanging(NamedSet set) => set.IsDynamic || _filling.Of(set).Count > 0;

    /// <summary>Whether rules fill a set or map.</summary>
    public bool IsFilled(NamedSet set) => _filling.Of(set).Count > 0;

    private int Added(NamedSet set, IReadOnlyList<KeyPart> key)
    {
        if (_filled || _filling.Of(set).Count == 0)
        {
            return Diagram.False;
        }

        (NamedSet, string) memory = (set, string.Join(' ', key));
        if (!_added.TryGetValue(memory, out int space))
        {
            _filled = true;
            space = _filling.Added(
                set,
                key,
                _diagram,
                (condition, chain) => Compile(condition, chain).Must,
                (condition, chain) => Compile(condition, chain).May);
            _filled = false;
            _added.Add(memory, space);
        }

        return space;
    }

    // What a connection's first packet was like is known of that packet only.
    private Match Known(Condition.In test, Match match)
    {
        if (!test.Key.Any(static part => part.Original))
        {
            return match;
        }

        bool changes = test.Key.Any(static part => part.Original && part.Field != PacketField.Protocol);
        UInt128 last = (UInt128)(changes ? PacketValues.New : PacketValues.Established);
        int first = _diagram.FieldIn(PacketField.State, IntervalSet.Range(PacketValues.New, last));
        return workspace.Origin.IsFull
            ? Match.Undecided
            : new Match(_diagram.And(first, match.Must), _diagram.Or(_diagram.Not(first), match.May));
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
        int?[] spaces = [.. test.Types.Select(type => test.ByInterface
            ? network.OfTypeByInterface(type, test.Destination)
            : network.OfType(type, test.Destination))];
        return Array.TrueForAll(spaces, space => space is not null)
            ? Match.Exact(Negate(_diagram.Or(spaces.Select(space => space!.Value)), test.Negated))
            : Match.Undecided;
    }

    private Match Any(Condition.Any test, FirewallChain chain)
    {
        Match[] matches = [.. test.Conditions.Select(condition => Compile(condition, chain))];
        int must = _diagram.Or(matches.Select(match => match.Must));
        int may = _diagram.Or(matches.Select(match => match.May));
        return test.Negated ? new Match(_diagram.Not(may), _diagram.Not(must)) : new Match(must, may);
    }

    private int Negate(int space, bool negated) => negated ? _diagram.Not(space) : space;

    // Sets are told apart as objects: comparing their elements would cost more than the look-up saves.
    private sealed class SetComparer : IEqualityComparer<(NamedSet Set, string Key)>
    {
        public static readonly SetComparer Instance = new();

        public bool Equals((NamedSet Set, string Key) x, (NamedSet Set, string Key) y) => ReferenceEquals(x.Set, y.Set) && x.Key == y.Key;

        public int GetHashCode((NamedSet Set, string Key) obj) =>
            HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj.Set), obj.Key);
    }
}
