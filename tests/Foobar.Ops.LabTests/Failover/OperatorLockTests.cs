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
        OperatorLock first = await OperatorLock.TakeAsync(bed.Session, "web-02", since, cancellationToken: cancel);
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
        await (await OperatorLock.TakeAsync(other, "web-02", DateTimeOffset.UtcNow, cancellationToken: cancel)).DisposeAsync();

        // One who gives signs of life is not lost; one who gave none for long enough loses it.
        OperatorLock lost = await OperatorLock.TakeAsync(bed.Session, "web-02", since, cancellationToken: cancel);
        Assert.Equal("OperationRunning", (await RefusedAsync()).ErrorId);
        await (await OperatorLock.TakeAsync(other, "web-02", since, lostAfter: TimeSpan.Zero, cancellationToken: cancel)).DisposeAsync();
        await lost.DisposeAsync();
        Assert.Equal("gone", (await bed.Lab.RunAsync("web-02", "[ -e /run/foobar-ops.failover ] || echo gone")).Trim());

        Task<FoobarException> RefusedAsync() => Assert.ThrowsAsync<FoobarException>(() => OperatorLock.TakeAsync(other, "web-02", DateTimeOffset.UtcNow, cancellationToken: cancel));
    }
}
