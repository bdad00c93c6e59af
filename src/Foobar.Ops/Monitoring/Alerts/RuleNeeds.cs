namespace Foobar.Ops.Monitoring.Alerts;

/// <summary>What series each rule of a Prometheus needs.</summary>
internal sealed class RuleNeeds
{
    private readonly ILookup<string, MonitoringRule> _recorded;

    private readonly Dictionary<string, SeriesNeed?> _needs = new(StringComparer.Ordinal);

    /// <summary>Reads the rules' expressions when they are asked for.</summary>
    public RuleNeeds(IEnumerable<MonitoringRule> rules) =>
        _recorded = rules.Where(static rule => !rule.IsAlert).ToLookup(static rule => rule.Name);

    /// <summary>The rules that record a metric.</summary>
    public IReadOnlyList<MonitoringRule> Recorded(string metric) => [.. _recorded[metric]];

    /// <summary>What a rule needs; <see langword="null"/> if its expression is not understood.</summary>
    public SeriesNeed? Need(MonitoringRule rule)
    {
        if (!_needs.TryGetValue(rule.Expression, out SeriesNeed? need))
        {
            try
            {
                need = ExpressionNeeds.Of(rule.Expression);
            }
            catch (FormatException)
            {
                need = null;
            }

            _needs[rule.Expression] = need;
        }

        return need;
    }

    /// <summary>The selectors of a rule and of the rules that record what it uses, however deep.</summary>
    public IEnumerable<SeriesSelector> Deep(MonitoringRule rule)
    {
        HashSet<string> seen = [];
        Queue<MonitoringRule> waiting = new([rule]);
        while (waiting.TryDequeue(out MonitoringRule? one))
        {
            foreach (SeriesSelector selector in Need(one)?.Selectors ?? [])
            {
                yield return selector;
                foreach (MonitoringRule source in seen.Add(selector.Metric) ? Recorded(selector.Metric) : [])
                {
                    waiting.Enqueue(source);
                }
            }
        }
    }
}
