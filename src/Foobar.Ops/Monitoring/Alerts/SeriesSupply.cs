namespace Foobar.Ops.Monitoring.Alerts;

/// <summary>Whether there are the series that something needs.</summary>
internal enum SupplyState
{
    /// <summary>There are none.</summary>
    Missing,

    /// <summary>It can't be told.</summary>
    Untold,

    /// <summary>There are.</summary>
    There,
}

/// <summary>Whether there are the series that something needs, and what is wrong if not.</summary>
/// <param name="State">Whether there are.</param>
/// <param name="Reason">What is missing or not known; empty if nothing is.</param>
internal sealed record Supply(SupplyState State, string Reason = "");

/// <summary>Judges whether Prometheus has the series that expressions need, with those behind recorded series.</summary>
/// <param name="rules">The rules.</param>
/// <param name="asked">What selectors match, by their text.</param>
/// <param name="topic">What the expressions are to tell.</param>
internal sealed class SeriesSupply(RuleNeeds rules, IReadOnlyDictionary<string, SelectorSeries> asked, AlertTopic topic)
{
    private const int LongestShown = 160;

    private static readonly HashSet<string> OfAlerts = new(["ALERTS", "ALERTS_FOR_STATE"], StringComparer.Ordinal);

    /// <summary>Whether there are the series by which a rule can tell of the topic: of what stands on both sides of <c>or</c> only those
    /// parts count that tell of it.</summary>
    public Supply Of(MonitoringRule rule) => rules.Need(rule) is { } need
        ? Of(Pruned(need, rule.Expression), [])
        : new Supply(SupplyState.Untold, $"the expression of {rule.Name} is not understood");

    /// <summary>Where the series come from by which a rule tells of the topic, those behind recorded series.</summary>
    public IEnumerable<SeriesOrigin> Origins(MonitoringRule rule) => Origins(rule, []);

    private IEnumerable<SeriesOrigin> Origins(MonitoringRule rule, HashSet<string> seen) =>
        (rules.Need(rule)?.Selectors ?? []).SelectMany(selector =>
            rules.Recorded(selector.Metric) is { Count: > 0 } sources
                ? seen.Add(selector.ToString()) ? sources.SelectMany(source => Origins(source, seen)) : []
            : Tells(selector, rule.Expression, [])
                ? asked.GetValueOrDefault(selector.WithoutModifiers.ToString())?.Origins ?? []
            : []);

    private bool Tells(SeriesSelector selector, string expression, HashSet<string> seen) =>
        topic.Found([selector.Metric], expression).Any() || (seen.Add(selector.Metric) && rules.Recorded(selector.Metric).Any(source =>
            (rules.Need(source)?.Selectors ?? []).Any(deeper => Tells(deeper, source.Expression, seen))));

    private SeriesNeed Pruned(SeriesNeed need, string expression) => need switch
    {
        SeriesNeed.All all => new SeriesNeed.All([.. all.Parts.Select(part => Pruned(part, expression))]),
        SeriesNeed.Any any when any.Parts.Where(part => part.Selectors.Any(selector => Tells(selector, expression, []))).ToArray()
            is { Length: > 0 } telling => new SeriesNeed.Any([.. telling.Select(part => Pruned(part, expression))]),
        _ => need,
    };

    private Supply Of(SeriesNeed need, HashSet<string> seen) => need switch
    {
        SeriesNeed.Some some => Of(some.Selector, seen),
        SeriesNeed.All { Parts.Count: > 0 } all => all.Parts.Select(part => Of(part, seen)).MinBy(static supply => supply.State)!,
        SeriesNeed.Any any => any.Parts.Select(part => Of(part, seen)).MaxBy(static supply => supply.State)!,
        _ => new Supply(SupplyState.There),
    };

    private Supply Of(SeriesSelector selector, HashSet<string> seen) =>
        Has(selector) switch
        {
            null => new(SupplyState.Untold, $"whether {selector} matches series was not asked"),
            true => new(SupplyState.There),
            _ when OfAlerts.Contains(selector.Metric) => new(SupplyState.Untold, $"{selector} has series only while an alert is active"),
            _ when Has(selector.WithoutModifiers) == true => new(SupplyState.Untold, $"{selector} matches no series: they do not reach "
                + "that far back yet"),
            _ when Has(selector.OfAnyStatus) == true => new(SupplyState.Untold, $"{selector} matches no series now, and may do so from the "
                + "first answer of that status"),
            _ => Without(selector, seen),
        };

    private Supply Without(SeriesSelector selector, HashSet<string> seen)
    {
        bool hasMetric = selector.OfMetric is { } metric && Has(metric) == true;
        IReadOnlyList<MonitoringRule> sources = hasMetric ? [] : rules.Recorded(selector.Metric);
        if (sources.Count > 0 && seen.Add(selector.Metric))
        {
            Supply best = sources.Select(source => rules.Need(source) is { } need ? Of(need, seen)
                : new Supply(SupplyState.Untold, $"the expression of {source.Name} is not understood")).MaxBy(static one => one.State)!;
            return best.State == SupplyState.There
                ? new(SupplyState.Untold, $"{selector} has no series yet, though what it is recorded from has")
                : best;
        }

        return !hasMetric && topic.IsSporadic(selector.Metric)
            ? new(SupplyState.Untold, $"{selector.Metric} has no series now, and may have from the first failure")
            : new(SupplyState.Missing, hasMetric || selector.Metric.Length == 0 ? $"{Short(selector)}, which matches no series"
                : $"{selector.Metric}, of which there is no series");
    }

    private static string Short(SeriesSelector selector) =>
        selector.ToString() is { Length: > LongestShown } text ? text[..LongestShown] + "..." : selector.ToString();

    private bool? Has(SeriesSelector selector) => asked.TryGetValue(selector.ToString(), out SelectorSeries? found)
        ? found.Origins.Count > 0 : null;
}
