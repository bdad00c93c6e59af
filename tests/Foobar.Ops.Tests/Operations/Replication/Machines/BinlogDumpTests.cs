using System.Text;
using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication.Machines;
using FsCheck;
using FsCheck.Fluent;

namespace Foobar.Ops.Tests.Operations.Replication.Machines;

/// <summary>The salvage arithmetic: which transactions a dump holds, and which of them a server lacks.</summary>
public sealed class BinlogDumpTests
{
    private const string A = "aaaaaaaa-0000-0000-0000-000000000001";

    private static string MySqlTransaction(long number, string end = "COMMIT/*!*/;\n") =>
        $"# at 4\nSET @@SESSION.GTID_NEXT= '{A}:{number}'/*!*/;\nSET TIMESTAMP=1/*!*/;\nBEGIN\n/*!*/;\nBINLOG '\nAAAA\n'/*!*/;\n{end}";

    private static string MariaDbTransaction(long number, int server = 43, string end = "COMMIT/*!*/;\n") =>
        $"#261122 server id {server} GTID 0-{server}-{number} trans\n/*M!100001 SET @@session.gtid_domain_id=0*//*!*/;\n"
            + $"/*M!100001 SET @@session.server_id={server}*//*!*/;\n/*M!100001 SET @@session.gtid_seq_no={number}*//*!*/;\nSTART "
            + $"TRANSACTION\n/*!*/;\nBINLOG '\nAAAA\n'/*!*/;\n{end}";

    [Fact]
    public void A_MySQL_dump_gives_its_transactions()
    {
        string text = "DELIMITER /*!*/;\n"
            + MySqlTransaction(5)
            + MySqlTransaction(6)
            + MySqlTransaction(9)
            + "SET @@SESSION.GTID_NEXT= 'AUTOMATIC' /* added by mysqlbinlog */ /*!*/;\nDELIMITER ;\n";
        BinlogDump dump = Parse(DatabaseFlavor.MySql, text);
        Assert.Equal($"{A}:5-6:9", dump.Gtids(DatabaseFlavor.MySql));
        Assert.Null(dump.Incomplete);
        Assert.Equal(text, Encoding.UTF8.GetString(dump.Sql.Span));
        Assert.Equal([$"{A}:6", $"{A}:9"], dump.Missing(DatabaseFlavor.MySql, $"{A}:1-5"));
        Assert.Empty(dump.Missing(DatabaseFlavor.MySql, $"{A}:1-9"));
    }

    [Fact]
    public void A_MariaDB_dump_gives_its_transactions()
    {
        string ddl =
            "/*!100001 SET @@session.gtid_domain_id=0*//*!*/;\n/*!100001 SET @@session.server_id=43*//*!*/;\n"
                + "/*!100001 SET @@session.gtid_seq_no=3*//*!*/;\nSET TIMESTAMP=1/*!*/;\ncreate table t (a int)\n/*!*/;\n";
        BinlogDump dump = Parse(
            DatabaseFlavor.MariaDb,
            "DELIMITER /*!*/;\n"
                + MariaDbTransaction(1)
                + MariaDbTransaction(2)
                + ddl
                + MariaDbTransaction(7, server: 44)
                + "DELIMITER ;\n");
        Assert.Equal("0-43-1..3,0-44-7", dump.Gtids(DatabaseFlavor.MariaDb));
        Assert.Equal(["0-43-3", "0-44-7"], dump.Missing(DatabaseFlavor.MariaDb, "0-43-2"));
        Assert.Empty(dump.Missing(DatabaseFlavor.MariaDb, "0-43-3,0-44-8"));
    }

