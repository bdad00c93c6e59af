using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Database;

/// <summary>
/// What members of the lab's clusters said (MySQL 9.7.4, MariaDB 10.11.18 with Galera 26.4.23), healthy and with members killed.
/// </summary>
internal static class ClusterSamples
{
    public const string Web1 = "0078d3fe-ecbe-11f1-bc1b-de36f3dc387c";
    public const string Web2 = "00526656-ecbe-11f1-b8c7-1e1dae5eb944";
    public const string Db3 = "009a4c2b-ecbe-11f1-8bbc-b6a5c93864b2";
    public const string History = "dd462704-ecbd-11f1-b708-0f4077bb860e";

    /// <summary>ReplicationQueries.GroupMembers, as web-01 answers it.</summary>
    public const string GroupHealthy = $"""
        member_id	member_host	member_state	member_role	view_id	certifying	applying	conflicts	proposed
        {Web2}	web-02	ONLINE	SECONDARY	17960436239436570:3	0	0	0	41
        {Web1}	web-01	ONLINE	PRIMARY	17960436239436570:3	0	0	0	64
        {Db3}	db-03	ONLINE	SECONDARY	17960436239436570:3	0	0	0	0
        """;

    /// <summary>The database of db-03 was killed some seconds ago.</summary>
    public const string GroupKilled = $"""
        member_id	member_host	member_state	member_role	view_id	certifying	applying	conflicts	proposed
        {Web2}	web-02	ONLINE	PRIMARY	17960436239436570:3	0	0	0	41
        {Web1}	web-01	ONLINE	SECONDARY	17960436239436570:3	0	0	0	64
        {Db3}	db-03	UNREACHABLE	SECONDARY	17960436239436570:3	0	0	0	0
        """;

    /// <summary>That of web-02, the primary, too.</summary>
    public const string GroupLost = $"""
        member_id	member_host	member_state	member_role	view_id	certifying	applying	conflicts	proposed
        {Web2}	web-02	UNREACHABLE	PRIMARY	17960436239436570:3	0	0	0	41
        {Web1}	web-01	ONLINE	SECONDARY	17960436239436570:3	0	0	0	64
        {Db3}	db-03	UNREACHABLE	SECONDARY	17960436239436570:3	0	0	0	0
        """;

    /// <summary>web-01 was told to go on alone (group_replication_force_members).</summary>
    public const string GroupForced = $"""
        member_id	member_host	member_state	member_role	view_id	certifying	applying	conflicts	proposed
        {Web1}	web-01	ONLINE	PRIMARY	17960436239436570:4	0	0	0	64
        """;

    /// <summary>db-03 has been started again, and has not joined yet.</summary>
    public const string GroupStarting = $"""
        member_id	member_host	member_state	member_role	view_id	certifying	applying	conflicts	proposed
        {Db3}	db-03	OFFLINE			0	0	0	0
        """;

    /// <summary>ReplicationQueries.GroupSettings, of what is read.</summary>
    public const string GroupSettings = """
        Variable_name	Value
        group_replication_enforce_update_everywhere_checks	OFF
        group_replication_flow_control_applier_threshold	25000
        group_replication_flow_control_certifier_threshold	25000
        group_replication_flow_control_mode	QUOTA
        group_replication_local_address	192.0.2.59:33061
        group_replication_group_name	f00ba400-0000-4000-8000-000000000001
        group_replication_single_primary_mode	ON
        group_replication_ssl_mode	VERIFY_CA
        group_replication_start_on_boot	ON
        """;

    /// <summary>ReplicationQueries.Status, of what is read of Galera, as web-01 answers it.</summary>
    public const string GaleraHealthy = $"""
        Variable_name	Value
        wsrep_last_committed	120
        wsrep_local_commits	44
        wsrep_local_cert_failures	0
        wsrep_flow_control_paused_ns	0
        wsrep_flow_control_paused	0
        wsrep_local_state_comment	Synced
        wsrep_cluster_weight	3
        wsrep_desync_count	0
        wsrep_cluster_conf_id	7
        wsrep_cluster_size	3
        wsrep_cluster_state_uuid	{History}
        wsrep_cluster_status	Primary
        wsrep_local_bf_aborts	0
        wsrep_ready	ON
        """;

