using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>Faults of a cluster of three: web-01 takes the writes.</summary>
internal static class ClusterFaults
{
    /// <summary>Kills a database and keeps it down.</summary>
    public const string Kill =
        "for unit in mariadb mysql; do ! systemctl is-active --quiet $unit || { systemctl kill --signal=KILL $unit; systemctl stop $unit; "
            + "}; done";

    /// <summary>
    /// Starts it again, and lets it join. A group refuses a member while it still knows the one that died, and the server tries
    /// once only.
    /// </summary>
    public const string Start =
        "for unit in mariadb mysql; do [ ! -e /lib/systemd/system/$unit.service ] || { systemctl reset-failed $unit 2>/dev/null; systemctl "
            + "start $unit; }; done; "
        + "command -v mariadbd >/dev/null || for i in $(seq 60); do "
        + "! mysql -N -e 'SELECT member_state FROM performance_schema.replication_group_members WHERE member_id = @@server_uuid' | grep -q "
        + "-e ONLINE -e RECOVERING || break; "
        + "mysql -e 'START GROUP_REPLICATION' 2>/dev/null || sleep 1; done";

    // All that the members say to each other, in either direction, over either kind's port.
    private const string Cut =
        "for side in dport sport; do nft insert rule inet filter input tcp $side '{ 4567, 33061 }' drop comment partition; done";

    private const string Mend =
        "for handle in $(nft -a list chain inet filter input | sed -n 's/.*comment \"partition\" # handle //p'); do nft delete rule inet "
            + "filter input handle $handle; done";

    private const string Size =
        "(mysql -N -e \"SHOW STATUS LIKE 'wsrep_cluster_size'\"; mysql -N -e \"SELECT COUNT(*) FROM "
            + "performance_schema.replication_group_members WHERE member_state = 'ONLINE'\") 2>/dev/null | grep -q '\\<2$'";

    private const string NoMajority =
        "(mysql -N -e \"SHOW STATUS LIKE 'wsrep_cluster_status'\"; mysql -N -e \"SELECT COUNT(*) FROM "
            + "performance_schema.replication_group_members WHERE member_state = 'UNREACHABLE'\") 2>/dev/null | grep -q -e non-Primary -e "
            + "'\\<2$'";

    private static readonly Func<LabOptions, bool> Clusters = static options => options.Cluster != ClusterVariant.None;
    private static readonly Func<LabOptions, bool> Galera = static options => options.Cluster == ClusterVariant.Galera;
    private static readonly Func<LabOptions, bool> Group = static options => options.Cluster == ClusterVariant.Group;

    // Alone from here on, and no more than it was: those that are gone must not be there.
    private static readonly string GoOnAlone = Either(
        "mysql -e \"SET GLOBAL wsrep_provider_options = 'pc.bootstrap=1'\"",
        "mysql -e \"SET GLOBAL group_replication_force_members = '$(mysql -N -e 'SELECT @@group_replication_local_address')'\" && mysql -e "
            + "\"SET GLOBAL group_replication_force_members = ''\"");

