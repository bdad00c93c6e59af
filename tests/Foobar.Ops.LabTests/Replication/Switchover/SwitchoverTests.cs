using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Lab.Load;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Replication.Switchover;

/// <summary>Planned switchovers back and forth while writers that know nothing of them write through the shop's own path.</summary>
[Collection(LabCollection.Name)]
public sealed class SwitchoverTests(LabFixture labs, ITestOutputHelper output)
{
    private const int Writers = 4;
    private const string BinaryLogs = "mysql -N -e 'SHOW BINARY LOGS' | wc -l";
    private const string Drains = "journalctl -u haproxy --no-pager -o cat | grep -c 'mysql-write/.* enters drain state' || true";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Probe = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Flavours, and how often each writer writes in milliseconds, less often in the default run; 0 is without pause, which
    /// is a figure and no proof more.
    /// </summary>
    public static TheoryData<string, int> Loads => new(
        from flavour in (string[])["MariaDb", "MySql"]
        from interval in Sample.IsAll ? (int[])[5, 0] : [10]
        select (flavour, interval));

    [Theory]
    [MemberData(nameof(Loads))]
    public async Task Nothing_acknowledged_is_lost_or_doubled(string flavour, int intervalMilliseconds)
    {
        await using FailoverBed bed = await FailoverBed.MakeAsync(labs, flavour);
        TimeSpan interval = TimeSpan.FromMilliseconds(intervalMilliseconds);
        await using OrderWriters writers = await OrderWriters.StartAsync(
            bed.Lab, "web-02", Writers, interval, TestContext.Current.CancellationToken);
        CanaryClock clock = CanaryClock.Now(TimeProvider.System);
        await using SiteSession session = new(bed.Patient(Patience));
        SwitchoverOperation operation = new(session, new(session.Site.Name, bed.State));
        List<FailoverResult> results = [];
        (int logs, int drains) = (await BinaryLogsAsync(bed), await CountAsync(bed, "lb-01", Drains));
        for (int run = 0; run < (Sample.IsAll ? 50 : 3); run++)
        {
            results.Add(await SwitchAsync(operation, bed.Canary));
        }

        IReadOnlyList<OrderWrite> writes = await writers.StopAsync();
        List<(FailoverResult Result, TimeSpan Seen)> runs = [.. results.Select(result => (result, Seen(result, writes, clock)))];
        Report(flavour, intervalMilliseconds, runs, writes);
        Assert.All(
            results, result => Assert.Equal((ProofVerdict.Proven, WriteGapSource.Canary), (result.Proof.Verdict, result.WriteGap!.Source)));
        await AssertKeptAsync(bed, writers, writes);

        // What keeps the gap short on any machine: the old primary follows a log file that has just begun, and its clients
        // write until the fence holds.
        Assert.InRange(await BinaryLogsAsync(bed) - logs, results.Count, int.MaxValue);
        Assert.InRange(await CountAsync(bed, "lb-01", Drains) - drains, results.Count, int.MaxValue);

        // Either may have been held up on a busy machine, so not each run by itself; three runs are few, and writers without
        // pause leave the canary little of the machine.
        Assert.InRange(
            Median(
                runs.Select(
                    run =>
                        (run.Result.WriteGap!.Duration - run.Seen).Duration() - (Sample.IsAll && intervalMilliseconds > 0
                            ? TimeSpan.Zero
                            : run.Result.WriteGap.Resolution))),
            TimeSpan.MinValue, Sample.IsAll ? Probe : Probe + interval);
        if (Sample.IsAll)
        {
            TimeSpan limit = TimeSpan.FromMilliseconds(intervalMilliseconds == 0 ? 250 : flavour == "MariaDb" ? 25 : 100);
            Assert.InRange(Median(runs.Select(run => run.Seen)), TimeSpan.Zero, limit);
        }
    }

    // Writers without pause may be faster than the replica for a while: the plan waits until it has caught up.
    private static async Task<FailoverResult> SwitchAsync(SwitchoverOperation operation, DatabaseLogin canary)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken);
        FailoverResult result = await operation.RunAsync(
            new FailoverOptions { Canary = canary, CanaryInterval = Probe, DrainLimit = Patience },
            null, TestContext.Current.CancellationToken);
        Assert.True(result.Outcome == PlanOutcome.Completed, $"{result.Outcome}: {result.Error}");
        return result;
    }

    private static async Task<int> BinaryLogsAsync(FailoverBed bed) =>
        await CountAsync(bed, "web-01", BinaryLogs) + await CountAsync(bed, "web-02", BinaryLogs);

    private static async Task<int> CountAsync(FailoverBed bed, string server, string command) =>
        int.Parse(await bed.Lab.RunAsync(server, command), CultureInfo.InvariantCulture);

    private static TimeSpan Seen(FailoverResult result, IReadOnlyList<OrderWrite> writes, CanaryClock clock) =>
        OrderWriters.Gap(writes, clock.At(result.Canary!.LastBeforeGap!.Value), clock.At(result.Canary.FirstAfterGap!.Value));

    private static async Task AssertKeptAsync(FailoverBed bed, OrderWriters writers, IReadOnlyList<OrderWrite> writes)
    {
        await bed.WaitUntilCaughtUpAsync();
        string[] acknowledged = [.. writes.Where(write => write.IsAcknowledged).Select(write => write.Id)];
        Assert.True(acknowledged.Length > 100, $"only {acknowledged.Length} writes were acknowledged");
        foreach (string server in (string[])["web-01", "web-02"])
        {
            IReadOnlyList<string> there = await writers.ReadAsync(bed.Lab, server);
            Assert.Empty(acknowledged.Except(there));
            Assert.Equal(there.Count, there.Distinct().Count());

            // Whatever a drain has changed meanwhile.
            Assert.Equal(
                "1\t1",
                (await bed.Lab.RunAsync(
                    server, "mysql -N -e 'SELECT @@global.sync_binlog, @@global.innodb_flush_log_at_trx_commit'")).Trim());
        }

        ReplicationTopology topology = await bed.TopologyAsync();
        ReplicationLink link = Assert.Single(topology.Links);
        Assert.Equal("", link.Errant);
        Assert.True(link.Channel.Replicates);
    }

    private void Report(
        string flavour, int intervalMilliseconds, List<(FailoverResult Result, TimeSpan Seen)> runs, IReadOnlyList<OrderWrite> writes)
    {
        foreach ((FailoverResult result, TimeSpan seen) in runs)
        {
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"seen {seen.TotalMilliseconds:0.0} ms, reported {result.WriteGap?.Duration.TotalMilliseconds:0.0} (to {result.WriteGap?.Resolution.TotalMilliseconds:0.0}); {string.Join(" ", result.Steps.Select(step => $"{step.Step} {step.Duration.TotalMilliseconds:0.0}"))}; {result.Outcome} {result.Proof.Verdict} {result.Error}"));
        }

        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{flavour}, {Writers} writers every {intervalMilliseconds} ms, {runs.Count} switchovers, {writes.Count(write => write.IsAcknowledged)} writes: median gap seen {Median(runs.Select(run => run.Seen)).TotalMilliseconds:0.0} ms, reported {Median(runs.Select(run => run.Result.WriteGap?.Duration ?? TimeSpan.Zero)).TotalMilliseconds:0.0} ms"));
    }

    private static TimeSpan Median(IEnumerable<TimeSpan> values)
    {
        TimeSpan[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
