namespace Foobar.Ops.Traffic.Counting;

/// <summary>A moment that a window begins or ends at.</summary>
/// <param name="Clock">By the monotonic clock.</param>
/// <param name="Time">By this machine's wall clock, in UTC.</param>
internal readonly record struct TrafficEdge(TimeSpan Clock, DateTimeOffset Time);

/// <summary>The window that all sources share.</summary>
/// <param name="First">Its beginning.</param>
/// <param name="Last">Its end.</param>
internal readonly record struct TrafficWindow(TrafficEdge First, TrafficEdge Last)
{
    /// <summary>Its beginning by the monotonic clock.</summary>
    public TimeSpan From => First.Clock;

    /// <summary>Its end by the monotonic clock.</summary>
    public TimeSpan To => Last.Clock;

    /// <summary>Its length.</summary>
    public TimeSpan Length => To - From;

    /// <summary>Its beginning in UTC.</summary>
    public DateTimeOffset Start => First.Time;

    /// <summary>Its end in UTC.</summary>
    public DateTimeOffset End => Last.Time;
}
