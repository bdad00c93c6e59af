using Foobar.Ops.Errors;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Failover;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Failover;

[Collection(LabCollection.Name)]
public sealed class OperatorLockTests(LabFixture labs)
{
    [Fact]
    public async Task A_second_operator_is_told_who_was_first_and_since_when_and_may_go_on_when_he_is_gone()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, "MariaDb");
        await using SiteSession other = new(bed.Session.Site);
        DateTimeOffset since = DateTimeOffset.UtcNow;
        OperatorLock first = await OperatorLock.TakeAsync(bed.Session, "web-02", since, cancel);
        FoobarException told = await RefusedAsync();
        for (int attempt = 0; attempt < 50 && !told.Message.Contains(" on ", StringComparison.Ordinal); attempt++)
        {
            // Who holds it is told a moment after it is held.
            told = await RefusedAsync();
        }

        Assert.Equal("OperationRunning", told.ErrorId);
        Assert.Contains($"{Environment.UserName} on {Environment.MachineName}", told.Message, StringComparison.Ordinal);
        Assert.Contains($"since {since.UtcDateTime:u}", told.Message, StringComparison.Ordinal);

        await first.DisposeAsync();
        await (await OperatorLock.TakeAsync(other, "web-02", DateTimeOffset.UtcNow, cancel)).DisposeAsync();

        // One who works is not lost; one whose connection was idle for long enough loses it.
        await using IDatabaseSession working = await bed.Session.OpenDatabaseAsync("web-02", cancel);
        await using OperatorLock held = await OperatorLock.TakeAsync(bed.Session, working, since, cancellationToken: cancel);
        await using IDatabaseSession mine = await other.OpenDatabaseAsync("web-02", cancel);
        FoobarException alive = await Assert.ThrowsAsync<FoobarException>(() => OperatorLock.TakeAsync(other, mine, since, cancellationToken: cancel));
        Assert.Equal("OperationRunning", alive.ErrorId);
        await (await OperatorLock.TakeAsync(other, mine, since, lostAfter: TimeSpan.Zero, cancellationToken: cancel)).DisposeAsync();
        await Assert.ThrowsAnyAsync<FoobarException>(() => working.QueryAsync("SELECT 1", null, cancel));

        Task<FoobarException> RefusedAsync() => Assert.ThrowsAsync<FoobarException>(() => OperatorLock.TakeAsync(other, "web-02", DateTimeOffset.UtcNow, cancel));
    }
}
