using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using static Foobar.Ops.Database.DatabaseControl;

namespace Foobar.Ops.Database;

/// <summary>What Group Replication and Galera must be like, beside what holds for every database.</summary>
internal static class ClusterControls
{
    // From here on writers notice it; below are single transactions that waited for each other.
    private const double PausedFraction = 0.1;

    private const double ConflictPercent = 1;
    private const string GroupManual = "MySQL Reference Manual 8.4 and 9.7, Group Replication";
    private const string GaleraManual =
        "MariaDB Server Documentation, Galera Cluster Status Variables; Galera Cluster Documentation, Weighted Quorum";

    public static Control<SiteCase<ReplicationFacts>> Complete { get; } = OfCluster(
        Info(
            "DB-026", Severity.Critical,
            "Every member of a cluster is in it and it has its majority",
            "A member without the majority refuses writes or, worse, takes them alone.",
            "Bring the missing members back; look at performance_schema.replication_group_members or the wsrep_ status. If the majority is "
                + "lost for good: group_replication_force_members, or SET GLOBAL wsrep_provider_options = 'pc.bootstrap=1' on the most "
                + "advanced member, after all others are seen to be down.",
            $"{GroupManual}; {GaleraManual}"),
        JudgeMembership);

    public static Control<SiteCase<ReplicationFacts>> OneCluster { get; } = OfSite(
        Info(
            "DB-035", Severity.Critical, "The members form one cluster",
            "Two parts that each hold themselves for the cluster take writes that contradict each other: split brain. One of them has to "
                + "be thrown away.",
            "Take the part with fewer members, or with less of value, out of the write endpoint at once and stop its databases; save what "
                + "it took; let them join the other part by a state transfer.",
            $"{GroupManual}; {GaleraManual}"),
        (topology, _) => ClusterParts.WithQuorum(topology) switch
        {
            _ when ClusterParts.Members(topology).Count == 0 => [Verdict.NotApplicable(actual: "no cluster")],
            { Count: > 1 } parts =>
                [Verdict.Fail("cluster", "one part", string.Join(" | ", parts.Select(static part => string.Join(", ", part))))],
            [var part] => [Verdict.Pass("cluster", string.Join(", ", part))],
            _ => [Verdict.Pass("cluster", "no part has a majority: see DB-026")],
        });

    public static Control<SiteCase<ReplicationFacts>> BearsALoss { get; } = OfCluster(
        Info(
            "DB-036", Severity.High,
            "The cluster keeps its majority when any one member fails",
            "More than half of what the members weigh has to be left, or all of them stop: two members are less available than one, and a "
                + "member that weighs half takes the others along.",
            "Have an odd number of members, three or more, each of the same weight (pc.weight); Galera's arbitrator (garbd) is a member "
                + "without data.",
            GaleraManual),
        (member, cluster) => !cluster.HasQuorum
            ? [Verdict.NotApplicable(cluster.Kind.ToString(), "has no majority: see DB-026")]
            : [ClusterParts.WithoutHeaviest(member.Topology, cluster) switch
            {
                var (left, total) when left * 2 > total => Verdict.Pass(cluster.Kind.ToString(), $"{left} of {total} left"),
                var (left, total) =>
                    Verdict.Warning(cluster.Kind.ToString(), $"more than {Text(total / 2.0)} of {total} left", $"{left} left"),
            }]);

    public static Control<SiteCase<ReplicationFacts>> FlowControl { get; } = OfCluster(
        Info(
            "DB-037", Severity.Medium, "No member holds the cluster's writers back",
            "A member that can't keep up makes all others wait: every commit of the site stands still until it has caught up.",
            "Look at the member whose queue is long: its disk, its parallel appliers (wsrep_slave_threads, replica_parallel_workers), a "
                + "table without a primary key, a lock (FLUSH TABLES WITH READ LOCK, LOCK TABLES).",
            $"{GaleraManual}, wsrep_flow_control_paused; {GroupManual}, Flow Control"),
        (_, cluster) => [cluster.Flow switch
        {
            { Requested: true } flow => Verdict.Fail(
                "flow control", "keeps up", $"asks the others to wait: {flow.Queue} transactions wait here, {flow.Limit} allowed"),
            { Active: true } flow =>
                Verdict.Fail("flow control", "commits at once", $"writers are held back; {flow.Queue} transactions wait here"),
            { PausedNow: >= PausedFraction } flow => Verdict.Fail(
                "flow control", "commits at once", $"paused for {Text(100 * flow.PausedNow.Value)} % of the time between two looks"),
            { PausedSince: >= PausedFraction } flow => Verdict.Warning(
                "flow control", "commits at once", $"paused for {Text(100 * flow.PausedSince.Value)} % of the time since FLUSH STATUS"),
            { } flow => Verdict.Pass("flow control", $"not paused; {flow.Queue} transactions wait"),
        }]);

