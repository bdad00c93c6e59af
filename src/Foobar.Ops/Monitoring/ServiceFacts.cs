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

    /// <summary>Which series the selectors in the alerts' expressions match now.</summary>
    public Reading<IReadOnlyList<SelectorSeries>> Selectors { get; init; } = NotRead<IReadOnlyList<SelectorSeries>>();

    /// <summary>What it has figures of now, by component: <c>server</c>, <c>haproxy</c>, <c>nginx</c>, <c>database</c>.</summary>
    public Reading<IReadOnlyDictionary<string, IReadOnlyList<SeriesOrigin>>> ComponentSeries { get; init; } =
        NotRead<IReadOnlyDictionary<string, IReadOnlyList<SeriesOrigin>>>();

    /// <summary>The Alertmanagers that it sends alerts to.</summary>
    public Reading<IReadOnlyList<AlertReceiver>> Alertmanagers { get; init; } = NotRead<IReadOnlyList<AlertReceiver>>();

    private static Reading<T> NotRead<T>() => Reading.Unreadable<T>("The snapshot is of a version that did not read it.");
}

/// <summary>The labels of series that tell where they come from.</summary>
/// <param name="Instance">The label <c>instance</c>; empty if they have none.</param>
/// <param name="Job">The label <c>job</c>; empty if they have none.</param>
public sealed record SeriesOrigin(string Instance, string Job);

/// <summary>What a selector of series matches.</summary>
public sealed record SelectorSeries
{
    /// <summary>The selector (PromQL).</summary>
    public required string Selector { get; init; }

    /// <summary>Where its series come from; empty if it matches none.</summary>
    public required IReadOnlyList<SeriesOrigin> Origins { get; init; }
}

/// <summary>An Alertmanager, as a Prometheus knows it.</summary>
public sealed record AlertReceiver
{
    /// <summary>The address that alerts are sent to.</summary>
    public required string Url { get; init; }

    /// <summary>How many deliveries to it failed within the last five minutes; <see langword="null"/> if that is not known, since
    /// the Prometheus does not scrape itself.</summary>
    [Measurement]
    public double? Errors { get; init; }
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

    /// <summary>The label <c>job</c> of its series; <see langword="null"/> if it is not known.</summary>
    public string? JobLabel { get; init; }

    /// <summary>What the exporter is asked to look at (the parameter <c>target</c> of the multi-target exporter pattern);
    /// <see langword="null"/> if it tells of itself.</summary>
    public string? AskedFor { get; init; }

    /// <summary>How many samples of the last scrape were kept after <c>metric_relabel_configs</c>; <see langword="null"/> if that is not
    /// known.</summary>
    [Measurement]
    public long? Samples { get; init; }

    /// <summary>Whether it is a probe from outside (blackbox_exporter), which tells nothing of what goes on within a server.</summary>
    public bool IsProbe => AskedFor is not null && Uri.TryCreate(Url, UriKind.Absolute, out Uri? address)
        && address.AbsolutePath.EndsWith("/probe", StringComparison.Ordinal);

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
