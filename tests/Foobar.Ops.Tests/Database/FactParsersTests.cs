using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Database;

public sealed class FactParsersTests
{
    private const string Space = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 1000 900 100 90% /data";
    private const string Storage =
        $"{Space}\n==\n{Space}\n==\n25 1 8:1 / / rw,relatime - ext4 /dev/sda2 rw\n26 25 8:1 / /data ro,relatime - ext4 /dev/sda1 ro\n";

    [Fact]
    public void Reads_a_replica_of_MySQL()
    {
        DatabaseRow row = Row(
            ("Source_Host", "192.0.2.11"),
            ("Source_Port", 3306u),
            ("Source_User", "replication"),
            ("Replica_IO_Running", "Yes"),
            ("Replica_SQL_Running", "No"),
            ("Source_UUID", HealthySite.UuidA),
            ("Source_Server_Id", 1u),
            ("Last_SQL_Errno", 1062),
            ("Last_SQL_Error", "Duplicate entry"),
            ("Last_IO_Errno", 0),
            ("Auto_Position", 1),
            ("Retrieved_Gtid_Set", $"{HealthySite.UuidA}:1-5,\n{HealthySite.UuidB}:1"),
            ("Seconds_Behind_Source", null),
            ("Channel_Name", ""),
            ("Source_SSL_Allowed", "Yes"),
            ("Source_SSL_Verify_Server_Cert", "No"),
            ("SQL_Delay", 0),
            ("Replicate_Do_DB", "shop"));
        ReplicationChannel channel = Assert.Single(
            ChannelParser.Parse([row], [Row(("channel_name", ""), ("applying_age", 1500000L))], "test"));
        Assert.Equal(
            (ReplicationThread.Running, ReplicationThread.Stopped, "1062: Duplicate entry", null),
            (channel.Receiver, channel.Applier, channel.ApplierError, channel.ReceiverError));
        Assert.Equal(
            ($"{HealthySite.UuidA}:1-5,{HealthySite.UuidB}:1", null, 1.5),
            (channel.Received, channel.SecondsBehind, channel.ApplyingAgeSeconds));
        Assert.True(channel is { AutoPosition: true, Tls: true, TlsVerified: false, SourceServerId: 1 });
        Assert.Equal(["Replicate_Do_DB=shop"], channel.Filters);
    }

    [Fact]
    public void Reads_a_replica_of_MariaDB()
    {
        DatabaseRow row = Row(
            ("Connection_name", "west"),
            ("Master_Host", "192.0.2.11"),
            ("Master_Port", 3306),
            ("Slave_IO_Running", "Connecting"),
            ("Slave_SQL_Running", "Yes"),
            ("Using_Gtid", "Slave_Pos"),
            ("Gtid_IO_Pos", "0-1-42"),
            ("Seconds_Behind_Master", 3L),
            ("Master_SSL_Allowed", "No"),
            ("Last_IO_Errno", 2003),
            ("Last_IO_Error", "can't connect"));
        ReplicationChannel channel = Assert.Single(ChannelParser.Parse([row], [], "test"));
        Assert.Equal(
            ("west", ReplicationThread.Connecting, true, 3.0, "0-1-42", "2003: can't connect"),
            (channel.Name, channel.Receiver, channel.AutoPosition, channel.SecondsBehind, channel.Received, channel.ReceiverError));
    }

    [Fact]
    public void Accounts_past_the_fence_are_those_whose_privilege_counts_on_their_flavour()
    {
        DatabaseRow[] rows =
        [
            Row(("grantee", "'ba'@'tch'@'192.0.2.%'"), ("privilege", "SUPER")),
            Row(("grantee", "'root'@'localhost'"), ("privilege", "READ_ONLY ADMIN")),
            Row(("grantee", "'duty'"), ("privilege", "READ_ONLY ADMIN")),
        ];
        PrivilegedAccount mysql = Assert.Single(PrivilegedAccount.From(rows, DatabaseFlavor.MySql));
        Assert.Equal(("ba'@'tch", "192.0.2.%", false), (mysql.User, mysql.Host, mysql.IsLocal));
        Assert.Equal(["SUPER"], mysql.Privileges);
        Assert.Equal(
            [("root", "localhost", true), ("duty", "", false)],
            PrivilegedAccount.From(rows, DatabaseFlavor.MariaDb).Select(account => (account.User, account.Host, account.IsLocal)));
    }

