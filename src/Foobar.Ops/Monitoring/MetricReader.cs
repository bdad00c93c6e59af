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
        Task<Reading<ServiceSample>> services = TakeServicesAsync(session, cancellationToken);
        TimedSample first = await TakeAsync(session, cancellationToken);
        Reading<ServiceSample> before = await services;
        await Task.Delay(interval, cancellationToken);
        services = TakeServicesAsync(session, cancellationToken);
        TimedSample second = await TakeAsync(session, cancellationToken);
        Reading<ServiceSample> after = await services;
        Reading<IReadOnlyList<FileSystem>> disks = await session.ReadAsync(
            RemoteCommand.FromScript(FileSystemScript.Text), FileSystemScript.Parse, DfParser.Source, cancellationToken);
        ServerMetric metric = MetricCalculator.Between(session.Server.Name, first, second, disks.Value ?? [], DateTimeOffset.UtcNow);
        metric = first.Sample.Boot != second.Sample.Boot ? metric
            : before.TryGet(out ServiceSample? one) && after.TryGet(out ServiceSample? other)
                ? metric with
                {
                    Services = ServiceCalculator.Between(
                        session.Server.Name, one, other, metric.IntervalSeconds, second.Sample.DeviceNames),
                }
            : metric with { Notes = [.. metric.Notes, $"The services could not be read: {before.Failure ?? after.Failure}"] };
        return disks.Failure is null
            ? metric
            : metric with { Notes = [.. metric.Notes, $"The file systems could not be read: {disks.Failure}"] };
    }

    // As root, since the I/O of other accounts' processes is for nobody else to see.
    private static Task<Reading<ServiceSample>> TakeServicesAsync(IServerSession session, CancellationToken cancellationToken) =>
        session.ReadAsync(
            RemoteCommand.FromScript(ServiceSample.Script) with { Privileged = true },
            ServiceSample.Parse, ServiceSample.Source, cancellationToken);

    private static async Task<TimedSample> TakeAsync(IServerSession session, CancellationToken cancellationToken)
    {
        TimeSpan asked = Stopwatch.GetElapsedTime(0);
        CommandResult result = await session.RunAsync(RemoteCommand.FromScript(Sample.Script, Sample.Files), cancellationToken);
        TimeSpan answered = Stopwatch.GetElapsedTime(0);
        return new TimedSample(Sample.Parse(SessionReadings.Succeeded(result, "the counters in /proc").OutputText), asked, answered);
    }
}
