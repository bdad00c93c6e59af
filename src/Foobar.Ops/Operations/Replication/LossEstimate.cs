using System.Text.Json.Serialization;
using Foobar.Ops.Database;
using Foobar.Ops.Operations.Replication.Machines;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication;

/// <summary>How well it is known what an emergency failover loses.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LossBound>))]
public enum LossBound : long
{
    /// <summary>Nothing: every transaction of the dead primary is on the candidate or can be fetched.</summary>
    Nothing,

    /// <summary>No acknowledged write: commits waited for the candidate (semi-synchronous replication).</summary>
    NothingAcknowledged,

    /// <summary>Only what was committed after a known transaction; what that is can't be told.</summary>
    AfterLastReceived,
}

/// <summary>What an emergency failover may lose.</summary>
public sealed record LossEstimate
{
    /// <summary>How well it is known.</summary>
    public required LossBound Bound { get; init; }

    /// <summary>Why, and how much, in one sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>
    /// Transactions that are only in the dead primary's binary log and can be fetched from there, by GTID; empty for none or unknown.
    /// </summary>
    public string SalvageableGtids { get; init; } = "";

    /// <summary>How many these are.</summary>
    public int SalvageableCount { get; init; }

    /// <summary>The last transactions that the candidate received from the primary.</summary>
    public string LastReceivedGtids { get; init; } = "";

    /// <summary>When the candidate last heard of the primary, in UTC; <see langword="null"/> if it does not say (MariaDB).</summary>
    public DateTimeOffset? LastHeard { get; init; }

    /// <summary>
    /// How many transactions may be lost at most, as far as it can be reckoned: what the primary held that the candidate lacks
    /// when it was asked last, and for the time since then twice as many as it committed at the highest rate that was seen.
    /// <see langword="null"/> if nobody watched it.
    /// </summary>
    public long? AtRisk { get; init; }

    /// <summary>Whether the operator must accept that writes may be lost.</summary>
    public bool NeedsAcceptance => Bound == LossBound.AfterLastReceived;

    /// <summary>Estimates.</summary>
    /// <param name="flavor">The flavour.</param>
    /// <param name="salvage">What the candidate lacks of the dead primary's log; <see langword="null"/> if it could not be read.</param>
    /// <param name="unread">Why it could not be read.</param>
    /// <param name="link">The candidate's link to the primary.</param>
    /// <param name="doubt">Why it is not proved that commits waited for the candidate (see <see cref="SourceEvidence.Doubt"/>);
    /// <see langword="null"/> if it is.</param>
    internal static LossEstimate Of(DatabaseFlavor flavor, BinlogDump? salvage, string? unread, CandidateLink link, string? doubt)
    {
        if (salvage is not null)
        {
            int count = salvage.Transactions.Count;
            return new()
            {
                Bound = LossBound.Nothing,
                Reason = count == 0
                    ? "The dead primary's binary log holds nothing that the candidate lacks."
                    : Invariant($"{count} transactions are only in the dead primary's binary log, and are fetched from there."),
                SalvageableGtids = salvage.Gtids(flavor),
                SalvageableCount = count,
                LastReceivedGtids = link.Received,
                LastHeard = link.LastHeard,
            };
        }

        string since = link.LastHeard is { } heard ? Invariant($" (last heard {heard:u})") : "";
        string waited = link.Others.Count == 0
            ? $"the candidate until the primary died{since}, so it holds"
            : $"a replica until the primary died{since}, so the candidate holds, with what it takes from "
                + $"{string.Join(" and ", link.Others)},";
        return doubt is null
            ? new()
            {
                Bound = LossBound.NothingAcknowledged,
                Reason = $"Commits waited for {waited} every acknowledged write; what was not acknowledged may be lost.",
                LastReceivedGtids = link.Received,
                LastHeard = link.LastHeard,
            }
            : new()
            {
                Bound = LossBound.AfterLastReceived,
                Reason =
                    $"Whatever the primary committed after {(link.Received.Length > 0 ? link.Received : "its start")}{since} is lost, "
                        + $"acknowledged or not: {(unread ?? "its machine does not answer").TrimEnd('.')}, and {doubt}.",
                LastReceivedGtids = link.Received,
                LastHeard = link.LastHeard,
            };
    }
}

/// <summary>How a candidate stood to its source when that died.</summary>
internal sealed record CandidateLink
{
    /// <summary>What it has received (and so, once applied, will hold).</summary>
    public required string Received { get; init; }

    /// <summary>The other replicas that answer: what they received and it did not, it takes from them.</summary>
    public IReadOnlyList<string> Others { get; init; } = [];

    /// <summary>When it last heard of its source; <see langword="null"/> if it does not say.</summary>
    public DateTimeOffset? LastHeard { get; init; }

    /// <summary>
    /// Whether it says that it acknowledges as a semi-synchronous replica. That says nothing of whether the source waited.
    /// </summary>
    public bool SemiSyncActive { get; init; }
}
