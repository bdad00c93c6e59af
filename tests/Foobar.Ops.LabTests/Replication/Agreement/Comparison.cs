namespace Foobar.Ops.LabTests.Replication.Agreement;

/// <summary>
/// Holds what was asked of the lab, and answered, to what was asked of the model: the same over each connection, in the same order,
/// with the same answers. How the connections of one server stand to each other is left out: they run side by side.
/// </summary>
internal sealed class Comparison(Normalisation labNames, Normalisation modelNames)
{
    // A loop that waits is as long as the clock says.
    private const int LongestLoop = 6;

    private readonly AnswerComparison _answers = new(labNames, modelNames);
    private readonly List<string> _differences = [];

    /// <summary>What differs, in a line each.</summary>
    public IReadOnlyList<string> Differences => _differences;

    /// <summary>Compares two runs.</summary>
    public static IReadOnlyList<string> Of(Recorder lab, Recorder model, Normalisation labNames, Normalisation modelNames)
    {
        Comparison comparison = new(labNames, modelNames);
        foreach (var group in lab.Lanes.Concat(model.Lanes).Select(lane => (lane.Server, lane.Kind)).Distinct())
        {
            List<Spoken> there =
            [
                .. lab.Lanes.Where(lane => (lane.Server, lane.Kind) == group)
                    .Select(lane => Spoken.Of(lane, labNames, group.Kind))
                    .Where(lane => lane.Lines.Count > 0),
            ];
            List<Spoken> here =
            [
                .. model.Lanes.Where(lane => (lane.Server, lane.Kind) == group)
                    .Select(lane => Spoken.Of(lane, modelNames, group.Kind))
                    .Where(lane => lane.Lines.Count > 0),
            ];
            comparison.Pair($"{group.Server}, {group.Kind}", group.Kind, there, here);
        }

        return comparison.Differences;
    }

    // The most alike first. Attempts to connect come as often as the clock lets them.
    private void Pair(string where, LaneKind kind, List<Spoken> lab, List<Spoken> model)
    {
        (lab, model) = (Distinct(lab), Distinct(model));
        while (lab.Count > 0 && model.Count > 0)
        {
            (Spoken there, Spoken here, _) = (from one in lab from other in model select (one, other, one.Likeness(other)))
                .MaxBy(pair => pair.Item3);
            lab.Remove(there);
            model.Remove(here);
            Compare(where, kind, there, here);
        }

        _differences.AddRange(lab.Select(one => $"{where}: only on the lab a connection with {one}"));
        _differences.AddRange(model.Select(one => $"{where}: only on the model a connection with {one}"));
    }

    private static List<Spoken> Distinct(List<Spoken> spoken) =>
        [
            .. spoken.Where(one => one.Lines.Count > 1),
            .. spoken.Where(one => one.Lines.Count == 1)
                .DistinctBy(one => (one.Lines[0].Request, one.Lines[0].Exchange.Error, one.Lines[0].Exchange.Text)),
        ];

    private void Compare(string where, LaneKind kind, Spoken lab, Spoken model)
    {
        foreach ((Line? there, Line? here) in lab.Align(model))
        {
            if (there is null || here is null)
            {
                if ((there ?? here)!.Request.StartsWith("SELECT IS_USED_LOCK(", StringComparison.Ordinal))
                {
                    // Whether the lock is still ours is asked by the clock too.
                    continue;
                }

                _differences.Add($"{where}: only on the {(here is null ? "lab" : "model")} {there ?? here}");
                continue;
            }

            _differences.AddRange(_answers.Compare(there.Exchange, here.Exchange, kind).Select(what => $"{where}: {there}: {what}"));
        }
    }

    /// <summary>A request as it is compared.</summary>
    private sealed record Line(string Request, Exchange Exchange)
    {
        public override string ToString() => Request.Length > 300 ? $"{Request[..300]} ..." : Request;
    }

    /// <summary>What was said over a connection.</summary>
    private sealed class Spoken(List<Line> lines)
    {
        public List<Line> Lines => lines;

        public static Spoken Of(Lane lane, Normalisation names, LaneKind kind)
        {
            List<Line> lines =
            [
                .. lane.Exchanges.Select(
                    one => new Line(kind == LaneKind.Shell ? ShellCommand.Describe(one.Request, names) : Describe(one, names), one))
                    .Where(line => line.Request != "SELECT 1"),
            ];
            if (kind == LaneKind.Shell)
            {
                // Several run side by side.
                return new(
                    [
                        .. lines.GroupBy(line => line.Request)
                            .Select(group => group.Last())
                            .OrderBy(line => line.Request, StringComparer.Ordinal),
                    ]);
            }

            // One for each client that the application has: a lab's is connected or not.
            for (int at = lines.Count - 1; at > 0; at--)
            {
                if (lines[at].Request == "KILL <id>"
                    && lines[at - 1].Request is { } before
                    && (before == "KILL <id>"
                        || before.StartsWith(
                            "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER NOT IN", StringComparison.Ordinal)))
                {
                    lines.RemoveAt(at);
                }
            }

            Collapse(lines);
            return new(lines);
        }

        public int Likeness(Spoken other) =>
            (2 * Align(other).Count(pair => pair.Lab is not null && pair.Model is not null)) - Math.Abs(lines.Count - other.Lines.Count);

        public override string ToString() => string.Join("; ", lines.Take(4)) + (lines.Count > 4 ? $" and {lines.Count - 4} more" : "");

        // The longest common subsequence.
        public List<(Line? Lab, Line? Model)> Align(Spoken model)
        {
            List<Line> other = model.Lines;
            int[][] common = [.. Enumerable.Range(0, lines.Count + 1).Select(_ => new int[other.Count + 1])];
            for (int there = lines.Count - 1; there >= 0; there--)
            {
                for (int here = other.Count - 1; here >= 0; here--)
                {
                    common[there][here] = lines[there].Request == other[here].Request
                        ? common[there + 1][here + 1] + 1
                        : Math.Max(common[there + 1][here], common[there][here + 1]);
                }
            }

            List<(Line?, Line?)> aligned = [];
            for (int there = 0, here = 0; there < lines.Count || here < other.Count;)
            {
                if (there < lines.Count && here < other.Count && lines[there].Request == other[here].Request)
                {
                    aligned.Add((lines[there++], other[here++]));
                }
                else if (here == other.Count || (there < lines.Count && common[there + 1][here] >= common[there][here + 1]))
                {
                    aligned.Add((lines[there++], null));
                }
                else
                {
                    aligned.Add((null, other[here++]));
                }
            }

            return aligned;
        }

        // Of what is asked again and again only the last stays: on that the operation went on.
        private static void Collapse(List<Line> lines)
        {
            for (int length = 1; length <= LongestLoop; length++)
            {
                for (int at = 0; at + (2 * length) <= lines.Count;)
                {
                    if (Enumerable.Range(at, length).All(one => lines[one].Request == lines[one + length].Request))
                    {
                        lines.RemoveRange(at, length);
                    }
                    else
                    {
                        at++;
                    }
                }
            }
        }

        private static string Describe(Exchange one, Normalisation names) =>
            one.Parameters?.Where(
                static one =>
                    !one.Key.StartsWith("user", StringComparison.Ordinal) || one.Key == "user").ToArray() is { Length: > 0 } parameters
                ? $"{names.Request(one.Request)} "
                    + $"[{string.Join(", ", parameters.Select(parameter => $"{parameter.Key}={names.Parameter(parameter.Key, parameter.Value)}"))}]"
                : names.Request(one.Request);
    }
}
