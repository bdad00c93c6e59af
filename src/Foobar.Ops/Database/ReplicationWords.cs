using Foobar.Ops.Findings;

namespace Foobar.Ops.Database;

/// <summary>The words of the database servers that the readers know; what is not here makes the fact that it stands in undecided.</summary>
internal static class ReplicationWords
{
    private const string MySqlManual = "MySQL Reference Manual 8.4 and 9.7";
    private const string MariaDbManual = "MariaDB Server Documentation, 10.11 to 11.8";

    /// <summary>Columns of <c>SHOW REPLICA STATUS</c> and <c>SHOW ALL SLAVES STATUS</c>.</summary>
    public static Vocabulary ChannelColumns { get; } = new Vocabulary(
        "column of the replication status",
        $"{MySqlManual}, SHOW REPLICA STATUS; {MariaDbManual}, SHOW ALL SLAVES STATUS",
        StringComparer.OrdinalIgnoreCase)
        .Handled(
            "Channel_Name, Connection_name, Source_Host, Master_Host, Source_Port, Master_Port, Source_User, Master_User, "
                + "Source_Server_Id, Master_Server_Id, Source_UUID")
        .Handled(
            "Replica_IO_Running, Slave_IO_Running, Replica_SQL_Running, Slave_SQL_Running, Last_IO_Errno, Last_IO_Error, Last_SQL_Errno, "
                + "Last_SQL_Error")
        .Handled("Using_Gtid, Auto_Position, Retrieved_Gtid_Set, Gtid_IO_Pos, Seconds_Behind_Source, Seconds_Behind_Master, SQL_Delay")
        .Handled("Source_SSL_Allowed, Master_SSL_Allowed, Source_SSL_Verify_Server_Cert, Master_SSL_Verify_Server_Cert")
        .Handled(
            "Replicate_Do_DB, Replicate_Ignore_DB, Replicate_Do_Table, Replicate_Ignore_Table, Replicate_Wild_Do_Table, "
                + "Replicate_Wild_Ignore_Table")
        .Handled(
            "Replicate_Rewrite_DB, Replicate_Ignore_Server_Ids, Replicate_Do_Domain_Ids, Replicate_Ignore_Domain_Ids, Until_Condition, "
                + "Skip_Counter")
        .Irrelevant(
            "where it is in files that GTIDs make of no account",
            "Source_Log_File, Master_Log_File, Read_Source_Log_Pos, Read_Master_Log_Pos, Relay_Log_File, Relay_Log_Pos, "
                + "Relay_Source_Log_File, Relay_Master_Log_File, Exec_Source_Log_Pos, Exec_Master_Log_Pos, Relay_Log_Space, "
                + "Until_Log_File, Until_Log_Pos, Source_Info_File")
        .Irrelevant("read where it is held, from the variables", "Executed_Gtid_Set, Gtid_Slave_Pos")
        .Irrelevant(
            "words for people, of what other columns say",
            "Replica_IO_State, Slave_IO_State, Replica_SQL_Running_State, Slave_SQL_Running_State, Slave_SQL_State, Last_Errno, "
                + "Last_Error, Last_IO_Error_Timestamp, Last_SQL_Error_Timestamp, SQL_Remaining_Delay")
        .Irrelevant(
            "how it connects, which shows in whether it does",
            "Connect_Retry, Source_Retry_Count, Source_Bind, Network_Namespace, Source_SSL_CA_File, Master_SSL_CA_File, "
                + "Source_SSL_CA_Path, Master_SSL_CA_Path, Source_SSL_Cert, Master_SSL_Cert, Source_SSL_Cipher, Master_SSL_Cipher, "
                + "Source_SSL_Key, Master_SSL_Key, Source_SSL_Crl, Master_SSL_Crl, Source_SSL_Crlpath, Master_SSL_Crlpath, "
                + "Source_TLS_Version, Source_public_key_path, Get_Source_public_key")
        .Irrelevant(
            "counts and limits of its work",
            "Parallel_Mode, Slave_DDL_Groups, Slave_Non_Transactional_Groups, Slave_Transactional_Groups, Retried_transactions, "
                + "Max_relay_log_size, Executed_log_entries, Slave_received_heartbeats, Slave_heartbeat_period, Connects_Tried, "
                + "Master_Retry_Count, Master_last_event_time, Slave_last_event_time, Master_Slave_time_diff");

    /// <summary>What a replication thread may be said to do.</summary>
    public static Vocabulary ThreadStates { get; } = new Vocabulary(
        "state of a replication thread", $"{MySqlManual}, SHOW REPLICA STATUS; {MariaDbManual}, SHOW REPLICA STATUS")
        .Handled("Yes, No, Connecting, Preparing");

    /// <summary>Columns of <c>SHOW BINARY LOG STATUS</c> and <c>SHOW MASTER STATUS</c>.</summary>
    public static Vocabulary LogColumns { get; } = new Vocabulary(
        "column of the binary log's status",
        $"{MySqlManual}, SHOW BINARY LOG STATUS; {MariaDbManual}, SHOW BINLOG STATUS",
        StringComparer.OrdinalIgnoreCase)
        .Handled("Binlog_Do_DB, Binlog_Ignore_DB")
        .Irrelevant("where the log ends; GTIDs say what it holds", "File, Position, Executed_Gtid_Set");

    /// <summary>States of a member of MySQL's Group Replication.</summary>
    public static Vocabulary GroupStates { get; } = new Vocabulary(
        "state of a group member", $"{MySqlManual}, The replication_group_members Table")
        .Handled("ONLINE, RECOVERING, OFFLINE, ERROR, UNREACHABLE");

    /// <summary>States of a Galera cluster's part.</summary>
    public static Vocabulary GaleraStates { get; } = new Vocabulary(
        "wsrep_cluster_status", $"{MariaDbManual}, Galera Cluster Status Variables")
        .Handled("Primary, non-Primary, Disconnected");

    /// <summary>States of a member of a Galera cluster, without what it waits for.</summary>
    public static Vocabulary GaleraNodeStates { get; } = new Vocabulary(
        "wsrep_local_state_comment", $"{MariaDbManual}, Galera Cluster Status Variables")
        .Handled(
            "Synced, Donor/Desynced, Joined, Joining, Joiner, Initialized, Undefined, Closed, Destroyed, Error, Disconnecting, "
                + "Inconsistent");
}
