using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Traffic.Counting;

/// <summary>Makes breakdowns of parts.</summary>
internal static class Breakdowns
{
    /// <summary>A breakdown with what the source told; <see langword="null"/> for nothing.</summary>
    /// <param name="now">What held at the end of the window.</param>
    /// <param name="part">A part's count within the window.</param>
    public static TrafficBreakdown? Of(TrafficBreakdown? now, Func<TrafficPart, long?> part)
    {
        TrafficBreakdown breakdown = (now ?? new TrafficBreakdown()) with
        {
            Informational = part(TrafficPart.Informational),
            Successful = part(TrafficPart.Successful),
            Redirections = part(TrafficPart.Redirections),
            ClientErrors = part(TrafficPart.ClientErrors),
            ServerErrors = part(TrafficPart.ServerErrors),
            OtherAnswers = part(TrafficPart.OtherAnswers),
            HealthChecks = part(TrafficPart.HealthChecks),
            Retries = part(TrafficPart.Retries),
            Redispatches = part(TrafficPart.Redispatches),
            Denied = part(TrafficPart.Denied),
            AnsweredItself = part(TrafficPart.AnsweredItself),
            RequestErrors = part(TrafficPart.RequestErrors),
            ConnectionErrors = part(TrafficPart.ConnectionErrors),
            ResponseErrors = part(TrafficPart.ResponseErrors),
            Connections = part(TrafficPart.Connections),
            SlowStatements = part(TrafficPart.SlowStatements),
        };
        return breakdown == new TrafficBreakdown() ? null : breakdown;
    }
}
