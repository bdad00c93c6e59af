namespace Foobar.Ops.Traffic.History;

/// <summary>Which rate a history is of.</summary>
/// <param name="Server">The server; empty for a service that doesn't tell.</param>
/// <param name="Origin">Where it was counted.</param>
/// <param name="Name">Which counter.</param>
public readonly record struct RateSeries(string Server, TrafficOrigin Origin, string Name)
{
    /// <summary>The series that a rate is of.</summary>
    public static RateSeries Of(TrafficRate rate)
    {
        ArgumentNullException.ThrowIfNull(rate);
        return new(rate.Server, rate.Origin, rate.Name);
    }
}
