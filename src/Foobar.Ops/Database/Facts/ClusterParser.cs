using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Makes <see cref="ClusterFacts"/> of what the servers state.</summary>
internal static class ClusterParser
{
    // Galera Cluster Documentation, Firewall Settings.
    private const int GaleraPort = 4567;
    private const int IncrementalPort = 4568;
    private const int SnapshotPort = 4444;

    private const string NoHistory = "00000000-0000-0000-0000-000000000000";

    /// <summary>
    /// Reads <c>performance_schema.replication_group_members</c> with the statistics beside it. A server that is in no group and is
    /// not meant to join one at its start is no member.
    /// </summary>
    /// <param name="rows">The members of the view.</param>
    /// <param name="self">The server's own UUID.</param>
    /// <param name="variables">The variables of Group Replication; empty where it is not loaded.</param>
    public static ClusterFacts FromGroup(IReadOnlyList<DatabaseRow> rows, Guid? self, ServerVariables variables)
    {
        List<DatabaseRow> members = [.. rows.Where(row => !string.IsNullOrEmpty(row.Text("member_id")))];
        DatabaseRow? own = members.FirstOrDefault(row => Guid.TryParse(row.Text("member_id"), out Guid id) && id == self);
        bool isOut = members.Count == 0 || (own?.Text("member_state") == "OFFLINE" && members.Count == 1);
        if (isOut && variables.Flag("group_replication_start_on_boot") != true)
        {
            return new();
        }

        int reachable = members.Count(static row => row.Text("member_state") is "ONLINE" or "RECOVERING");
        bool isIn = own?.Text("member_state") is "ONLINE" or "RECOVERING";
        return new()
        {
            Kind = ClusterKind.GroupReplication,
            Identity = isIn ? variables.Text("group_replication_group_name") : null,
            View = own?.Text("view_id") is { Length: > 0 } view ? view : null,
            Peers =
            [
                .. members.Select(
                    static row => new ClusterPeer(
                        row.Text("member_id")!, row.Text("member_host") ?? "", row.Text("member_state"),
                        row.Text("member_role") == "PRIMARY")),
            ],
            Members = members.Count,
            Online = members.Count(static row => row.Text("member_state") == "ONLINE"),
            HasQuorum = isIn && reachable * 2 > members.Count,
            TotalWeight = members.Count,
            State = own?.Text("member_state") ?? "OFFLINE",
            NotUnderstood = ReplicationWords.GroupStates.Trouble(members.Select(row => row.Text("member_state") ?? "")),
            Ready = own?.Text("member_state") == "ONLINE",
            Primary = own?.Text("member_role") == "PRIMARY",
            MultiPrimary = variables.Flag("group_replication_single_primary_mode") == false,
            ChecksUpdates = variables.Flag("group_replication_enforce_update_everywhere_checks"),
            Flow = GroupFlow(members, own, variables),
            Conflicts = Number(own, "conflicts") ?? 0,
            LocalCommits = Number(own, "proposed") ?? 0,
            Ports = PortOf(variables.Text("group_replication_local_address")) is { } port ? [port] : [],
            Encryption = variables.Text("group_replication_ssl_mode") ?? "",
        };
    }