    public static Control<SiteCase<ReplicationFacts>> InSync { get; } = OfCluster(
        Info(
            "DB-038", Severity.Medium, "No member is out of step for another's sake",
            "A donor of a state transfer, or a member set apart by wsrep_desync, falls behind without limit: writes must not be led to it, "
                + "and while it is so one member less can be lost.",
            "Wait until the state transfer has ended; SET GLOBAL wsrep_desync = OFF once what it was set for is done.",
            $"{GaleraManual}, wsrep_local_state_comment"),
        (_, cluster) => [cluster switch
        {
            { Kind: ClusterKind.GroupReplication } => Verdict.NotApplicable(cluster.Kind.ToString(), "a group has no such state"),
            { SetApart: true } => Verdict.Fail("wsrep_desync", "OFF", "ON: it may fall behind without limit"),
            { Desynced: true } => Verdict.Warning("state", "Synced", cluster.State ?? "not stated"),
            _ => Verdict.Pass("state", cluster.State),
        }]);

    public static Control<SiteCase<ReplicationFacts>> Conflicts { get; } = OfCluster(
        Info(
            "DB-039", Severity.Medium,
            "Transactions seldom lose against those of other members",
            "Where several members take writes to the same rows, the later commit is rolled back with a deadlock error: an application "
                + "that does not repeat it loses the change.",
            "Lead all writes to one member (the write endpoint), or those to one table; let the application repeat a transaction after "
                + "error 1213.",
            $"{GaleraManual}, wsrep_local_cert_failures, wsrep_local_bf_aborts; {GroupManual}, COUNT_CONFLICTS_DETECTED"),
        (member, cluster) => [cluster switch
        {
            { Conflicts: > 0 } when 100.0 * cluster.Conflicts / Math.Max(
                1, cluster.Conflicts + cluster.LocalCommits) >= ConflictPercent => Verdict.Warning(
                    "certification",
                    $"less than {Text(ConflictPercent)} % of {cluster.Conflicts + cluster.LocalCommits} transactions",
                    $"{cluster.Conflicts} lost{(member.Policy.Writers == 1 ? ", though one writer is declared" : "")}"),
            _ => Verdict.Pass("certification", $"{cluster.Conflicts} lost of {cluster.Conflicts + cluster.LocalCommits}"),
        }]);

    public static Control<SiteCase<ReplicationFacts>> Mode { get; } = OfCluster(
        Info(
            "DB-040", Severity.High,
            "The cluster takes writes on as many members as declared",
            "A group with several primaries takes a write on each; where one writer is declared nobody expects the conflicts. Without "
                + "update-everywhere checks it does not even refuse what it can't certify.",
            "SELECT group_replication_switch_to_single_primary_mode(); or declare the writers (policy.database.writers), and set "
                + "group_replication_enforce_update_everywhere_checks.",
            $"{GroupManual}, Multi-Primary and Single-Primary Modes"),
        (member, cluster) => [cluster switch
        {
            { Kind: ClusterKind.Galera } =>
                Verdict.NotApplicable(cluster.Kind.ToString(), "every member takes writes; where they are led to is judged by LB-011"),
            { MultiPrimary: true } when member.Policy.Writers == 1 => Verdict.Fail("mode", "single primary", "several primaries"),
            { MultiPrimary: false } when member.Policy.Writers > 1 =>
                Verdict.Fail("mode", $"{member.Policy.Writers} primaries", "single primary"),
            { MultiPrimary: true, ChecksUpdates: not true } =>
                Verdict.Warning("mode", "group_replication_enforce_update_everywhere_checks = ON", "OFF"),
            _ => Verdict.Pass("mode", cluster.MultiPrimary ? "several primaries" : "single primary"),
        }]);

