using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Database;

/// <summary>The statements that facts are read with. They read only.</summary>
internal static class ReplicationQueries
{
    public const string Variables = """
        SHOW GLOBAL VARIABLES WHERE Variable_name IN (
            'version', 'hostname', 'port', 'server_id', 'server_uuid', 'ssl_cert', 'have_ssl', 'require_secure_transport',
            'read_only', 'super_read_only', 'innodb_read_only',
            'gtid_mode', 'enforce_gtid_consistency', 'gtid_executed', 'gtid_purged',
            'gtid_strict_mode', 'gtid_binlog_state', 'gtid_current_pos',
            'log_bin', 'log_bin_basename', 'datadir', 'binlog_format', 'binlog_row_image', 'log_replica_updates', 'log_slave_updates',
            'sync_binlog', 'innodb_flush_log_at_trx_commit', 'binlog_expire_logs_seconds', 'binlog_expire_logs_auto_purge', 'expire_logs_days',
            'replica_parallel_workers', 'replica_preserve_commit_order', 'relay_log_recovery', 'replica_net_timeout',
            'slave_parallel_threads', 'slave_net_timeout', 'event_scheduler',
            'replica_skip_errors', 'slave_skip_errors', 'replica_exec_mode', 'slave_exec_mode', 'replica_type_conversions', 'slave_type_conversions',
            'rpl_semi_sync_source_enabled', 'rpl_semi_sync_master_enabled', 'rpl_semi_sync_replica_enabled', 'rpl_semi_sync_slave_enabled',
            'rpl_semi_sync_source_timeout', 'rpl_semi_sync_master_timeout', 'rpl_semi_sync_source_wait_point', 'rpl_semi_sync_master_wait_point',
            'rpl_semi_sync_source_wait_for_replica_count', 'rpl_semi_sync_source_wait_no_replica', 'rpl_semi_sync_master_wait_no_slave',
            'wsrep_on', 'wsrep_desync', 'wsrep_provider_options')
        """;

    public const string Status = """
        SHOW GLOBAL STATUS WHERE Variable_name IN (
            'Uptime', 'Rpl_semi_sync_source_status', 'Rpl_semi_sync_master_status', 'Rpl_semi_sync_source_clients', 'Rpl_semi_sync_master_clients',
            'Rpl_semi_sync_replica_status', 'Rpl_semi_sync_slave_status', 'Rpl_semi_sync_source_wait_sessions', 'Rpl_semi_sync_master_wait_sessions',
            'Rpl_semi_sync_source_yes_tx', 'Rpl_semi_sync_master_yes_tx', 'Rpl_semi_sync_source_no_tx', 'Rpl_semi_sync_master_no_tx',
            'wsrep_cluster_size', 'wsrep_cluster_status', 'wsrep_cluster_conf_id', 'wsrep_cluster_state_uuid', 'wsrep_cluster_weight', 'wsrep_local_state_comment', 'wsrep_ready',
            'wsrep_desync_count', 'wsrep_flow_control_paused', 'wsrep_flow_control_paused_ns', 'wsrep_local_cert_failures', 'wsrep_local_bf_aborts',
            'wsrep_local_commits', 'wsrep_last_committed')
        """;

    /// <summary>What tells whether commits that waited at a first look have been acknowledged since.</summary>
    public const string SemiSyncCounters = """
        SHOW GLOBAL STATUS WHERE Variable_name IN ('Rpl_semi_sync_source_status', 'Rpl_semi_sync_master_status',
            'Rpl_semi_sync_source_yes_tx', 'Rpl_semi_sync_master_yes_tx', 'Rpl_semi_sync_source_no_tx', 'Rpl_semi_sync_master_no_tx')
        """;

    public const string Persisted =
        "SELECT VARIABLE_NAME AS Variable_name, VARIABLE_VALUE AS Value FROM performance_schema.persisted_variables WHERE VARIABLE_NAME IN "
            + "('read_only', 'super_read_only')";

    public const string MySqlChannels = "SHOW REPLICA STATUS";

    public const string MariaDbChannels = "SHOW ALL SLAVES STATUS";

    /// <summary>How long ago the oldest transaction that is being applied was committed at its source, in microseconds.</summary>
    public const string ApplyingAge = """
        SELECT CHANNEL_NAME AS channel_name,
               MAX(IF(APPLYING_TRANSACTION = '', NULL, TIMESTAMPDIFF(MICROSECOND, APPLYING_TRANSACTION_ORIGINAL_COMMIT_TIMESTAMP, NOW(6)))) AS applying_age
        FROM performance_schema.replication_applier_status_by_worker GROUP BY CHANNEL_NAME
        """;

