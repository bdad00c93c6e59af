using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Database;

/// <summary>The vocabularies of the database servers, held against what the supported versions print.</summary>
public sealed class DatabaseWordsTests
{
    /// <summary>MySQL 9.7: SHOW REPLICA STATUS.</summary>
    private const string MySqlChannel = """
        Replica_IO_State Source_Host Source_User Source_Port Connect_Retry Source_Log_File Read_Source_Log_Pos Relay_Log_File Relay_Log_Pos
        Relay_Source_Log_File Replica_IO_Running Replica_SQL_Running Replicate_Do_DB Replicate_Ignore_DB Replicate_Do_Table Replicate_Ignore_Table
        Replicate_Wild_Do_Table Replicate_Wild_Ignore_Table Last_Errno Last_Error Skip_Counter Exec_Source_Log_Pos Relay_Log_Space Until_Condition
        Until_Log_File Until_Log_Pos Source_SSL_Allowed Source_SSL_CA_File Source_SSL_CA_Path Source_SSL_Cert Source_SSL_Cipher Source_SSL_Key
        Seconds_Behind_Source Source_SSL_Verify_Server_Cert Last_IO_Errno Last_IO_Error Last_SQL_Errno Last_SQL_Error Replicate_Ignore_Server_Ids
        Source_Server_Id Source_UUID Source_Info_File SQL_Delay SQL_Remaining_Delay Replica_SQL_Running_State Source_Retry_Count Source_Bind
        Last_IO_Error_Timestamp Last_SQL_Error_Timestamp Source_SSL_Crl Source_SSL_Crlpath Retrieved_Gtid_Set Executed_Gtid_Set Auto_Position
        Replicate_Rewrite_DB Channel_Name Source_TLS_Version Source_public_key_path Get_Source_public_key Network_Namespace
        """;

    /// <summary>MariaDB 10.11: SHOW ALL SLAVES STATUS.</summary>
    private const string MariaDbChannel = """
        Connection_name Slave_SQL_State Slave_IO_State Master_Host Master_User Master_Port Connect_Retry Master_Log_File Read_Master_Log_Pos Relay_Log_File
        Relay_Log_Pos Relay_Master_Log_File Slave_IO_Running Slave_SQL_Running Replicate_Do_DB Replicate_Ignore_DB Replicate_Do_Table Replicate_Ignore_Table
        Replicate_Wild_Do_Table Replicate_Wild_Ignore_Table Last_Errno Last_Error Skip_Counter Exec_Master_Log_Pos Relay_Log_Space Until_Condition
        Until_Log_File Until_Log_Pos Master_SSL_Allowed Master_SSL_CA_File Master_SSL_CA_Path Master_SSL_Cert Master_SSL_Cipher Master_SSL_Key
        Seconds_Behind_Master Master_SSL_Verify_Server_Cert Last_IO_Errno Last_IO_Error Last_SQL_Errno Last_SQL_Error Replicate_Ignore_Server_Ids
        Master_Server_Id Master_SSL_Crl Master_SSL_Crlpath Using_Gtid Gtid_IO_Pos Replicate_Do_Domain_Ids Replicate_Ignore_Domain_Ids Parallel_Mode SQL_Delay
        SQL_Remaining_Delay Slave_SQL_Running_State Slave_DDL_Groups Slave_Non_Transactional_Groups Slave_Transactional_Groups Replicate_Rewrite_DB
        Retried_transactions Max_relay_log_size Executed_log_entries Slave_received_heartbeats Slave_heartbeat_period Gtid_Slave_Pos
        """;

