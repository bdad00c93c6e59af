using System.Text.Json.Serialization;

namespace Foobar.Ops.Inventory;

/// <summary>The database topology wanted.</summary>
public sealed record DatabasePolicy
{
    /// <summary>The role whose servers are the members.</summary>
    public Role Members { get; init; } = Role.Database;

    /// <summary>How the members keep the same data.</summary>
    public DatabaseTopology Topology { get; init; } = DatabaseTopology.Replication;

    /// <summary>How many members accept writes: 1 for primary and replicas, more for a multi-primary cluster.</summary>
    public int Writers { get; init; } = 1;

    /// <summary>The TCP port members listen on.</summary>
    public int Port { get; init; } = 3306;

    /// <summary>The path of the server's unix socket; <see langword="null"/> for the usual places.</summary>
    public string? Socket { get; init; }

    /// <summary>More lag than this, in seconds, fails.</summary>
    public double MaxLagSeconds { get; init; } = 5;

    /// <summary>Whether acknowledged writes must be on a replica too (semi-synchronous replication).</summary>
    public bool SemiSync { get; init; }

    /// <summary>The members that a failover without a named candidate promotes first, the most wanted first, by name.</summary>
    public IReadOnlyList<string> Preferred { get; init; } = [];

    /// <summary>The members that are never promoted, by name.</summary>
    public IReadOnlyList<string> NeverPromote { get; init; } = [];

    /// <summary>What a failover that no person begins may lose (<c>Watch-FoobarPrimary -Failover</c>).</summary>
    public AutomaticFailover Automatic { get; init; } = new();

    /// <summary>Where the application writes; <see langword="null"/> where it connects to a member directly.</summary>
    public WriteEndpoint? WriteEndpoint { get; init; }

    /// <summary>Where the application reads what need not be fresh; <see langword="null"/> where it reads where it writes.</summary>
    public ReadEndpoint? ReadEndpoint { get; init; }
}

/// <summary>How the members of a database keep the same data.</summary>
public enum DatabaseTopology : long
{
    /// <summary>A primary whose replicas follow its binary log, asynchronously or semi-synchronously.</summary>
    [JsonStringEnumMemberName("replication")]
    Replication,

    /// <summary>MySQL Group Replication (InnoDB Cluster), with one primary or several.</summary>
    [JsonStringEnumMemberName("group-replication")]
    GroupReplication,

    /// <summary>A Galera cluster of MariaDB or MySQL.</summary>
    [JsonStringEnumMemberName("galera")]
    Galera,
}
