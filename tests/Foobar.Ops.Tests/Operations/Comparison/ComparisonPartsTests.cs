using Foobar.Ops.Database;
using Foobar.Ops.Operations.Comparison;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Operations.Comparison;

public sealed class ComparisonPartsTests
{
    [Fact]
    public void A_range_by_several_columns_is_told_column_by_column()
    {
        ComparedColumn[] key = [new("a", "int"), new("b", "varbinary"), new("c`d", "datetime")];
        KeyRange range = new(key, ["1", "00FF", "2026-01-02"], ["7", "0A", "2026-02-03"]);

        Assert.Equal(
            "`a` >= @a0 AND (`a` > @a0 OR (`a` = @a0 AND (`b` > UNHEX(@a1) OR (`b` = UNHEX(@a1) AND `c``d` > @a2))))"
            + " AND `a` <= @u0 AND (`a` < @u0 OR (`a` = @u0 AND (`b` < UNHEX(@u1) OR (`b` = UNHEX(@u1) AND `c``d` <= @u2))))",
            range.Condition);
        Assert.Equal((1m, "00FF", "2026-02-03"), (range.Parameters["a0"], range.Parameters["a1"], range.Parameters["u2"]));
        Assert.Equal("a, b, c`d after (1, 00FF, 2026-01-02) up to (7, 0A, 2026-02-03)", range.ToString());
        Assert.Equal("TRUE", new KeyRange(key).Condition);
        Assert.Equal("`a` > @a0", new KeyRange(key[..1], ["1"]).Condition);
        Assert.Equal("`a` <= @u0", new KeyRange(key[..1], null, ["1"]).Condition);
    }

    // As text the server would compare numbers as floating-point numbers, to 53 bits.
    [Fact]
    public void A_bound_that_is_a_number_stays_one() =>
        Assert.Equal(18446744073709551615m, new ComparedColumn("k", "bigint").Bound("18446744073709551615"));

    [Theory]
    [InlineData("varchar", "CONVERT(`x` USING binary)")]
    [InlineData("float", "(`x` + 0e0)")]
    [InlineData("bit", "(`x` + 0)")]
    [InlineData("json", "CONVERT(CAST(`x` AS CHAR) USING binary)")]
    [InlineData("point", "CONCAT(ST_SRID(`x`), ST_AsBinary(`x`))")]
    [InlineData("timestamp", "`x`")]
    [InlineData("hologram", null)]
    public void A_value_is_told_by_its_type(string type, string? sql) =>
        Assert.Equal(sql, new ComparedColumn("x", type).Text(DatabaseFlavor.MySql));