    /// <summary>MySQL 9.7: the variables of the pattern.</summary>
    private const string MySqlVariables = """
        binlog_cache_size binlog_checksum binlog_direct_non_transactional_updates binlog_encryption binlog_error_action binlog_expire_logs_auto_purge
        binlog_expire_logs_seconds binlog_format binlog_group_commit_sync_delay binlog_group_commit_sync_no_delay_count binlog_gtid_simple_recovery
        binlog_max_flush_queue_time binlog_order_commits binlog_rotate_encryption_master_key_at_startup binlog_row_event_max_size binlog_row_image
        binlog_row_metadata binlog_row_value_options binlog_rows_query_log_events binlog_stmt_cache_size binlog_transaction_compression
        binlog_transaction_compression_level_zstd binlog_transaction_dependency_history_size disabled_storage_engines enforce_gtid_consistency event_scheduler
        gtid_executed gtid_executed_compression_period gtid_mode gtid_owned gtid_purged init_connect init_file init_replica init_slave innodb_doublewrite
        innodb_doublewrite_batch_size innodb_doublewrite_dir innodb_doublewrite_files innodb_doublewrite_pages innodb_flush_log_at_timeout
        innodb_flush_log_at_trx_commit innodb_force_load_corrupted innodb_force_recovery innodb_read_only log_bin log_bin_basename log_bin_index
        log_bin_trust_function_creators log_replica_updates log_slave_updates master_verify_checksum offline_mode persisted_globals_load read_only relay_log
        relay_log_basename relay_log_index relay_log_purge relay_log_recovery relay_log_space_limit replica_allow_batching replica_allow_higher_version_source
        replica_checkpoint_group replica_checkpoint_period replica_compressed_protocol replica_exec_mode replica_load_tmpdir replica_max_allowed_packet
        replica_net_timeout replica_parallel_workers replica_pending_jobs_size_max replica_preserve_commit_order replica_skip_errors
        replica_sql_verify_checksum replica_transaction_retries replica_type_conversions replication_optimize_for_static_plugin_config
        replication_sender_observe_commit_only rpl_read_size rpl_semi_sync_replica_enabled rpl_semi_sync_replica_trace_level rpl_semi_sync_source_enabled
        rpl_semi_sync_source_timeout rpl_semi_sync_source_trace_level rpl_semi_sync_source_wait_for_replica_count rpl_semi_sync_source_wait_no_replica
        rpl_semi_sync_source_wait_point rpl_stop_replica_timeout rpl_stop_slave_timeout skip_replica_start skip_slave_start slave_allow_batching
        slave_checkpoint_group slave_checkpoint_period slave_compressed_protocol slave_exec_mode slave_load_tmpdir slave_max_allowed_packet slave_net_timeout
        slave_parallel_workers slave_pending_jobs_size_max slave_preserve_commit_order slave_skip_errors slave_sql_verify_checksum slave_transaction_retries
        slave_type_conversions source_verify_checksum sql_replica_skip_counter sql_slave_skip_counter super_read_only sync_binlog sync_master_info
        sync_relay_log sync_relay_log_info sync_source_info transaction_read_only
        """;

