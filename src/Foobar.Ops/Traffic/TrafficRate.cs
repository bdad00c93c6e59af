namespace Foobar.Ops.Traffic;

/// <summary>What a counter counts.</summary>
public enum TrafficUnit : long
{
    /// <summary>HTTP requests.</summary>
    Requests,

    /// <summary>TCP sessions, where requests can't be seen (TLS passed through, databases).</summary>
    Sessions,

    /// <summary>Statements to a database.</summary>
    Statements,
}

/// <summary>Where a count comes from.</summary>
public enum TrafficOrigin : long
{
    /// <summary>A frontend of HAProxy (<c>show stat</c>).</summary>
    HaproxyFrontend,

    /// <summary>nginx's own counter (<c>stub_status</c>); health checks of the load balancer are in it.</summary>
    NginxStatus,

    /// <summary>Lines appended to nginx's access log.</summary>
    NginxAccessLog,

    /// <summary>Counters of MySQL or MariaDB (<c>SHOW GLOBAL STATUS</c>).</summary>
    Database,
}

/// <summary>How much traffic one counter of one server saw within the common window.</summary>
public sealed record TrafficRate
{
    /// <summary>The server.</summary>
    public required string Server { get; init; }

    /// <summary>Where the count comes from.</summary>
    public required TrafficOrigin Origin { get; init; }

    /// <summary>Which counter: a frontend (<c>www-https</c>), <c>requests</c>, a log's path, <c>Questions</c>, <c>Com_select</c> ...</summary>
    public required string Name { get; init; }

    /// <summary>What is counted.</summary>
    public required TrafficUnit Unit { get; init; }

    /// <summary>The count within the window; <see langword="null"/> if the counter was reset meanwhile.</summary>
    public long? Count { get; init; }

    /// <summary>The rate a second over the window; <see langword="null"/> if the counter was reset meanwhile.</summary>
    public double? PerSecond { get; init; }

    /// <summary>This counter's own window, in seconds, from its first reading to its second by the operator's monotonic clock.</summary>
    public required double WindowSeconds { get; init; }

    /// <summary>How far the rate may be off, in percent, since a reading takes a moment.</summary>
    public required double UncertaintyPercent { get; init; }

    /// <summary>When the window ended, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What to know about the count; <see langword="null"/> for nothing.</summary>
    public string? Note { get; init; }
}
