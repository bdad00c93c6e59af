using System.Text.Json;
using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Findings;
using Foobar.Ops.Planning;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication;

/// <summary>
/// What a primary itself said, while it lived, of whether its commits wait for replicas, and of its scheduled events. A replica's own flag
/// says only that it asked to acknowledge: the source may have switched waiting off, or given it up after its timeout, without telling.
/// </summary>
public sealed record SourceEvidence
{
    private const string File = "semi-sync.json";

    // Settings may be changed by a person at any time; a longer timeout than this is not relied on.
    private static readonly TimeSpan Trusted = TimeSpan.FromMinutes(5);

    /// <summary>The primary's name.</summary>
    public required string Source { get; init; }

    /// <summary>When it was read, by this machine's clock, in UTC: before the first of the values.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    /// <summary>What it said.</summary>
    public required SemiSyncFacts SemiSync { get; init; }

    /// <summary>The members that were connected to it as semi-synchronous replicas, by their own word.</summary>
    public IReadOnlyList<string> Replicas { get; init; } = [];

    /// <summary>Its scheduled events; <see langword="null"/> if they could not be read.</summary>
    public EventFacts? Events { get; init; }

    /// <summary>What it had executed, by GTID; empty if nobody watches it.</summary>
    public string Position { get; init; } = "";

    /// <summary>The highest rate at which it was seen to commit lately, in transactions a second.</summary>
    public double CommitsPerSecond { get; init; }

    /// <summary>
    /// How many transactions a candidate may lack, as far as it can be reckoned; <see langword="null"/> if nobody watched.
    /// </summary>
    /// <param name="flavor">The flavour.</param>
    /// <param name="received">What the candidate has received.</param>
    /// <param name="now">The time now, by this machine's clock.</param>
    internal long? AtRisk(DatabaseFlavor flavor, string received, DateTimeOffset now) => Position.Length == 0 || now < ReadAt
        ? null
        : (long)Math.Ceiling(GtidComparison.Backlog(flavor, Position, received) + (2 * CommitsPerSecond * (now - ReadAt).TotalSeconds));

    /// <summary>Keeps it for the emergency that may come; silently nothing where it can't be kept.</summary>
    internal void Keep(OperationStore store)
    {
        try
        {
            store.Keep(File, JsonSerializer.Serialize(this));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Without it an emergency failover claims less.
        }
    }

    /// <summary>Keeps what a survey saw of the primary, for the emergency that may come; silently nothing where it can't be kept.</summary>
    /// <param name="store">The site's state on this machine.</param>
    /// <param name="facts">What the members said.</param>
    public static void Keep(OperationStore store, SiteCase<ReplicationFacts> facts)
    {
        Of(facts)?.Keep(store);
    }

