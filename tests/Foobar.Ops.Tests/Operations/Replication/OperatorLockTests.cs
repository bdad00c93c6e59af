using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.Operations.Replication;

/// <summary>Who has the lock once its connection is gone: the network may have cut us off, or another operator.</summary>
public sealed class OperatorLockTests
{
    private const long Ours = 7;

    [Fact]
    public async Task A_server_that_has_not_noticed_the_cut_still_holds_our_own_connection()
    {
        FoobarException error = await LostAsync(holder: Ours);
        Assert.Equal("OperatorLockLost", error.ErrorId);
        Assert.Contains("Resume-FoobarFailover", error.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_connection_that_has_the_lock_is_another_operator()
    {
        FoobarException error = await LostAsync(holder: 8);
        Assert.IsType<SupersededException>(error);
        Assert.Contains("connection 8 of foobar from 203.0.113.9", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Takes the lock, loses the connection, and asks for the lock.</summary>
    /// <param name="holder">The connection that has the lock then, as a fresh connection sees it.</param>
    private static async Task<FoobarException> LostAsync(long holder)
    {
        FakeSiteSession site = new(TestSite.Create());
        FakeDatabaseSession held = new FakeDatabaseSession("web-01", "9.7.0")
            .On("PROCESSLIST")
            .On("GET_LOCK", [("value", 1L), ("connection", Ours)])
            .On(
                "IS_USED_LOCK",
                () => throw new DatabaseException("DatabaseConnectionLost", ErrorKind.Connection, "web-01: the connection is gone"));
        site.Database("web-01")
            .On("PROCESSLIST", [("id", holder), ("user", "foobar"), ("host", "203.0.113.9"), ("command", "Sleep"), ("seconds", 2L)]);
        await using HeldSession session = new(held);
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using OperatorLock taken = await OperatorLock.TakeAsync(site, session, TestSite.Now, OperatorLock.LostAfter, cancel);
        return await Assert.ThrowsAnyAsync<FoobarException>(() => taken.EnsureAsync(cancel));
    }
}
