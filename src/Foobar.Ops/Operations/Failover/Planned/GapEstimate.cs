using System.Diagnostics;

namespace Foobar.Ops.Operations.Failover.Planned;

/// <summary>Predicts the write gap from the round trips that stand in it.</summary>
internal static class GapEstimate
{
    // Fence, with which the endpoint is closed at the same time, wait, promote; then open at the endpoint.
    private const int EndpointTrips = 1;
    private const int DatabaseTrips = 3;
    private const int Samples = 7;

    // What commits under way, the last transactions' way to the candidate and the clients' reconnecting add, from the lab.
    private static readonly TimeSpan Uncertainty = TimeSpan.FromMilliseconds(100);

    /// <summary>The least and the most to expect, if the candidate has next to no backlog.</summary>
    public static async Task<(TimeSpan Low, TimeSpan High)> MeasureAsync(FailoverConnections live, CancellationToken cancellationToken)
    {
        List<TimeSpan> database = [];
        List<TimeSpan> endpoint = [TimeSpan.Zero];
        for (int sample = 0; sample < Samples; sample++)
        {
            long started = Stopwatch.GetTimestamp();
            await live.New.IsFencedAsync(cancellationToken);
            database.Add(Stopwatch.GetElapsedTime(started));
            started = Stopwatch.GetTimestamp();
            await live.Endpoint.MembersAsync(cancellationToken);
            endpoint.Add(Stopwatch.GetElapsedTime(started));
        }

        return ((database.Min() * DatabaseTrips) + (endpoint.Min() * EndpointTrips), (database.Max() * DatabaseTrips) + (endpoint.Max() * EndpointTrips) + Uncertainty);
    }
}
