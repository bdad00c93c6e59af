
namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>Predicts the write gap from the round trips that stand in it.</summary>
internal static class GapEstimate
{
    private const int Samples = 7;

    // What commits under way, the last transactions' way to the candidate and the clients' reconnecting add, from the lab.
    private static readonly TimeSpan Uncertainty = TimeSpan.FromMilliseconds(100);

    /// <summary>The least and the most to expect, if the candidate has next to no backlog.</summary>
    public static async Task<(TimeSpan Low, TimeSpan High)> MeasureAsync(SwitchoverConnections live, CancellationToken cancellationToken)
    {
        TimeProvider time = live.Site.Time;
        List<TimeSpan> database = [];
        List<TimeSpan> endpoint = [TimeSpan.Zero];
        for (int sample = 0; sample < Samples; sample++)
        {
            long started = time.GetTimestamp();
            await live.Candidate.Member.IsFencedAsync(cancellationToken);
            database.Add(time.GetElapsedTime(started));
            started = time.GetTimestamp();
            await live.Endpoint.MembersAsync(cancellationToken);
            endpoint.Add(time.GetElapsedTime(started));
        }

        return (Sum(database.Min(), endpoint.Min()), Sum(database.Max(), endpoint.Max()) + Uncertainty);
    }

    // Fence while the endpoint is closed; ask for the last position; promote while the endpoint is opened.
    private static TimeSpan Sum(TimeSpan database, TimeSpan endpoint)
    {
        TimeSpan both = database > endpoint ? database : endpoint;
        return both + database + both;
    }
}
