using Foobar.Ops.Errors;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.LabTests.Replication;
using Foobar.Ops.Operations.Guard;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Planning;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Guard;

/// <summary>Two guards over one lab, or one that is killed and started again: whoever is left ends the failover that was begun.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class GuardTakeOverTests(LabFixture labs)
{
    /// <summary>
    /// The step after which the acting guard gets SIGKILL, and whether its machine is lost too; in the default run one step after writes
    /// were moved.
    /// </summary>
    public static TheoryData<string, string, bool> Deaths => new(
        from flavour in Sample.Of(["MariaDb", "MySql"], 2)
        from step in Sample.IsAll
            ? (string[])["close-endpoint", "fence-old", "promote", "open-endpoint", "keep-login", "persist-new"]
            : ["open-endpoint"]
        from isLost in Sample.IsAll ? (bool[])[true, false] : [true]
        select (flavour, step, isLost));

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task A_guard_ends_what_a_guard_left_half_done(string flavour, string step, bool isLost)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        await bed.WaitUntilCaughtUpAsync();
        await new WatchSwitch(bed.Session).ResumeAsync(cancel);
        string old = Assert.Single(await bed.PrimariesAsync());
        string candidate = old == "web-01" ? "web-02" : "web-01";
        Disaster disaster = new(bed.Lab, DisasterKind.Killed, old, candidate);
        bool mended = false;
        LiveGuard? other = isLost ? new(bed, Path.Combine(bed.State, "elsewhere")) : null;
        try
        {
            await (other?.UntilAsync(WatchEventKind.Healthy) ?? Task.CompletedTask);
            await Task.Delay(TimeSpan.FromSeconds(3), cancel);
            other?.Hold();
            await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, candidate, 2, TimeSpan.FromMilliseconds(20), cancel);
            await disaster.StrikeAsync(cancel);
            await DoomedOperation.KillAsync(bed, "", step, TimeSpan.Zero, automatic: true);
            await Task.Delay(TimeSpan.FromMilliseconds(300), cancel);
            other ??= new(bed, bed.State);
            other.Release();
            WatchEvent moved = await other.UntilAsync(WatchEventKind.FailedOver);
            Assert.Equal((old, candidate, PlanOutcome.Degraded), (moved.Failover!.OldPrimary, moved.Primary, moved.Failover.Outcome));
            Assert.Equal([candidate], await bed.PrimariesAsync());

            await disaster.MendAsync(cancel);
            mended = true;
            await other.UntilAsync(WatchEventKind.Rejoined);
            await bed.AssertKeptAsync(writers, await writers.StopAsync(), candidate);
            Assert.DoesNotContain(other.Events, each => each.Kind is WatchEventKind.FailoverFailed);
            WatchStanding standing = (await new WatchSwitch(bed.Session).ResumeAsync(cancel)).Standing;
            Assert.False(standing.Last!.IsUnfinished);
            if (isLost)
            {
                // The lost machine comes back, with its journal.
                FoobarException late = await Assert.ThrowsAnyAsync<FoobarException>(
                    () => bed.Resume().ResumeAsync(new FailoverOptions(), null, cancel));
                Assert.Equal("OperationSuperseded", late.ErrorId);
            }
        }
        finally
        {
            await (mended ? Task.CompletedTask : disaster.MendAsync(CancellationToken.None));
            await (other?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    /// <summary>Two guards see one death at once.</summary>
    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task Of_two_guards_one_acts_and_the_other_follows(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        await bed.WaitUntilCaughtUpAsync();
        await new WatchSwitch(bed.Session).ResumeAsync(cancel);
        string old = Assert.Single(await bed.PrimariesAsync());
        Disaster disaster = new(bed.Lab, DisasterKind.Killed, old, old == "web-01" ? "web-02" : "web-01");
        await using LiveGuard one = new(bed, bed.State), two = new(bed, Path.Combine(bed.State, "elsewhere"));
        await one.UntilAsync(WatchEventKind.Healthy);
        await two.UntilAsync(WatchEventKind.Healthy);
        await Task.Delay(TimeSpan.FromSeconds(3), cancel);
        bool mended = false;
        try
        {
            await disaster.StrikeAsync(cancel);
            Task<WatchEvent> first = one.UntilAsync(WatchEventKind.FailedOver), second = two.UntilAsync(WatchEventKind.FailedOver);
            LiveGuard follower = await Task.WhenAny(first, second) == first ? two : one;
            Task<WatchEvent> moved = follower == two ? first : second;
            Assert.Equal(PlanOutcome.Degraded, (await moved).Failover!.Outcome);
            for (int attempt = 0; attempt < 120 && !follower.Events.Any(each => each.Kind == WatchEventKind.PrimaryChanged); attempt++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), cancel);
            }

            Assert.Contains(follower.Events, each => each.Kind == WatchEventKind.PrimaryChanged);
            Assert.DoesNotContain(follower.Events, each => each.Kind is WatchEventKind.FailedOver or WatchEventKind.FailoverFailed);
            await disaster.MendAsync(cancel);
            mended = true;
            await (follower == two ? one : two).UntilAsync(WatchEventKind.Rejoined);
        }
        finally
        {
            await (mended ? Task.CompletedTask : disaster.MendAsync(CancellationToken.None));
        }
    }
}
