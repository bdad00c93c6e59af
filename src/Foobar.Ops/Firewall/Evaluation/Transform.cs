using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// What rules did to a packet on its way: for each byte a map from old to new, and fields whose new value is one of a
/// range, not known which (a translation to several addresses).
/// </summary>
internal sealed class Transform : IEquatable<Transform>
{
    /// <summary>Changes nothing.</summary>
    public static readonly Transform Identity = new(new byte[FieldLayout.Levels][], []);

    private readonly byte[]?[] _maps;
    private readonly int _hash;

    private Transform(byte[]?[] maps, (PacketField Field, UInt128 Low, UInt128 High)[] choices)
    {
        _maps = maps;
        Choices = choices;
        HashCode hash = default;
        foreach (byte[]? map in maps)
        {
            hash.AddBytes(map);
        }

        foreach ((PacketField Field, UInt128 Low, UInt128 High) choice in choices)
        {
            hash.Add(choice);
        }

        _hash = hash.ToHashCode();
    }

    /// <summary>For each level the map of its bytes, or <see langword="null"/>.</summary>
    public byte[]?[] Maps => _maps;

    /// <summary>Fields that get any value of a range.</summary>
    public (PacketField Field, UInt128 Low, UInt128 High)[] Choices { get; }

    /// <summary>Rewrites a field: <c>new = (old AND keep) XOR flip</c>.</summary>
    public static Transform Assign(PacketField field, UInt128 keep, UInt128 flip)
    {
        byte[]?[] maps = new byte[FieldLayout.Levels][];
        for (int level = FieldLayout.Start(field); level < FieldLayout.End(field); level++)
        {
            int keepByte = FieldLayout.ByteAt(field, keep, level);
            int flipByte = FieldLayout.ByteAt(field, flip, level);
            maps[level] = [.. Enumerable.Range(0, 256).Select(value => (byte)((value & keepByte) ^ flipByte))];
        }

        return new Transform(maps, []);
    }

    /// <summary>Gives a field some value of a range.</summary>
    public static Transform Choose(PacketField field, UInt128 low, UInt128 high) =>
        low == high ? Assign(field, 0, low) : new Transform(new byte[FieldLayout.Levels][], [(field, low, high)]);

    /// <summary>Counts a field of one byte down by one; 0 stays.</summary>
    public static Transform Decrement(PacketField field)
    {
        byte[]?[] maps = new byte[FieldLayout.Levels][];
        maps[FieldLayout.Start(field)] = [.. Enumerable.Range(0, 256).Select(value => (byte)Math.Max(value - 1, 0))];
        return new Transform(maps, []);
    }

    /// <summary>This rewriting, then another.</summary>
    public Transform Then(Transform next)
    {
        byte[]?[] maps = new byte[FieldLayout.Levels][];
        for (int level = 0; level < maps.Length; level++)
        {
            byte[]? later = next._maps[level];
            byte[]? earlier = _maps[level];
            maps[level] = later is null || earlier is null ? later ?? earlier : [.. earlier.Select(value => later[value])];
        }

        List<(PacketField, UInt128, UInt128)> choices = [.. next.Choices];
        foreach ((PacketField Field, UInt128 Low, UInt128 High) choice in Choices)
        {
            if (!next.Choices.Any(later => later.Field == choice.Field) && !next.Touches(choice.Field))
            {
                choices.Add(choice);
            }
            else if (!next.Choices.Any(later => later.Field == choice.Field) && !next.Overwrites(choice.Field))
            {
                choices.Add((choice.Field, 0, FieldLayout.Max(choice.Field)));
            }
        }

        foreach ((PacketField field, _, _) in choices)
        {
            Array.Clear(maps, FieldLayout.Start(field), FieldLayout.Width(field));
        }

        return new Transform(maps, [.. choices]);
    }

    /// <summary>What the rewriting does to some fields only.</summary>
    public Transform Only(params IReadOnlyCollection<PacketField> fields) => new(
        [.. _maps.Select((map, level) => fields.Contains(FieldLayout.Owner(level)) ? map : null)],
        [.. Choices.Where(choice => fields.Contains(choice.Field))]);

    /// <summary>The value a field has afterwards whatever it was before; <see langword="null"/> if that depends.</summary>
    public UInt128? Fixed(PacketField field) => Overwrites(field) ? Apply(new Packet())[field] : null;

    /// <summary>
    /// A packet after the rewriting; of a choice the value it has already, as the kernel keeps a port where it can, else the first.
    /// </summary>
    public Packet Apply(Packet packet)
    {
        Packet result = packet.Copy();
        foreach (PacketField field in FieldLayout.Fields)
        {
            UInt128 value = 0;
            for (int level = FieldLayout.Start(field); level < FieldLayout.End(field); level++)
            {
                byte old = FieldLayout.ByteAt(field, packet[field], level);
                value = (value << 8) | (_maps[level] is { } map ? map[old] : old);
            }

            result[field] = value;
        }

        foreach ((PacketField field, UInt128 low, UInt128 high) in Choices)
        {
            result[field] = packet[field] >= low && packet[field] <= high ? packet[field] : low;
        }

        return result;
    }

    public bool Equals(Transform? other) => other is not null && _hash == other._hash
        && Choices.AsSpan().SequenceEqual(other.Choices)
        && _maps.Zip(other._maps).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second) && pair.First is null == pair.Second is null);

    public override bool Equals(object? obj) => Equals(obj as Transform);

    public override int GetHashCode() => _hash;

    private bool Touches(PacketField field) =>
        _maps.AsSpan(FieldLayout.Start(field), FieldLayout.Width(field)).ContainsAnyExcept((byte[]?)null);

    private bool Overwrites(PacketField field) =>
        _maps[FieldLayout.Start(field)..FieldLayout.End(field)].All(
            map => map is not null && Array.TrueForAll(map, value => value == map[0]));
}
