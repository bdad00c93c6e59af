using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Database;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>Statements over the real driver, with a server at the other end that misbehaves.</summary>
public sealed class DatabaseSessionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Opening_costs_one_statement_and_tells_version_and_id_by_the_greeting()
    {
        await using ScriptedDatabase database = new() { Greets = _ => ScriptedDatabase.Greeting("5.5.5-10.11.14-MariaDB-log", 298) };
        await using DatabaseSession session = await OpenAsync(database);
        Assert.Equal(("10.11.14-MariaDB-log", true), (session.ServerVersion, session.IsMariaDb));
        Assert.StartsWith("SET NAMES", Assert.Single(database.Heard).Sql, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_statement_keeps_number_and_state_and_the_connection()
    {
        await using ScriptedDatabase database = new()
        {
            Answers = (_, sql) =>
                Task.FromResult<byte[]?>(sql == "bad" ? ScriptedDatabase.Error(1064, "#42000syntax") : ScriptedDatabase.Ok),
        };
        await using DatabaseSession session = await OpenAsync(database);
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => session.ExecuteAsync("bad"));
        Assert.Equal(("StatementRefused", 1064, "42000"), (error.ErrorId, error.Number, error.SqlState));
        await session.ExecuteAsync("good");
    }

    [Fact]
    public async Task A_statement_that_somebody_else_interrupts_says_so()
    {
        await using ScriptedDatabase database = new()
        {
            Answers = (_, sql) => Task.FromResult<byte[]?>(
                sql == "long" ? ScriptedDatabase.Error(1317, "#70100Query execution was interrupted") : ScriptedDatabase.Ok),
        };
        await using DatabaseSession session = await OpenAsync(database);
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(() => session.QueryAsync("long"));
        Assert.Equal(("StatementRefused", 1317, "70100"), (error.ErrorId, error.Number, error.SqlState));
    }

    [Fact]
    public async Task A_connection_that_ends_under_a_statement_is_lost()
    {
        await using ScriptedDatabase database = new() { Answers = (_, sql) => Task.FromResult(sql == "long" ? null : ScriptedDatabase.Ok) };
        await using DatabaseSession session = await OpenAsync(database);
        for (int attempt = 0; attempt < 2; attempt++)
        {
            Assert.Equal(
                "DatabaseConnectionLost", (await Assert.ThrowsAsync<DatabaseException>(() => session.ExecuteAsync("long"))).ErrorId);
        }
    }

    [Fact]
    public async Task A_cancelled_statement_is_killed_by_its_id_and_a_late_kill_hits_no_other()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource killed = new();
        await using ScriptedDatabase database = new()
        {
            Answers = async (_, sql) =>
            {
                if (sql == "long")
                {
                    begun.SetResult();
                }

                if (sql.StartsWith("KILL", StringComparison.Ordinal))
                {
                    killed.SetResult();
                }

                await (sql == "long" ? killed.Task : Task.CompletedTask);

                // SLEEP ends without an error when it is killed; and the kill may hit what comes next.
                return sql == "DO 0" ? ScriptedDatabase.Error(1317, "#70100Query execution was interrupted") : ScriptedDatabase.Ok;
            },
        };
        await using DatabaseSession session = await OpenAsync(database);
        using CancellationTokenSource cancel = new();
        Task running = session.ExecuteAsync("long", cancellationToken: cancel.Token);
        await begun.Task.WaitAsync(Limit, TestContext.Current.CancellationToken);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Limit, TestContext.Current.CancellationToken));
        await session.ExecuteAsync("next", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(
            [(1, "long"), (2, "KILL QUERY 1"), (1, "DO 0"), (1, "next")],
            database.Heard.Where(one => !one.Sql.StartsWith("SET NAMES", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_statement_that_can_t_be_ended_costs_the_connection()
    {
        TaskCompletionSource never = new();
        await using ScriptedDatabase database = new()
        {
            Answers = async (_, sql) => { await (sql == "long" ? never.Task : Task.CompletedTask); return ScriptedDatabase.Ok; },
        };
        DatabaseSession session = await OpenAsync(database);
        session.TimeLimit = TimeSpan.FromMilliseconds(50);
        Assert.Equal("DatabaseTimeout", (await Assert.ThrowsAsync<DatabaseException>(() => session.ExecuteAsync("long"))).ErrorId);
        Assert.Equal("DatabaseConnectionLost", (await Assert.ThrowsAsync<DatabaseException>(() => session.ExecuteAsync("next"))).ErrorId);
        await session.DisposeAsync();
        never.SetResult();
        await database.EndOf(1).WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    private static async Task<DatabaseSession> OpenAsync(ScriptedDatabase database)
    {
        return new DatabaseSession(
            "web-01", await ConnectAsync(TestContext.Current.CancellationToken), new NoForward(), ConnectAsync, log: null);

        Task<System.Data.Common.DbConnection> ConnectAsync(CancellationToken token) =>
            DatabaseOpener.ConnectAsync("web-01", database.Path, "app", password: null, encrypt: false, Limit, token);
    }

    private sealed class NoForward : IForward
    {
        public string LocalPath => "";

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
