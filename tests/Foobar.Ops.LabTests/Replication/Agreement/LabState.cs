using System.Globalization;
using System.Text.RegularExpressions;
using Foobar.Ops.Database;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Operations.Model;
using ModelCluster = Foobar.Ops.Tests.Operations.Model.Cluster;

namespace Foobar.Ops.LabTests.Replication.Agreement;

/// <summary>The state that a lab's databases are in before something is done, as far as the model has it.</summary>
internal sealed class LabState
{
    private readonly List<MemberState> _members = [];

    private LabState(ClusterOptions options) => Options = options;

    /// <summary>What the cluster is like.</summary>
    public ClusterOptions Options { get; }

    /// <summary>The members, in the order of the model's.</summary>
    public IReadOnlyList<MemberState> Members => _members;

    /// <summary>Asks each member.</summary>
    public static async Task<LabState> ReadAsync(RaisedLab lab, ISiteSession session, CancellationToken cancel)
    {
        bool mariaDb = lab.Plan.Options.Database == DatabaseFlavour.MariaDb;
        LabState state = new(new() { MariaDb = mariaDb, Members = lab.Plan.Options.Replicas + 1, SemiSync = lab.Plan.Options.SemiSync });
        foreach (string name in ((string[])["web-01", "web-02", "db-03"]).Take(state.Options.Members))
        {
            await using IDatabaseSession member = await session.OpenDatabaseAsync(name, cancel);
            state._members.Add(await MemberState.ReadAsync(member, await session.GetServerAsync(name, cancel), cancel));
        }

        return state;
    }

    /// <summary>Brings the model's members, which are as a lab that was just raised, into it.</summary>
    public void Give(ModelCluster cluster)
    {
        Gtid[] held =
        [
            .. Members.SelectMany(member => member.Executed)
                .GroupBy(gtid => gtid.Origin)
                .Select(group => group.MaxBy(gtid => gtid.Sequence)!)
                .OrderBy(gtid => gtid.Sequence),
        ];
        Tx[] log = [.. held.Select(gtid => Transaction(cluster, gtid))];
        foreach ((Member member, MemberState state) in cluster.Members.Zip(Members))
        {
            member.HasTables = state.HasTables;
            member.Mark = state.Mark;
            (member.ReadOnly, member.SuperReadOnly) = (state.ReadOnly, state.SuperReadOnly);
            (member.PersistedReadOnly, member.PersistedSuper) = (state.PersistedReadOnly, state.PersistedSuper);
            member.SchedulerOption = state.Scheduler;
            member.Files.Remove("role");
            if (state.Role is { } role)
            {
                member.Files["role"] = role;
            }

            (member.SchedulerOn, member.SyncBinlog, member.FlushLog) = (state.SchedulerOn, state.SyncBinlog, state.FlushLog);
            (member.Yes, member.No, member.SemiActive) = (state.Yes, state.No, state.SemiActive);
            foreach (Tx tx in log)
            {
                member.Log.Add(tx);
                member.Last[tx.Origin] = tx.Sequence;
            }

            member.Release();
            if (member.Link is { } link)
            {
                link.Read = member.Log.Count;
                foreach (Gtid gtid in state.Retrieved)
                {
                    link.Retrieved[Origin(gtid)] = (gtid.Low, gtid.Sequence);
                }
            }

            member.SlavePosition = state.SlavePosition is { } position ? log.FirstOrDefault(tx => tx.Sequence == position) : null;
        }
    }

    private int Origin(Gtid gtid) => _members.FindIndex(member => member.Identity == gtid.Origin);

    private Tx Transaction(ModelCluster cluster, Gtid gtid)
    {
        Member origin = cluster.Members[Origin(gtid)];
        string text = Options.MariaDb
            ? FormattableString.Invariant($"0-{origin.ServerId}-{gtid.Sequence}")
            : FormattableString.Invariant($"{origin.Uuid}:{gtid.Sequence}");
        Tx tx = new(origin.Index, gtid.Sequence, text, null);
        cluster.All[text] = tx;
        return tx;
    }
}

/// <summary>The transactions of one origin, up to the last.</summary>
/// <param name="Origin">MySQL's UUID or MariaDB's server id of who wrote it.</param>
/// <param name="Low">The first.</param>
/// <param name="Sequence">The last.</param>
internal sealed record Gtid(string Origin, long Low, long Sequence)
{
    /// <summary>Reads a set of MySQL, or a state of MariaDB.</summary>
    /// <exception cref="FormatException">It has gaps, or a domain other than 0, which the model has not.</exception>
    public static IReadOnlyList<Gtid> Parse(string text) =>
        [
            .. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(one => one.Contains(':', StringComparison.Ordinal) ? MySql(one) : MariaDb(one)),
        ];

    private static Gtid MySql(string one) => one.Split(':') is [{ } uuid, { } range] && range.Split('-') is { } ends
        ? new(uuid, Number(ends[0]), Number(ends[^1]))
        : throw new FormatException($"'{one}' has gaps.");

    private static Gtid MariaDb(string one) => one.Split('-') is ["0", { } server, { } sequence]
        ? new(server, 1, Number(sequence))
        : throw new FormatException($"'{one}' is of another domain.");

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}

/// <summary>The state of one of them.</summary>
internal sealed partial record MemberState
{
    /// <summary>MySQL's UUID, MariaDB's server id.</summary>
    public required string Identity { get; init; }

    /// <summary>The server id.</summary>
    public required string ServerId { get; init; }

    /// <summary>What its option files say of the event scheduler; <see langword="null"/> for nothing.</summary>
    public string? Scheduler { get; init; }