    public static Control<SiteCase<ReplicationFacts>> Encrypted { get; } = OfCluster(
        Info(
            "DB-041", Severity.Medium, "The members of a cluster talk over TLS",
            "Every row that is written goes over the members' own connections; whoever can send there can join.",
            "MySQL: group_replication_ssl_mode = VERIFY_CA. Galera: wsrep_provider_options = "
                + "'socket.ssl_key=...;socket.ssl_cert=...;socket.ssl_ca=...' on all members at once.",
            $"{GroupManual}, Securing Group Communication Connections; {GaleraManual}"),
        (member, cluster) => [cluster.Encryption switch
        {
            "" => Verdict.Unknown("group communication", "how the members' connections are encrypted was not read"),
            "DISABLED" when member.Site.Policy.Tls.Backends == BackendEncryption.Plain =>
                Verdict.Warning("group communication", "TLS", "plaintext, as declared for what is behind the load balancer"),
            "DISABLED" => Verdict.Fail("group communication", "TLS", "plaintext"),
            "REQUIRED" => Verdict.Warning("group communication", "TLS with certificates verified", "TLS, certificates not verified"),
            { } verified => Verdict.Pass("group communication", verified),
        }]);

    private static Control<SiteCase<ReplicationFacts>> OfCluster(
        ControlInfo info, Func<MemberCase, ClusterFacts, IEnumerable<Verdict>> judge) =>
        OfFact(info, static facts => facts.Cluster, (member, cluster) => cluster switch
        {
            { Kind: ClusterKind.None } when member.Policy.Topology != DatabaseTopology.Replication && info.Id == "DB-026" =>
                [Verdict.Fail("cluster", "a member, as declared", "in no cluster")],
            { Kind: ClusterKind.None } => [Verdict.NotApplicable(actual: "no cluster")],
            { NotUnderstood: { } why } => [Verdict.Unknown(cluster.Kind.ToString(), why)],
            _ => judge(member, cluster),
        });

    private static IEnumerable<Verdict> JudgeMembership(MemberCase member, ClusterFacts cluster)
    {
        string kind = cluster.Kind.ToString();
        if (!cluster.HasQuorum)
        {
            return [Verdict.Fail(kind, "in the majority", $"{cluster.State}, {cluster.Online} of {cluster.Members} online")];
        }

        int declared = member.Topology.Members.Count;
        string[] missing =
        [
            .. member.Topology.Members.Where(
                other => cluster.Peers.Count > 0 && !cluster.Peers.Any(peer => ClusterParts.Is(member.Topology, peer, other)))
                .Select(static other => other.Name),
        ];
        string[] strange =
        [
            .. cluster.Peers.Where(peer => !member.Topology.Members.Any(other => ClusterParts.Is(member.Topology, peer, other)))
                .Select(static peer => peer.Name),
        ];
        return [cluster switch
        {
            _ when cluster.Online < cluster.Members
                && cluster.Kind == ClusterKind.GroupReplication
                && cluster.Peers.Any(static peer => peer.State is not ("ONLINE" or "RECOVERING")) =>
                Verdict.Fail(
                    kind, $"{cluster.Members} online",
                    $"{cluster.Online} online; "
                        + $"{string.Join(", ", cluster.Peers.Where(static peer => peer.State is not "ONLINE").Select(static peer => $"{peer.Name} {peer.State}"))}"),
            _ when cluster.Members < declared => Verdict.Fail(
                kind, $"{declared} members, as declared",
                $"{cluster.Members}{(missing.Length > 0 ? $"; without {string.Join(", ", missing)}" : "")}"),
            _ when strange.Length > 0 => Verdict.Fail(kind, "members of the inventory alone", $"{string.Join(", ", strange)} is none"),
            { IsInStep: false, Desynced: false } => Verdict.Warning(kind, "in step", $"{cluster.State}: it is being brought in"),
            _ when cluster.Peers.Any(static peer => peer.State is "RECOVERING") => Verdict.Warning(
                kind, $"{cluster.Members} online",
                $"{string.Join(", ", cluster.Peers.Where(static peer => peer.State is "RECOVERING").Select(static peer => peer.Name))} is "
                    + "being brought in"),
            _ => Verdict.Pass(kind, $"{cluster.Members} members, {cluster.State}"),
        }];
    }
}
