using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.LabTests.Replication;
using Foobar.Ops.Operations.Comparison;
using Foobar.Ops.Planning;

namespace Foobar.Ops.LabTests.Database;

/// <summary>Members' tables are compared while the application writes: what was made to differ is named, and nothing else.</summary>
[Collection(LabCollection.Name)]
public sealed class ComparisonTests(LabFixture labs)
{
    private const string Zoo = """
        CREATE DATABASE zoo; USE zoo;
        CREATE TABLE types (a INT UNSIGNED, b VARBINARY(20), c DATETIME(6), f FLOAT, d DOUBLE, dc DECIMAL(30,10), j JSON, s SET('x','y'), e ENUM('p','q'),
            bt BIT(10), bl LONGBLOB, tx MEDIUMTEXT CHARACTER SET latin1, g POINT, y YEAR, tm TIME(3), dt DATE, ts TIMESTAMP(3) NULL, ch CHAR(10), tt TINYTEXT,
            v INT GENERATED ALWAYS AS (a + 1) VIRTUAL, st INT GENERATED ALWAYS AS (a + 2) STORED, PRIMARY KEY (a, b, c));
        INSERT INTO types (a, b, c, f, d, dc, j, s, e, bt, bl, tx, g, y, tm, dt, ts, ch, tt) VALUES (1, x'00ff', '2026-01-02 03:04:05.000006', 1.1, 1e-300,
            12345678901234567890.1234567891, '{"b": 1, "a": [2, 3]}', 'x,y', 'q', b'1010', REPEAT('z', 100000), 'äöü', POINT(1, 2), 2026, '-12:34:56.789',
            '2026-02-03', '2026-03-04 05:06:07.008', 'ch ', '');
        INSERT INTO types (a, b, c, f) SELECT a + 1, b, c, f FROM types;
        INSERT INTO types (a, b, c, f) SELECT a + 2, CONCAT(b, 'k'), c, 16777218 FROM types;
        CREATE TABLE nokey (a INT, b VARCHAR(20)); INSERT INTO nokey VALUES (1, 'a'), (1, 'a'), (2, NULL);
        CREATE TABLE pairs (a INT, b VARCHAR(20)); INSERT INTO pairs VALUES (1, 'a'), (1, 'a'), (2, 'b'), (2, 'b');
        CREATE TABLE words (k VARCHAR(50) COLLATE utf8mb4_general_ci PRIMARY KEY, x INT); INSERT INTO words VALUES ('Ärger', 1), ('zebra', 2), ('it''s', 3), ('100%', 4);
        CREATE TABLE big (k BIGINT UNSIGNED PRIMARY KEY, x INT); INSERT INTO big VALUES (18446744073709551615, 1), (9007199254740993, 2), (9007199254740992, 3), (0, 4);
        CREATE TABLE neg (k BIGINT PRIMARY KEY, x INT); INSERT INTO neg VALUES (-5, 1), (0, 2), (5, 3);
        CREATE TABLE days (k DATETIME PRIMARY KEY, x INT); INSERT INTO days VALUES ('2026-01-01', 1), ('9999-12-31 23:59:59', 2), ('1000-01-01', 3);
        CREATE TABLE `od``d na"me` (`k y` INT PRIMARY KEY, `x``` INT); INSERT INTO `od``d na"me` VALUES (1, 1);
        CREATE TABLE uq (a INT NOT NULL, b VARCHAR(10) NOT NULL, c INT, UNIQUE KEY ab (a, b)); INSERT INTO uq VALUES (1, 'x', 1), (1, 'y', 2);
        CREATE TABLE swapped (k INT PRIMARY KEY, x INT); INSERT INTO swapped VALUES (1, 5), (2, 7), (3, 9);
        CREATE TABLE shape (k INT PRIMARY KEY); INSERT INTO shape VALUES (1);
        CREATE TABLE same (k INT PRIMARY KEY, x VARCHAR(10)); INSERT INTO same VALUES (1, 'a'), (2, NULL), (3, '');
        """;

