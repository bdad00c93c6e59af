using Foobar.Ops.Findings;

namespace Foobar.Ops.Database;

/// <summary>
/// The server variables that touch logging, replication, durability and who may write: those that are read, those that can't
/// change a judgement, and those that are safe at one value and undecided at any other.
/// </summary>
internal static class SettingWords
{
    /// <summary>Which variables these are, as a pattern for the server.</summary>
    public const string Pattern =
        "^(binlog_|log_bin|log_replica_updates|log_slave_updates|replica_|slave_|replicate_|replication_|rpl_|gtid_|relay_log|sync_|source_|master_|read_only|super_read_only|offline_mode|init_|event_scheduler|"
        + "innodb_(flush_log|doublewrite|force|read_only)|sql_(log_bin|replica|slave)|transaction_read_only|tx_read_only|skip_(replica|slave|grant)|disabled_storage|persisted_globals|encrypt_binlog|enforce_gtid)";

    /// <summary>The variables.</summary>
    public static Vocabulary Variables { get; } = new Vocabulary(
        "server variable",
        "MySQL Reference Manual 8.4 and 9.7, Server System Variables; MariaDB Server Documentation, 10.11 to 11.8, System Variables",
        StringComparer.OrdinalIgnoreCase)
        .Handled(
            "binlog_format, binlog_row_image, binlog_expire_logs_seconds, binlog_expire_logs_auto_purge, log_bin, log_bin_basename, "
                + "log_replica_updates, log_slave_updates, sync_binlog, innodb_flush_log_at_trx_commit")
        .Handled(
            "replica_parallel_workers, slave_parallel_workers, slave_parallel_threads, replica_preserve_commit_order, "
                + "slave_preserve_commit_order, relay_log_recovery, replica_net_timeout, slave_net_timeout")
        .Handled(
            "replica_skip_errors, slave_skip_errors, replica_exec_mode, slave_exec_mode, replica_type_conversions, slave_type_conversions")
        .Handled(
            "gtid_mode, enforce_gtid_consistency, gtid_strict_mode, gtid_executed, gtid_purged, gtid_binlog_state, gtid_current_pos, "
                + "gtid_slave_pos, gtid_binlog_pos")
        .Handled("read_only, super_read_only, innodb_read_only, event_scheduler")
        .Handled(
            "rpl_semi_sync_source_enabled, rpl_semi_sync_master_enabled, rpl_semi_sync_replica_enabled, rpl_semi_sync_slave_enabled, "
                + "rpl_semi_sync_source_timeout, rpl_semi_sync_master_timeout, rpl_semi_sync_source_wait_point, "
                + "rpl_semi_sync_master_wait_point, rpl_semi_sync_source_wait_for_replica_count, rpl_semi_sync_source_wait_no_replica, "
                + "rpl_semi_sync_master_wait_no_slave")
        .Irrelevant(
            "filters, which the replication status states too",
            "replicate_do_db, replicate_do_table, replicate_ignore_db, replicate_ignore_table, replicate_rewrite_db, "
                + "replicate_wild_do_table, replicate_wild_ignore_table")
        .Irrelevant("filters, which the binary log's status states too", "binlog_do_db, binlog_ignore_db")
        .Irrelevant(
            "sizes, limits and pace",
            "binlog_cache_size, binlog_stmt_cache_size, binlog_file_cache_size, binlog_row_event_max_size, binlog_group_commit_sync_delay, "
                + "binlog_group_commit_sync_no_delay_count, binlog_max_flush_queue_time, binlog_transaction_dependency_history_size, "
                + "binlog_commit_wait_count, binlog_commit_wait_usec, binlog_optimize_thread_scheduling, binlog_space_limit, "
                + "binlog_large_commit_threshold, gtid_executed_compression_period, gtid_cleanup_batch_size, relay_log_space_limit, "
                + "replica_allow_batching, slave_allow_batching, replica_checkpoint_group, slave_checkpoint_group, "
                + "replica_checkpoint_period, slave_checkpoint_period, replica_max_allowed_packet, slave_max_allowed_packet, "
                + "replica_pending_jobs_size_max, slave_pending_jobs_size_max, slave_parallel_max_queued, slave_domain_parallel_threads, "
                + "innodb_doublewrite_batch_size, innodb_doublewrite_files, innodb_doublewrite_pages, innodb_flush_log_at_timeout, "
                + "log_bin_compress, log_bin_compress_min_len, binlog_transaction_compression, binlog_transaction_compression_level_zstd, "
                + "replica_compressed_protocol, slave_compressed_protocol, slave_connections_needed_for_purge, binlog_gtid_index, "
                + "binlog_gtid_index_page_size, binlog_gtid_index_span_min")
        .Irrelevant(
            "names of files and directories",
            "log_bin_index, relay_log, relay_log_basename, relay_log_index, relay_log_info_file, relay_log_purge, replica_load_tmpdir, "
                + "slave_load_tmpdir, innodb_doublewrite_dir")
        .Irrelevant(
            "checks and traces besides",
            "binlog_checksum, binlog_rows_query_log_events, binlog_annotate_row_events, replicate_annotate_row_events, "
                + "binlog_row_metadata, binlog_gtid_simple_recovery, master_verify_checksum, source_verify_checksum, "
                + "replica_sql_verify_checksum, slave_sql_verify_checksum, rpl_semi_sync_source_trace_level, "
                + "rpl_semi_sync_master_trace_level, rpl_semi_sync_replica_trace_level, rpl_semi_sync_slave_trace_level, "
                + "log_bin_trust_function_creators, replication_optimize_for_static_plugin_config, replication_sender_observe_commit_only")
        .Irrelevant("encryption at rest", "binlog_encryption, binlog_rotate_encryption_master_key_at_startup, encrypt_binlog")
        .Irrelevant(
            "how often and how long it tries",
            "replica_transaction_retries, slave_transaction_retries, slave_transaction_retry_errors, slave_transaction_retry_interval, "
                + "slave_max_statement_time, slave_abort_blocking_timeout, rpl_stop_replica_timeout, rpl_stop_slave_timeout, "
                + "rpl_semi_sync_slave_kill_conn_timeout, rpl_semi_sync_slave_delay_master, sync_master_info, sync_source_info, "
                + "sync_relay_log, sync_relay_log_info, sync_frm, slave_parallel_mode, binlog_alter_two_phase, binlog_order_commits, "
                + "rpl_read_size, gtid_owned, gtid_pos_auto_engines, gtid_domain_id, binlog_legacy_event_pos")
        .Irrelevant(
            "of a session, or of the server's start",
            "sql_log_bin, skip_replica_start, skip_slave_start, transaction_read_only, tx_read_only, init_file")
        .Irrelevant("how DDL is applied; a repeated CREATE or DROP is no error by default", "slave_ddl_exec_mode")
        .Undecided(
            "lets a transaction that can't be logged be committed all the same",
            "binlog_error_action, binlog_direct_non_transactional_updates")
        .Undecided("logs parts of values only, which can't be applied to other rows", "binlog_row_value_options")
        .Undecided(
            "runs statements in every session, or at every start of an applier, which may keep writes out of the log",
            "init_connect, init_replica, init_slave")
        .Undecided(
            "marks or leaves out events",
            "replicate_events_marked_for_skip, sql_replica_skip_counter, sql_slave_skip_counter, gtid_ignore_duplicates, "
                + "replicate_same_server_id")
        .Undecided("makes rows on a replica that the source did not log", "slave_run_triggers_for_rbr")
        .Undecided("lets it follow a source that it may not understand", "replica_allow_higher_version_source")
        .Undecided(
            "changes what survives a crash or is written at all",
            "innodb_doublewrite, innodb_force_recovery, innodb_force_load_corrupted, innodb_force_primary_key, "
                + "innodb_read_only_compressed, persisted_globals_load, disabled_storage_engines")
        .Undecided("keeps clients out, or lets everybody in", "offline_mode, skip_grant_tables");

