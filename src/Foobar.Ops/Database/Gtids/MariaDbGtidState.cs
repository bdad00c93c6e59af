using System.Diagnostics.CodeAnalysis;

namespace Foobar.Ops.Database.Gtids;

/// <summary>
/// What a MariaDB server holds: the last transaction of each server in each domain (<c>gtid_binlog_state</c>), or only
/// the last of each domain (<c>gtid_slave_pos</c>, <c>gtid_binlog_pos</c>). Immutable.
/// </summary>
/// <remarks>
/// In one domain transactions are in one order, so the last one stands for all before it of the same server. Whether a
/// transaction came from this server or another is only known from the binlog state, so that is what errant
/// transactions are found by.
/// </remarks>
public sealed class MariaDbGtidState : IEquatable<MariaDbGtidState>
{
    private readonly SortedDictionary<(uint Domain, uint Server), ulong> _last;

    private MariaDbGtidState(SortedDictionary<(uint Domain, uint Server), ulong> last) => _last = last;

    /// <summary>Holds nothing.</summary>
    public static MariaDbGtidState Empty { get; } = new([]);

    /// <summary>Whether it holds nothing.</summary>
    public bool IsEmpty => _last.Count == 0;

    /// <summary>The last transaction of each server in each domain, ordered by domain, then server.</summary>
    public IEnumerable<MariaDbGtid> Last => _last.Select(entry => new MariaDbGtid(entry.Key.Domain, entry.Key.Server, entry.Value));

    /// <summary>Reads a comma-separated list of GTIDs.</summary>
    /// <exception cref="FormatException">The text is no such list; the message says where.</exception>
    public static MariaDbGtidState Parse(string text) => TryParse(text, out MariaDbGtidState? state)
        ? state
        : throw new FormatException(
            $"expected GTIDs such as 0-1-42, separated by commas, where '{(text.Length <= 60 ? text : text[..60] + "...")}' stands");

    /// <summary>Reads a comma-separated list of GTIDs; <see langword="false"/> if the text is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out MariaDbGtidState? state)
    {
        List<MariaDbGtid> gtids = [];
        state = null;
        foreach (string part in text.Split(',').Where(part => !string.IsNullOrWhiteSpace(part)))
        {
            if (!MariaDbGtid.TryParse(part, out MariaDbGtid gtid))
            {
                return false;
            }

            gtids.Add(gtid);
        }

        state = FromGtids(gtids);
        return true;
    }

    /// <summary>The later of both for each server in each domain.</summary>
    public MariaDbGtidState Union(MariaDbGtidState other) => FromGtids(Last.Concat(other.Last));

    /// <summary>
    /// The last transaction of each server in each domain that lies beyond what <paramref name="other"/> holds of that server.
    /// </summary>
    public IReadOnlyList<MariaDbGtid> Beyond(MariaDbGtidState other) =>
        [.. Last.Where(gtid => gtid.Sequence > other._last.GetValueOrDefault((gtid.Domain, gtid.Server)))];

    /// <summary>Tells whether nothing of <paramref name="other"/> lies beyond this state, server by server.</summary>
    public bool Contains(MariaDbGtidState other) => other.Beyond(this).Count == 0;

    /// <summary>The highest sequence number in each domain.</summary>
    public IReadOnlyDictionary<uint, ulong> Position() =>
        _last.GroupBy(entry => entry.Key.Domain).ToDictionary(domain => domain.Key, domain => domain.Max(entry => entry.Value));

    /// <summary>The last transaction of each domain, in the written form: a position.</summary>
    public string LastOfEachDomain() =>
        string.Join(',', Last.GroupBy(gtid => gtid.Domain).Select(domain => domain.MaxBy(gtid => gtid.Sequence)));

    /// <summary>Tells whether this state has come as far as <paramref name="position"/> in every domain.</summary>
    public bool Reaches(MariaDbGtidState position) => position.Ahead(this) == 0;

    /// <summary>How many sequence numbers this state is ahead of <paramref name="behind"/>, over all domains: the backlog.</summary>
    public ulong Ahead(MariaDbGtidState behind)
    {
        IReadOnlyDictionary<uint, ulong> other = behind.Position();
        return Position().Aggregate(0UL, (sum, domain) =>
        {
            ulong reached = other.GetValueOrDefault(domain.Key);
            ulong missing = domain.Value > reached ? domain.Value - reached : 0;
            return sum > ulong.MaxValue - missing ? ulong.MaxValue : sum + missing;
        });
    }

    /// <inheritdoc/>
    public bool Equals(MariaDbGtidState? other) => other is not null && _last.SequenceEqual(other._last);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MariaDbGtidState);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The written form, ordered; empty for nothing.</summary>
    public override string ToString() => string.Join(',', Last);

    internal static MariaDbGtidState FromGtids(IEnumerable<MariaDbGtid> gtids)
    {
        SortedDictionary<(uint Domain, uint Server), ulong> last = [];
        foreach (MariaDbGtid gtid in gtids)
        {
            ulong known = last.GetValueOrDefault((gtid.Domain, gtid.Server));
            last[(gtid.Domain, gtid.Server)] = Math.Max(known, gtid.Sequence);
        }

        return new(last);
    }
}
