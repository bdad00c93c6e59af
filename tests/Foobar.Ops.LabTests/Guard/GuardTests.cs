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
    private const int Deaths = 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The flavour, whether commits wait for the replica, and the disaster; in the default run one that always is, on one flavour.
    /// </summary>
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
        string primary = Assert.Single(await bed.PrimariesAsync());
        string other = Other(primary);
        await using LiveGuard watched = new(bed, bed.State);
        await watched.UntilAsync(WatchEventKind.Healthy);
        await Task.Delay(Settling, cancel);
        Disaster disaster = new(bed.Lab, kind, primary, other);
        if (!disaster.IsDeadly)
        {
            await GlitchAsync(watched, disaster, primary);
            return;
        }

        if (kind == DisasterKind.PowerOff && !semiSync)
        {
            await RefusedAsync(bed, watched, disaster);
            return;
        }

        int deaths = Sample.IsAll && semiSync ? Deaths : 1;
        List<TimeSpan> silences = [];
        while (silences.Count < deaths)
        {
            silences.Add(await DeathAsync(bed, watched, kind, primary, other));
            (primary, other) = (other, primary);
            if (silences.Count < deaths)
            {
                // A person looks at it, and lets it act again.
                await new WatchSwitch(bed.Session).ResumeAsync(cancel);
                await Task.Delay(Settling, cancel);
            }
        }

        string times = string.Join(", ", silences.Select(static one => one.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)));
        output.WriteLine($"{flavour} {kind}{(semiSync ? " semi-sync" : "")}: the first acknowledged write came after {times} s");
        if (deaths > 1)
        {
            Assert.InRange(silences.Order().ElementAt(deaths / 2), TimeSpan.Zero, Limit);
        }

        await SecondDeathAsync(bed, watched, primary, other);
    }

    private static string Other(string member) => member == "web-01" ? "web-02" : "web-01";

    private static async Task GlitchAsync(LiveGuard watched, Disaster disaster, string primary)
    {
        try
        {
            await disaster.StrikeAsync(TestContext.Current.CancellationToken);
            await Task.Delay(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
            Assert.DoesNotContain(
                watched.Events, each => each.Kind is WatchEventKind.FailedOver or WatchEventKind.FailoverFailed or WatchEventKind.Dead);
            Assert.Equal(primary, Assert.Single(watched.Events.Select(each => each.Primary).Distinct()));
        }
        finally
        {
            await disaster.MendAsync(CancellationToken.None);
        }
    }

    private static async Task RefusedAsync(FailoverBed bed, LiveGuard watched, Disaster disaster)
    {
        try
        {
            await disaster.StrikeAsync(TestContext.Current.CancellationToken);
            WatchEvent refused = await watched.UntilAsync(WatchEventKind.FailoverRefused);
            Assert.Contains("DataLoss", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            await disaster.MendAsync(CancellationToken.None);
            await bed.GiveUpAsync();
        }
    }

    // How long no write was acknowledged; the dead one follows the new primary afterwards.
    private static async Task<TimeSpan> DeathAsync(FailoverBed bed, LiveGuard watched, DisasterKind kind, string primary, string candidate)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        Disaster disaster = new(bed.Lab, kind, primary, candidate);
        await using OrderWriters writers = await OrderWriters.StartAsync(bed.Lab, candidate, 2, TimeSpan.FromMilliseconds(10), cancel);
        await Task.Delay(TimeSpan.FromMilliseconds(300), cancel);
        TimeSpan silence;
        try
        {
            await disaster.StrikeAsync(cancel);
            long struck = Stopwatch.GetTimestamp();
            WatchEvent moved = await watched.UntilAsync(WatchEventKind.FailedOver);
            Assert.Equal((primary, candidate), (moved.Failover!.OldPrimary, moved.Primary));
            await Task.Delay(TimeSpan.FromSeconds(1), cancel);
            IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
            HashSet<string> there = [.. await writers.ReadAsync(bed.Lab, candidate)];
            Assert.DoesNotContain(writes, write => write.IsAcknowledged && !there.Contains(write.Id));
            silence = Stopwatch.GetElapsedTime(struck, writes.First(write => write.IsAcknowledged && write.Begun > struck).Ended);
        }
        finally
        {
            await disaster.MendAsync(CancellationToken.None);
        }

        await watched.UntilAsync(WatchEventKind.Rejoined);
        await bed.WaitUntilCaughtUpAsync();
        return silence;
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
        WatchStanding standing = (await new WatchSwitch(bed.Session).ResumeAsync(cancel)).Standing;
        Assert.Equal(standing.Last!.Id, standing.Acknowledged);
        Assert.Null(GuardRules.Refuse(standing, TimeSpan.FromHours(1), DateTimeOffset.UtcNow));

        // A shorter suspension leaves a longer one alone.
        WatchChange longer = await new WatchSwitch(bed.Session).SuspendAsync(TimeSpan.FromMinutes(30), "reboots", cancel);
        WatchChange shorter = await new WatchSwitch(bed.Session).SuspendAsync(TimeSpan.FromMinutes(1), "a look", cancel);
        Assert.Equal((longer.Standing.SuspendedUntil, "reboots"), (shorter.Standing.SuspendedUntil, shorter.Standing.Reason));
        Assert.Null(longer.Warning);
        Assert.Contains("'reboots'", shorter.Warning, StringComparison.Ordinal);
        Assert.Null((await new WatchSwitch(bed.Session).ResumeAsync(cancel)).Standing.SuspendedUntil);
    }
}
