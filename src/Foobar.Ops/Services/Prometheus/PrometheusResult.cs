namespace Foobar.Ops.Services.Prometheus;

/// <summary>What a query gave.</summary>
/// <param name="Series">The series; a scalar is one without labels.</param>
/// <param name="Warnings">
/// What the service says of it: that Thanos or Mimir could not ask every store, for example; then data may be missing.
/// </param>
internal sealed record PrometheusResult(IReadOnlyList<MetricSeries> Series, IReadOnlyList<string> Warnings)
{
    /// <summary>How many series hold native histograms, which are left out of <see cref="Series"/>.</summary>
    public int HistogramSeries { get; init; }
}

/// <summary>Whether the last scrape of a target succeeded.</summary>
internal enum PrometheusHealth
{
    /// <summary>Not scraped yet.</summary>
    Unknown,

    /// <summary>It succeeded.</summary>
    Up,

    /// <summary>It failed.</summary>
    Down,
}

/// <summary>Something that Prometheus scrapes.</summary>
internal sealed record PrometheusTarget
{
    /// <summary>The scrape job's pool.</summary>
    public required string Pool { get; init; }

    /// <summary>The address that is scraped, without its query.</summary>
    public required string Address { get; init; }

    /// <summary>The parameter <c>target</c> of its query: what an exporter is asked to look at; <see langword="null"/> for none.</summary>
    public string? AskedFor { get; init; }

    /// <summary>The labels after relabelling: <c>instance</c>, <c>job</c> ...</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>How the last scrape ended.</summary>
    public required PrometheusHealth Health { get; init; }

    /// <summary>Why the last scrape failed; empty if it did not.</summary>
    public required string LastError { get; init; }

    /// <summary>When the last scrape began, in UTC; <see langword="null"/> if there was none.</summary>
    public DateTimeOffset? LastScrape { get; init; }

    /// <summary>How long the last scrape took.</summary>
    public TimeSpan? LastDuration { get; init; }

    /// <summary>How often it is scraped; <see langword="null"/> where the service does not say (before Prometheus 2.30).</summary>
    public TimeSpan? Interval { get; init; }
}

/// <summary>What a rule is.</summary>
internal enum PrometheusRuleKind
{
    /// <summary>It raises alerts.</summary>
    Alerting,

    /// <summary>It records a series.</summary>
    Recording,
}

/// <summary>A rule that Prometheus evaluates.</summary>
internal sealed record PrometheusRule
{
    /// <summary>The group it is in.</summary>
    public required string Group { get; init; }

    /// <summary>The file it is from.</summary>
    public required string File { get; init; }

    /// <summary>What it is.</summary>
    public required PrometheusRuleKind Kind { get; init; }

    /// <summary>The alert's name, or that of the recorded series.</summary>
    public required string Name { get; init; }

    /// <summary>The expression.</summary>
    public required string Query { get; init; }

    /// <summary>How long the expression must hold before the alert fires; zero for recording rules.</summary>
    public TimeSpan For { get; init; }

    /// <summary>The labels it adds.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>What the alert tells.</summary>
    public required IReadOnlyDictionary<string, string> Annotations { get; init; }

    /// <summary>Whether the last evaluation succeeded; <see langword="null"/> if there was none.</summary>
    public bool? IsHealthy { get; init; }

    /// <summary>Why the last evaluation failed; empty if it did not.</summary>
    public required string LastError { get; init; }

    /// <summary>The state of an alerting rule: <c>inactive</c>, <c>pending</c>, <c>firing</c>; empty for recording rules.</summary>
    public required string State { get; init; }

    /// <summary>When it was evaluated last, in UTC; <see langword="null"/> if it was not, or the service does not say.</summary>
    public DateTimeOffset? LastEvaluation { get; init; }

    /// <summary>The alerts that are active.</summary>
    public IReadOnlyList<PrometheusAlert> Alerts { get; init; } = [];
}

/// <summary>An active alert.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="State"><c>pending</c> or <c>firing</c>.</param>
/// <param name="ActiveAt">Since when the expression holds, in UTC.</param>
internal sealed record PrometheusAlert(IReadOnlyDictionary<string, string> Labels, string State, DateTimeOffset? ActiveAt);
