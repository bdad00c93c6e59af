using Foobar.Ops.Errors;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Replication;

[Collection(LabCollection.Name)]
public sealed class OperatorLockTests(LabFixture labs)
{
    private static readonly DateTimeOffset Since = DateTimeOffset.UtcNow;

    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task A_second_operator_is_told_who_was_first_and_since_when_and_may_go_on_when_he_is_gone(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        await using SiteSession other = new(bed.Session.Site);
        await using HeldSession first = new(await bed.Session.OpenDatabaseAsync("web-02", cancel));
        await using HeldSession second = new(await other.OpenDatabaseAsync("web-02", cancel));
        OperatorLock held = await TakeAsync(first);
        FoobarException told = await RefusedAsync();
        for (int attempt = 0; attempt < 50 && !told.Message.Contains(" on ", StringComparison.Ordinal); attempt++)
        {
            // Who holds it is told a moment after it is held.
            told = await RefusedAsync();
        }

        Assert.Equal("OperationRunning", told.ErrorId);
        Assert.Contains($"{Environment.UserName} on {Environment.MachineName}", told.Message, StringComparison.Ordinal);
        Assert.Contains($"since {Since.UtcDateTime:u}", told.Message, StringComparison.Ordinal);
        await held.EnsureAsync(cancel);
        await held.DisposeAsync();
        await (await TakeAsync(second)).DisposeAsync();

        // One who gives signs of life is not lost; one who gave none for long enough loses it, and can do nothing more there.
        OperatorLock lost = await TakeAsync(first);
        Assert.Equal("OperationRunning", (await RefusedAsync()).ErrorId);
        OperatorLock taken = await TakeAsync(second, lostAfter: TimeSpan.Zero);
        await Assert.ThrowsAnyAsync<FoobarException>(() => first.ExecuteAsync("SET GLOBAL read_only = ON", null, cancel));
        SupersededException superseded = await Assert.ThrowsAsync<SupersededException>(() => lost.EnsureAsync(cancel));
        Assert.Contains("another operator took this operation's place", superseded.Message, StringComparison.Ordinal);
        await lost.DisposeAsync();
        await taken.EnsureAsync(cancel);
        await taken.DisposeAsync();
        FoobarException alone = await Assert.ThrowsAsync<FoobarException>(() => lost.EnsureAsync(cancel));
        Assert.Equal("OperatorLockLost", alone.ErrorId);
        Assert.Equal("gone", (await bed.Lab.RunAsync("web-02", "[ -e /run/foobar-ops.failover ] || echo gone")).Trim());

        Task<OperatorLock> TakeAsync(HeldSession session, TimeSpan? lostAfter = null) =>
            OperatorLock.TakeAsync(session == first ? bed.Session : other, session, Since, lostAfter ?? OperatorLock.LostAfter, cancel);
        Task<FoobarException> RefusedAsync() => Assert.ThrowsAsync<FoobarException>(() => TakeAsync(second));
    }
}
