namespace Foobar.Ops.Database;

/// <summary>How a database server applies what it receives.</summary>
public sealed record ApplyFacts
{
    /// <summary>How many transactions it can apply at once; 0 or 1 is one after the other.</summary>
    public required long Workers { get; init; }

    /// <summary>Whether transactions commit in the order of the source.</summary>
    public required bool PreservesOrder { get; init; }

    /// <summary>
    /// Whether it finds its place again after a crash (MySQL <c>relay_log_recovery</c>; MariaDB keeps it in a transactional table).
    /// </summary>
    public required bool CrashSafe { get; init; }

    /// <summary>After how many seconds of silence it takes its source for gone (<c>replica_net_timeout</c>).</summary>
    public long NetTimeoutSeconds { get; init; }

    /// <summary>
    /// Settings by which it leaves out or changes what it can't apply, as <c>name=value</c>: after them equal GTIDs prove no
    /// equal rows. Empty for none.
    /// </summary>
    public IReadOnlyList<string> Lenient { get; init; } = [];

    private static IReadOnlyList<string> LenientOf(ServerVariables variables) =>
    [
        .. from name in (string[])["replica_skip_errors", "slave_skip_errors"]
            where variables.Text(name) is { } value && value is not ("" or "OFF")
            select $"{name}={variables.Text(name)}",
        .. from name in (string[])["replica_exec_mode", "slave_exec_mode"]
            where variables.Text(name) is { } value && value != "STRICT"
            select $"{name}={variables.Text(name)}",
        .. from name in (string[])["replica_type_conversions", "slave_type_conversions"]
            where variables.Text(name)?.Split(',').Contains("ALL_LOSSY") == true
            select $"{name}={variables.Text(name)}",
    ];

    internal static ApplyFacts From(ServerVariables variables, DatabaseFlavor flavor, string? positionEngine) =>
        flavor == DatabaseFlavor.MySql
            ? new()
            {
                Workers = variables.Number("replica_parallel_workers") ?? 0,
                PreservesOrder = variables.Flag("replica_preserve_commit_order") == true,
                CrashSafe = variables.Flag("relay_log_recovery") == true,
                NetTimeoutSeconds = variables.Number("replica_net_timeout") ?? 60,
                Lenient = LenientOf(variables),
            }
            : new()
            {
                Workers = variables.Number("slave_parallel_threads") ?? 0,

                // Every parallel mode within a domain commits in order (MariaDB Knowledge Base, "Parallel Replication").
                PreservesOrder = true,
                CrashSafe = positionEngine is "InnoDB" or "RocksDB" or "ROCKSDB",
                NetTimeoutSeconds = variables.Number("slave_net_timeout") ?? 60,
                Lenient = LenientOf(variables),
            };
}
