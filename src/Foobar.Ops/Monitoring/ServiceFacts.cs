using Foobar.Ops.Findings;

namespace Foobar.Ops.Monitoring;

/// <summary>What the declared Prometheus holds of the site, as the operator reaches it.</summary>
public sealed record MonitoringServiceFacts
{
    /// <summary>Its clock when it was asked, in UTC.</summary>
    [Measurement]
    public required Reading<DateTimeOffset> Time { get; init; }

    /// <summary>What it scrapes.</summary>
    public required Reading<IReadOnlyList<ScrapeTarget>> Targets { get; init; }

    /// <summary>The rules that it evaluates.</summary>
    public required Reading<IReadOnlyList<MonitoringRule>> Rules { get; init; }

    /// <summary>Those metrics of alerts of which it has series now.</summary>
    public required Reading<IReadOnlyList<string>> Metrics { get; init; }

    /// <summary>Which instances it has figures of now, by component: <c>server</c>, <c>haproxy</c>, <c>nginx</c>,
    /// <c>database</c>.</summary>
    public required Reading<IReadOnlyDictionary<string, IReadOnlyList<string>>> Components { get; init; }
}

/// <summary>Something that a Prometheus scrapes.</summary>
public sealed record ScrapeTarget
{
    /// <summary>The scrape job's pool.</summary>
    public required string Job { get; init; }

    /// <summary>The address that is scraped.</summary>
    public required string Url { get; init; }

    /// <summary>The label <c>instance</c> of its series.</summary>
    public required string Instance { get; init; }

    /// <summary>Whether the last scrape succeeded; <see langword="null"/> if there was none yet.</summary>
    public bool? IsUp { get; init; }

    /// <summary>Why the last scrape failed; empty if it did not.</summary>
    [Measurement]
    public string LastError { get; init; } = "";

    /// <summary>When it was last scraped, in UTC by the service's clock.</summary>
    [Measurement]
    public DateTimeOffset? LastScrape { get; init; }

    /// <summary>How often it is scraped, in seconds; <see langword="null"/> if the service does not say.</summary>
    public double? IntervalSeconds { get; init; }
}

/// <summary>A rule that a Prometheus evaluates.</summary>
public sealed record MonitoringRule
{
    /// <summary>The alert's name, or that of the recorded series.</summary>
    public required string Name { get; init; }

    /// <summary>The group it is in.</summary>
    public required string Group { get; init; }

    /// <summary>Whether it raises alerts; it records a series else.</summary>
    public required bool IsAlert { get; init; }

    /// <summary>The expression (PromQL).</summary>
    public required string Expression { get; init; }

    /// <summary>Whether the last evaluation succeeded; <see langword="null"/> if there was none yet.</summary>
    public bool? IsHealthy { get; init; }

    /// <summary>Why the last evaluation failed; empty if it did not.</summary>
    public string LastError { get; init; } = "";

    /// <summary>When it was last evaluated, in UTC by the service's clock.</summary>
    [Measurement]
    public DateTimeOffset? LastEvaluation { get; init; }
}
