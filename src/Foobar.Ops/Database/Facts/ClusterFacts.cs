using System.Text.Json.Serialization;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Kinds of clusters whose members keep themselves in step.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClusterKind>))]
public enum ClusterKind : long
{
    /// <summary>None: asynchronous or semi-synchronous replication, or a server alone.</summary>
    None,

    /// <summary>MySQL Group Replication.</summary>
    GroupReplication,

    /// <summary>Galera.</summary>
    Galera,
}

/// <summary>A cluster as one of its members sees it.</summary>
public sealed record ClusterFacts
{
    /// <summary>What kind of cluster.</summary>
    public ClusterKind Kind { get; init; }

    /// <summary>Which cluster: the group's name, or the UUID of Galera's history; <see langword="null"/> if it has joined none.</summary>
    public string? Identity { get; init; }

    /// <summary>The view in which it is: a new one with each member that comes or goes.</summary>
    public string? View { get; init; }

    /// <summary>The members of its view, itself included; empty if it states none.</summary>
    public IReadOnlyList<ClusterPeer> Peers { get; init; } = [];

    /// <summary>How many members it sees, itself included.</summary>
    public long Members { get; init; }

    /// <summary>How many of them can serve.</summary>
    public long Online { get; init; }

    /// <summary>
    /// Whether this member is in the part that has the majority, as the servers count it: in a group more than half of the view
    /// is reachable, also members that still recover; in Galera more than half of the last primary component's weight.
    /// </summary>
    public bool HasQuorum { get; init; }

    /// <summary>What this member counts for: <c>pc.weight</c> in Galera, 1 in a group.</summary>
    public long Weight { get; init; } = 1;

    /// <summary>What all members of its view count for together.</summary>
    public long TotalWeight { get; init; }

    /// <summary>This member's state as it states it: <c>ONLINE</c>, <c>Synced</c> ...</summary>
    public string? State { get; init; }

    /// <summary>Why its state is not understood; <see langword="null"/> if it is.</summary>
    public string? NotUnderstood { get; init; }

    /// <summary>Whether this member is a primary of the group; always so in Galera.</summary>
    public bool Primary { get; init; }

    /// <summary>Whether several members take writes by the cluster's own rules; always so in Galera.</summary>
    public bool MultiPrimary { get; init; }

    /// <summary>
    /// Whether a group with several primaries refuses what it can't certify (<c>enforce_update_everywhere_checks</c>);
    /// <see langword="null"/> in Galera.
    /// </summary>
    public bool? ChecksUpdates { get; init; }

    /// <summary>Whether it has all that the cluster committed, and serves: <c>ONLINE</c>, <c>Synced</c>.</summary>
    public bool IsInStep => State is "ONLINE" or "Synced";

    /// <summary>Whether it is out of flow control: a donor of a state transfer, or set apart by <c>wsrep_desync</c>.</summary>
    public bool Desynced { get; init; }

    /// <summary>Whether somebody set it apart by <c>wsrep_desync</c>; a donor does so by itself for a while.</summary>
    public bool SetApart { get; init; }

    /// <summary>Whether it answers statements at all (<c>wsrep_ready</c>); in a group whether it is online.</summary>
    public bool Ready { get; init; }

    /// <summary>Whether an ordinary account's write would be certified here now.</summary>
    public bool AcceptsWrites => Kind == ClusterKind.None || (HasQuorum && Ready && Primary);

    /// <summary>How the cluster slows its writers down.</summary>
    public ClusterFlow Flow { get; init; } = new();

    /// <summary>Transactions of this member's clients that lost against another member's, since its start.</summary>
    public long Conflicts { get; init; }

    /// <summary>Transactions that its clients committed, since its start.</summary>
    public long LocalCommits { get; init; }

    /// <summary>
    /// The last transaction that it committed, as the cluster counts them; <see langword="null"/> in a group, which counts by GTID.
    /// </summary>
    public long? LastCommitted { get; init; }

    /// <summary>The TCP ports on which the other members reach this one, beside the database's own.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [];

    /// <summary>How the members' own connections are encrypted: <c>VERIFY_CA</c>, <c>REQUIRED</c> ..., or <c>DISABLED</c>.</summary>
    public string Encryption { get; init; } = "";

    /// <summary>
    /// Whether it is in one part of a cluster with another member. They are read a moment apart, so that one of them may have seen
    /// somebody come or go: parts that know nothing of each other have no member in common.
    /// </summary>
    public bool IsOneWith(ClusterFacts other) => Kind == other.Kind && Identity == other.Identity
        && (Peers.Count == 0 || other.Peers.Count == 0
            ? View == other.View
            : Peers.Any(peer => other.Peers.Any(theirs => theirs.Id == peer.Id)));
}

/// <summary>A member of a cluster as another one, or itself, sees it.</summary>
/// <param name="Id">The server's UUID in a group, the node's in Galera.</param>
/// <param name="Name">The host, or the node's name.</param>
/// <param name="State">Its state; <see langword="null"/> in Galera, where each tells its own only.</param>
/// <param name="Primary">Whether it is a primary of the group; always so in Galera.</param>
public sealed record ClusterPeer(string Id, string Name, string? State, bool Primary);

/// <summary>How a cluster slows its writers down so that its members keep up.</summary>
public sealed record ClusterFlow
{
    /// <summary>Whether it holds writers back now.</summary>
    public bool Active { get; init; }

    /// <summary>Whether this member asks for it.</summary>
    public bool Requested { get; init; }

    /// <summary>
    /// The part of the time between two looks in which replication stood still, 0 to 1; <see langword="null"/> in a group, which does not
    /// tell.
    /// </summary>
    public double? PausedNow { get; init; }

    /// <summary>The same since the server's start, or its last FLUSH STATUS.</summary>
    public double? PausedSince { get; init; }

    /// <summary>How many transactions wait here to be certified or applied.</summary>
    public long Queue { get; init; }

    /// <summary>From how many on it holds writers back; 0 if it never does.</summary>
    public long Limit { get; init; }
}
