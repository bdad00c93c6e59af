namespace Foobar.Ops.Services;

/// <summary>A value at a time.</summary>
/// <param name="Time">When, in UTC.</param>
/// <param name="Value">The value; may be NaN or infinite.</param>
internal readonly record struct SeriesPoint(DateTimeOffset Time, double Value);

/// <summary>A series of values that one set of labels names.</summary>
/// <param name="Labels">The labels: <c>__name__</c>, <c>instance</c>, <c>job</c> ...</param>
/// <param name="Points">The values in the order of time.</param>
internal sealed record MetricSeries(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<SeriesPoint> Points)
{
    /// <summary>The labels as one text, sorted: <c>{instance="lb-01:8404", proxy="www"}</c>; the name stands before.</summary>
    public string Name => string.Concat(
        Labels.GetValueOrDefault("__name__", string.Empty),
        Labels.Keys.Any(static key => key != "__name__")
            ? $"{{{string.Join(", ", Labels.Where(static label => label.Key != "__name__").OrderBy(static label => label.Key, StringComparer.Ordinal).Select(static label => $"{label.Key}=\"{label.Value}\""))}}}"
            : string.Empty);
}
