using Foobar.Ops.Errors;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Anomalies;

namespace Foobar.Ops.PowerShell.Hosting;

/// <summary>
/// Tells the alerts of a measurement: by an event each, or by the error that ends it. Without a watch it only writes the rates.
/// </summary>
internal sealed class TrafficAlarm(
    TrafficWatch? watch, IReadOnlyCollection<AnomalyKind> kinds, TrafficAlertAction action, CmdletOutput output)
{
    /// <summary>The name by which <c>Register-EngineEvent</c> hears alerts; the alert is the first of its arguments.</summary>
    public const string EventName = "Foobar.TrafficAlert";

    /// <summary>Writes the rates of a sample with what was expected of them, then tells what has begun.</summary>
    /// <exception cref="FoobarException"><c>TrafficAlert</c>: an alert that ends the measurement.</exception>
    public void Take(IReadOnlyList<TrafficRate> rates, Func<TrafficRate, bool> isWanted)
    {
        IReadOnlyList<TrafficRate> judged = [.. (watch?.Judge(rates) ?? rates).Where(isWanted)];
        output.WriteAll(judged);
        IReadOnlyList<TrafficAlert> begun = watch?.Begun(judged, kinds) ?? [];
        if (begun.Count > 0 && action == TrafficAlertAction.End)
        {
            throw new FoobarException("TrafficAlert", ErrorKind.Failed, string.Join("; ", begun))
            {
                Server = begun[0].Server,
                Recommendation = "See docs/runbooks/traffic-alert.md, and Show-FoobarSite.",
            };
        }

        foreach (TrafficAlert alert in begun)
        {
            output.Raise(EventName, alert);
        }
    }
}