    /// <summary>The table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [
        Row("member-killed", "DB-026", "The database of db-03 was killed, and stays down", "db-03", Kill, Start) with
            { AppliesTo = Clusters, Thing = "cluster", ShowsOn = "web-01", ShowsWhen = Size, AlsoSeenBy = AlsoOfKilled },
        new FaultOfTwo(
            new FaultOfTwo(
                Row(
                    "quorum-lost", "DB-026",
                    "Two of three members were killed: the one that is left has no majority",
                    "web-02", Kill, Start) with
                {
                    Thing = "cluster",
                },
                Row(
                    "quorum-lost", "DB-026",
                    "Two of three members were killed: the one that is left has no majority",
                    "db-03", Kill, Start) with
                {
                    Thing = "cluster",
                }),
            Row("quorum-lost", "DB-026", "", "web-01", "true", $"({GoOnAlone}) || true") with { Thing = "cluster" })
            { AppliesTo = Clusters, ShowsOn = "web-01", ShowsWhen = NoMajority, AlsoSeenBy =
            [
                .. AlsoOfKilled, "LB-002", "LB-011", "TOP-009",
            ] },
        Row("member-partitioned", "DB-026", "db-03 and the other members do not hear each other", "db-03", Cut, $"{Mend}; {Start}") with
            { AppliesTo = Clusters, Thing = "cluster", ShowsOn = "db-03", ShowsWhen = NoMajority, AlsoSeenBy = AlsoOfPartition },
        new FaultOfTwo(
            Row(
                "split-brain", "DB-035", "db-03 was cut off, and made a cluster of its own", "db-03",
                $"{Cut}; until {NoMajority}; do sleep 0.5; done",
                $"{Mend}; {Start}; {Either("true", "mysql -e 'START GROUP_REPLICATION' 2>/dev/null || true")}") with
            {
                Thing = "cluster",
            },
            Row(
                "split-brain", "DB-035", "", "db-03", GoOnAlone,
                Either("systemctl stop mariadb; rm -f /var/lib/mysql/grastate.dat", "mysql -e 'STOP GROUP_REPLICATION' || true")))
            { AppliesTo = Clusters, AlsoSeenBy = [.. AlsoOfPartition, "DB-002", "DB-026"] },
        Row(
            "member-desynced", "DB-038",
            "db-03 is set apart: it may fall behind without limit",
            "db-03", "mysql -e 'SET GLOBAL wsrep_desync = ON'", "mysql -e 'SET GLOBAL wsrep_desync = OFF'") with
            { AppliesTo = Galera, Thing = "cluster" },
        new FaultOfTwo(
            Row(
                "writers-held-back", "DB-037", "db-03 can't apply, and makes all others wait", "web-01",
                "mysql -e 'CREATE TABLE IF NOT EXISTS foobar_ops.flow (id BIGINT AUTO_INCREMENT PRIMARY KEY) ENGINE = InnoDB'",
                "mysql -e 'DROP TABLE IF EXISTS foobar_ops.flow'"),
            new FaultOfTwo(
                Row("writers-held-back", "DB-037", "", "db-03", Either(
                        Hold("LOCK TABLES foobar_ops.flow WRITE"),
                        "mysql -e 'SET GLOBAL group_replication_flow_control_applier_threshold = 10'; "
                            + $"{Hold("FLUSH TABLES WITH READ LOCK")}"),
                    "systemctl stop foobar-lock 2>/dev/null || true; "
                        + $"{Either("true", "mysql -e 'SET GLOBAL group_replication_flow_control_applier_threshold = 25000'")}"),
                Row("writers-held-back", "DB-037", "", "web-01",
                    "systemd-run --quiet --collect --unit=foobar-flow sh -c 'for i in $(seq 300); do echo \"INSERT INTO foobar_ops.flow "
                        + "VALUES (NULL);\"; done | mysql'",
                    "systemctl stop foobar-flow 2>/dev/null || true")))
            { AppliesTo = Clusters, ShowsOn = "db-03", ShowsWhen = Held },
        Row(
            "group-multi-primary", "DB-040", "The group takes writes on every member", "web-01",
            "mysql -e 'SELECT group_replication_switch_to_multi_primary_mode()'",
            "for i in $(seq 30); do mysql -e \"SELECT group_replication_switch_to_single_primary_mode('$(mysql -N -e 'SELECT "
                + "@@server_uuid')')\" && exit 0; sleep 1; done; exit 1") with
            { AppliesTo = Group, Thing = "cluster", AlsoSeenBy = ["DB-002"] },
    ];

    // Nothing of a database that does not answer can be judged.
    private static IReadOnlyList<string> AlsoOfKilled =>
    [
        .. AuditRegistry.Controls.Where(static control => control.Area == Area.Database).Select(static control => control.Id),
        "SRV-001", "SRV-002", "SRV-004", "TLS-040", "TLS-041", "TLS-042", "TLS-043", "TLS-045", "TOP-002", "TOP-006",
    ];

    // A member without the majority refuses statements, and the rules that cut it off are seen too.
    private static IReadOnlyList<string> AlsoOfPartition =>
        ["DB-015", "DB-029", "DB-030", "DB-034", "DB-036", "DB-042", "FW-002", "FW-006", "FW-008", "FW-014", "FW-016", "TOP-006"];

    private const string Held =
        "(mysql -N -e \"SHOW STATUS LIKE 'wsrep_flow_control_requested'\"; mysql -N -e 'SELECT COUNT_TRANSACTIONS_REMOTE_IN_APPLIER_QUEUE "
            + "> 10 FROM performance_schema.replication_group_member_stats WHERE member_id = @@server_uuid') 2>/dev/null | grep -q -e true "
            + "-e '^1$'";

    private static string Hold(string statement) =>
        $"systemd-run --quiet --collect --unit=foobar-lock sh -c '(echo \"{statement};\"; sleep 3600) | mysql --unbuffered'; sleep 1";

    private static string Either(string galera, string group) => $"if command -v mariadbd >/dev/null; then {galera}; else {group}; fi";

    private static ShellFault Row(
        string name, string control, string description, string server, string commandToBreak, string commandToHeal) =>
        new(name, Area.Database, control, description, server, commandToBreak, commandToHeal);
}
