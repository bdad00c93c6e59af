using Foobar.Ops.Errors;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Monitoring.Sampling;

namespace Foobar.Ops.Tests.Monitoring;

public sealed class MetricTests
{
    private const string First = """
        ==> time
        1700000000.500000000

        ==> /proc/stat
        cpu  1000 100 500 80000 300 10 20 50 7 0
        cpu0 500 50 250 40000 150 5 10 25 0 0
        cpu1 500 50 250 40000 150 5 10 25 7 0
        intr 12345 1 2 3
        ctxt 999

        ==> /proc/diskstats
           8       0 sda 100 5 2000 300 50 6 1000 200 0 400 500 0 0 0 0
           8       1 sda1 90 5 1900 300 50 6 1000 200 0 400 500
         259       0 nvme0n1 10 0 80 5 0 0 0 0 0 5 5
         259       1 nvme0n1p1 10 0 80 5 0 0 0 0 0 5 5
           7       0 loop0 0 0 0 0 0 0 0 0 0 0 0

        ==> /proc/net/dev
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo: 1000 10 0 0 0 0 0 0 1000 10 0 0 0 0 0 0
          eth0:5000 50 1 2 0 0 0 0 6000 60 0 1 0 0 0 0

        ==> /proc/meminfo
        MemTotal:       1000 kB
        MemAvailable:    250 kB

        ==> /proc/loadavg
        0.50 0.25 0.10 1/200 4711

        ==> /proc/pressure/io
        some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000
        full avg10=0.00 avg60=0.00 avg300=0.00 total=0

        ==> /proc/sys/kernel/random/boot_id
        aaaa
        """;

    private static readonly string Second = First
        .Replace("1700000000.500000000", "1700000002.500000000", StringComparison.Ordinal)
        .Replace("cpu  1000 100 500 80000 300 10 20 50", "cpu  1100 100 550 80220 320 10 20 60", StringComparison.Ordinal)
        .Replace("total=1000000", "total=1500000", StringComparison.Ordinal)
        .Replace("sda 100 5 2000 300 50 6 1000 200 0 400", "sda 110 5 2400 340 60 6 1800 260 0 1400", StringComparison.Ordinal)
        .Replace("eth0:5000 50 1 2 0 0 0 0 6000 60 0 1", "eth0:9000 90 1 4 0 0 0 0 6500 65 0 2", StringComparison.Ordinal);

    [Fact]
    public void Rates_are_the_difference_over_the_measured_interval()
    {
        ServerMetric metric = Between(First, Second);

        Assert.Equal(2.0, metric.IntervalSeconds, 6);
        Assert.Equal(2, metric.CpuCount);
        Assert.Equal(
            [25.0, 12.5, 5.0, 2.5, 55.0],
            new[] { metric.CpuUserPercent, metric.CpuSystemPercent, metric.CpuIoWaitPercent, metric.CpuStealPercent, metric.CpuIdlePercent }
                .Select(value => Math.Round(value!.Value, 6)));
        Assert.Equal((0.5, 0.25, 0.1, 75.0), (metric.Load1, metric.Load5, metric.Load15, metric.MemoryUsedPercent));
        DiskMetric sda = metric.Disks.Single(disk => disk.Device == "sda");
        Assert.Equal(
            (400 * 512 / 2.0, 800 * 512 / 2.0, 5.0, 5.0, 5.0, 50.0),
            (
                sda.ReadBytesPerSecond, sda.WrittenBytesPerSecond, sda.ReadsPerSecond, sda.WritesPerSecond, sda.AwaitMilliseconds,
                sda.UtilizationPercent));
        InterfaceMetric eth0 = metric.Interfaces.Single(one => one.Interface == "eth0");
        Assert.Equal(
            (2000.0, 250.0, 20.0, 2.5, 0L, 3L),
            (
                eth0.ReceivedBytesPerSecond, eth0.SentBytesPerSecond, eth0.ReceivedPacketsPerSecond, eth0.SentPacketsPerSecond, eth0.Errors,
                eth0.Drops));
        Assert.Equal((25.0, 0.0), (metric.IoPressure!.SomePercent, metric.IoPressure.FullPercent));
        Assert.Null(metric.CpuPressure);
        Assert.Empty(metric.Notes);
    }

    [Fact]
    public void Partitions_and_idle_devices_are_left_out() =>
        Assert.Equal(["sda", "nvme0n1"], Between(First, Second).Disks.Select(disk => disk.Device));

    [Fact]
    public void A_counter_that_went_back_gives_no_rate_and_a_note()
    {
        ServerMetric metric = Between(First, Second.Replace("eth0:9000", "eth0:40", StringComparison.Ordinal));

        Assert.Null(metric.Interfaces.Single(one => one.Interface == "eth0").ReceivedBytesPerSecond);
        Assert.Contains("eth0", Assert.Single(metric.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_restart_within_the_interval_gives_no_rates()
    {
        ServerMetric metric = Between(First, Second.Replace("aaaa", "bbbb", StringComparison.Ordinal));

        Assert.Null(metric.CpuUserPercent);
        Assert.All(metric.Disks, disk => Assert.Null(disk.UtilizationPercent));
        Assert.Contains("restarted", Assert.Single(metric.Notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1700000002.500000000", 2.0)]
    [InlineData("1700003600.000000000", 2.001)]
    [InlineData("1690000000.000000000", 2.001)]
    [InlineData("1700000002.%N", 2.001)]
    public void A_clock_that_was_set_meanwhile_is_not_believed(string clock, double seconds) =>
        Assert.Equal(seconds, Between(First, First.Replace("1700000000.500000000", clock, StringComparison.Ordinal)).IntervalSeconds, 6);

    [Fact]
    public void A_container_is_told_from_a_machine() =>
        Assert.Contains(
            "container",
            Assert.Single(Between(First, Second + "\n==> /run/systemd/container\nsystemd-nspawn\n").Notes),
            StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named()
    {
        ParseException error = Assert.Throws<ParseException>(
            () => Sample.Parse(First.Replace("/proc/loadavg", "/proc/other", StringComparison.Ordinal)));
        Assert.Equal("/proc/loadavg", error.Origin);
    }

    [Fact]
    public void Any_text_is_taken_or_refused()
    {
        ParserProperties.TakesOrRefusesAnyText(Sample.Parse, First, Second);
        ParserProperties.TakesOrRefusesAnyText(CpuTimes.Parse, "cpu  1 2 3 4 5 6 7 8 9 0\ncpu0 1 2 3 4\n");
        ParserProperties.TakesOrRefusesAnyText(DiskCounters.Parse, "8 0 sda 100 5 2000 300 50 6 1000 200 0 400 500\n");
        ParserProperties.TakesOrRefusesAnyText(InterfaceCounters.Parse, "eth0:5000 50 1 2 0 0 0 0 6000 60 0 1 0 0 0 0\n");
    }

    private static ServerMetric Between(string first, string second) => MetricCalculator.Between(
        "web-01",
        new TimedSample(Sample.Parse(first), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10.010)),
        new TimedSample(Sample.Parse(second), TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(12.012)),
        [],
        TestSite.Now);
}
