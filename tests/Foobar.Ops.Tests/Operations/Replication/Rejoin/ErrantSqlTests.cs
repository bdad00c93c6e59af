using System.Text;
using Foobar.Ops.Database;
using Foobar.Ops.Operations.Replication.Machines;
using Foobar.Ops.Operations.Replication.Rejoin;

namespace Foobar.Ops.Tests.Operations.Replication.Rejoin;

/// <summary>What is saved of a returning member's transactions, and what of it is tried.</summary>
public sealed class ErrantSqlTests
{
    private const string A = "aaaaaaaa-0000-0000-0000-000000000001";

    private const string Head =
        "/*!50530 SET @@SESSION.PSEUDO_SLAVE_MODE=1*/;\nDELIMITER /*!*/;\n# at 4\nBINLOG '\nFORMAT\n'/*!*/;\nROLLBACK/*!*/;\n";

    private const string Tail = "DELIMITER ;\n# End of log file\n/*!50530 SET @@SESSION.PSEUDO_SLAVE_MODE=0*/;\n";

    private static readonly string MariaDb = Head
        + "/*M!100101 SET @@session.skip_parallel_replication=0*//*!*/;\n"
        + Mark(44, 7)
        + Rows("ONE", "/*M!100001 SET @@session.sql_mode=5*//*!*/;\nuse `shop`/*!*/;\n")
        + Mark(43, 8) + Rows("HELD", "SET @@session.sql_mode=1411383296/*!*/;\nSET @@session.pseudo_thread_id=8/*!*/;\n")
        + Mark(44, 9) + Rows("TWO", "SET TIMESTAMP=1/*!*/;\n")
        + "BINLOG '\nFORMAT2\n'/*!*/;\n"
        + Mark(44, 10) + "SET TIMESTAMP=1/*!*/;\ncreate table t (\na int)\n/*!*/;\n" + Tail;

    [Fact]
    public void MariaDBs_get_new_numbers_and_those_that_the_primary_has_are_left_out()
    {
        ErrantSql made = Of(DatabaseFlavor.MariaDb, MariaDb, "0-44-7", "0-44-9", "0-44-10");
        string sql = Text(made.Sql);
        Assert.DoesNotContain("gtid_", sql, StringComparison.Ordinal);
        Assert.DoesNotContain("server_id", sql, StringComparison.Ordinal);
        Assert.DoesNotContain("HELD", sql, StringComparison.Ordinal);
        Assert.StartsWith(Head, sql, StringComparison.Ordinal);
        Assert.EndsWith(Tail, sql, StringComparison.Ordinal);
        Assert.Contains("create table t (\na int)\n/*!*/;\n", sql, StringComparison.Ordinal);
        Assert.Equal(2, sql.Split("START TRANSACTION\n/*!*/;\n").Length - 1);
        Assert.Equal(2, sql.Split("COMMIT/*!*/;\n").Length - 1);

        // What was left out set holds for those after it.
        Assert.Contains("SET @@session.sql_mode=1411383296/*!*/;\n", sql, StringComparison.Ordinal);
    }

    [Fact]
    public void What_can_be_taken_back_is_tried_in_one_transaction()
    {
        ErrantSql made = Of(DatabaseFlavor.MariaDb, MariaDb, "0-44-7", "0-44-9");
        Assert.Equal(
            "/*!50530 SET @@SESSION.PSEUDO_SLAVE_MODE=1*/;\nDELIMITER /*!*/;\nBINLOG '\nFORMAT\n'/*!*/;\nDELIMITER /*!*/;\n"
                + "START TRANSACTION/*!*/;\n"
            + "BINLOG '\nONE\n'/*!*/;\nBINLOG '\nTWO\n'/*!*/;\nROLLBACK/*!*/;\nDELIMITER ;\n",
            Text(made.Trial));
        Assert.Empty(made.Others);
        Assert.Equal("`shop`.`orders`", Assert.Single(made.Tables));
    }

    [Fact]
    public void What_can_not_be_taken_back_is_named() =>
        Assert.Equal("0-44-10: create table t (", Assert.Single(Of(DatabaseFlavor.MariaDb, MariaDb, "0-44-7", "0-44-10").Others));