    /// <summary>The engine of the table in which MariaDB keeps how far it has applied.</summary>
    public const string PositionEngine =
        "SELECT ENGINE AS engine FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'gtid_slave_pos'";

    public const string BinaryLogs = "SHOW BINARY LOGS";

    public const string MySqlLog = "SHOW BINARY LOG STATUS";

    public const string MariaDbLog = "SHOW MASTER STATUS";

    public const string Events = """
        SELECT EVENT_SCHEMA AS event_schema, EVENT_NAME AS event_name, STATUS AS status, DEFINER AS definer, SQL_MODE AS sql_mode
        FROM information_schema.EVENTS ORDER BY EVENT_SCHEMA, EVENT_NAME
        """;

    /// <summary>All variables that may touch logging, replication, durability or writability.</summary>
    public const string Settings = $"SHOW GLOBAL VARIABLES WHERE Variable_name RLIKE '{SettingWords.Pattern}'";

    /// <summary>
    /// What replication should keep the same on all members, each with a digest: accounts, what they may do, code that the
    /// server keeps, and the columns of tables. A salted password hash differs where an account was created on each member
    /// by itself, so that it says nothing; of one without salt a digest is read beside, of which no fact keeps more than
    /// <see cref="ServerObject.Password"/>.
    /// </summary>
    public const string Objects = """
        SELECT 'account' AS kind, CONCAT(QUOTE(User), '@', QUOTE(Host)) AS name, SHA2(CONCAT_WS('|', plugin, authentication_string = '', ssl_type), 256) AS digest, IF(plugin IN ('caching_sha2_password', 'sha256_password', 'parsec') OR authentication_string = '', NULL, SHA2(authentication_string, 256)) AS secret FROM mysql.user
        UNION ALL SELECT 'grants', GRANTEE, CONCAT(COUNT(*), ' ', BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('|', place, PRIVILEGE_TYPE, IS_GRANTABLE), 256), 15), 16, 10) AS UNSIGNED))), NULL FROM (
          SELECT GRANTEE, '*' AS place, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES
          UNION ALL SELECT GRANTEE, TABLE_SCHEMA, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.SCHEMA_PRIVILEGES
          UNION ALL SELECT GRANTEE, CONCAT_WS('.', TABLE_SCHEMA, TABLE_NAME), PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.TABLE_PRIVILEGES
          UNION ALL SELECT GRANTEE, CONCAT_WS('.', TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME), PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.COLUMN_PRIVILEGES) g GROUP BY GRANTEE
        UNION ALL SELECT 'routine', CONCAT_WS('.', ROUTINE_SCHEMA, ROUTINE_NAME), SHA2(CONCAT_WS('|', ROUTINE_TYPE, DEFINER, SECURITY_TYPE, ROUTINE_DEFINITION), 256), NULL FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN ('sys', 'mysql')
        UNION ALL SELECT 'trigger', CONCAT_WS('.', TRIGGER_SCHEMA, TRIGGER_NAME), SHA2(CONCAT_WS('|', EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, DEFINER, ACTION_STATEMENT), 256), NULL FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA NOT IN ('sys', 'mysql')
        UNION ALL SELECT 'event', CONCAT_WS('.', EVENT_SCHEMA, EVENT_NAME), SHA2(CONCAT_WS('|', DEFINER, EVENT_DEFINITION, INTERVAL_VALUE, INTERVAL_FIELD), 256), NULL FROM information_schema.EVENTS
        UNION ALL SELECT 'view', CONCAT_WS('.', TABLE_SCHEMA, TABLE_NAME), SHA2(CONCAT_WS('|', VIEW_DEFINITION, DEFINER, SECURITY_TYPE), 256), NULL FROM information_schema.VIEWS WHERE TABLE_SCHEMA NOT IN ('sys', 'mysql')
        UNION ALL SELECT 'table', CONCAT_WS('.', TABLE_SCHEMA, TABLE_NAME), CONCAT(COUNT(*), ' ', BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('|', COLUMN_NAME, ORDINAL_POSITION, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, COLLATION_NAME, EXTRA), 256), 15), 16, 10) AS UNSIGNED))), NULL
          FROM information_schema.COLUMNS WHERE TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') GROUP BY TABLE_SCHEMA, TABLE_NAME
        """;

    /// <summary>The names of the accounts that are connected as clients.</summary>
    public const string Clients = """
        SELECT DISTINCT USER AS user FROM information_schema.PROCESSLIST
        WHERE USER NOT IN ('system user', 'event_scheduler', 'unauthenticated user') AND COMMAND NOT IN ('Binlog Dump', 'Binlog Dump GTID', 'Daemon')
        """;

