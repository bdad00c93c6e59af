using System.Text.RegularExpressions;
using Foobar.Ops.Database;

namespace Foobar.Ops.LabTests.Replication.Agreement;

/// <summary>Holds an answer of the model to that of a real server.</summary>
internal sealed partial class AnswerComparison(Normalisation labNames, Normalisation modelNames)
{
    /// <summary>
    /// What the lab and the model have of their own: accounts, tables, clients and settings of a site. Whether there is something, and
    /// its columns, must be the same.
    /// </summary>
    private static readonly HashSet<string> OfSite =
    [
        ReplicationQueries.Objects, ReplicationQueries.Settings, ReplicationQueries.Clients, ReplicationQueries.MySqlAccounts,
        ReplicationQueries.MariaDbAccounts,
        TableDefinitionQueries.Bounded(isMariaDb: false), TableDefinitionQueries.Bounded(isMariaDb: true),
        ReplicationQueries.Privileged, ReplicationQueries.BinaryLogs, "SELECT * FROM mysql.slave_master_info WHERE Channel_name = ''",
        "SELECT @@global.ssl_ca AS value", TablesWithoutTransactions,

        // Whether its own have come back to it is the moment's.
        "SELECT @@global.gtid_slave_pos AS value", "SELECT @@global.gtid_purged AS value",
    ];

    /// <summary>
    /// What a receiver learns only once it is connected: how soon that is, is the moment's. And what a copy counts as purged: the model
    /// has no purged logs.
    /// </summary>
    private static readonly HashSet<string> OfConnection = new(
        StringComparer.OrdinalIgnoreCase)
        {
            "Source_UUID",
            "Source_Server_Id",
            "Master_Server_Id",
            "Retrieved_Gtid_Set",
            "Gtid_IO_Pos",
            "gtid_purged",
        };

    private const string TablesWithoutTransactions = """
        SELECT TABLE_SCHEMA AS table_schema, TABLE_NAME AS table_name FROM information_schema.TABLES
        WHERE TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB' AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema')
        """;

    /// <summary>
    /// Columns and variables that the model leaves out, which the engine takes as their default, and the values for which that holds.
    /// </summary>
    private static readonly Dictionary<string, string[]> LeftOut = new(StringComparer.OrdinalIgnoreCase)
    {
        // No filters, no delay, no limit, nothing skipped.
        ["Replicate_Do_DB"] = [""], ["Replicate_Ignore_DB"] = [""], ["Replicate_Do_Table"] = [""], ["Replicate_Ignore_Table"] = [""],
        ["Replicate_Wild_Do_Table"] = [""],
        ["Replicate_Wild_Ignore_Table"] = [""], ["Replicate_Ignore_Server_Ids"] = [""], ["Replicate_Do_Domain_Ids"] = [""],
        ["Replicate_Ignore_Domain_Ids"] = [""], ["Replicate_Rewrite_DB"] = [""],
        ["Skip_Counter"] = ["0"], ["SQL_Delay"] = ["0"], ["Until_Condition"] = ["None"], ["slave_skip_errors"] = ["OFF"],
        ["replica_skip_errors"] = ["OFF"], ["slave_type_conversions"] = [""], ["replica_type_conversions"] = [""],

        // The lab's certificates.
        ["Master_SSL_Cert"] = [""], ["Source_SSL_Cert"] = [""], ["Master_SSL_Key"] = [""], ["Source_SSL_Key"] = [""],

        // Older names of the same, and defaults that both have.
        ["log_slave_updates"] = ["ON"], ["slave_exec_mode"] = ["STRICT"], ["slave_net_timeout"] = ["<declared>"],
        ["expire_logs_days"] = ["7.000000"], ["binlog_expire_logs_auto_purge"] = ["ON"],
        ["rpl_semi_sync_source_wait_for_replica_count"] = ["1"], ["rpl_semi_sync_source_wait_no_replica"] = ["ON"],
        ["rpl_semi_sync_master_wait_no_slave"] = ["ON"],

        // No Galera cluster.
        ["wsrep_on"] = ["OFF"], ["wsrep_desync"] = ["OFF"], ["wsrep_provider_options"] = [""], ["wsrep_ready"] = ["OFF"],
        ["wsrep_cluster_status"] = ["Disconnected"], ["wsrep_cluster_size"] = ["0"],
        ["wsrep_cluster_state_uuid"] = [""], ["wsrep_cluster_conf_id"] = ["18446744073709551615"], ["wsrep_local_bf_aborts"] = ["0"],
    };

    // A server that has cloned another starts anew; whether its answer or the end of the connection comes first is a matter of time.
    private static bool EndsWithARestart(Exchange lab, Exchange model) =>
        lab.Request.StartsWith("CLONE INSTANCE ", StringComparison.Ordinal) && lab.Error is null && model.Error == "DatabaseConnectionLost";

