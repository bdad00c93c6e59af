using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.LabTests.Replication;
using Foobar.Ops.Operations.Guard;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Guard;

/// <summary>A guard over a primary that is well, while the network and the primary have glitches.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class GuardGlitchTests(LabFixture labs, ITestOutputHelper output)
{
    private static readonly TimeSpan Time = Sample.IsAll
        ? TimeSpan.FromMinutes(30)
        : TimeSpan.FromSeconds(20), Cut = TimeSpan.FromSeconds(5), Pause = TimeSpan.FromSeconds(2);

    private const string Unit = "$(systemctl show -p Id --value mysql.service mariadb.service | grep -m 1 service)";

    [Theory]
    [MemberData(nameof(FailoverBed.Flavours), MemberType = typeof(FailoverBed))]
    public async Task No_glitch_makes_a_guard_act(string flavour)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        await bed.WaitUntilCaughtUpAsync();
        await new WatchSwitch(bed.Session).ResumeAsync(cancel);
        string primary = Assert.Single(await bed.PrimariesAsync());
        string replica = primary == "web-01" ? "web-02" : "web-01";
        await using LiveGuard guard = new(bed, bed.State);
        await guard.UntilAsync(WatchEventKind.Healthy);
        Dictionary<string, int> glitches = [];
        long began = Stopwatch.GetTimestamp();
        for (int round = 0; Stopwatch.GetElapsedTime(began) < Time; round++)
        {
            string kind = round % 3 == 0 ? "cut to us" : round % 3 == 1 ? "cut between the databases" : "stall";
            if (round % 3 == 2)
            {
                // Shorter than the second for which an answer is waited for, at another moment of the guard's turn each time.
                double seconds = 0.3 + (round % 7 * 0.1);
                await bed.Lab.RunAsync(
                    primary,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"unit={Unit}; systemctl kill --signal=STOP $unit; sleep {seconds:0.0}; systemctl kill --signal=CONT $unit"),
                    cancel: cancel);
            }
            else
            {
                Disaster disaster = new(bed.Lab, round % 3 == 0 ? DisasterKind.CutFromUs : DisasterKind.CutBetween, primary, replica);
                await disaster.StrikeAsync(cancel);
                await Task.Delay(Cut, cancel);
                await disaster.MendAsync(cancel);
            }

            glitches[kind] = glitches.GetValueOrDefault(kind) + 1;
            await Task.Delay(Pause + TimeSpan.FromMilliseconds(137 * (round % 8)), cancel);
        }

        IReadOnlyList<WatchEvent> events = guard.Events;
        output.WriteLine(
            $"{flavour}: {string.Join(", ", glitches.Select(one => $"{one.Value} of {one.Key}"))}; the primary was asked {guard.Asked} "
                + $"times; events: {string.Join(", ", events.GroupBy(each => each.Kind).Select(kind => $"{kind.Count()} {kind.Key}"))}");
        Assert.DoesNotContain(
            events,
            each =>
                each.Kind is WatchEventKind.Dead
                    or WatchEventKind.FailedOver
                    or WatchEventKind.FailoverFailed
                    or WatchEventKind.PrimaryChanged);
        Assert.Equal([primary], await bed.PrimariesAsync());
    }
}
