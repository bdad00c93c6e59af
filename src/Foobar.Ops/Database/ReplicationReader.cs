using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>Reads one member's facts over one database connection and one session; what fails becomes a reading's failure.</summary>
internal sealed class ReplicationReader(IDatabaseSession database, IServerSession server)
{
    private readonly DatabaseFlavor _flavor = database.IsMariaDb ? DatabaseFlavor.MariaDb : DatabaseFlavor.MySql;

    private bool MySql => _flavor == DatabaseFlavor.MySql;

    /// <summary>Reads all facts.</summary>
    /// <exception cref="FoobarException">The connection was lost, or the variables themselves could not be read.</exception>
    public async Task<ReplicationFacts> ReadAsync(CancellationToken cancellationToken)
    {
        Task<Reading<ServerOptions>> options = server.ReadAsync(
            RemoteCommand.FromScript(ReplicationQueries.Options) with
            {
                Privileged = true, IsShort = true, Sources = ReplicationQueries.OptionFiles,
            },
            ServerOptions.Parse, "mysqld --print-defaults", cancellationToken);
        long started = database.Time.GetTimestamp();
        ServerVariables variables = new(await RowsAsync(ReplicationQueries.Variables, cancellationToken), "SHOW GLOBAL VARIABLES");
        DateTimeOffset read = database.Time.GetUtcNow();
        ServerVariables status = new(await RowsAsync(ReplicationQueries.Status, cancellationToken), "SHOW GLOBAL STATUS");
        Task<Reading<DatabaseStorage>> storage = ReadStorageAsync(variables, cancellationToken);
        Reading<DatabaseIdentity> identity = Made(() => DatabaseIdentity.From(variables, _flavor, status.Number("Uptime") ?? 0));
        Reading<IReadOnlyList<OperationMark>> operation = await TryAsync(
            "foobar_ops.operation",
            async token => await OperationMarkReader.ReadAsync(database, token) is { } mark ? (IReadOnlyList<OperationMark>)[mark] : [],
            cancellationToken);
        ReplicationFacts facts = new()
        {
            Identity = identity,
            Channels = await TryAsync("replication status", ReadChannelsAsync, cancellationToken),
            Apply = await TryAsync("replication settings", token => ReadApplyAsync(variables, token), cancellationToken),
            Binlog = await TryAsync(ReplicationQueries.BinaryLogs, token => ReadBinlogAsync(variables, token), cancellationToken),
            SemiSync = Made(() => SemiSyncFacts.From(variables, status)),
            Transactions = await TryAsync("information_schema.INNODB_TRX", ReadTransactionsAsync, cancellationToken),
            Accounts = await TryAsync("mysql.user", ReadAccountsAsync, cancellationToken),
            Privileged = await TryAsync(
                "information_schema.USER_PRIVILEGES",
                async token => PrivilegedAccount.From(await RowsAsync(ReplicationQueries.Privileged, token), _flavor),
                cancellationToken),
            OpenAccounts = await TryAsync(
                MySql ? "mysql.user" : "mysql.global_priv",
                async token => OpenAccount.From(
                    await RowsAsync(MySql ? ReplicationQueries.MySqlOpenAccounts : ReplicationQueries.MariaDbOpenAccounts, token)),
                cancellationToken),
            Tables = await TryAsync("information_schema.TABLES", ReadTablesAsync, cancellationToken),
            LastOperation = operation,
            Unfinished = operation with { Value = operation.Value?.Where(static mark => mark.IsUnfinished).ToArray() },
            Cluster = await TryAsync(
                "cluster status",
                token => ReadClusterAsync(variables, status, started, identity.Value?.ServerUuid, token),
                cancellationToken),
            Guard = await TryAsync("read_only", token => ReadGuardAsync(variables, options, token), cancellationToken),
            LogFilters = await TryAsync(
                MySql ? ReplicationQueries.MySqlLog : ReplicationQueries.MariaDbLog,
                token => LogFilterReader.ReadAsync(database, token),
                cancellationToken),
            Unlogged = await TryAsync("performance_schema.variables_by_thread", ReadUnloggedAsync, cancellationToken),
            Events = await TryAsync(
                "information_schema.EVENTS",
                async token => new EventFacts
                {
                    SchedulerOn = variables.Flag("event_scheduler") == true,
                    Events = [.. (await RowsAsync(ReplicationQueries.Events, token)).Select(ScheduledEvent.From)],
                },
                cancellationToken),
            Objects = await TryAsync(
                "information_schema",
                async token =>
                    (IReadOnlyList<ServerObject>)[.. (await RowsAsync(ReplicationQueries.Objects, token)).Select(ServerObject.From)],
                cancellationToken),
            Definitions = await TryAsync(
                "information_schema",
                async token => TableDefinition.From(await RowsAsync(TableDefinitionQueries.Bounded(database.IsMariaDb), token)),
                cancellationToken),
            Clients = await TryAsync(
                "information_schema.PROCESSLIST",
                async token =>
                    (IReadOnlyList<string>)[.. (await RowsAsync(ReplicationQueries.Clients, token)).Select(row => row.Text("user") ?? "")],
                cancellationToken),
            UnknownSettings = await TryAsync(
                "SHOW GLOBAL VARIABLES",
                async token => SettingWords.Undecided(
                    (await RowsAsync(ReplicationQueries.Settings, token))
                        .Select(row => KeyValuePair.Create(row.Text("Variable_name") ?? "", row.Text("Value") ?? ""))),
                cancellationToken),
            Readers = await TryAsync(
                "information_schema.PROCESSLIST",
                async token =>
                    (IReadOnlyList<ConnectedReplica>)
                    [
                        .. (await RowsAsync(ReplicationQueries.Readers, token)).Select(ConnectedReplica.From),
                    ],
                cancellationToken),
            Storage = await storage,
            Gtid = Made(() => GtidFacts.From(variables, _flavor)),
        };
        if (facts.SemiSync.Value is { SourceEnabled: true } first)
        {
            facts = facts with
            {
                SemiSync = await TryAsync(
                    "semi-synchronous replication",
                    async token =>
                        first.LookedAgain(new(await RowsAsync(ReplicationQueries.SemiSyncCounters, token), "SHOW GLOBAL STATUS")),
                    cancellationToken),
            };
        }

        return facts with { Gtid = await TryAsync("GTIDs", token => MeasureAsync(facts.Gtid, read, started, token), cancellationToken) };
    }