    /// <summary>MariaDB 10.11: the variables of the pattern.</summary>
    private const string MariaDbVariables = """
        binlog_alter_two_phase binlog_annotate_row_events binlog_cache_size binlog_checksum binlog_commit_wait_count binlog_commit_wait_usec
        binlog_direct_non_transactional_updates binlog_expire_logs_seconds binlog_file_cache_size binlog_format binlog_optimize_thread_scheduling
        binlog_row_image binlog_row_metadata binlog_stmt_cache_size encrypt_binlog event_scheduler gtid_binlog_pos gtid_binlog_state gtid_cleanup_batch_size
        gtid_current_pos gtid_domain_id gtid_ignore_duplicates gtid_pos_auto_engines gtid_slave_pos gtid_strict_mode init_connect init_file init_slave
        innodb_doublewrite innodb_flush_log_at_timeout innodb_flush_log_at_trx_commit innodb_force_primary_key innodb_force_recovery innodb_read_only
        innodb_read_only_compressed log_bin log_bin_basename log_bin_compress log_bin_compress_min_len log_bin_index log_bin_trust_function_creators
        log_slave_updates master_verify_checksum read_only relay_log relay_log_basename relay_log_index relay_log_info_file relay_log_purge relay_log_recovery
        relay_log_space_limit replicate_annotate_row_events replicate_do_db replicate_do_table replicate_events_marked_for_skip replicate_ignore_db
        replicate_ignore_table replicate_rewrite_db replicate_wild_do_table replicate_wild_ignore_table rpl_semi_sync_master_enabled
        rpl_semi_sync_master_timeout rpl_semi_sync_master_trace_level rpl_semi_sync_master_wait_no_slave rpl_semi_sync_master_wait_point
        rpl_semi_sync_slave_delay_master rpl_semi_sync_slave_enabled rpl_semi_sync_slave_kill_conn_timeout rpl_semi_sync_slave_trace_level skip_grant_tables
        slave_compressed_protocol slave_ddl_exec_mode slave_domain_parallel_threads slave_exec_mode slave_load_tmpdir slave_max_allowed_packet
        slave_max_statement_time slave_net_timeout slave_parallel_max_queued slave_parallel_mode slave_parallel_threads slave_parallel_workers
        slave_run_triggers_for_rbr slave_skip_errors slave_sql_verify_checksum slave_transaction_retries slave_transaction_retry_errors
        slave_transaction_retry_interval slave_type_conversions sql_log_bin sql_slave_skip_counter sync_binlog sync_frm sync_master_info sync_relay_log
        sync_relay_log_info tx_read_only
        """;

    /// <summary>MariaDB 11.8: SHOW ALL SLAVES STATUS.</summary>
    private const string NewMariaDbChannel = """
        Connection_name Slave_SQL_State Slave_IO_State Master_Host Master_User Master_Port Connect_Retry Master_Log_File Read_Master_Log_Pos
        Relay_Log_File Relay_Log_Pos Relay_Master_Log_File Slave_IO_Running Slave_SQL_Running Replicate_Do_DB Replicate_Ignore_DB Replicate_Do_Table
        Replicate_Ignore_Table Replicate_Wild_Do_Table Replicate_Wild_Ignore_Table Last_Errno Last_Error Skip_Counter Exec_Master_Log_Pos
        Relay_Log_Space Until_Condition Until_Log_File Until_Log_Pos Master_SSL_Allowed Master_SSL_CA_File Master_SSL_CA_Path Master_SSL_Cert
        Master_SSL_Cipher Master_SSL_Key Seconds_Behind_Master Master_SSL_Verify_Server_Cert Last_IO_Errno Last_IO_Error Last_SQL_Errno
        Last_SQL_Error Replicate_Ignore_Server_Ids Master_Server_Id Master_SSL_Crl Master_SSL_Crlpath Using_Gtid Gtid_IO_Pos Replicate_Do_Domain_Ids
        Replicate_Ignore_Domain_Ids Parallel_Mode SQL_Delay SQL_Remaining_Delay Slave_SQL_Running_State Slave_DDL_Groups
        Slave_Non_Transactional_Groups Slave_Transactional_Groups Replicate_Rewrite_DB Retried_transactions Max_relay_log_size Executed_log_entries
        Slave_received_heartbeats Slave_heartbeat_period Gtid_Slave_Pos Master_last_event_time Slave_last_event_time Master_Slave_time_diff
        """;

