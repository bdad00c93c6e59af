namespace Foobar.Ops.Traffic.Anomalies;

/// <summary>What becomes of a measurement when an alert begins.</summary>
public enum TrafficAlertAction : long
{
    /// <summary>It ends with the error <c>TrafficAlert</c>.</summary>
    End,

    /// <summary>It goes on, and an event is raised.</summary>
    Event,
}
