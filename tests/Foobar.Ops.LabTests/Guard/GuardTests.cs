using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.LabTests.Replication;
using Foobar.Ops.Operations.Guard;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Guard;

/// <summary>A guard over a lab whose primary dies, or only seems to, while writers that know nothing of failovers write.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class GuardTests(LabFixture labs, ITestOutputHelper output)
{
    /// <summary>The flavour, whether commits wait for the replica, and the disaster; in the default run one that always is, on one flavour.</summary>
    public static TheoryData<string, bool, DisasterKind> Runs => new(
        from flavour in Sample.Of(["MariaDb", "MySql"], 2)
        from semiSync in Sample.IsAll ? (bool[])[true, false] : [false]
        from kind in Sample.IsAll ? Enum.GetValues<DisasterKind>() : [DisasterKind.Killed]
        select (flavour, semiSync, kind));

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task A_guard_acts_on_a_death_once_and_on_nothing_else(string flavour, bool semiSync, DisasterKind kind)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour, semiSync);
        await bed.WaitUntilCaughtUpAsync();

        // What other tests moved would hold the guard up.
        await new WatchSwitch(bed.Session).ResumeAsync(cancel);
        string old = Assert.Single(await bed.PrimariesAsync());
        string candidate = old == "web-01" ? "web-02" : "web-01";
        Disaster disaster = new(bed.Lab, kind, old, candidate);
        await using LiveGuard watched = new(bed, bed.State);
        await watched.UntilAsync(WatchEventKind.Healthy);
        await Task.Delay(TimeSpan.FromSeconds(3), cancel);
        await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, candidate, 2, TimeSpan.FromMilliseconds(10), cancel);
        bool isLossy = kind == DisasterKind.PowerOff && !semiSync;
        bool mended = false;
        try
        {
            await disaster.StrikeAsync(cancel);
            long struck = Stopwatch.GetTimestamp();
            if (!disaster.IsDeadly)
            {
                await Task.Delay(TimeSpan.FromSeconds(10), cancel);
                Assert.DoesNotContain(watched.Events, each => each.Kind is WatchEventKind.FailedOver or WatchEventKind.FailoverFailed or WatchEventKind.Dead);
                Assert.Equal(old, Assert.Single(watched.Events.Select(each => each.Primary).Distinct()));
                return;
            }

            if (isLossy)
            {
                WatchEvent refused = await watched.UntilAsync(WatchEventKind.FailoverRefused);
                Assert.Contains("DataLoss", refused.Message, StringComparison.Ordinal);
                return;
            }

            WatchEvent moved = await watched.UntilAsync(WatchEventKind.FailedOver);
            Assert.Equal((old, candidate), (moved.Failover!.OldPrimary, moved.Primary));
            await Task.Delay(TimeSpan.FromSeconds(1), cancel);
            IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
            HashSet<string> there = [.. await writers.ReadAsync(bed.Lab, candidate)];
            Assert.DoesNotContain(writes, write => write.IsAcknowledged && !there.Contains(write.Id));
            TimeSpan silent = Stopwatch.GetElapsedTime(struck, writes.First(write => write.IsAcknowledged && write.Begun > struck).Ended);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{flavour} {kind}{(semiSync ? " semi-sync" : "")}: the first acknowledged write came {silent.TotalSeconds:0.00} s after it"));

            await disaster.MendAsync(cancel);
            mended = true;
            await watched.UntilAsync(WatchEventKind.Rejoined);
            await bed.WaitUntilCaughtUpAsync();
            await SecondDeathAsync(bed, watched, candidate, old);
        }
        finally
        {
            await (mended ? Task.CompletedTask : disaster.MendAsync(CancellationToken.None));
            if (isLossy)
            {
                await bed.GiveUpAsync();
            }
        }
    }

    // Never twice in a row without a person; and a person's word lets it act again.
    private static async Task SecondDeathAsync(FailoverBed bed, LiveGuard watched, string primary, string replica)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        Disaster second = new(bed.Lab, DisasterKind.Stopped, primary, replica);
        await second.StrikeAsync(cancel);
        WatchEvent blocked = await watched.UntilAsync(WatchEventKind.Blocked);
        await second.MendAsync(cancel);
        Assert.Contains("no person has acknowledged it", blocked.Message, StringComparison.Ordinal);
        await watched.UntilAsync(WatchEventKind.Recovered);
        Assert.Equal(primary, Assert.Single(await bed.PrimariesAsync()));
        WatchStanding standing = await new WatchSwitch(bed.Session).ResumeAsync(cancel);
        Assert.Equal(standing.Last!.Id, standing.Acknowledged);
        Assert.Null(GuardRules.Refuse(standing, TimeSpan.FromHours(1), DateTimeOffset.UtcNow));
    }
}
