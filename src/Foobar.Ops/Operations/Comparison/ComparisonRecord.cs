using System.Text.Json;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Comparison;

/// <summary>How far a table's comparison has come.</summary>
internal sealed record ComparisonPoint
{
    /// <summary>The table.</summary>
    public required string Table { get; init; }

    /// <summary>What was seen on each replica, in their order.</summary>
    public List<ReplicaLook> Looks { get; init; } = [];

    /// <summary>How many chunks were passed.</summary>
    public int Chunks { get; set; }

    /// <summary>The key of the last row that was passed; <see langword="null"/> at the beginning.</summary>
    public IReadOnlyList<string>? After { get; set; }
}

/// <summary>A comparison as it is kept on this machine: to go on with it, and to say later when the data was last compared.</summary>
internal sealed record ComparisonRecord
{
    private const string Last = "comparison.json";

    // A comparison of some tables does not take the place of what is known of all.
    private const string Whole = "comparison-whole.json";

    /// <summary>The primary.</summary>
    public required string Source { get; init; }

    /// <summary>The replicas.</summary>
    public required IReadOnlyList<string> Replicas { get; init; }

    /// <summary>By what each member was told from another of its name (<see cref="Database.DatabaseMember.IdentityAsync"/>).</summary>
    public IReadOnlyDictionary<string, string> Identities { get; init; } = new Dictionary<string, string>();

    /// <summary>When it began, in UTC.</summary>
    public required DateTimeOffset Began { get; init; }

    /// <summary>When it ended, in UTC; <see langword="null"/> if it did not.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>How many tables the primary has, compared or not.</summary>
    public int TablesThere { get; init; }

    /// <summary>The tables that were finished.</summary>
    public IReadOnlyList<TableComparison> Tables { get; init; } = [];

    /// <summary>The table that is being compared.</summary>
    public ComparisonPoint? Point { get; init; }

    /// <summary>
    /// What is left to go on with: tables that could not be compared, such as those of a replica that was too far behind, are
    /// compared anew. <see langword="null"/> if it ended and compared all.
    /// </summary>
    public ComparisonRecord? Unfinished()
    {
        HashSet<string> open =
        [
            .. Tables.Where(static table => table.Status == ComparisonStatus.NotCompared).Select(static table => table.Table),
        ];
        return Ended is not null && open.Count == 0 ? null : this with
        {
            Ended = null,
            Tables = [.. Tables.Where(table => !open.Contains(table.Table))],
            Point = Point is not null && Point.Looks.TrueForAll(static look => look.IsOpen) ? Point : null,
        };
    }

    /// <summary>Whether it is of this member, and not of another database that had its name.</summary>
    public bool IsOf(string member, string identity) => Identities.TryGetValue(member, out string? then) && then == identity;

    private bool IsWhole => Ended is not null && Tables.Select(static table => table.Table).Distinct().Count() >= TablesThere;

    /// <summary>Keeps it, in place of the one before.</summary>
    public void Keep(OperationStore store)
    {
        string text = JsonSerializer.Serialize(this);
        store.Keep(Last, text);
        if (IsWhole)
        {
            store.Keep(Whole, text);
        }
    }

    /// <summary>The last one; <see langword="null"/> if there is none or it can't be read.</summary>
    public static ComparisonRecord? Load(OperationStore store) => Load(store, Last);

    private static ComparisonRecord? Load(OperationStore store, string name)
    {
        try
        {
            return store.Kept(name) is { } text ? JsonSerializer.Deserialize<ComparisonRecord>(text) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The one that says most of two members; <see langword="null"/> if they were not compared from this machine.</summary>
    /// <param name="store">The site's state on this machine.</param>
    /// <param name="one">A member.</param>
    /// <param name="other">The other; either may be the one that was the primary then.</param>
    public static ComparisonRecord? Of(OperationStore store, string one, string other)
    {
        string[] pair = [one, other];
        ComparisonRecord?[] known =
        [
            .. ((string[])[Last, Whole])
                .Select(
                    name => Load(store, name) is { } kept && pair.Contains(kept.Source) && kept.Replicas.Any(pair.Contains) ? kept : null),
        ];
        bool isNewest = known[0] is { } newest
            && (newest.IsWhole || newest.Tables.Any(static table => table.Status == ComparisonStatus.Differs));
        return isNewest ? known[0] : known[1] ?? known[0];
    }

    /// <summary>What came of it for two members, in words.</summary>
    /// <param name="one">A member.</param>
    /// <param name="other">The other.</param>
    /// <param name="now">The time now.</param>
    public string Describe(string one, string other, DateTimeOffset now)
    {
        string[] pair = [one, other];
        TableComparison[] own = [.. Tables.Where(table => pair.Contains(table.Server))];
        string[] differing = [.. own.Where(static table => table.Status == ComparisonStatus.Differs).Select(static table => table.Table)];
        int left = own.Count(
            static table => table.Status is ComparisonStatus.NotCompared or ComparisonStatus.Undecided || table.CoveragePercent < 100);
        string what = differing.Length > 0 ? $"{string.Join(", ", differing.Take(3))}{(differing.Length > 3 ? " and others" : "")} differed"
            : own.Length < TablesThere ? $"{own.Length - left} of {TablesThere} tables were compared, and are the same"
            : left > 0 ? $"{own.Length - left} of {own.Length} tables were wholly compared, and are the same"
            : $"all {own.Length} tables were the same";
        string partly = Ended is null ? "; it did not end" : "";
        return $"What the tables of {one} and {other} hold was last compared {Age(now - (Ended ?? Began))} ago: {what}{partly}.";
    }

    private static string Age(TimeSpan age) => age.TotalDays >= 2 ? FormattableString.Invariant($"{age.TotalDays:0} days")
        : age.TotalHours >= 2 ? FormattableString.Invariant($"{age.TotalHours:0} hours")
        : FormattableString.Invariant($"{Math.Max(age.TotalMinutes, 0):0} minutes");
}
