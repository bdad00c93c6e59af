namespace Foobar.Ops.Monitoring.Alerts;

/// <summary>
/// What series an expression of PromQL needs to give a result. Whether labels of both sides of an operator match, and what values
/// make of it, is not modelled.
/// </summary>
internal abstract record SeriesNeed
{
    /// <summary>It needs nothing: a number, a time.</summary>
    public static SeriesNeed Nothing { get; } = new All([]);

    /// <summary>The selectors in it, those of absences left out.</summary>
    public IEnumerable<SeriesSelector> Selectors => this switch
    {
        Some some => [some.Selector],
        All all => all.Parts.SelectMany(static part => part.Selectors),
        Any any => any.Parts.SelectMany(static part => part.Selectors),
        _ => [],
    };

    /// <summary>Some series of a selector.</summary>
    public sealed record Some(SeriesSelector Selector) : SeriesNeed;

    /// <summary>All of its parts.</summary>
    public sealed record All(IReadOnlyList<SeriesNeed> Parts) : SeriesNeed;

    /// <summary>Any of its parts: <c>or</c>.</summary>
    public sealed record Any(IReadOnlyList<SeriesNeed> Parts) : SeriesNeed;

    /// <summary>That there are none: <c>absent()</c>. This can always come to be.</summary>
    public sealed record Absence : SeriesNeed;
}