    /// <summary>Who reads the binary log.</summary>
    public const string Readers =
        "SELECT ID AS id, USER AS user, HOST AS host FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%' ORDER BY ID";

    /// <summary>Sessions that keep what they write out of the log. MariaDB does not tell.</summary>
    public const string Unlogged = """
        SELECT t.PROCESSLIST_ID AS id, t.PROCESSLIST_USER AS user, t.PROCESSLIST_HOST AS host
        FROM performance_schema.variables_by_thread v JOIN performance_schema.threads t ON t.THREAD_ID = v.THREAD_ID
        WHERE v.VARIABLE_NAME = 'sql_log_bin' AND v.VARIABLE_VALUE = 'OFF' AND t.PROCESSLIST_ID IS NOT NULL
        """;

    public const string Transactions = """
        SELECT t.trx_mysql_thread_id AS id, p.USER AS user, p.HOST AS host, p.COMMAND AS command, p.TIME AS state_seconds,
               TIMESTAMPDIFF(SECOND, t.trx_started, NOW()) AS age, t.trx_rows_locked AS locked, t.trx_rows_modified AS modified
        FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
        WHERE p.USER NOT IN ('system user', 'event_scheduler')
        ORDER BY t.trx_started LIMIT 100
        """;

    /// <summary>The marker of the last operation; the table is there since the first one.</summary>
    public const string Operation =
        "SELECT id, holder, CAST(since AS CHAR) AS since, state, old_primary, new_primary, parameters FROM foobar_ops.operation WHERE slot = 1";

    public const string MySqlAccounts = "SELECT User, Host, ssl_type, plugin, account_locked FROM mysql.user WHERE Repl_slave_priv = 'Y'";

    /// <summary>
    /// Who may write in spite of <c>read_only</c>, or may lift it. A login that may not read <c>mysql</c> sees its own row of
    /// these alone, so that it must be refused instead of seeing too little.
    /// </summary>
    public const string Privileged = """
        SELECT GRANTEE AS grantee, PRIVILEGE_TYPE AS privilege FROM information_schema.USER_PRIVILEGES
        WHERE PRIVILEGE_TYPE IN ('SUPER', 'CONNECTION_ADMIN', 'READ_ONLY ADMIN', 'READ ONLY ADMIN') AND (SELECT COUNT(*) FROM mysql.user) > 0
        """;

    /// <summary>
    /// Accounts without a name, or with a plugin that compares passwords and an empty one. One that is locked can't log in, nor one
    /// whose password has expired: until a new one is set, nothing else is done for it. Roles are locked.
    /// </summary>
    public const string MySqlOpenAccounts = """
        SELECT User AS user, Host AS host, ssl_type, IF(authentication_string = '', plugin, '') AS plugin FROM mysql.user
        WHERE account_locked = 'N' AND password_expired = 'N'
          AND (User = '' OR (authentication_string = ''
               AND plugin IN ('mysql_native_password', 'sha256_password', 'caching_sha2_password', 'mysql_clear_password')))
        """;

    /// <summary>
    /// The same on MariaDB, where an account may have several plugins (<c>auth_or</c>); one of them that takes an empty password is
    /// enough. Roles are told apart by a word.
    /// </summary>
    public const string MariaDbOpenAccounts = """
        SELECT User AS user, Host AS host, CAST(JSON_VALUE(Priv, '$.ssl_type') AS CHAR) AS ssl_type,
               IF(is_open, COALESCE(NULLIF(JSON_VALUE(Priv, '$.plugin'), ''), 'mysql_native_password'), '') AS plugin
        FROM (SELECT User, Host, Priv,
                (COALESCE(JSON_VALUE(Priv, '$.authentication_string'), '') = ''
                  AND COALESCE(JSON_VALUE(Priv, '$.plugin'), '') IN ('', 'mysql_native_password', 'mysql_old_password', 'ed25519', 'parsec'))
                OR EXISTS (SELECT 1 FROM JSON_TABLE(COALESCE(JSON_QUERY(Priv, '$.auth_or'), '[]'), '$[*]' COLUMNS (
                     plugin VARCHAR(100) PATH '$.plugin', password VARCHAR(500) PATH '$.authentication_string')) AS way
                   WHERE COALESCE(way.password, '') = ''
                     AND way.plugin IN ('mysql_native_password', 'mysql_old_password', 'ed25519', 'parsec')) AS is_open
              FROM mysql.global_priv) AS account
        WHERE (is_open OR User = '')
          AND COALESCE(JSON_VALUE(Priv, '$.account_locked'), '0') NOT IN ('1', 'true')
          AND COALESCE(JSON_VALUE(Priv, '$.is_role'), '0') NOT IN ('1', 'true')
          AND COALESCE(JSON_VALUE(Priv, '$.password_last_changed'), '1') <> '0'
        """;