    /// <summary>What MariaDB's option files say of <c>read_only</c>; <see langword="null"/> for nothing.</summary>
    public string? Role { get; init; }

    public required IReadOnlyList<Gtid> Executed { get; init; }

    public IReadOnlyList<Gtid> Retrieved { get; init; } = [];

    /// <summary>The number of MariaDB's position as a replica.</summary>
    public long? SlavePosition { get; init; }

    public bool HasTables { get; init; }

    public MarkRow? Mark { get; init; }

    public bool ReadOnly { get; init; }

    public bool SuperReadOnly { get; init; }

    public bool? PersistedReadOnly { get; init; }

    public bool? PersistedSuper { get; init; }

    public bool SchedulerOn { get; init; }

    public int SyncBinlog { get; init; }

    public int FlushLog { get; init; }

    /// <summary>Whether its commits wait for a replica.</summary>
    public bool SemiActive { get; init; }

    public long Yes { get; init; }

    public long No { get; init; }

    /// <summary>Asks a member.</summary>
    public static async Task<MemberState> ReadAsync(IDatabaseSession member, IServerSession server, CancellationToken cancel)
    {
        string options = (await server.RunAsync(RemoteCommand.FromScript(ReplicationQueries.Options), cancel)).OutputText;
        string? role = RoleForm().Match(options) is { Success: true } match ? (match.Groups[1].Value is "ON" or "1" ? "ON" : "OFF") : null;
        Dictionary<string, string> variables = (await member.QueryAsync(ReplicationQueries.Variables, null, cancel))
            .ToDictionary(row => row.Text("Variable_name")!, row => row.Text("Value") ?? "");
        Dictionary<string, string> status = (await member.QueryAsync(ReplicationQueries.Status, null, cancel))
            .ToDictionary(row => row.Text("Variable_name")!, row => row.Text("Value") ?? "");
        bool tables = (await member.QueryAsync(
            "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'foobar_ops' AND TABLE_NAME IN ('operation', "
                + "'canary')",
            null, cancel)).Count == 2;
        DatabaseRow? mark = tables ? (await member.QueryAsync(ReplicationQueries.Operation, null, cancel)).SingleOrDefault() : null;
        DatabaseRow? channel = (await member.QueryAsync(
            member.IsMariaDb ? ReplicationQueries.MariaDbChannels : ReplicationQueries.MySqlChannels, null, cancel)).SingleOrDefault();
        IReadOnlyList<DatabaseRow> persisted = member.IsMariaDb ? [] : await member.QueryAsync(ReplicationQueries.Persisted, null, cancel);
        string position = member.IsMariaDb
            ? (await member.QueryAsync("SELECT @@global.gtid_slave_pos AS value", null, cancel))[0].Text("value")!
            : "";
        return new()
        {
            Identity = variables[member.IsMariaDb ? "server_id" : "server_uuid"],
            ServerId = variables["server_id"],
            Role = role,
            Scheduler = SchedulerForm().Match(options) is { Success: true } scheduler ? scheduler.Groups[1].Value : null,
            Executed = Gtid.Parse(variables[member.IsMariaDb ? "gtid_binlog_state" : "gtid_executed"]),
            Retrieved = member.IsMariaDb ? [] : Gtid.Parse(channel?.Text("Retrieved_Gtid_Set") ?? ""),
            SlavePosition = position.Length > 0 ? Gtid.Parse(position)[0].Sequence : null,
            HasTables = tables,
            Mark = mark is null
                ? null
                : new(
                    mark.Text("id")!, mark.Text("holder")!, mark.Text("since")!, mark.Text("state")!, mark.Text("old_primary")!,
                    mark.Text("new_primary")!, mark.Text("parameters")!),
            ReadOnly = variables["read_only"] is not "OFF",
            SuperReadOnly = variables.GetValueOrDefault("super_read_only") == "ON",
            PersistedReadOnly = IsOn(persisted, "read_only"),
            PersistedSuper = IsOn(persisted, "super_read_only"),
            SchedulerOn = variables["event_scheduler"] == "ON",
            SyncBinlog = int.Parse(variables["sync_binlog"], CultureInfo.InvariantCulture),
            FlushLog = int.Parse(variables["innodb_flush_log_at_trx_commit"], CultureInfo.InvariantCulture),
            SemiActive = status.GetValueOrDefault(member.IsMariaDb ? "Rpl_semi_sync_master_status" : "Rpl_semi_sync_source_status") == "ON",
            Yes = Count(status, member.IsMariaDb ? "Rpl_semi_sync_master_yes_tx" : "Rpl_semi_sync_source_yes_tx"),
            No = Count(status, member.IsMariaDb ? "Rpl_semi_sync_master_no_tx" : "Rpl_semi_sync_source_no_tx"),
        };
    }

    [GeneratedRegex("--event[-_]scheduler=(ON|OFF)", RegexOptions.RightToLeft | RegexOptions.CultureInvariant)]
    private static partial Regex SchedulerForm();

    [GeneratedRegex("--read[-_]only=(ON|OFF|0|1)", RegexOptions.RightToLeft | RegexOptions.CultureInvariant)]
    private static partial Regex RoleForm();

    private static bool? IsOn(IReadOnlyList<DatabaseRow> persisted, string name) =>
        persisted.FirstOrDefault(row => row.Text("Variable_name") == name)?.Text("Value") is { } value ? value == "ON" : null;

    private static long Count(Dictionary<string, string> status, string name) =>
        long.TryParse(status.GetValueOrDefault(name), CultureInfo.InvariantCulture, out long count) ? count : 0;
}