    /// <summary>MariaDB 11.8: the variables of the pattern.</summary>
    private const string NewMariaDbVariables = """
        binlog_alter_two_phase binlog_annotate_row_events binlog_cache_size binlog_checksum binlog_commit_wait_count binlog_commit_wait_usec
        binlog_direct_non_transactional_updates binlog_do_db binlog_expire_logs_seconds binlog_file_cache_size binlog_format binlog_gtid_index
        binlog_gtid_index_page_size binlog_gtid_index_span_min binlog_ignore_db binlog_large_commit_threshold binlog_legacy_event_pos
        binlog_optimize_thread_scheduling binlog_row_event_max_size binlog_row_image binlog_row_metadata binlog_space_limit binlog_stmt_cache_size
        encrypt_binlog event_scheduler gtid_binlog_pos gtid_binlog_state gtid_cleanup_batch_size gtid_current_pos gtid_domain_id
        gtid_ignore_duplicates gtid_pos_auto_engines gtid_slave_pos gtid_strict_mode init_connect init_file init_slave innodb_doublewrite
        innodb_flush_log_at_timeout innodb_flush_log_at_trx_commit innodb_force_primary_key innodb_force_recovery innodb_read_only
        innodb_read_only_compressed log_bin log_bin_basename log_bin_compress log_bin_compress_min_len log_bin_index log_bin_trust_function_creators
        log_slave_updates master_verify_checksum read_only relay_log relay_log_basename relay_log_index relay_log_info_file relay_log_purge
        relay_log_recovery relay_log_space_limit replicate_annotate_row_events replicate_do_db replicate_do_table replicate_events_marked_for_skip
        replicate_ignore_db replicate_ignore_table replicate_rewrite_db replicate_wild_do_table replicate_wild_ignore_table
        rpl_semi_sync_master_enabled rpl_semi_sync_master_timeout rpl_semi_sync_master_trace_level rpl_semi_sync_master_wait_no_slave
        rpl_semi_sync_master_wait_point rpl_semi_sync_slave_delay_master rpl_semi_sync_slave_enabled rpl_semi_sync_slave_kill_conn_timeout
        rpl_semi_sync_slave_trace_level skip_grant_tables slave_abort_blocking_timeout slave_compressed_protocol slave_connections_needed_for_purge
        slave_ddl_exec_mode slave_domain_parallel_threads slave_exec_mode slave_load_tmpdir slave_max_allowed_packet slave_max_statement_time
        slave_net_timeout slave_parallel_max_queued slave_parallel_mode slave_parallel_threads slave_parallel_workers slave_run_triggers_for_rbr
        slave_skip_errors slave_sql_verify_checksum slave_transaction_retries slave_transaction_retry_errors slave_transaction_retry_interval
        slave_type_conversions sql_log_bin sql_slave_skip_counter sync_binlog sync_frm sync_master_info sync_relay_log sync_relay_log_info
        transaction_read_only tx_read_only
        """;

    [Theory]
    [InlineData(MySqlChannel)]
    [InlineData(MariaDbChannel)]
    [InlineData(NewMariaDbChannel)]
    public void Every_column_of_the_replication_status_is_known(string columns) =>
        Assert.Empty(Split(columns).Select(ReplicationWords.ChannelColumns.Trouble).OfType<string>());

    [Theory]
    [InlineData(MySqlVariables)]
    [InlineData(MariaDbVariables)]
    [InlineData(NewMariaDbVariables)]
    public void Every_variable_that_touches_replication_is_known(string variables) =>
        Assert.DoesNotContain(Split(variables), name => SettingWords.Variables.Find(name) is null);

    [Fact]
    public void No_word_is_declared_twice() => Assert.All(
        (Vocabulary[])
        [
            SettingWords.Variables,
            ReplicationWords.ChannelColumns,
            ReplicationWords.LogColumns,
            ReplicationWords.ThreadStates,
            ReplicationWords.GroupStates,
            ReplicationWords.GaleraStates,
            ReplicationWords.GaleraNodeStates,
        ],
        words => Assert.Equal(words.Words.Count, words.Words.Select(word => word.Text).Distinct(StringComparer.OrdinalIgnoreCase).Count()));

    [Theory]
    [InlineData("binlog_error_action", "ABORT_SERVER", false)]
    [InlineData("binlog_error_action", "IGNORE_ERROR", true)]
    [InlineData("init_connect", "", false)]
    [InlineData("init_connect", "SET sql_log_bin = 0", true)]
    [InlineData("replicate_events_marked_for_skip", "FILTER_ON_SLAVE", true)]
    [InlineData("innodb_force_recovery", "0", false)]
    [InlineData("innodb_force_recovery", "3", true)]
    [InlineData("sync_binlog", "0", false)]
    [InlineData("binlog_from_the_future", "ON", true)]
    public void A_setting_that_is_not_modelled_is_named_unless_it_changes_nothing(string name, string value, bool told)
    {
        IReadOnlyList<string> undecided = SettingWords.Undecided([KeyValuePair.Create(name, value)]);
        Assert.Equal(told, undecided is [{ } one] && one.Contains(name, StringComparison.Ordinal));
    }