    [Fact]
    public void MySQLs_keep_their_GTIDs()
    {
        string text = Head
            + MySql(5, "FIVE")
            + MySql(6, "SIX")
            + "SET @@SESSION.GTID_NEXT= 'AUTOMATIC' /* added by mysqlbinlog */ /*!*/;\n"
            + Tail;
        string all = Text(Of(DatabaseFlavor.MySql, text, $"{A}:5", $"{A}:6").Sql);
        Assert.Equal(text, all);
        ErrantSql one = Of(DatabaseFlavor.MySql, text, $"{A}:6");
        Assert.DoesNotContain($"{A}:5", Text(one.Sql), StringComparison.Ordinal);
        Assert.Contains($"SET @@SESSION.GTID_NEXT= '{A}:6'", Text(one.Sql), StringComparison.Ordinal);
        Assert.DoesNotContain(A, Text(one.Trial), StringComparison.Ordinal);
        Assert.Contains(
            "BINLOG '\nFORMAT\n'/*!*/;\nSET @@SESSION.GTID_NEXT= 'AUTOMATIC'/*!*/;\n", Text(one.Trial), StringComparison.Ordinal);
        Assert.Contains("SIX", Text(one.Trial), StringComparison.Ordinal);
        Assert.DoesNotContain("FIVE", Text(one.Trial), StringComparison.Ordinal);
    }

    /// <summary>A line of a statement's text is no setting, whatever it looks like.</summary>
    [Fact]
    public void A_line_within_a_statement_is_not_kept_alone()
    {
        string text = Head + Mark(43, 8) + "START TRANSACTION\n/*!*/;\nUPDATE t\nSET @@x = 1\n/*!*/;\nCOMMIT/*!*/;\n" + Tail;
        Assert.Equal(Head + Tail, Text(Of(DatabaseFlavor.MariaDb, text).Sql));
    }

    [Theory]
    [InlineData(DatabaseFlavor.MySql)]
    [InlineData(DatabaseFlavor.MariaDb)]
    public void Any_text_is_read_or_refused(DatabaseFlavor flavor) => ParserProperties.TakesOrRefusesAnyText(
        text =>
        {
            BinlogDump dump = BinlogDump.Parse(flavor, Encoding.UTF8.GetBytes(text));
            ErrantSql made = ErrantSql.Of(flavor, dump, dump.Transactions);
            return (made.Sql.Length, made.Trial.Length, made.Others.Count);
        },
        flavor == DatabaseFlavor.MySql ? Head + MySql(5, "FIVE") + Tail : MariaDb);

    private static string Mark(int server, int number) =>
        $"/*M!100001 SET @@session.gtid_domain_id=0*//*!*/;\n/*M!100001 SET @@session.server_id={server}*//*!*/;\n/*M!100001 SET "
            + $"@@session.gtid_seq_no={number}*//*!*/;\n";

    private static string Rows(string rows, string settings) =>
        $"START TRANSACTION\n/*!*/;\n{settings}# at 5\n#261122 10:00:00 server id 44  end_log_pos 9 CRC32 0x1 \tTable_map: `shop`.`orders` "
            + $"mapped to number 31\n\nBINLOG '\n{rows}\n'/*!*/;\nCOMMIT/*!*/;\n";

    private static string MySql(int number, string rows) =>
        "# original_commit_timestamp=1\n/*!80001 SET @@session.original_commit_timestamp=1*//*!*/;\n"
            + $"SET @@SESSION.GTID_NEXT= '{A}:{number}'/*!*/;\nSET TIMESTAMP=1/*!*/;\nBEGIN\n/*!*/;\nBINLOG '\n{rows}\n'/*!*/;\n"
            + "COMMIT/*!*/;\n";

    private static ErrantSql Of(DatabaseFlavor flavor, string text, params string[] wanted) =>
        ErrantSql.Of(flavor, BinlogDump.Parse(flavor, Encoding.UTF8.GetBytes(text)), wanted);

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
