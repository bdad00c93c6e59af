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

    /// <summary>How many members it sees, itself included.</summary>
    public long Members { get; init; }

    /// <summary>How many of them can serve.</summary>
    public long Online { get; init; }

    /// <summary>Whether this member is in the part that has the majority.</summary>
    public bool HasQuorum { get; init; }

    /// <summary>This member's state as it states it: <c>ONLINE</c>, <c>Synced</c> ...</summary>
    public string? State { get; init; }

    /// <summary>Why its state is not understood; <see langword="null"/> if it is.</summary>
    public string? NotUnderstood { get; init; }

    /// <summary>Whether this member is a primary of the group; always so in Galera.</summary>
    public bool Primary { get; init; }

    /// <summary>Reads <c>performance_schema.replication_group_members</c>; no rows, or one without a name, are no group.</summary>
    internal static ClusterFacts FromGroup(IReadOnlyList<DatabaseRow> rows, Guid? self)
    {
        List<DatabaseRow> members = [.. rows.Where(row => !string.IsNullOrEmpty(row.Text("member_id")))];
        DatabaseRow? own = members.FirstOrDefault(row => Guid.TryParse(row.Text("member_id"), out Guid id) && id == self);
        int online = members.Count(row => row.Text("member_state") == "ONLINE");
        return members.Count == 0 || (own?.Text("member_state") == "OFFLINE" && members.Count == 1)
            ? new()
            : new()
            {
                Kind = ClusterKind.GroupReplication,
                Members = members.Count,
                Online = online,
                HasQuorum = online * 2 > members.Count,
                State = own?.Text("member_state"),
                NotUnderstood = ReplicationWords.GroupStates.Trouble(members.Select(row => row.Text("member_state") ?? "")),
                Primary = own?.Text("member_role") == "PRIMARY",
            };
    }

    /// <summary>Reads Galera's status.</summary>
    internal static ClusterFacts FromGalera(ServerVariables status)
    {
        long size = status.Number("wsrep_cluster_size") ?? 0;
        return new()
        {
            Kind = ClusterKind.Galera,
            Members = size,
            Online = status.Flag("wsrep_ready") == true ? size : Math.Max(0, size - 1),
            HasQuorum = status.Text("wsrep_cluster_status") == "Primary",
            NotUnderstood = ReplicationWords.GaleraStates.Trouble(status.Text("wsrep_cluster_status") ?? ""),
            State = status.Text("wsrep_local_state_comment"),
            Primary = true,
        };
    }
}