    /// <summary>What was kept of a primary; <see langword="null"/> for nothing.</summary>
    /// <param name="store">The site's state on this machine.</param>
    /// <param name="primary">The primary's name.</param>
    public static SourceEvidence? Load(OperationStore store, string primary)
    {
        try
        {
            return store.Kept(File) is { } text && JsonSerializer.Deserialize<SourceEvidence>(text) is { } kept && kept.Source == primary
                ? kept
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// What a survey shows of the one primary; <see langword="null"/> if there is not exactly one, or it could not be read.
    /// </summary>
    internal static SourceEvidence? Of(SiteCase<ReplicationFacts> facts)
    {
        ReplicationTopology topology = ReplicationTopology.Of(facts);
        string[] primaries = [.. topology.Members.Select(member => member.Name).Where(name => topology.RoleOf(name) == MemberRole.Primary)];
        return primaries is [{ } source] && topology.Facts(source) is { SemiSync.Value: { } semiSync, Gtid.Value.ReadAt: { } readAt }
            ? new()
            {
                Source = source,
                ReadAt = readAt,
                SemiSync = semiSync,
                Events = topology.Facts(source)!.Events.Value,
                Replicas =
                [
                    .. topology.Links.Where(
                        link =>
                            link.Source == source
                                && link.Channel.Receiver == ReplicationThread.Running
                                && topology.Facts(link.Replica)?.SemiSync.Value is { ReplicaActive: true })
                        .Select(link => link.Replica),
                ],
            }
            : null;
    }

    /// <summary>
    /// Why it is not proved that every acknowledged commit of the dead primary is on the candidate; <see langword="null"/> if
    /// it is. A source that waits goes on without an acknowledgement only when a commit has waited for the whole timeout, so
    /// what it said holds for that long; and it asks for as many acknowledgements as its wait count says, from any of its
    /// replicas (MySQL Reference Manual, "Semisynchronous Replication"): only those that answer now can be compared.
    /// </summary>
    /// <param name="evidence">What is known of the primary; <see langword="null"/> for nothing.</param>
    /// <param name="facts">What the members that answer say now.</param>
    /// <param name="candidate">The candidate, which lacks nothing that another member that answers has received.</param>
    /// <param name="active">Whether the candidate says that it acknowledges.</param>
    /// <param name="now">The time now, by this machine's clock.</param>
    internal static string? Doubt(
        SourceEvidence? evidence, SiteCase<ReplicationFacts> facts, string candidate, bool active, DateTimeOffset now)
    {
        if (!active)
        {
            return "the candidate does not acknowledge as a semi-synchronous replica";
        }

        return evidence is null
            ? "nothing is known of whether the primary's commits waited for a replica: nobody on this machine has looked at it before"
            : evidence.OwnDoubt(now) ?? evidence.ReplicaDoubt(ReplicationTopology.Of(facts), candidate);
    }

    private string? OwnDoubt(DateTimeOffset now)
    {
        TimeSpan age = now - ReadAt;
        TimeSpan timeout = TimeSpan.FromMilliseconds(Math.Min(SemiSync.TimeoutMilliseconds, Trusted.TotalMilliseconds));
        return SemiSync switch
        {
            { SourceEnabled: false } =>
                Invariant($"its commits did not wait for a replica (semi-synchronous replication was off at {ReadAt:u})"),
            { SourceActive: false } => Invariant($"its commits did not wait for a replica any more at {ReadAt:u}"),
            { WaitsWithoutReplica: false } =>
                "its commits stop waiting as soon as a replica leaves (rpl_semi_sync_source_wait_no_replica is OFF)",
            { Waiting: > 0, WaitingAnswered: false } =>
                Invariant($"commits were waiting already when it was looked at last ({ReadAt:u}), and may have given up since"),
            _ when age < TimeSpan.Zero
                || age > timeout => Invariant(
                    $"it was looked at last at {ReadAt:u}, {age.TotalSeconds:0} s ago, and what it said holds for {timeout.TotalSeconds:0.#} s: its commits may have stopped waiting for a replica since"),
            _ => null,
        };
    }

    private string? ReplicaDoubt(ReplicationTopology topology, string candidate)
    {
        string[] others = [.. topology.Members.Select(member => member.Name).Where(name => name != Source)];
        string[] seen =
        [
            .. others.Where(name => Replicas.Contains(name) && topology.Facts(name)?.SemiSync.Value is { ReplicaEnabled: true }),
        ];

        // One that answers and replicates from another member was not connected to the primary.
        int possible = others.Count(name => topology.Facts(name)?.SemiSync.Value is null or { ReplicaEnabled: true }
            && !topology.Links.Any(link => link.Replica == name && link.Source is { } source && source != Source));
        long unseen = Math.Max(SemiSync.Clients, possible) - seen.Length;
        return !seen.Contains(candidate) ? "the candidate was not connected to it when it was looked at last"
            : SemiSync.WaitCount > unseen ? null
            : Invariant(
                $"its commits waited for {SemiSync.WaitCount} of {Math.Max(SemiSync.Clients, possible)} replicas, of which {unseen} can't be asked: another one may have acknowledged what the candidate lacks");
    }
}