    /// <summary>What differs, in words each.</summary>
    public IEnumerable<string> Compare(Exchange lab, Exchange model, LaneKind kind)
    {
        if (lab.Error != model.Error && !EndsWithARestart(lab, model))
        {
            return [$"the lab gives {lab.Error ?? "no error"}, the model {model.Error ?? "no error"}"];
        }

        if (lab.ExitCode != model.ExitCode)
        {
            return [$"the lab gives exit code {lab.ExitCode}, the model {model.ExitCode}"];
        }

        if (kind != LaneKind.Database)
        {
            return kind == LaneKind.Console
                ? Console(lab, model)
                : kind == LaneKind.Shell
                    ? Shell(lab, model)
                    : lab.Text == model.Text ? [] : [$"the lab {lab.Text ?? "says nothing"}, the model {model.Text ?? "says nothing"}"];
        }

        List<Dictionary<string, string?>> there = [.. (lab.Rows ?? []).Select(labNames.Row)];
        List<Dictionary<string, string?>> here = [.. (model.Rows ?? []).Select(modelNames.Row)];
        if (model.Request == ReplicationQueries.Readers
            || model.Request.StartsWith("SELECT ID AS id FROM information_schema.PROCESSLIST", StringComparison.Ordinal))
        {
            // A replica's thread stays until its source notices that it left; clients are the application's.
            return here.Where(one => one.ContainsKey("host") && !there.Exists(other => other["host"] == one["host"]))
                .Select(one => $"{one["host"]} is only on the model");
        }

        if (OfSite.Contains(model.Request))
        {
            return there.Count > 0 == here.Count > 0 && (here.Count == 0 || here[0].Keys.All(there[0].ContainsKey))
                ? []
                : [$"the lab answers {Show(there)}, the model {Show(here)}"];
        }

        if (model.Request.Contains("COUNT_RECEIVED_HEARTBEATS", StringComparison.Ordinal))
        {
            return Rows(Heartless(there), Heartless(here));
        }

        return Rows(there, here);
    }

    // How many heartbeats came stands behind what was received.
    private static List<Dictionary<string, string?>> Heartless(List<Dictionary<string, string?>> rows) =>
        [.. rows.Select(row => row.ToDictionary(cell => cell.Key, string? (cell) => HeartbeatsForm().Replace(cell.Value ?? "", "")))];

    private IEnumerable<string> Console(Exchange lab, Exchange model)
    {
        (string there, string here) = (Words(lab), Words(model));
        if (!here.Contains("# ", StringComparison.Ordinal) || !there.Contains("# ", StringComparison.Ordinal))
        {
            return there == here ? [] : [$"HAProxy answers '{there}' on the lab, '{here}' on the model"];
        }

        Dictionary<string, Dictionary<string, string?>> rows = Table(there, labNames);
        return Table(here, modelNames).SelectMany(one => rows.TryGetValue(one.Key, out Dictionary<string, string?>? row)
            ? one.Value.Where(cell => row.GetValueOrDefault(cell.Key) != cell.Value)
                .Select(
                    cell =>
                        $"{cell.Key} of {one.Key} is {Show(row.GetValueOrDefault(cell.Key))} on the lab, {Show(cell.Value)} on the model")
            : [$"{one.Key} is only on the model"]);

        static string Words(Exchange exchange) => (exchange.Text ?? "").TrimEnd().TrimEnd('>').Trim();
    }

    // show stat has commas, show servers state blanks.
    private static Dictionary<string, Dictionary<string, string?>> Table(string text, Normalisation names)
    {
        string[] lines = [.. text.Split('\n').SkipWhile(line => !line.StartsWith("# ", StringComparison.Ordinal))];
        char between = lines[0].Contains(',', StringComparison.Ordinal) ? ',' : ' ';
        string[] columns = lines[0][2..].Split(between);
        IEnumerable<Dictionary<string, string?>> rows = lines.Skip(1)
            .Where(line => line.Trim().Length > 0)
            .Select(
                line => columns.Zip(line.Split(between))
                    .DistinctBy(cell => cell.First)
                    .ToDictionary(cell => cell.First, cell => names.Value(cell.First, cell.Second)));
        return rows.ToDictionary(
            row => row.TryGetValue("srv_name", out string? server) ? $"{row["be_name"]}/{server}" : $"{row["pxname"]}/{row["svname"]}");
    }

