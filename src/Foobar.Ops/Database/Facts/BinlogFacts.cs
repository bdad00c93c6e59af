using Foobar.Ops.Findings;

namespace Foobar.Ops.Database;

/// <summary>How a database server logs what it commits, and what of that survives a crash.</summary>
public sealed record BinlogFacts
{
    /// <summary>Whether it writes a binary log (<c>log_bin</c>).</summary>
    public required bool Enabled { get; init; }

    /// <summary><c>ROW</c>, <c>STATEMENT</c> or <c>MIXED</c>.</summary>
    public required string Format { get; init; }

    /// <summary><c>FULL</c>, <c>MINIMAL</c>, <c>NOBLOB</c> ...</summary>
    public string? RowImage { get; init; }

    /// <summary>Whether what it replicates goes into its own log too (<c>log_replica_updates</c>).</summary>
    public required bool LogsReplicated { get; init; }

    /// <summary><c>sync_binlog</c>: 1 waits for the disk at each commit.</summary>
    public required long SyncBinlog { get; init; }

    /// <summary><c>innodb_flush_log_at_trx_commit</c>: 1 waits for the disk at each commit.</summary>
    public required long FlushLogAtCommit { get; init; }

    /// <summary>How long logs are kept, in seconds; 0 for ever.</summary>
    public long RetentionSeconds { get; init; }

    /// <summary>How many log files there are.</summary>
    [Measurement]
    public int Files { get; init; }

    /// <summary>Their size, in bytes.</summary>
    [Measurement]
    public long SizeBytes { get; init; }

    internal static BinlogFacts From(ServerVariables variables, IReadOnlyList<Remoting.DatabaseRow> logs) => new()
    {
        Enabled = ServerVariables.IsOn(variables.Require("log_bin")),
        Format = variables.Text("binlog_format") ?? "ROW",
        RowImage = variables.Text("binlog_row_image"),
        LogsReplicated = variables.Flag("log_replica_updates", "log_slave_updates") == true,
        SyncBinlog = variables.RequireNumber("sync_binlog"),
        FlushLogAtCommit = variables.RequireNumber("innodb_flush_log_at_trx_commit"),
        RetentionSeconds = Retention(variables),
        Files = logs.Count,
        SizeBytes = logs.Sum(log => log.Number("File_size") ?? 0),
    };

    private static long Retention(ServerVariables variables)
    {
        long seconds = variables.Number("binlog_expire_logs_seconds") ?? 0;
        bool purges = variables.Flag("binlog_expire_logs_auto_purge") != false;
        return !purges ? 0 : seconds > 0 ? seconds : (variables.Number("expire_logs_days") ?? 0) * 86400;
    }
}
