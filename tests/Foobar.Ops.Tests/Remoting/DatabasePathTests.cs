using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>A write canary's way to a database, which may lead to another server after a failover.</summary>
public sealed class DatabasePathTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_cancelled_write_kills_nothing_and_its_connection_ends()
    {
        TaskCompletionSource never = new();
        await using ScriptedDatabase database = new()
        {
            Answers = async (_, sql) => { await (sql == "write" ? never.Task : Task.CompletedTask); return ScriptedDatabase.Ok; },
        };
        using Secret password = new("s3cret");
        await using DatabasePath path = await DatabasePath.OpenAsync(
            new FakeServerSession(
                TestSite.Create().Find("lb-01")!)
                {
                    Forward = new LocalForward(database.Path),
                }, new("192.0.2.10", 3306), new("canary", password), Limit, TestContext.Current.CancellationToken);
        IDatabaseSession session = await path.ConnectAsync(TestContext.Current.CancellationToken);
        using CancellationTokenSource cancel = new();
        Task writing = session.ExecuteAsync("write", cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        await session.DisposeAsync();
        never.SetResult();
        await database.EndOf(1).WaitAsync(Limit * 10, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(database.Heard, one => one.Connection > 1 || one.Sql.Contains("KILL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_falls_silent_is_given_up_in_time()
    {
        await using ScriptedDatabase database = new() { Greets = _ => [] };
        using Secret password = new("s3cret");
        await using DatabasePath path = await DatabasePath.OpenAsync(
            new FakeServerSession(
                TestSite.Create().Find("lb-01")!)
                {
                    Forward = new LocalForward(database.Path),
                }, new("192.0.2.10", 3306), new("canary", password), Limit, TestContext.Current.CancellationToken);
        DatabaseException error = await Assert.ThrowsAsync<DatabaseException>(
            () => path.ConnectAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("DatabaseTimeout", "lb-01"), (error.ErrorId, error.Server));
        await database.EndOf(1).WaitAsync(Limit * 10, TestContext.Current.CancellationToken);
    }

    private sealed record LocalForward(string LocalPath) : IForward
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