    [Fact]
    public void A_column_that_is_not_known_makes_the_channel_undecided()
    {
        ReplicationChannel channel = Assert.Single(ChannelParser.Parse([Row("Yes", ("Replicate_From_The_Future", "x"))], [], "test"));
        Assert.Contains("Replicate_From_The_Future", Assert.Single(channel.NotUnderstood), StringComparison.Ordinal);
        ReplicationFacts replica = HealthySite.Replica with
        {
            Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>([HealthySite.Channel with { NotUnderstood = channel.NotUnderstood }]),
        };
        Finding finding = DatabaseControls.All.Single(control => control.Info.Id == "DB-013")
            .Apply(HealthySite.Case(replica: replica), null, DateTimeOffset.UnixEpoch)
            .Single(one => one.Server == "web-02");
        Assert.Equal(FindingStatus.Unknown, finding.Status);
    }

    [Fact]
    public void A_state_that_is_not_known_is_an_error_and_what_ends_or_skips_is_a_filter()
    {
        Assert.Contains(
            "'Dreaming'",
            Assert.Throws<ParseException>(() => ChannelParser.Parse([Row("Dreaming")], [], "test")).Message,
            StringComparison.Ordinal);
        Assert.Equal(
            ["Until_Condition=SQL_BEFORE_GTIDS", "Skip_Counter=1"],
            Assert.Single(
                ChannelParser.Parse([Row("Yes", ("Until_Condition", "SQL_BEFORE_GTIDS"), ("Skip_Counter", "1"))], [], "test")).Filters);
        Assert.Throws<ParseException>(
            () => LogFilterReader.Of([new DatabaseRow([KeyValuePair.Create<string, object?>("Binlog_Do_Table", "")])]));
        Assert.Equal(
            ["Binlog_Do_DB=shop"],
            LogFilterReader.Of([
                new DatabaseRow(
                    [
                        KeyValuePair.Create<string, object?>("File", "binlog.000001"),
                        KeyValuePair.Create<string, object?>("Binlog_Do_DB", "shop"),
                        KeyValuePair.Create<string, object?>("Binlog_Ignore_DB", ""),
                    ]),
            ]));
    }

    [Fact]
    public void A_cluster_in_a_state_that_is_not_known_is_undecided()
    {
        ClusterFacts group = ClusterParser.FromGroup(
            [
                new(
                    [
                        KeyValuePair.Create<string, object?>("member_id", HealthySite.UuidA),
                        KeyValuePair.Create<string, object?>("member_state", "BLOCKED"),
                    ]),
            ],
            Guid.Parse(HealthySite.UuidA), new([], "SHOW GLOBAL VARIABLES"));
        Assert.Contains("'BLOCKED'", group.NotUnderstood, StringComparison.Ordinal);
        ReplicationFacts member = HealthySite.Primary with { Cluster = Reading.Of(group) };
        Finding finding = DatabaseControls.All.Single(control => control.Info.Id == "DB-026")
            .Apply(HealthySite.Case(member), null, DateTimeOffset.UnixEpoch)
            .First(one => one.Server == "web-01");
        Assert.Equal(FindingStatus.Unknown, finding.Status);
    }

    private static string[] Split(string words) => words.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);

    private static DatabaseRow Row(string running, params (string Name, string Value)[] besides)
    {
        Dictionary<string, object?> values = new()
        {
            ["Source_Host"] = "192.0.2.11",
            ["Replica_IO_Running"] = running,
            ["Replica_SQL_Running"] = "Yes",
            ["Until_Condition"] = "None",
        };
        foreach ((string name, string value) in besides)
        {
            values[name] = value;
        }

        return new(values);
    }
}
