using System.Text.Json.Serialization;

namespace Foobar.Ops.Database;

/// <summary>What a member is in its site's replication.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MemberRole>))]
public enum MemberRole : long
{
    /// <summary>It could not be asked.</summary>
    Unknown,

    /// <summary>It takes writes and replicates from none.</summary>
    Primary,

    /// <summary>It replicates from another.</summary>
    Replica,

    /// <summary>It takes writes though it replicates from another.</summary>
    WritableReplica,

    /// <summary>It neither takes writes nor replicates.</summary>
    Fenced,

    /// <summary>It is a member of a multi-primary cluster.</summary>
    ClusterMember,
}