    [Fact]
    public void A_row_tells_its_values_apart_from_NULL_and_from_each_other()
    {
        ComparedTable table = new(
            "s", "t", "InnoDB", 1,
            [new("id", "int"), new("a", "varchar", IsNullable: true), new("b", "longtext")],
            "PRIMARY", [new("id", "int")]);

        Assert.Contains(
            "CONCAT_WS('#', `id`, CONVERT(`a` USING binary), SHA2(CONVERT(`b` USING binary), 256), CONCAT(ISNULL(`a`)), LENGTH(`a`))",
            RowDigest.Of(table, DigestFunctions.Sha256).Row, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DigestFunctions.Sha256, "SUM(CAST(CONV(LEFT(SHA2(")]
    [InlineData(DigestFunctions.Crcs, "SUM(CRC32(")]
    [InlineData(DigestFunctions.Md5, "SUM(CAST(CONV(RIGHT(MD5(")]
    public void Where_no_key_keeps_rows_apart_equal_ones_do_not_cancel_each_other(object functions, string sum)
    {
        ComparedTable keyed = new("s", "t", "InnoDB", 10, [new("id", "int")], "PRIMARY", [new("id", "int")]);

        Assert.Contains(
            sum, RowDigest.Of(keyed with { Index = null, Key = [] }, (DigestFunctions)functions).Sum, StringComparison.Ordinal);
        Assert.DoesNotContain("SUM(", RowDigest.Of(keyed, (DigestFunctions)functions).Sum, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id", "int", "NO", null, "PRIMARY")]
    [InlineData("id", "int", "YES", null, null)]
    [InlineData("id", "enum", "NO", null, null)]
    [InlineData("id", "varchar", "NO", 10L, null)]
    public void A_table_is_read_by_a_unique_index_of_whole_columns_that_are_never_NULL(
        string column, string type, string nullable, long? part, string? index)
    {
        ComparedTable table = Assert.Single(TableCatalog.Parse(
            [Row(("s", "shop"), ("t", "orders"), ("engine", "InnoDB"), ("n", 5L))],
            [
                Row(
                    ("s", "shop"), ("t", "orders"), ("c", column), ("type", type), ("nullable", nullable == "YES" ? 1L : 0L),
                    ("digits", null)),
            ],
            [Row(("s", "shop"), ("t", "orders"), ("i", "PRIMARY"), ("c", "id"), ("part", part))],
            [new("shop.orders", "MyISAM")]));

        Assert.Equal("MyISAM", table.Definition?.Engine);
        Assert.Equal(index, table.Index);
        Assert.Equal("shop.orders", table.FullName);
    }

    [Fact]
    public void A_table_that_can_not_be_compared_says_why()
    {
        ComparedTable table = new("s", "t", "InnoDB", 200_000, [new("a", "int")], null, []);

        Assert.Equal("it has no key to read it by in parts, and about 200,000 rows", table.Trouble(DatabaseFlavor.MySql));
        Assert.Null((table with { Rows = 100 }).Trouble(DatabaseFlavor.MySql));
        Assert.Equal("its engine BLACKHOLE holds no rows of its own", (table with { Engine = "BLACKHOLE" }).Trouble(DatabaseFlavor.MySql));
        Assert.Equal(
            "its column h is of type hologram, which this program does not know",
            (table with { Columns = [new("h", "hologram")], Rows = 1 }).Trouble(DatabaseFlavor.MySql));
    }

    [Fact]
    public void A_chunk_grows_until_it_takes_as_long_as_it_may()
    {
        ChunkSize size = new(TimeSpan.FromMilliseconds(100));
        size.Took(1000, TimeSpan.FromMilliseconds(1));
        Assert.Equal(4000, size.Rows);
        size.Took(4000, TimeSpan.FromMilliseconds(200));
        Assert.Equal(2000, size.Rows);
        size.Took(0, TimeSpan.FromSeconds(9));
        Assert.Equal(2000, size.Rows);
        size.Took(2000, TimeSpan.FromMinutes(9));
        Assert.Equal(100, size.Rows);
    }

    [Fact]
    public void The_last_comparison_is_told_with_its_age()
    {
        DateTimeOffset now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
        string root = Directory.CreateTempSubdirectory().FullName;
        try
        {
            OperationStore store = new("shop", root);
            Assert.Null(ComparisonRecord.Of(store, "web-02", "web-01"));

            ComparisonRecord record = new()
            {
                Source = "web-01",
                Replicas = ["web-02"],
                Began = now.AddDays(-3),
                Ended = now.AddDays(-3),
                Tables = [Table("shop.orders", ComparisonStatus.Equal)],
            };
            record.Keep(store);
            Assert.Equal("What the tables of web-02 and web-01 hold was last compared 3 days ago: all 1 tables were the same.", Describe());

            (record with { Ended = null, Tables = [.. record.Tables, Table("shop.items", ComparisonStatus.Differs)] }).Keep(store);
            Assert.Equal(
                "What the tables of web-02 and web-01 hold was last compared 3 days ago: shop.items differed; it did not end.", Describe());

            // Some tables that are the same say less than all did; one that differs says more.
            (record with { TablesThere = 1 }).Keep(store);
            ComparisonRecord some = record with { TablesThere = 5, Ended = now.AddHours(-3) };
            some.Keep(store);
            Assert.Equal("What the tables of web-02 and web-01 hold was last compared 3 days ago: all 1 tables were the same.", Describe());
            (some with { Tables = [Table("shop.items", ComparisonStatus.Differs)] }).Keep(store);
            Assert.Equal("What the tables of web-02 and web-01 hold was last compared 3 hours ago: shop.items differed.", Describe());
            File.Delete(Path.Combine(store.Directory, "comparison-whole.json"));
            some.Keep(store);
            Assert.Equal(
                "What the tables of web-02 and web-01 hold was last compared 3 hours ago: 1 of 5 tables were compared, and are the same.",
                Describe());

            string Describe() => ComparisonRecord.Of(store, "web-02", "web-01")!.Describe("web-02", "web-01", now);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Theory]
    [InlineData(DatabaseFlavor.MySql, "a", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-12", true, "all 1 tables were the same.")]
    [InlineData(
        DatabaseFlavor.MySql, "b", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-12", false, "is of another database that was named web-01.")]
    [InlineData(
        DatabaseFlavor.MySql, "a", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-9", false, "is of another database that was named web-01.")]
    [InlineData(DatabaseFlavor.MariaDb, "", "0-1-12", true, "MariaDB does not tell whether web-01 was set up anew on its machine since.")]
    [InlineData(DatabaseFlavor.MariaDb, "", "0-1-9", false, "is of another database that was named web-01.")]
    public void Of_a_database_that_was_set_up_anew_no_comparison_is_told(
        DatabaseFlavor flavor, string identity, string position, bool isTold, string end)
    {
        DateTimeOffset now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
        TableComparison table = Table("shop.orders", ComparisonStatus.Equal) with
        {
            Position = flavor == DatabaseFlavor.MySql ? "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-10" : "0-1-10",
        };
        ComparisonRecord record = new()
        {
            Source = "web-01", Replicas = ["web-02"], Identities = new Dictionary<string, string>
            {
                ["web-01"] = flavor == DatabaseFlavor.MySql ? "a" : "",
            },
            Began = now.AddDays(-3), Ended = now.AddDays(-3), Tables = [table],
        };

        string told = LastComparison.Tell(record, "web-01", "web-02", flavor, identity, position, now);
        Assert.Equal(isTold, told.Contains("was last compared 3 days ago", StringComparison.Ordinal));
        Assert.EndsWith(end, told, StringComparison.Ordinal);
        Assert.False((record with { Identities = new Dictionary<string, string>() }).IsOf("web-01", "a"));
    }

    [Fact]
    public void What_could_not_be_compared_is_left_to_go_on_with()
    {
        ComparisonRecord whole = new()
        {
            Source = "web-01",
            Replicas = ["web-02"],
            Began = default,
            Ended = default(DateTimeOffset),
            Tables = [Table("a", ComparisonStatus.Equal), Table("b", ComparisonStatus.Differs)],
        };
        ReplicaLook behind = new() { Server = "web-02", Reason = "too far behind" };

        Assert.Null(whole.Unfinished());
        Assert.Equal(["a", "b"], (whole with { Ended = null }).Unfinished()!.Tables.Select(static table => table.Table));
        ComparisonRecord left = (whole with
        {
            Tables = [.. whole.Tables, Table("c", ComparisonStatus.NotCompared)],
            Point = new() { Table = "c", Looks = [behind] },
        }).Unfinished()!;
        Assert.Equal(["a", "b"], left.Tables.Select(static table => table.Table));
        Assert.Equal((null, null), (left.Ended, left.Point));
    }

    private static TableComparison Table(string name, ComparisonStatus status) =>
        new() { Server = "web-02", Source = "web-01", Table = name, Status = status, CoveragePercent = 100 };

    private static DatabaseRow Row(params (string Name, object? Value)[] values) =>
        new(values.Select(static value => KeyValuePair.Create(value.Name, value.Value)));
}
