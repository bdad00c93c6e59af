using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Remoting;

/// <summary>Database connections through sessions, to the real databases.</summary>
[Collection(LabCollection.Name)]
public sealed class DatabaseSessionTests(LabFixture labs)
{
    public static TheoryData<string> Flavours => ["MySql", "MariaDb"];

    [Theory, MemberData(nameof(Flavours))]
    public async Task Values_come_in_plain_types(string flavour)
    {
        await using SiteSession site = await OpenAsync(flavour);
        await using IDatabaseSession database = await site.OpenDatabaseAsync("web-01");
        Assert.Equal(flavour == "MariaDb", database.IsMariaDb);
        Assert.NotEmpty(database.ServerVersion);
        DatabaseRow row = Assert.Single(await database.QueryAsync(
            "SELECT 1 AS one, NULL AS nothing, 'text €' AS text, x'00ff' AS bytes, @value AS given, 1.5 AS dec_, CAST('2026-01-02 "
                + "03:04:05' AS DATETIME) AS time_, CAST(18446744073709551615 AS UNSIGNED) AS big, UUID() AS id",
            new Dictionary<string, object?> { ["value"] = "it's; -- \\ €" }));
        Assert.Equal(1, row.Number("ONE"));
        Assert.Null(row["nothing"]);
        Assert.Equal("text €", row.Text("text"));
        Assert.Equal([0, 0xff], Assert.IsType<byte[]>(row["bytes"]));
        Assert.Equal("it's; -- \\ €", row.Text("given"));
        Assert.Equal("1.5", row.Text("dec_"));
        Assert.Equal("18446744073709551615", row.Text("big"));
        Assert.Equal(36, Assert.IsType<string>(row["id"]).Length);
        Assert.All(
            row.Columns, column => Assert.True(row[column] is null || row[column]!.GetType().Assembly == typeof(object).Assembly, column));
    }

    [Theory, MemberData(nameof(Flavours))]
    public async Task A_refused_statement_keeps_number_and_state_and_the_connection(string flavour)
    {
        await using SiteSession site = await OpenAsync(flavour);
        await using IDatabaseSession database = await site.OpenDatabaseAsync("web-01");
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(
            () => database.QueryAsync("SELECT nonsense FROM nowhere.at_all"));
        Assert.Equal(("StatementRefused", "web-01"), (error.ErrorId, error.Server));
        Assert.Contains(error.Number, new int?[] { 1049, 1142, 1146 });
        Assert.Contains(error.SqlState, new[] { "42000", "42S02" });
        Assert.Equal(1, (await database.QueryAsync("SELECT 1 AS one"))[0].Number("one"));
    }

    [Theory, MemberData(nameof(Flavours))]
    public async Task A_cancelled_statement_is_killed_and_the_connection_stays(string flavour)
    {
        await using SiteSession site = await OpenAsync(flavour);
        await using IDatabaseSession database = await site.OpenDatabaseAsync("web-01");
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(300));
        Stopwatch watch = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => database.QueryAsync("SELECT SLEEP(100)", cancellationToken: cancel.Token));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"back after {watch.Elapsed}");
        database.TimeLimit = TimeSpan.FromMilliseconds(300);
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => database.QueryAsync("SELECT SLEEP(100)"));
        Assert.Equal(("DatabaseTimeout", ErrorKind.Timeout), (error.ErrorId, error.Kind));
        database.TimeLimit = TimeSpan.FromSeconds(30);
        DatabaseRow left = Assert.Single(
            await database.QueryAsync(
                "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE info LIKE '%SLEEP(100)%' AND id <> CONNECTION_ID()"));
        Assert.Equal(0, left.Number("n"));
    }

    [Theory, MemberData(nameof(Flavours))]
    public async Task A_killed_connection_says_so(string flavour)
    {
        await using SiteSession site = await OpenAsync(flavour);
        await using IDatabaseSession victim = await site.OpenDatabaseAsync("web-01");
        await using IDatabaseSession killer = await site.OpenDatabaseAsync("web-01");
        long? id = (await victim.QueryAsync("SELECT CONNECTION_ID() AS id"))[0].Number("id");
        await killer.ExecuteAsync($"KILL {id}");
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => victim.QueryAsync("SELECT 1"));
        Assert.Equal(("DatabaseConnectionLost", ErrorKind.Connection), (error.ErrorId, error.Kind));
    }

    [Theory, MemberData(nameof(Flavours))]
    public async Task A_login_by_password_works_by_socket_and_is_refused_when_wrong(string flavour)
    {
        RaisedLab lab = await labs.RequireAsync(Enum.Parse<DatabaseFlavour>(flavour));
        Site inventory = InventoryLoader.Load(lab.Inventory);
        await lab.ExecAsync(
            "web-01",
            $"{(flavour == "MariaDb" ? "mariadb" : "mysql")} -e \"CREATE USER 'probe'@'localhost' IDENTIFIED BY 'p;w=''d', "
                + "'probe'@'127.0.0.1' IDENTIFIED BY 'p;w=''d'\"");
        using Secret right = new("p;w='d");
        await using SiteSession good = new(inventory, new SessionOptions { Database = new DatabaseLogin("probe", right) });
        await using IDatabaseSession database = await good.OpenDatabaseAsync("web-01");
        Assert.Equal("probe@localhost", (await database.QueryAsync("SELECT CURRENT_USER() AS me"))[0].Text("me"));

        await using SiteSession byPort = new(
            inventory, new SessionOptions { Database = new DatabaseLogin("probe", right), ShareConnections = false, UnixSockets = false });
        await using IDatabaseSession overTcp = await byPort.OpenDatabaseAsync("web-01");
        Assert.NotEqual("", (await overTcp.QueryAsync("SHOW STATUS LIKE 'Ssl_cipher'"))[0].Text("Value"));

        using Secret wrong = new("not-the-password");
        await using SiteSession bad = new(inventory, new SessionOptions { Database = new DatabaseLogin("probe", wrong) });
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => bad.OpenDatabaseAsync("web-01"));
        Assert.Equal(("DatabaseLoginRefused", 1045, ErrorKind.Authentication), (error.ErrorId, error.Number, error.Kind));
        Assert.DoesNotContain("not-the-password", error.ToString(), StringComparison.Ordinal);
        await lab.ExecAsync(
            "web-01", $"{(flavour == "MariaDb" ? "mariadb" : "mysql")} -e \"DROP USER 'probe'@'localhost', 'probe'@'127.0.0.1'\"");
    }

    [Fact]
    public async Task Where_no_database_is_the_error_says_where_it_was_looked_for()
    {
        await using SiteSession site = await OpenAsync("MariaDb");
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => site.OpenDatabaseAsync("lb-01"));
        Assert.Equal(("DatabaseUnreachable", "lb-01"), (error.ErrorId, error.Server));
        Assert.Contains("/run/mysqld/mysqld.sock", error.Message, StringComparison.Ordinal);
    }

    private async Task<SiteSession> OpenAsync(string flavour) =>
        new(InventoryLoader.Load((await labs.RequireAsync(Enum.Parse<DatabaseFlavour>(flavour))).Inventory));
}