    /// <summary>The values at which an undecided variable changes nothing: the servers' defaults.</summary>
    private static readonly Dictionary<string, string[]> Safe = new(StringComparer.OrdinalIgnoreCase)
    {
        ["binlog_error_action"] = ["ABORT_SERVER"],
        ["replicate_events_marked_for_skip"] = ["REPLICATE"],
        ["slave_run_triggers_for_rbr"] = ["NO"],
        ["replica_allow_higher_version_source"] = ["ON"],
        ["innodb_doublewrite"] = ["ON", "1", "DETECT_AND_RECOVER"],
        ["innodb_read_only_compressed"] = ["ON", "OFF"],
        ["innodb_force_primary_key"] = ["ON", "OFF"],
        ["persisted_globals_load"] = ["ON"],
    };

    /// <summary>
    /// What of a server's variables is not understood, or is set to what the judgement does not take into account: <c>name = value</c> and
    /// why.
    /// </summary>
    /// <param name="values">The variables of <see cref="Pattern"/>, by name.</param>
    public static IReadOnlyList<string> Undecided(IEnumerable<KeyValuePair<string, string>> values) =>
        [
            .. values.Where(one => !IsSafe(one.Key, one.Value))
                .Select(one => (one, Why: Variables.Trouble(one.Key)))
                .Where(one => one.Why is not null)
                .Select(one => $"{one.Why} (is '{Short(one.one.Value)}')")
                .Order(StringComparer.Ordinal),
        ];

    private static bool IsSafe(string name, string value) => Variables.Find(name) is { Use: WordUse.Undecided }
        && (Safe.TryGetValue(name, out string[]? safe)
            ? safe.Contains(value, StringComparer.OrdinalIgnoreCase)
            : value is "" or "OFF" or "0");

    private static string Short(string value) => value.Length <= 60 ? value : value[..60] + "...";
}
