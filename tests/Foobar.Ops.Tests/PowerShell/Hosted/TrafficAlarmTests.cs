using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Anomalies;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>What becomes of an alert in a pipeline: the error that ends it, or an event that a runbook hears.</summary>
public sealed class TrafficAlarmTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void An_alert_ends_the_run_after_its_sample_was_written()
    {
        ShellRun run = Watch(TrafficAlertAction.End).Run("Invoke-Work $work");

        Assert.Equal(61, run.Output.Count);
        Assert.Equal(AnomalyKind.Spike, Assert.IsType<TrafficRate>(run.Output[^1]).Expected!.Kind);
        Assert.StartsWith("TrafficAlert,", Assert.Single(run.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alert_raises_an_event_and_the_run_goes_on()
    {
        // PowerShell queues an event on a thread of its own.
        ShellRun run = Watch(TrafficAlertAction.Event).Run(
            "Invoke-Work $work | Out-Null; (Wait-Event -SourceIdentifier Foobar.TrafficAlert -Timeout 60).ForEach{ $_.SourceArgs[0] }");

        Assert.Empty(run.Errors);
        Assert.Equal(AnomalyKind.Spike, Assert.IsType<TrafficAlert>(Assert.Single(run.Output)).Kind);
    }

    private Shell Watch(TrafficAlertAction action) => _shell.Work((output, _) =>
    {
        using TrafficWatch watch = new(new AnomalyOptions(), null, output.Warn);
        TrafficAlarm alarm = new(watch, [AnomalyKind.Spike], action, output);
        for (int second = 0; second < 65; second++)
        {
            long count = second < 60 ? 40 : 400;
            alarm.Take(
                [new()
                {
                    Server = "lb-01",
                    Origin = TrafficOrigin.HaproxyFrontend,
                    Name = "www",
                    Unit = TrafficUnit.Requests,
                    Start = Start.AddSeconds(second),
                    End = Start.AddSeconds(second + 1),
                    WindowSeconds = 1,
                    Count = count,
                    CountLower = count,
                    CountUpper = count,
                }],
                _ => true);
        }

        return Task.CompletedTask;
    });
}