    public const string MariaDbAccounts = "SELECT User, Host, ssl_type, plugin FROM mysql.user WHERE Repl_slave_priv = 'Y'";

    /// <summary>
    /// Keys are looked up in STATISTICS, which shows every table that may be read; TABLE_CONSTRAINTS hides those on which a
    /// login has no privilege but SELECT.
    /// </summary>
    public const string Tables = """
        SELECT t.TABLE_SCHEMA AS table_schema, t.TABLE_NAME AS table_name, t.ENGINE AS engine,
               e.TRANSACTIONS = 'YES' AS transactional,
               EXISTS (SELECT 1 FROM information_schema.STATISTICS s
                       WHERE s.TABLE_SCHEMA = t.TABLE_SCHEMA AND s.TABLE_NAME = t.TABLE_NAME AND s.INDEX_NAME = 'PRIMARY') AS has_key
        FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
        WHERE t.TABLE_TYPE = 'BASE TABLE' AND t.TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
        HAVING transactional IS NULL OR transactional = 0 OR has_key = 0 LIMIT 50
        """;

    /// <summary>Whether the login may read every table; the information schema hides the others.</summary>
    public const string ReadsAllTables = """
        SELECT COUNT(*) > 0 AS reads_all FROM information_schema.USER_PRIVILEGES
        WHERE PRIVILEGE_TYPE = 'SELECT' AND GRANTEE = CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)))
        """;

    public const string GroupMembers = """
        SELECT m.MEMBER_ID AS member_id, m.MEMBER_HOST AS member_host, m.MEMBER_STATE AS member_state, m.MEMBER_ROLE AS member_role, s.VIEW_ID AS view_id,
               s.COUNT_TRANSACTIONS_IN_QUEUE AS certifying, s.COUNT_TRANSACTIONS_REMOTE_IN_APPLIER_QUEUE AS applying,
               s.COUNT_CONFLICTS_DETECTED AS conflicts, s.COUNT_TRANSACTIONS_LOCAL_PROPOSED AS proposed
        FROM performance_schema.replication_group_members m LEFT JOIN performance_schema.replication_group_member_stats s USING (MEMBER_ID)
        """;

    /// <summary>The settings of Group Replication; none where it is not loaded.</summary>
    public const string GroupSettings = "SHOW GLOBAL VARIABLES LIKE 'group_replication_%'";

    /// <summary>The members of Galera's view, as the member itself noted them; from MariaDB 10.4 on.</summary>
    public const string GaleraMembers = "SELECT node_uuid, node_name FROM mysql.wsrep_cluster_members";

    /// <summary>What of Galera's status changes from one look to the next.</summary>
    public const string GaleraFlow = """
        SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_flow_control_paused_ns', 'wsrep_flow_control_active', 'wsrep_flow_control_requested', 'wsrep_local_recv_queue')
        """;

    /// <summary>
    /// The option files of both, and those that they take in where distributions put them (Using Option Files, !includedir).
    /// </summary>
    public static CommandSources OptionFiles { get; } = new(
        [
            "/etc/my.cnf", "/etc/my.cnf.d/*", "/etc/mysql/*", "/etc/mysql/*/*", "/usr/etc/my.cnf", "/root/.my.cnf", "/root/.mylogin.cnf",
            "/usr/sbin/mariadbd", "/usr/sbin/mysqld", "/usr/libexec/mariadbd", "/usr/libexec/mysqld",
        ],
        static result => Lines.Of(result.OutputText).Select(static line => line.Text.Trim()).Any(IsElsewhere) ? null : []);

    private static bool IsElsewhere(string line)
    {
        string place = Lines.Fields(line).ElementAtOrDefault(1) ?? "";
        return line.StartsWith("!include", StringComparison.Ordinal) && !place.StartsWith("/etc/mysql/", StringComparison.Ordinal)
            && !place.StartsWith("/etc/my.cnf.d", StringComparison.Ordinal);
    }

    /// <summary>What the server would be started with, by whichever of its two names it has.</summary>
    public const string Options = """
        PATH="$PATH:/usr/sbin:/usr/libexec:/usr/local/sbin"
        for name in mariadbd mysqld; do
            command -v "$name" >/dev/null 2>&1 || continue
            "$name" --print-defaults || exit
            printf '\n'
            grep -hs '^[[:space:]]*!include' /etc/my.cnf /etc/my.cnf.d/*.cnf /etc/mysql/*.cnf /etc/mysql/*/*.cnf
            exit 0
        done
        echo 'neither mariadbd nor mysqld found' >&2; exit 1
        """;
}
