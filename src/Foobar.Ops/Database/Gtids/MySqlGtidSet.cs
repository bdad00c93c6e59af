using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;

namespace Foobar.Ops.Database.Gtids;

/// <summary>
/// A set of MySQL transactions: for each source (a server's UUID and, from 8.3 on, a tag) the intervals of its
/// transaction numbers. Immutable; equal sets are equal however they were written.
/// </summary>
/// <remarks>Form: MySQL Reference Manual, "GTID Format and Storage". <c>uuid:1-5:7:tag:1-3,uuid:…</c>; case and white space do not
/// matter.</remarks>
public sealed class MySqlGtidSet : IEquatable<MySqlGtidSet>
{
    private readonly SortedDictionary<GtidSource, IReadOnlyList<GtidInterval>> _sources;

    private MySqlGtidSet(SortedDictionary<GtidSource, IReadOnlyList<GtidInterval>> sources) => _sources = sources;

    /// <summary>The set without transactions.</summary>
    public static MySqlGtidSet Empty { get; } = new([]);

    /// <summary>Whether it holds no transaction.</summary>
    public bool IsEmpty => _sources.Count == 0;

    /// <summary>The intervals of each source.</summary>
    public IReadOnlyDictionary<GtidSource, IReadOnlyList<GtidInterval>> Sources => _sources;

    /// <summary>How many transactions it holds.</summary>
    public BigInteger Count => _sources.Values.SelectMany(intervals => intervals)
        .Aggregate(BigInteger.Zero, (sum, interval) => sum + interval.Last - interval.First + 1);

    /// <summary>Reads the written form.</summary>
    /// <exception cref="FormatException">The text is no GTID set; the message says where.</exception>
    public static MySqlGtidSet Parse(string text) => MySqlGtidParser.TryParse(text, out MySqlGtidSet? set, out string problem)
        ? set
        : throw new FormatException(problem);

    /// <summary>Reads the written form; <see langword="false"/> if the text is no GTID set.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out MySqlGtidSet? set) => MySqlGtidParser.TryParse(text, out set, out _);

    /// <summary>All transactions of either.</summary>
    public MySqlGtidSet Union(MySqlGtidSet other) => FromIntervals(Flat().Concat(other.Flat()));

    /// <summary>The transactions that <paramref name="other"/> lacks.</summary>
    public MySqlGtidSet Subtract(MySqlGtidSet other)
    {
        SortedDictionary<GtidSource, IReadOnlyList<GtidInterval>> left = [];
        foreach ((GtidSource source, IReadOnlyList<GtidInterval> intervals) in _sources)
        {
            IReadOnlyList<GtidInterval> rest = other._sources.TryGetValue(source, out IReadOnlyList<GtidInterval>? remove)
                ? GtidIntervals.Subtract(intervals, remove)
                : intervals;
            if (rest.Count > 0)
            {
                left.Add(source, rest);
            }
        }

        return new(left);
    }

    /// <summary>The transactions of both.</summary>
    public MySqlGtidSet Intersect(MySqlGtidSet other) => Subtract(Subtract(other));

    /// <summary>Tells whether every transaction of <paramref name="other"/> is in this set.</summary>
    public bool Contains(MySqlGtidSet other) => other.Subtract(this).IsEmpty;

    /// <summary>The transactions that one server (with any tag) was the first to commit.</summary>
    public MySqlGtidSet Of(Guid server) => FromIntervals(Flat().Where(part => part.Source.Server == server));

    /// <inheritdoc/>
    public bool Equals(MySqlGtidSet? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MySqlGtidSet);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The written form as the server gives it, on one line; empty for the empty set.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        Guid? server = null;
        foreach ((GtidSource source, IReadOnlyList<GtidInterval> intervals) in _sources)
        {
            if (source.Server != server)
            {
                text.Append(server is null ? "" : ",").Append(source.Server);
                server = source.Server;
            }

            text.Append(source.Tag.Length > 0 ? ":" + source.Tag : "").Append(':').AppendJoin(':', intervals);
        }

        return text.ToString();
    }

    internal static MySqlGtidSet FromIntervals(IEnumerable<(GtidSource Source, GtidInterval Interval)> parts)
    {
        SortedDictionary<GtidSource, IReadOnlyList<GtidInterval>> sources = [];
        foreach (IGrouping<GtidSource, GtidInterval> group in parts.GroupBy(part => part.Source, part => part.Interval))
        {
            sources.Add(group.Key, GtidIntervals.Normalise(group));
        }

        return new(sources);
    }

    private IEnumerable<(GtidSource Source, GtidInterval Interval)> Flat() =>
        _sources.SelectMany(source => source.Value.Select(interval => (source.Key, interval)));
}

/// <summary>Who numbered a transaction first: a server, and the tag its session had set.</summary>
/// <param name="Server">The server's <c>server_uuid</c>.</param>
/// <param name="Tag">The tag in lower case; empty for none.</param>
public readonly record struct GtidSource(Guid Server, string Tag) : IComparable<GtidSource>
{
    /// <summary>Untagged first, as the server writes them; then by name.</summary>
    public int CompareTo(GtidSource other)
    {
        int servers = string.CompareOrdinal(Server.ToString(), other.Server.ToString());
        return servers != 0 ? servers : string.CompareOrdinal(Tag, other.Tag);
    }

    /// <summary>Orders sources.</summary>
    public static bool operator <(GtidSource left, GtidSource right) => left.CompareTo(right) < 0;

    /// <summary>Orders sources.</summary>
    public static bool operator >(GtidSource left, GtidSource right) => left.CompareTo(right) > 0;

    /// <summary>Orders sources.</summary>
    public static bool operator <=(GtidSource left, GtidSource right) => left.CompareTo(right) <= 0;

    /// <summary>Orders sources.</summary>
    public static bool operator >=(GtidSource left, GtidSource right) => left.CompareTo(right) >= 0;
}
