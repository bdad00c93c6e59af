namespace Foobar.Ops.Traffic;

/// <summary>
/// What a count is made of, and what was seen beside it within the same window. <see langword="null"/> means that the source
/// does not tell; 0 means none.
/// </summary>
public sealed record TrafficBreakdown
{
    /// <summary>Answers with status 100 to 199.</summary>
    public long? Informational { get; init; }

    /// <summary>Answers with status 200 to 299.</summary>
    public long? Successful { get; init; }

    /// <summary>Answers with status 300 to 399.</summary>
    public long? Redirections { get; init; }

    /// <summary>Answers with status 400 to 499.</summary>
    public long? ClientErrors { get; init; }

    /// <summary>Answers with status 500 to 599.</summary>
    public long? ServerErrors { get; init; }

    /// <summary>Answers with another status, and requests that got no answer.</summary>
    public long? OtherAnswers { get; init; }

    /// <summary>Requests that are health checks of the load balancer, as far as its configuration tells; in the count of nginx.</summary>
    public long? HealthChecks { get; init; }

    /// <summary>Attempts to connect to a server that were repeated; not in the count.</summary>
    public long? Retries { get; init; }

    /// <summary>Requests that were sent to another server than first chosen; not counted twice.</summary>
    public long? Redispatches { get; init; }

    /// <summary>Requests that a rule refused.</summary>
    public long? Denied { get; init; }

    /// <summary>
    /// Requests that the load balancer counts as answered by itself: statistics, monitoring. Its redirects are in Redirections.
    /// </summary>
    public long? AnsweredItself { get; init; }

    /// <summary>Requests that could not be understood, or whose client went away before the end.</summary>
    public long? RequestErrors { get; init; }

    /// <summary>Attempts to connect to a server that failed.</summary>
    public long? ConnectionErrors { get; init; }

    /// <summary>Answers that broke off or could not be understood.</summary>
    public long? ResponseErrors { get; init; }

    /// <summary>
    /// Connections that were opened. Fewer than requests where connections are kept alive or carry HTTP/2 streams.
    /// </summary>
    public long? Connections { get; init; }

    /// <summary>Connections that were open when the window ended.</summary>
    public long? OpenConnections { get; init; }

    /// <summary>Requests that waited for a server when the window ended.</summary>
    public long? Queue { get; init; }

    /// <summary>Statements that took longer than <c>long_query_time</c>.</summary>
    public long? SlowStatements { get; init; }

    /// <summary>The mean response time in milliseconds, as the source gives it (HAProxy: of the last 1024 requests).</summary>
    public double? MeanMilliseconds { get; init; }

    /// <summary>Half of the requests took at most this, in milliseconds.</summary>
    public double? MedianMilliseconds { get; init; }

    /// <summary>95 of 100 requests took at most this, in milliseconds.</summary>
    public double? P95Milliseconds { get; init; }

    /// <summary>99 of 100 requests took at most this, in milliseconds.</summary>
    public double? P99Milliseconds { get; init; }

    /// <summary>What is there, but for zeros.</summary>
    public override string ToString() => string.Join(", ", GetType().GetProperties()
        .Select(property => (property.Name, Value: property.GetValue(this)))
        .Where(each => each.Value is > 0L or > 0.0)
        .Select(each => FormattableString.Invariant($"{each.Name} {each.Value}")));
}