    [Fact]
    public void MariaDB_writes_domain_and_server_only_where_they_change()
    {
        const string Next =
            "/*M!100001 SET @@session.gtid_seq_no={0}*//*!*/;\nSTART TRANSACTION\n/*!*/;\n# at 1\nBINLOG '\nAAAA\n'/*!*/;\n";
        string torn = Next.Replace("{0}", "4", StringComparison.Ordinal);
        BinlogDump dump = Parse(DatabaseFlavor.MariaDb, "DELIMITER /*!*/;\n" + MariaDbTransaction(1)
            + Next.Replace("{0}", "2", StringComparison.Ordinal)
            + "COMMIT/*!*/;\n"
            + Next.Replace("{0}", "3", StringComparison.Ordinal)
            + "COMMIT/*!*/;\n"
            + torn + "DELIMITER ;\n# End of log file\nROLLBACK /* added by mysqlbinlog */;\n");
        Assert.Equal(["0-43-1", "0-43-2", "0-43-3"], dump.Transactions);
        Assert.Equal("0-43-4", dump.Incomplete);
        Assert.DoesNotContain("gtid_seq_no=4", Encoding.UTF8.GetString(dump.Sql.Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DatabaseFlavor.MySql)]
    [InlineData(DatabaseFlavor.MariaDb)]
    public void What_ends_in_the_middle_was_never_committed(DatabaseFlavor flavor)
    {
        string first = flavor == DatabaseFlavor.MySql ? MySqlTransaction(1) : MariaDbTransaction(1);
        string torn = flavor == DatabaseFlavor.MySql
            ? MySqlTransaction(2, "ROLLBACK /* added by mysqlbinlog */ /*!*/;\n")
            : MariaDbTransaction(2, end: "");
        BinlogDump dump = Parse(flavor, "DELIMITER /*!*/;\n" + first + torn);
        Assert.Single(dump.Transactions);
        Assert.EndsWith(":2", dump.Incomplete!.Replace('-', ':'), StringComparison.Ordinal);
        string sql = Encoding.UTF8.GetString(dump.Sql.Span);
        Assert.Equal(1, sql.Split("BINLOG '").Length - 1);
        Assert.EndsWith("DELIMITER ;\n", sql, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_log_holds_nothing() => Assert.Empty(Parse(DatabaseFlavor.MySql, "DELIMITER /*!*/;\nDELIMITER ;\n").Transactions);

    [Fact]
    public void A_row_that_looks_like_an_end_is_none()
    {
        BinlogDump dump = Parse(DatabaseFlavor.MySql, MySqlTransaction(1, "### @2='COMMIT'\n"));
        Assert.Empty(dump.Transactions);
        Assert.NotNull(dump.Incomplete);
    }

    [Theory]
    [InlineData(DatabaseFlavor.MySql)]
    [InlineData(DatabaseFlavor.MariaDb)]
    public void Any_text_is_read_or_refused(DatabaseFlavor flavor) => ParserProperties.TakesOrRefusesAnyText(
        text =>
        {
            BinlogDump dump = Parse(flavor, text);
            return (dump.Gtids(flavor), dump.Missing(flavor, ""));
        },
        "DELIMITER /*!*/;\n"
            + (flavor == DatabaseFlavor.MySql ? MySqlTransaction(5) + MySqlTransaction(6) : MariaDbTransaction(5) + MariaDbTransaction(6))
            + "DELIMITER ;\n");

    /// <summary>What a dump holds and a server has, split: nothing is in both parts, nothing in neither.</summary>
    [Fact]
    public void Missing_and_held_are_all() => Prop.ForAll<PositiveInt, NonNegativeInt>((last, held) =>
    {
        BinlogDump dump = Parse(
            DatabaseFlavor.MySql, string.Concat(Enumerable.Range(1, last.Get).Select(number => MySqlTransaction(number))));
        return dump.Missing(DatabaseFlavor.MySql, held.Get == 0 ? "" : $"{A}:1-{held.Get}").Count == Math.Max(0, last.Get - held.Get);
    }).CheckSeeded();

    [Theory]
    [InlineData("0-43-7,0-44-9,1-43-2", "0-44-9,1-43-2")]
    [InlineData("0-43-9", "0-43-9")]
    [InlineData("", "")]
    public void A_position_has_one_transaction_a_domain(string held, string position) =>
        Assert.Equal(position, MariaDbGtidState.Parse(held).LastOfEachDomain());

    private static BinlogDump Parse(DatabaseFlavor flavor, string text) => BinlogDump.Parse(flavor, Encoding.UTF8.GetBytes(text));
}