    /// <summary>Reads Galera's status.</summary>
    /// <param name="variables">The system variables.</param>
    /// <param name="status">The status at the first look.</param>
    /// <param name="later">What changes of it, at a second look.</param>
    /// <param name="elapsed">The time between both.</param>
    /// <param name="members"><c>mysql.wsrep_cluster_members</c>, which each member keeps of its own view.</param>
    /// <exception cref="ParseException">A number is none.</exception>
    public static ClusterFacts FromGalera(
        ServerVariables variables, ServerVariables status, ServerVariables later, TimeSpan elapsed, IReadOnlyList<DatabaseRow> members)
    {
        long size = status.Number("wsrep_cluster_size") ?? 0;
        string part = status.Text("wsrep_cluster_status") ?? "";
        string? state = status.Text("wsrep_local_state_comment");
        IReadOnlyDictionary<string, string> options = ProviderOptions(variables.Text("wsrep_provider_options") ?? "");
        bool ready = status.Flag("wsrep_ready") == true;
        string? history = status.Text("wsrep_cluster_state_uuid") is { } uuid && uuid != NoHistory ? uuid : null;
        return new()
        {
            Kind = ClusterKind.Galera,
            Identity = history,
            View = $"{part}:{status.Text("wsrep_cluster_conf_id")}",
            Peers = part == "Primary"
                ? [.. members.Select(static row => new ClusterPeer(row.Text("node_uuid") ?? "", row.Text("node_name") ?? "", null, true))]
                : [],
            Members = size,
            Online = ready ? size : Math.Max(0, size - 1),
            HasQuorum = part == "Primary",
            Weight = options.TryGetValue("pc.weight", out string? weight)
                && long.TryParse(weight, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                ? number
                : 1,
            TotalWeight = status.Number("wsrep_cluster_weight") ?? size,
            NotUnderstood = ReplicationWords.GaleraStates.Trouble(part)
                ?? (state is null ? null : ReplicationWords.GaleraNodeStates.Trouble(StateWord(state))),
            State = state,
            Ready = ready,
            Primary = true,
            MultiPrimary = true,
            Desynced = state == "Donor/Desynced" || status.Number("wsrep_desync_count") > 0,
            SetApart = variables.Flag("wsrep_desync") == true,
            Flow = GaleraFlow(options, status, later, elapsed),
            Conflicts = (status.Number("wsrep_local_cert_failures") ?? 0) + (status.Number("wsrep_local_bf_aborts") ?? 0),
            LocalCommits = status.Number("wsrep_local_commits") ?? 0,
            LastCommitted = status.Number("wsrep_last_committed"),
            Ports =
            [
                PortOf(options.GetValueOrDefault("gmcast.listen_addr")) ?? GaleraPort,
                PortOf(options.GetValueOrDefault("ist.recv_addr")) ?? IncrementalPort,
                SnapshotPort,
            ],
            Encryption = options.GetValueOrDefault("socket.ssl") is { } ssl && ServerVariables.IsOn(ssl) ? "VERIFY_CA" : "DISABLED",
        };
    }

    /// <summary>The options of Galera's library: <c>name = value; ...</c>.</summary>
    public static IReadOnlyDictionary<string, string> ProviderOptions(string text)
    {
        Dictionary<string, string> options = new(StringComparer.OrdinalIgnoreCase);
        foreach (string[] pair in text.Split(';').Select(static option => option.Split('=', 2)).Where(static pair => pair.Length == 2))
        {
            options[pair[0].Trim()] = pair[1].Trim();
        }

        return options;
    }

    // HOST:PORT, with a scheme before it in Galera; an IPv6 address stands in brackets.
    private static int? PortOf(string? address) =>
        address?.LastIndexOf(':') is > 0 and int at
            && int.TryParse(address.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            ? port
            : null;

    // While it joins, a member adds what it waits for: "Joining: receiving State Transfer".
    private static string StateWord(string state) => state.Split(':', 2)[0];

    private static ClusterFlow GaleraFlow(
        IReadOnlyDictionary<string, string> options, ServerVariables status, ServerVariables later, TimeSpan elapsed)
    {
        long? paused = later.Number("wsrep_flow_control_paused_ns") - status.Number("wsrep_flow_control_paused_ns");
        return new()
        {
            Active = later.Flag("wsrep_flow_control_active") == true,
            Requested = later.Flag("wsrep_flow_control_requested") == true,
            PausedNow = paused is >= 0 && elapsed > TimeSpan.Zero ? Math.Min(1, paused.Value / elapsed.TotalNanoseconds) : null,
            PausedSince = double.TryParse(
                status.Text("wsrep_flow_control_paused"), NumberStyles.Float, CultureInfo.InvariantCulture, out double since)
                ? since
                : null,
            Queue = later.Number("wsrep_local_recv_queue") ?? 0,
            Limit = options.TryGetValue("gcs.fc_limit", out string? limit)
                && double.TryParse(limit, NumberStyles.Float, CultureInfo.InvariantCulture, out double most)
                ? (long)most
                : 0,
        };
    }

    // A group holds its writers back while one member's queue is longer than that member allows; all are taken to allow the same.
    private static ClusterFlow GroupFlow(List<DatabaseRow> members, DatabaseRow? own, ServerVariables variables)
    {
        bool quota = variables.Text("group_replication_flow_control_mode") is not "DISABLED";
        long certify = variables.Number("group_replication_flow_control_certifier_threshold") ?? 0;
        long apply = variables.Number("group_replication_flow_control_applier_threshold") ?? 0;
        bool IsLong(DatabaseRow? row) =>
            quota && ((certify > 0 && Number(row, "certifying") > certify) || (apply > 0 && Number(row, "applying") > apply));
        return new()
        {
            Active = members.Exists(IsLong),
            Requested = IsLong(own),
            Queue = (Number(own, "certifying") ?? 0) + (Number(own, "applying") ?? 0),
            Limit = quota ? Math.Min(certify, apply) : 0,
        };
    }

    private static long? Number(DatabaseRow? row, string column) =>
        long.TryParse(row?.Text(column), NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number : null;
}