    /// <summary>The databases of web-02 and db-03 were killed.</summary>
    public const string GaleraLost = $"""
        Variable_name	Value
        wsrep_local_state_comment	Initialized
        wsrep_cluster_weight	0
        wsrep_cluster_conf_id	18446744073709551615
        wsrep_cluster_size	1
        wsrep_cluster_state_uuid	{History}
        wsrep_cluster_status	non-Primary
        wsrep_ready	OFF
        """;

    /// <summary>wsrep_provider_options, in part.</summary>
    public const string ProviderOptions =
        "base_dir = /var/lib/mysql/; base_port = 4567; gcs.fc_limit = 16; gmcast.listen_addr = ssl://192.0.2.44:4567; pc.ignore_sb = "
            + "false; pc.weight = 1; socket.ssl = YES; socket.ssl_ca = /etc/mysql/tls/ca.pem; socket.ssl_cipher = ; ";

    /// <summary>The members that web-01's view lists.</summary>
    public const string GaleraMembers = """
        node_uuid	node_name
        dd45dfd8-ecbd-11f1-a7c1-4a70f2c0094e	web-01
        dd8cd361-ecbd-11f1-b168-9a8f2829165a	db-03
        dd8d6485-ecbd-11f1-b3cf-e32707c04311	web-02
        """;

    /// <summary>The columns of a statement's answer, separated by tabs, as the client prints them.</summary>
    public static IReadOnlyList<DatabaseRow> Rows(string text)
    {
        string[][] lines = [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split('\t'))];
        return
        [
            .. lines.Skip(1).Select(
                line => new DatabaseRow(
                    [.. lines[0].Select((name, at) => KeyValuePair.Create<string, object?>(name, at < line.Length ? line[at] : ""))])),
        ];
    }

    public static ServerVariables Variables(string text) => new(Rows(text), "SHOW GLOBAL STATUS");

    /// <summary>A group's member, as it sees the group.</summary>
    public static ClusterFacts Group(string rows, string self = Web1, string settings = GroupSettings) =>
        ClusterParser.FromGroup(Rows(rows), Guid.Parse(self), Variables(settings));

    /// <summary>A member of Galera.</summary>
    public static ClusterFacts Galera(
        string status = GaleraHealthy,
        string? members = null,
        string later = "Variable_name\tValue",
        string options = ProviderOptions) => ClusterParser.FromGalera(
            new(
                [.. Rows($"Variable_name\tValue\nwsrep_provider_options\t{options}")], "SHOW GLOBAL VARIABLES"), Variables(
                    status), Variables(later), TimeSpan.FromMilliseconds(100), Rows(members ?? GaleraMembers));

    /// <summary>Three members, each with what it says of its cluster; <see langword="null"/> for one that does not answer.</summary>
    public static SiteCase<ReplicationFacts> Case(
        ClusterFacts? first, ClusterFacts? second, ClusterFacts? third, DatabasePolicy? policy = null) => new(
            HealthySite.Three with
            {
                Policy = HealthySite.Three.Policy with { Database = policy ?? Policy(first?.Kind ?? ClusterKind.Galera) },
            },
            new Dictionary<string, Reading<ReplicationFacts>>
            {
                ["web-01"] = Member(first, "web-01", Web1),
                ["web-02"] = Member(second, "web-02", Web2),
                ["db-03"] = Member(third, "db-03", Db3),
            },
            DateTimeOffset.UnixEpoch);

    public static DatabasePolicy Policy(ClusterKind kind) => HealthySite.Site.Policy.Database! with
    {
        SemiSync = false,
        Topology = kind == ClusterKind.Galera ? DatabaseTopology.Galera : DatabaseTopology.GroupReplication,
    };

    private static Reading<ReplicationFacts> Member(ClusterFacts? cluster, string name, string uuid) => Reading.Of(cluster is null
        ? ReplicationFacts.Unreadable("no database connection", "test")
        : HealthySite.Primary with
        {
            Identity = Reading.Of(
                HealthySite.Primary.Identity.Value! with
                {
                    HostName = name,
                    ServerUuid = Guid.Parse(uuid),
                    ServerId = name[^1],
                    Flavor = cluster.Kind == ClusterKind.Galera ? DatabaseFlavor.MariaDb : DatabaseFlavor.MySql,
                }),
            Guard = Reading.Of(new WriteGuard { ReadOnly = !cluster.Primary, SuperReadOnly = !cluster.Primary }),
            Cluster = Reading.Of(cluster),
        });
}
