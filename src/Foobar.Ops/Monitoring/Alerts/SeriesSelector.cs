namespace Foobar.Ops.Monitoring.Alerts;

/// <summary>A matcher of a selector: <c>job=~"node.*"</c>.</summary>
/// <param name="Label">The label.</param>
/// <param name="Operator"><c>=</c>, <c>!=</c>, <c>=~</c> or <c>!~</c>.</param>
/// <param name="Literal">The value as it is written, with its quotation marks.</param>
internal sealed record LabelMatcher(string Label, string Operator, string Literal)
{
    /// <inheritdoc/>
    public override string ToString() => Label + Operator + Literal;
}

/// <summary>A selector of series in an expression of PromQL.</summary>
/// <param name="Metric">The metric's name; empty where a pattern selects it.</param>
/// <param name="Matchers">The matchers of labels.</param>
/// <param name="Modifiers">What follows it: <c>offset 1w</c>, <c>@ end()</c>; empty for now.</param>
internal sealed record SeriesSelector(string Metric, IReadOnlyList<LabelMatcher> Matchers, string Modifiers = "")
{
    // Series of a status begin with the first answer that has it, so a selector of errors may match none while all is well.
    private static readonly HashSet<string> StatusLabels = new(
        ["code", "status", "status_code", "statuscode", "http_status", "http_status_code", "http_response_status_code", "response_code",
            "status_class", "outcome", "error", "error_type"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>The same of now.</summary>
    public SeriesSelector WithoutModifiers => this with { Modifiers = "" };

    /// <summary>The same, now and whatever status the series are of.</summary>
    public SeriesSelector OfAnyStatus =>
        new(Metric, [.. Matchers.Where(static matcher => !StatusLabels.Contains(matcher.Label))]);

    /// <summary>All series of the metric; <see langword="null"/> where a pattern selects it.</summary>
    public SeriesSelector? OfMetric => Metric.Length == 0 ? null : new(Metric, []);

    /// <summary>The selector as PromQL: what is equal is written alike.</summary>
    public override string ToString()
    {
        string matchers = Matchers.Count == 0 ? "" : $"{{{string.Join(',', Matchers)}}}";
        return $"{Metric}{matchers}{(Modifiers.Length > 0 ? " " : "")}{Modifiers}";
    }
}
