using System.Diagnostics.CodeAnalysis;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Database;

/// <summary>One member in its site's replication, in one line.</summary>
public sealed record ReplicationStatus
{
    /// <summary>The member's name.</summary>
    public required string Server { get; init; }

    /// <summary>When it was read, in UTC.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>What it is.</summary>
    public required MemberRole Role { get; init; }

    /// <summary>Where it replicates from: a member's name, or host and port; <see langword="null"/> if from none.</summary>
    public string? Source { get; init; }

    /// <summary>The thread that receives; <see langword="null"/> if it replicates from none.</summary>
    public ReplicationThread? Receiver { get; init; }

    /// <summary>The thread that applies; <see langword="null"/> if it replicates from none.</summary>
    public ReplicationThread? Applier { get; init; }

    /// <summary>
    /// How far behind its source it is, in seconds, measured by what it lacks; <see langword="null"/> if it replicates from none or it
    /// can't be told.
    /// </summary>
    public double? LagSeconds { get; init; }

    /// <summary>How many transactions of its source it lacks.</summary>
    public double? BacklogTransactions { get; init; }

    /// <summary>
    /// How far behind the primary it is, in seconds: of a replica whose source is a replica itself that is more than
    /// <see cref="LagSeconds"/> where its source lags. <see langword="null"/> if it can't be told.
    /// </summary>
    public double? PrimaryLagSeconds { get; init; }

    /// <summary>How many transactions of the primary it lacks; <see langword="null"/> if it can't be told.</summary>
    public double? PrimaryBacklogTransactions { get; init; }

    /// <summary>The transactions that it has and its source lacks; empty for none.</summary>
    public string? ErrantGtids { get; init; }

    /// <summary>Whether it takes writes; <see langword="null"/> if it could not be asked.</summary>
    public bool? TakesWrites { get; init; }

    /// <summary>
    /// What it is in its cluster, and how many of the members it sees: <c>Synced, 3 of 3</c>; <see langword="null"/> if it is in none.
    /// </summary>
    public string? ClusterState { get; init; }

    /// <summary>Whether it is in the part of its cluster that has the majority; <see langword="null"/> if it is in none.</summary>
    public bool? HasQuorum { get; init; }

    /// <summary>Whether semi-synchronous replication works on it, in the role it has.</summary>
    public bool? SemiSync { get; init; }

    /// <summary>The database server's version.</summary>
    public string? Version { get; init; }

    /// <summary>The transactions it has committed.</summary>
    public string? GtidExecuted { get; init; }

    /// <summary>Errors of its threads, or why it could not be asked.</summary>
    public string? Error { get; init; }

    private ReplicationFacts? Read { get; init; }

    /// <summary>All that was read of it; <see langword="null"/> if nothing could be.</summary>
    [SuppressMessage(
        "Design", "CA1024", Justification = "Whoever writes a status as JSON gets the status, not a tree of several hundred values.")]
    public ReplicationFacts? GetFacts() => Read;

    /// <summary>One status a member and source, in the order of the inventory.</summary>
    public static IEnumerable<ReplicationStatus> Of(SiteCase<ReplicationFacts> facts)
    {
        ReplicationTopology topology = ReplicationTopology.Of(facts);
        return topology.Members.SelectMany(
            member => topology.Links.Where(link => link.Replica == member.Name)
                .DefaultIfEmpty()
                .Select(link => Of(topology, member.Name, link, facts.Time)));
    }

    private static ReplicationStatus Of(ReplicationTopology topology, string member, ReplicationLink? link, DateTimeOffset time)
    {
        ReplicationFacts? facts = topology.Facts(member);
        MemberRole role = topology.RoleOf(member);
        ReplicationLink? whole = link?.Source is null || topology.PrimaryOf(member) is not { } primary
            ? null
            : topology.LinkTo(member, primary);
        string errors = string.Join(
            "; ",
            new[] { topology.Failure(member), link?.Channel.ReceiverError, link?.Channel.ApplierError }.Where(error => error is not null));
        return new()
        {
            Server = member,
            Time = time.ToUniversalTime(),
            Role = role,
            Source = link is null ? null : link.Source ?? link.Channel.SourcePlace,
            Receiver = link?.Channel.Receiver,
            Applier = link?.Channel.Applier,
            LagSeconds = link?.LagSeconds,
            BacklogTransactions = link?.BacklogTransactions,
            PrimaryLagSeconds = whole?.LagSeconds,
            PrimaryBacklogTransactions = whole?.BacklogTransactions,
            ErrantGtids = link?.Errant,
            TakesWrites = facts?.Guard.Value?.TakesWrites is { } takes ? takes && facts.Cluster.Value?.AcceptsWrites != false : null,
            ClusterState = ClusterParts.Describe(facts?.Cluster.Value),
            HasQuorum = facts?.Cluster.Value is { Kind: not ClusterKind.None } cluster ? cluster.HasQuorum : null,
            SemiSync = role == MemberRole.Primary ? facts?.SemiSync.Value?.SourceActive : facts?.SemiSync.Value?.ReplicaActive,
            Version = facts?.Identity.Value?.Version,
            GtidExecuted = facts?.Gtid.Value?.Executed,
            Error = errors.Length > 0 ? errors : null,
            Read = facts,
        };
    }
}