    private Task<IReadOnlyList<DatabaseRow>> RowsAsync(string sql, CancellationToken cancellationToken) =>
        database.QueryAsync(sql, null, cancellationToken);

    private static Reading<T> Made<T>(Func<T> make)
    {
        try
        {
            return Findings.Reading.Of(make());
        }
        catch (ParseException error)
        {
            return Findings.Reading.Unreadable<T>(error.Message, error.Origin);
        }
    }

    private static async Task<Reading<T>> TryAsync<T>(
        string source, Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            return Findings.Reading.Of(await read(cancellationToken), source);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return Findings.Reading.Unreadable<T>(error.Message, source);
        }
    }

    private async Task<IReadOnlyList<ReplicationChannel>> ReadChannelsAsync(CancellationToken cancellationToken)
    {
        string statement = MySql ? ReplicationQueries.MySqlChannels : ReplicationQueries.MariaDbChannels;
        IReadOnlyList<DatabaseRow> rows = await RowsAsync(statement, cancellationToken);
        IReadOnlyList<DatabaseRow> ages = MySql && rows.Count > 0 ? await RowsAsync(ReplicationQueries.ApplyingAge, cancellationToken) : [];
        return ChannelParser.Parse(rows, ages, statement);
    }

    private async Task<ApplyFacts> ReadApplyAsync(ServerVariables variables, CancellationToken cancellationToken)
    {
        IReadOnlyList<DatabaseRow> engine = MySql ? [] : await RowsAsync(ReplicationQueries.PositionEngine, cancellationToken);
        return ApplyFacts.From(variables, _flavor, engine.Count > 0 ? engine[0].Text("engine") : null);
    }

    private async Task<BinlogFacts> ReadBinlogAsync(ServerVariables variables, CancellationToken cancellationToken) =>
        BinlogFacts.From(
            variables, variables.Flag("log_bin") == true ? await RowsAsync(ReplicationQueries.BinaryLogs, cancellationToken) : []);

    private async Task<IReadOnlyList<string>> ReadUnloggedAsync(CancellationToken cancellationToken) =>
        MySql
            ? [
                .. (await RowsAsync(ReplicationQueries.Unlogged, cancellationToken))
                    .Select(
                        row => $"connection {row.Text("id")} of {row.Text("user")} from {row.Text("host")} writes with sql_log_bin = OFF"),
            ]
            : [];

    private async Task<IReadOnlyList<OpenTransaction>> ReadTransactionsAsync(CancellationToken cancellationToken) =>
        [.. (await RowsAsync(ReplicationQueries.Transactions, cancellationToken)).Select(OpenTransaction.From)];

    private async Task<IReadOnlyList<ReplicationAccount>> ReadAccountsAsync(CancellationToken cancellationToken) =>
        [
            .. (await RowsAsync(MySql ? ReplicationQueries.MySqlAccounts : ReplicationQueries.MariaDbAccounts, cancellationToken))
                .Select(ReplicationAccount.From),
        ];

    private async Task<TableFacts> ReadTablesAsync(CancellationToken cancellationToken) =>
        TableFacts.From(
            await RowsAsync(ReplicationQueries.Tables, cancellationToken),
            await RowsAsync(ReplicationQueries.ReadsAllTables, cancellationToken));

    private async Task<ClusterFacts> ReadClusterAsync(
        ServerVariables variables, ServerVariables status, long started, Guid? self, CancellationToken cancellationToken)
    {
        if (variables.Flag("wsrep_on") != true)
        {
            return MySql
                ? ClusterParser.FromGroup(
                    await RowsAsync(ReplicationQueries.GroupMembers, cancellationToken), self,
                    new(await RowsAsync(ReplicationQueries.GroupSettings, cancellationToken), ReplicationQueries.GroupSettings))
                : new();
        }

        // A member without the majority refuses to read its tables.
        IReadOnlyList<DatabaseRow> view = status.Text("wsrep_cluster_status") == "Primary" && status.Flag("wsrep_ready") == true
            ? await RowsAsync(ReplicationQueries.GaleraMembers, cancellationToken)
            : [];
        ServerVariables later = new(await RowsAsync(ReplicationQueries.GaleraFlow, cancellationToken), ReplicationQueries.GaleraFlow);
        return ClusterParser.FromGalera(variables, status, later, database.Time.GetElapsedTime(started), view);
    }

    private async Task<WriteGuard> ReadGuardAsync(
        ServerVariables variables, Task<Reading<ServerOptions>> options, CancellationToken cancellationToken)
    {
        Dictionary<string, string> persisted = new(StringComparer.OrdinalIgnoreCase);
        foreach (DatabaseRow row in MySql ? await RowsAsync(ReplicationQueries.Persisted, cancellationToken) : [])
        {
            persisted[row.Text("Variable_name") ?? ""] = row.Text("Value") ?? "";
        }

        return WriteGuard.From(variables, persisted, (await options).Value);
    }

    private Task<Reading<DatabaseStorage>> ReadStorageAsync(ServerVariables variables, CancellationToken cancellationToken)
    {
        string data = variables.Text("datadir") ?? "/var/lib/mysql";
        string logs = Path.GetDirectoryName(variables.Text("log_bin_basename")) is { Length: > 0 } directory ? directory : data;
        return server.ReadAsync(
            RemoteCommand.FromScript(DatabaseStorage.Script, data, logs) with { Privileged = true, IsShort = true },
            text => DatabaseStorage.Parse(text, data, logs), "df -P -k", cancellationToken);
    }

    // A second look tells how fast the server commits, which turns a backlog into seconds; and held against another
    // member's first look it can't show a transaction as errant that was merely committed in between.
    private async Task<GtidFacts> MeasureAsync(
        Reading<GtidFacts> first, DateTimeOffset read, long started, CancellationToken cancellationToken)
    {
        DateTimeOffset asked = database.Time.GetUtcNow();
        GtidFacts facts = first.Value ?? throw new ParseException(null, "SHOW GLOBAL VARIABLES", 0, first.Failure ?? "no GTIDs");
        string now = (await RowsAsync(
            MySql ? "SELECT @@global.gtid_executed AS gtids" : "SELECT @@global.gtid_binlog_state AS gtids", cancellationToken))[0].Text(
                "gtids")
            ?? "";
        double seconds = database.Time.GetElapsedTime(started).TotalSeconds;
        return facts with
        {
            ReadAt = read,
            ExecutedLater = now.Replace("\n", "", StringComparison.Ordinal),
            AskedLaterAt = asked,
            TransactionsPerSecond = GtidComparison.Backlog(_flavor, now, facts.Executed) / seconds,
        };
    }
}
