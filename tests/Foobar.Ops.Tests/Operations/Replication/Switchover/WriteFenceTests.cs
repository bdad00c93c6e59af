using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Operations.Replication.Switchover;

public sealed class WriteFenceTests
{
    private const string MariaDb = "10.11.14-MariaDB";

    private readonly FakeDatabaseSession _old = Primary(fenced: 1);
    private readonly FakeDatabaseSession _second = new FakeDatabaseSession("web-01", MariaDb).On("KILL");
    private readonly FakeDatabaseSession _candidate = new FakeDatabaseSession("web-02", MariaDb)
        .On("gtid_slave_pos", [("value", "0-1-12")])
        .On("MASTER_GTID_WAIT", [("value", 0L)]);

    [Theory]
    [InlineData(new string[0], "SET GLOBAL read_only = 1")]
    [InlineData(new[] { "batch", "duty" }, "AND USER IN (@user0, @user1)")]
    [InlineData(null, "KILL")]
    public async Task Ends_with_the_fence_only_the_connections_that_it_may_not_bind(string[]? unbound, string expected)
    {
        WriteFence fence = Fence(unbound);
        await fence.CloseAsync(TestContext.Current.CancellationToken);
        Assert.Contains("SET GLOBAL read_only = 1", _old.Statements[0], StringComparison.Ordinal);
        Assert.Contains(expected, _old.Statements[0], StringComparison.Ordinal);
        Assert.Equal(unbound is not [], _old.Statements[0].Contains("KILL", StringComparison.Ordinal));
        Assert.Equal(unbound is { Length: > 0 }, _old.Statements[0].Contains("USER IN (@", StringComparison.Ordinal));

        // All others' when there is somewhere else to go to.
        Assert.Empty(_second.Statements);
        fence.EndClients(TestContext.Current.CancellationToken);
        await fence.ClientsEndedAsync();
        Assert.Contains("KILL", Assert.Single(_second.Statements), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waits_for_the_candidate_only_if_it_has_not_come_that_far()
    {
        WriteFence fence = Fence([]);
        await fence.CloseAsync(TestContext.Current.CancellationToken);
        await fence.CatchUpAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Assert.Equal("0-1-12", fence.Executed);
        Assert.DoesNotContain(_candidate.Statements, statement => statement.Contains("MASTER_GTID_WAIT", StringComparison.Ordinal));

        FakeDatabaseSession behind = new FakeDatabaseSession("web-02", MariaDb)
            .On("gtid_slave_pos", [("value", "0-1-11")])
            .On("MASTER_GTID_WAIT", [("value", -1L)]);
        WriteFence late = new(DatabaseMember.Of(_old), DatabaseMember.Of(_second), DatabaseMember.Of(behind), []);
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => late.CatchUpAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken));
        Assert.Equal(("CatchUpTimeout", "web-02"), (error.ErrorId, error.Server));
    }

    [Fact]
    public async Task One_that_still_takes_writes_is_no_fence()
    {
        WriteFence fence = new(DatabaseMember.Of(Primary(fenced: 0)), DatabaseMember.Of(_second), DatabaseMember.Of(_candidate), []);
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => fence.CloseAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("FenceFailed", "web-01"), (error.ErrorId, error.Server));
    }

    private static FakeDatabaseSession Primary(long fenced) =>
        new FakeDatabaseSession("web-01", MariaDb)
            .On("SET GLOBAL")
            .On("AS fenced", [("fenced", fenced), ("position", "0-1-12"), ("executed", "0-1-12")]);

    private WriteFence Fence(string[]? unbound) =>
        new(DatabaseMember.Of(_old), DatabaseMember.Of(_second), DatabaseMember.Of(_candidate), unbound);
}