    private const string Apart = """
        SET sql_log_bin = 0; USE zoo;
        UPDATE types SET f = 16777216 WHERE a = 3; UPDATE types SET tx = 'aou', bl = REPEAT('y', 100000) WHERE a = 1;
        UPDATE words SET k = 'ärger' WHERE x = 1; INSERT INTO nokey VALUES (3, 'z'); UPDATE pairs SET a = a + 6; DELETE FROM big WHERE k = 9007199254740993;
        UPDATE days SET x = 9 WHERE x = 2; UPDATE `od``d na"me` SET `x``` = 7; UPDATE uq SET c = NULL WHERE b = 'y';
        UPDATE swapped SET x = 12 - x WHERE k < 3; INSERT INTO neg VALUES (-6, 9); ALTER TABLE shape ADD COLUMN z INT; CREATE TABLE more (a INT PRIMARY KEY);
        """;

    [Theory]
    [InlineData("MySql")]
    [InlineData("MariaDb")]
    public async Task Rows_that_differ_are_named_while_the_application_writes(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        string unfence = flavour == "MySql" ? "SET GLOBAL super_read_only = OFF;" : "";
        string fence = flavour == "MySql" ? "SET GLOBAL super_read_only = ON;" : "";
        await bed.Lab.RunAsync("web-01", "mysql", Zoo, cancel: cancel);
        try
        {
            await bed.WaitUntilCaughtUpAsync();
            await bed.Lab.RunAsync("web-02", "mysql", unfence + Apart + fence, cancel: cancel);
            await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, "web-02", 2, TimeSpan.FromMilliseconds(10), cancel);
            List<TableComparison> results = [];
            await new DataComparison(bed.Session, new ComparisonOptions(), new OperationStore(bed.Session.Site.Name, bed.State))
                .RunAsync(results.Add, cancel);
            await writers.StopAsync();

            Assert.Equal(
                [
                    "foobar_ops.canary Equal ", "foobar_ops.operation Equal ", "shop.orders Equal ",
                    "zoo.big Differs Missing 9007199254740993", "zoo.days Differs Changed 9999-12-31 23:59:59", "zoo.more Differs ",
                    "zoo.neg Differs Extra -6", "zoo.nokey Differs ",
                    "zoo.od`d na\"me Differs Changed 1", "zoo.pairs Differs ", "zoo.same Equal ", "zoo.shape Differs ",
                    "zoo.swapped Differs Changed 1, Changed 2",
                    "zoo.types Differs Changed (1, 00FF, 2026-01-02 03:04:05.000006), Changed (3, 00FF6B, 2026-01-02 03:04:05.000006)",
                    "zoo.uq Differs Changed (1, y)", "zoo.words Differs Extra ärger, Missing Ärger",
                ],
                results.Where(static result => result.Table != "foobar_ops.operation")
                    .Select(Told)
                    .Append("foobar_ops.operation Equal ")
                    .Order(StringComparer.Ordinal));
            Assert.All(
                results.Where(static result => result.Status == ComparisonStatus.Equal),
                static result => Assert.Equal(100, result.CoveragePercent));
        }
        finally
        {
            await bed.Lab.RunAsync(
                "web-02", "mysql",
                $"SET sql_log_bin = 0; {unfence} DROP TABLE IF EXISTS zoo.more; {fence}",
                cancel: CancellationToken.None);
            await bed.Lab.RunAsync("web-01", "mysql -e 'DROP DATABASE zoo'", cancel: CancellationToken.None);
            await bed.WaitUntilCaughtUpAsync();
        }
    }

    private static string Told(TableComparison result) =>
        $"{result.Table} {result.Status} "
            + $"{string.Join(", ", result.Differences.Select(static difference => difference.ToString()).Order(StringComparer.Ordinal))}";
}
