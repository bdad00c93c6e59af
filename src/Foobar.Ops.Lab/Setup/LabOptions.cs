using System.Text.RegularExpressions;
using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Lab.Setup;

/// <summary>Which database the lab runs.</summary>
internal enum DatabaseFlavour
{
    /// <summary>MySQL from Debian's unstable suite.</summary>
    MySql,

    /// <summary>MariaDB from Debian 12.</summary>
    MariaDb,
}

/// <summary>Which Debian the servers are.</summary>
internal enum DebianSuite
{
    /// <summary>Debian 12: with MariaDB.</summary>
    Bookworm,

    /// <summary>Debian 13: with MariaDB.</summary>
    Trixie,

    /// <summary>What the next Debian is made of: with MySQL, which no released Debian has.</summary>
    Unstable,
}

/// <summary>Where TLS ends in the lab.</summary>
internal enum TlsVariant
{
    /// <summary>At the load balancer; plain HTTP behind it.</summary>
    Edge,

    /// <summary>At the load balancer, with TLS again to nginx, verified against the lab's authority.</summary>
    Reencrypt,

    /// <summary>At nginx; the load balancer passes TCP through.</summary>
    Web,
}

/// <summary>What keeps the rules of the servers' own firewalls.</summary>
internal enum HostFirewall
{
    /// <summary>nftables, loaded from its file.</summary>
    Nftables,

    /// <summary>firewalld, on all servers but fw-01.</summary>
    Firewalld,

    /// <summary>ufw, on all servers but fw-01.</summary>
    Ufw,

    /// <summary>nftables, and beside it on the web servers the rules that dockerd writes.</summary>
    Docker,
}

/// <summary>What keeps the lab's databases in step.</summary>
internal enum ClusterVariant
{
    /// <summary>A primary and replicas.</summary>
    None,

    /// <summary>Group Replication with a single primary, of MySQL.</summary>
    Group,

    /// <summary>Galera, of MariaDB.</summary>
    Galera,
}

/// <summary>What kind of lab to raise.</summary>
internal sealed partial record LabOptions
{
    /// <summary>The name given when none is.</summary>
    public const string DefaultName = "foobar";

    /// <summary>The lab's name: it is part of the names of its namespaces and of its state directory.</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary>Which database it runs.</summary>
    public DatabaseFlavour Database { get; init; } = DatabaseFlavour.MySql;

    /// <summary>Which Debian its servers are; <see langword="null"/> for the oldest that has the database.</summary>
    public DebianSuite? Suite { get; init; }

    /// <summary>Where TLS ends.</summary>
    public TlsVariant Tls { get; init; } = TlsVariant.Edge;

    /// <summary>Whether semi-synchronous replication is switched on.</summary>
    public bool SemiSync { get; init; }

    /// <summary>
    /// Whether HAProxy and nginx are configured as on a site that has grown: inherited defaults, servers by name, certificates of
    /// two kinds in a list, several virtual hosts, an access log that is buffered and lies elsewhere.
    /// </summary>
    public bool Grown { get; init; }

    /// <summary>What keeps the rules of the servers' own firewalls.</summary>
    public HostFirewall Firewall { get; init; }

    /// <summary>Whether more monitoring agents run on the servers, and a Prometheus on lb-01.</summary>
    public bool Agents { get; init; }

    /// <summary>How many replicas there are: one on web-02, the further ones on servers of their own.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>What keeps the databases in step; a cluster has as many members as there would be a primary and replicas.</summary>
    public ClusterVariant Cluster { get; init; }

    /// <summary>How many load balancers there are: two share addresses by keepalived.</summary>
    public int Balancers { get; init; } = 1;

    /// <summary>Checks a number of load balancers.</summary>
    /// <exception cref="LabException">It is not 1 or 2.</exception>
    public static int CheckedBalancers(int balancers) => balancers is 1 or 2
        ? balancers
        : throw LabException.Refused($"A lab can't have {balancers} load balancers.", "It has 1 or 2.");

    /// <summary>The most replicas that a lab has; its networks have room for no more servers.</summary>
    public const int MostReplicas = 3;

    /// <summary>Checks a number of replicas.</summary>
    /// <exception cref="LabException">It is not 1 to <see cref="MostReplicas"/>.</exception>
    public static int CheckedReplicas(int replicas) => replicas is >= 1 and <= MostReplicas
        ? replicas
        : throw LabException.Refused($"A lab can't have {replicas} replicas.", $"It has 1 to {MostReplicas}.");

    /// <summary>Makes the databases a cluster, of three members at least: two have no majority without each other.</summary>
    /// <exception cref="LabException">Their product has no such cluster, or another kind of replication was asked for too.</exception>
    public LabOptions Clustered(ClusterVariant cluster) => (cluster, Database, SemiSync) switch
    {
        (ClusterVariant.None, _, _) => this,
        (_, _, true) => throw LabException.Refused("Members of a cluster don't replicate semi-synchronously.", "Leave --semi-sync out."),
        (ClusterVariant.Group, DatabaseFlavour.MySql, _) or (ClusterVariant.Galera, DatabaseFlavour.MariaDb, _) =>
            this with { Cluster = cluster, Replicas = Math.Max(2, Replicas) },
        _ => throw LabException.Refused(
            $"{Database} has no cluster of the kind {cluster}.", "--cluster group goes with --database mysql, galera with mariadb."),
    };

    /// <summary>Checks a lab's name, which ends up in paths and in names of namespaces.</summary>
    /// <exception cref="LabException">It is not 1 to 32 lower case letters, digits and hyphens, beginning with a letter.</exception>
    public static string CheckedName(string name) => NamePattern().IsMatch(name)
        ? name
        : throw LabException.Refused(
            $"'{name}' can't name a lab.", "Use 1 to 32 lower case letters, digits and hyphens, beginning with a letter.");

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,31}\z")]
    private static partial Regex NamePattern();
}
