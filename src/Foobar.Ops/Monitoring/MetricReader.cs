using System.Diagnostics;
using Foobar.Ops.Findings;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring.Sampling;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Monitoring;

/// <summary>Measures how busy a server is: its counters twice, an interval apart.</summary>
public static class MetricReader
{
    /// <summary>The shortest interval that gives rates of use: the kernel counts processor time in hundredths of a second.</summary>
    public static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Measures a server.</summary>
    /// <param name="session">The server.</param>
    /// <param name="interval">How long to measure, at least <see cref="ShortestInterval"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.FoobarException">A counter could not be read or understood, or the connection was lost.</exception>
    public static async Task<ServerMetric> MeasureAsync(IServerSession session, TimeSpan interval, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, ShortestInterval);
        TimedSample first = await TakeAsync(session, cancellationToken);
        await Task.Delay(interval, cancellationToken);
        TimedSample second = await TakeAsync(session, cancellationToken);
        Reading<IReadOnlyList<FileSystem>> disks = await session.ReadAsync(
            RemoteCommand.FromScript(FileSystemScript.Text), FileSystemScript.Parse, DfParser.Source, cancellationToken);
        ServerMetric metric = MetricCalculator.Between(session.Server.Name, first, second, disks.Value ?? [], DateTimeOffset.UtcNow);
        return disks.Failure is null ? metric : metric with { Notes = [.. metric.Notes, $"The file systems could not be read: {disks.Failure}"] };
    }

    private static async Task<TimedSample> TakeAsync(IServerSession session, CancellationToken cancellationToken)
    {
        TimeSpan asked = Stopwatch.GetElapsedTime(0);
        CommandResult result = await session.RunAsync(RemoteCommand.FromScript(Sample.Script, Sample.Files), cancellationToken);
        TimeSpan answered = Stopwatch.GetElapsedTime(0);
        return new TimedSample(Sample.Parse(SessionReadings.Succeeded(result, "the counters in /proc").OutputText), asked, answered);
    }
}