    [Fact]
    public void A_status_without_its_columns_is_a_clean_error() =>
        Assert.Contains(
            "Source_Host",
            Assert.Throws<ParseException>(() => ChannelParser.Parse([Row(("x", 1))], [], "SHOW REPLICA STATUS")).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("--read-only", true)]
    [InlineData("--read_only=ON --read-only=0", false)]
    [InlineData("--read-only=0\n--read_only=1", true)]
    [InlineData("--read-only=1 --skip-read-only", false)]
    [InlineData("--loose-read_only=on", true)]
    [InlineData("--user=mysql", false)]
    [InlineData("", false)]
    public void The_last_option_of_a_name_decides(string arguments, bool on) =>
        Assert.Equal(
            on, ServerOptions.Parse($"mysqld would have been started with the following arguments:\n{arguments}\n").Flag("read_only"));

    [Fact]
    public void What_is_persisted_wins_over_configuration_and_super_brings_the_other_with_it()
    {
        ServerVariables variables = Variables(("read_only", "ON"), ("super_read_only", "ON"));
        ServerOptions options = ServerOptions.Parse("--super-read-only=0");
        WriteGuard guard = WriteGuard.From(variables, new Dictionary<string, string> { ["super_read_only"] = "ON" }, options);
        Assert.Equal((true, true), (guard.PersistedReadOnly, guard.PersistedSuperReadOnly));
        Assert.Null(WriteGuard.From(variables, new Dictionary<string, string>(), null).PersistedReadOnly);
        Assert.False(WriteGuard.From(variables, new Dictionary<string, string>(), options).PersistedReadOnly);
        Assert.Null(WriteGuard.From(Variables(("read_only", "OFF")), new Dictionary<string, string>(), options).SuperReadOnly);
    }

    [Fact]
    public void A_missing_variable_is_a_clean_error() =>
        Assert.Contains(
            "server_id",
            Assert.Throws<ParseException>(() => DatabaseIdentity.From(Variables(("version", "9.7.0")), DatabaseFlavor.MySql, 0)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Reads_the_file_systems_under_a_database()
    {
        DatabaseStorage storage = DatabaseStorage.Parse(Storage, "/data/mysql", "/data/log");
        Assert.Equal((102400L, 90.0, true), (storage.BinlogAvailableBytes, storage.BinlogUsedPercent, storage.ReadOnly));
    }

    [Fact]
    public void Any_text_is_read_or_cleanly_refused()
    {
        ParserProperties.TakesOrRefusesAnyText(
            text => ServerOptions.Parse(text).Flag("log_bin"),
            "mysqld would have been started with the following arguments:\n--log-bin=binlog --loose-read-only=ON --skip-name-resolve\n");
        ParserProperties.TakesOrRefusesAnyText(DatabaseVersion.Parse, "10.11.14-MariaDB-0+deb12u2-log", "9.7.0");
        ParserProperties.TakesOrRefusesAnyText(
            text => OperationMark.From(Row(("since", "2026-11-22 17:23:16.123"), ("parameters", text))),
            """{"id":"0199","old":"web-01","durability":"1 1"}""");
        ParserProperties.TakesOrRefusesAnyText(
            text => OperationMark.From(Row(("since", text), ("parameters", "{}"))), "2026-11-22 17:23:16.123");
        ParserProperties.TakesOrRefusesAnyText(text => DatabaseStorage.Parse(text, "/data/mysql", "/data/log"), Storage);
        ParserProperties.TakesOrRefusesAnyText(Durability.Parse, "1 1");
    }

    [Fact]
    public void A_marker_that_no_operation_wrote_is_told_with_its_server()
    {
        ParseException error = Assert.Throws<ParseException>(
            () => OperationMark.From(Row(("since", "2026-11-22 17:23:16.123"), ("parameters", "[]")), "web-01"));
        Assert.Equal(("web-01", "foobar_ops.operation"), (error.Server, error.Origin));
        OperationMark mark = OperationMark.From(
            Row(
                ("since", "2026-11-22 17:23:16.123"), ("state", "switched"), ("old_primary", "web-01"), ("new_primary", "web-02"),
                ("holder", "anna"), ("parameters", "{}")));
        Assert.True(mark.IsUnfinished);
        Assert.Equal("a failover from web-01 to web-02 by anna has been under way since 2026-11-22 17:23:16.123 UTC (switched)", $"{mark}");
    }

    private static DatabaseRow Row(params (string Column, object? Value)[] values) =>
        new(values.Select(value => KeyValuePair.Create(value.Column, value.Value)));

    private static ServerVariables Variables(params (string Name, string Value)[] values) =>
        new(values.Select(value => Row(("Variable_name", value.Name), ("Value", value.Value))), "test");
}
