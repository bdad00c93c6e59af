namespace Foobar.Ops.Firewall.Spaces;

/// <summary>
/// A part of a space: for each field that matters the intervals its value may lie in; all combinations belong to the space.
/// </summary>
internal sealed record SpaceBox(IReadOnlyList<(PacketField Field, IntervalSet Values)> Sides);

/// <summary>Takes a space apart into boxes, for people to read.</summary>
internal static class SpaceBoxes
{
    /// <summary>The boxes of a space, disjoint; stops after <paramref name="limit"/>.</summary>
    public static IReadOnlyList<SpaceBox> Boxes(this Diagram diagram, int space, int limit)
    {
        List<SpaceBox> boxes = [];
        Collect(diagram, space, [], boxes, limit);
        return boxes;
    }

    private static void Collect(Diagram diagram, int id, List<(PacketField, IntervalSet)> sides, List<SpaceBox> boxes, int limit)
    {
        if (id == Diagram.False || boxes.Count >= limit)
        {
            return;
        }

        if (id == Diagram.True)
        {
            boxes.Add(new SpaceBox([.. sides]));
            return;
        }

        PacketField field = FieldLayout.Owner(diagram.Level(id));
        Dictionary<int, List<(UInt128, UInt128)>> ways = [];
        Walk(diagram, id, FieldLayout.Start(field), FieldLayout.End(field), 0, ways);
        foreach ((int next, List<(UInt128, UInt128)> ranges) in ways)
        {
            sides.Add((field, IntervalSet.From(ranges)));
            Collect(diagram, next, sides, boxes, limit);
            sides.RemoveAt(sides.Count - 1);
        }
    }

    // Every way through the bytes of one field, gathered by where it leads.
    // A side of more intervals than anyone reads is cut; the box is then a part of what it stands for.
    internal const int MaxIntervals = 64;

    private static bool IsFull(Dictionary<int, List<(UInt128, UInt128)>> ways)
    {
        int count = 0;
        bool cut = false;
        foreach (List<(UInt128, UInt128)> ranges in ways.Values)
        {
            count += ranges.Count;
            cut |= ranges.Count == MaxIntervals;
        }

        return cut || count >= 4 * MaxIntervals;
    }

    private static void Walk(Diagram diagram, int id, int level, int end, UInt128 prefix, Dictionary<int, List<(UInt128, UInt128)>> ways)
    {
        if (id == Diagram.False || IsFull(ways))
        {
            return;
        }

        int below = 8 * (end - level);
        if (diagram.Level(id) >= end)
        {
            UInt128 low = below == 128 ? 0 : prefix << below;
            UInt128 high = low | (below == 128 ? UInt128.MaxValue : (UInt128.One << below) - 1);
            Add(ways, id, low, high);
            return;
        }

        if (diagram.Level(id) > level)
        {
            for (int value = 0; value < 256; value++)
            {
                Walk(diagram, id, level + 1, end, (prefix << 8) | (UInt128)value, ways);
            }

            return;
        }

        int first = 0;
        foreach (uint edge in diagram.Edges(id).ToArray())
        {
            Follow(diagram, edge, first, level, end, prefix, ways);
            first = Diagram.High(edge) + 1;
        }
    }

    private static void Follow(
        Diagram diagram, uint edge, int first, int level, int end, UInt128 prefix, Dictionary<int, List<(UInt128, UInt128)>> ways)
    {
        int child = Diagram.Child(edge);
        if (child != Diagram.False && diagram.Level(child) >= end)
        {
            int below = 8 * (end - level - 1);
            UInt128 low = ((prefix << 8) | (UInt128)first) << below;
            UInt128 high = (((prefix << 8) | (UInt128)Diagram.High(edge)) << below) | ((UInt128.One << below) - 1);
            Add(ways, child, low, high);
            return;
        }

        for (int value = first; value <= Diagram.High(edge); value++)
        {
            Walk(diagram, child, level + 1, end, (prefix << 8) | (UInt128)value, ways);
        }
    }

    private static void Add(Dictionary<int, List<(UInt128, UInt128)>> ways, int id, UInt128 low, UInt128 high)
    {
        if (!ways.TryGetValue(id, out List<(UInt128, UInt128)>? ranges))
        {
            ways.Add(id, ranges = []);
        }

        if (ranges.Count > 0 && ranges[^1].Item2 + 1 == low)
        {
            ranges[^1] = (ranges[^1].Item1, high);
        }
        else if (ranges.Count < MaxIntervals)
        {
            ranges.Add((low, high));
        }
    }
}