    // What is written only has an exit code; of what is read, what the engine takes from it.
    private IEnumerable<string> Shell(Exchange lab, Exchange model)
    {
        if (ShellCommand.NameOf(lab.Request) == "read the log")
        {
            (string? real, string? made) = (LastOf(labNames.Names(lab.Text ?? "")), LastOf(modelNames.Names(model.Text ?? "")));
            if (real != made)
            {
                yield return $"the last transaction is {Show(real)} on the lab, {Show(made)} on the model";
            }

            yield break;
        }

        Dictionary<string, string> there = Settings(labNames.Names(lab.Text ?? ""));
        foreach ((string name, string value) in Settings(modelNames.Names(model.Text ?? "")))
        {
            if (!there.TryGetValue(name, out string? real) && Sizes.Contains(name))
            {
                continue;
            }

            if (real is null)
            {
                yield return $"{name} is only on the model ('{value}')";
            }
            else if (!Sizes.Contains(name) && real != value)
            {
                yield return $"{name} is '{real}' on the lab, '{value}' on the model";
            }
        }

        if (string.IsNullOrWhiteSpace(lab.Text) != string.IsNullOrWhiteSpace(model.Text))
        {
            yield return $"it writes '{lab.Text}' on the lab, '{model.Text}' on the model";
        }
    }

    // The number of the last GTID that a dump of a binary log has.
    private static string? LastOf(string dump) => GtidForm().Match(dump) is { Success: true } last ? last.Groups[1].Value : null;

    [GeneratedRegex("(^| )[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex HeartbeatsForm();

    [GeneratedRegex("(?:gtid_seq_no=|GTID_NEXT= '<uuid of [^>]+>:)([0-9]+)", RegexOptions.RightToLeft | RegexOptions.CultureInvariant)]
    private static partial Regex GtidForm();

    // NAME=VALUE in lines, and --NAME=VALUE of options.
    private static Dictionary<string, string> Settings(string text)
    {
        Dictionary<string, string> settings = new(StringComparer.Ordinal);
        foreach (string word in text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Where(word => word.Contains('=', StringComparison.Ordinal)))
        {
            int at = word.IndexOf('=', StringComparison.Ordinal);
            string value = word[(at + 1)..];
            settings[word[..at].TrimStart('-').Replace('-', '_')] = value switch
            {
                // How far a start has come is the moment's.
                "activating" => "active",
                "start" or "start-pre" or "start-post" or "auto-restart" => "running",
                _ => value,
            };
        }

        return settings;
    }

    // Of the machine; and options that the lab leaves at their defaults.
    private static readonly HashSet<string> Sizes = ["datadir", "event_scheduler", "pid", "data", "binlog", "index", "unit", "NRestarts"];

    private static IEnumerable<string> Rows(List<Dictionary<string, string?>> lab, List<Dictionary<string, string?>> model)
    {
        if (lab.Count == 0 || model.Count == 0)
        {
            return lab.Count == model.Count ? [] : [$"the lab answers {Show(lab)}, the model {Show(model)}"];
        }

        return model[0].ContainsKey("Variable_name") ? Variables(lab, model)
            : lab.Count != model.Count ? [$"the lab answers {Show(lab)}, the model {Show(model)}"]
            : lab.Zip(model).SelectMany(pair => Columns(pair.First, pair.Second));
    }

    private static IEnumerable<string> Variables(List<Dictionary<string, string?>> lab, List<Dictionary<string, string?>> model) =>
        Columns(
            lab.ToDictionary(row => row["Variable_name"]!, row => row["Value"], StringComparer.OrdinalIgnoreCase),
            model.DistinctBy(row => row["Variable_name"], StringComparer.OrdinalIgnoreCase)
                .ToDictionary(row => row["Variable_name"]!, row => row["Value"], StringComparer.OrdinalIgnoreCase));

    private static IEnumerable<string> Columns(Dictionary<string, string?> lab, Dictionary<string, string?> model)
    {
        foreach ((string column, string? value) in model)
        {
            if (!lab.TryGetValue(column, out string? there))
            {
                yield return $"{column} is only on the model ({Show(value)})";
            }
            else if (there != value && !(OfConnection.Contains(column) && (there is "" or "0" || value is "" or "0")))
            {
                yield return $"{column} is {Show(there)} on the lab, {Show(value)} on the model";
            }
        }

        foreach ((string column, string? value) in lab.Where(one => !model.ContainsKey(one.Key) && EngineWords.Has(one.Key)))
        {
            if (!LeftOut.TryGetValue(column, out string[]? values) || !values.Contains(value))
            {
                yield return $"{column} is only on the lab ({Show(value)})";
            }
        }
    }

    private static string Show(string? value) => value is null ? "NULL" : $"'{value}'";

    private static string Show(List<Dictionary<string, string?>> rows) =>
        rows.Count == 0
            ? "no row"
            : $"{rows.Count} rows "
                + $"({string.Join("; ", rows.Take(3).Select(row => string.Join(", ", row.Select(one => $"{one.Key}={one.Value}"))))})";
}
