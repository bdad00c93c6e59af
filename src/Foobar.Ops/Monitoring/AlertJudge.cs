using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Monitoring.Alerts;

namespace Foobar.Ops.Monitoring;

/// <summary>
/// Judges by the metrics that alerts use what they are about, and by the series that their selectors match whether they can fire and of
/// which servers they tell. What an expression makes of a metric (a limit, a time) is not judged.
/// </summary>
/// <param name="site">The site.</param>
/// <param name="rules">The rules.</param>
/// <param name="facts">What Prometheus holds.</param>
internal sealed class AlertJudge(Site site, IReadOnlyList<MonitoringRule> rules, MonitoringServiceFacts facts)
{
    /// <summary>Selectors that are asked for at most; alerts beyond are not judged.</summary>
    public const int MostSelectors = 160;

    private const string Source = "api/v1/rules";

    private readonly RuleNeeds _needs = new(rules);

    /// <summary>The selectors to ask for: those of alerts that tell of some topic, and others that tell why one of them matches
    /// nothing.</summary>
    public static IReadOnlyList<string> Selectors(IReadOnlyList<MonitoringRule> rules)
    {
        RuleNeeds needs = new(rules);
        HashSet<string> asked = new(StringComparer.Ordinal);
        foreach (SeriesSelector selector in AlertTopic.Table.Topics.SelectMany(topic => About(topic, rules)).SelectMany(alert =>
            needs.Deep(alert.Rule)))
        {
            string[] wanted = [.. new[] { selector, selector.WithoutModifiers, selector.OfAnyStatus, selector.OfMetric }
                .OfType<SeriesSelector>().Select(static one => one.ToString()).Distinct().Where(one => !asked.Contains(one))];
            if (asked.Count + wanted.Length <= MostSelectors)
            {
                asked.UnionWith(wanted);
            }
        }

        return [.. asked];
    }

    /// <summary>Judges one topic.</summary>
    public Verdict Judge(AlertTopic topic)
    {
        (MonitoringRule Rule, IReadOnlyList<string> Metrics)[] alerts = [.. About(topic, rules)];
        string expected = $"an alert on {topic.Title}";
        if (alerts.Length == 0)
        {
            int count = rules.Count(static rule => rule.IsAlert);
            return Verdict.Fail(topic.Name, expected, count == 0 ? "no alert at all"
                : $"none of {count} alerts uses a metric known to tell it", Source) with
            {
                Remediation =
                    $"Define an alert on {topic.Title}, by {string.Join(", ", topic.Metrics.Take(4).Select(static metric => metric.Name))} "
                        + "or another metric that tells it.",
            };
        }

        if (!facts.Selectors.TryGet(out IReadOnlyList<SelectorSeries>? selectors))
        {
            return facts.Selectors.ToUnknown(topic.Name);
        }

        SeriesSupply supply = new(_needs, selectors.DistinctBy(static one => one.Selector).ToDictionary(static one => one.Selector,
            StringComparer.Ordinal), topic);
        (MonitoringRule Rule, IReadOnlyList<string> Metrics, Supply Supply)[] judged = [.. alerts.Select(alert => (alert.Rule,
            alert.Metrics, supply.Of(alert.Rule)))];
        var live = judged.Where(static alert => alert.Supply.State == SupplyState.There).ToArray();
        if (live.Length > 0)
        {
            return JudgeCoverage(topic, [.. live.Select(static alert => alert.Rule)], supply)
                ?? Verdict.Pass(topic.Name, $"{live[0].Rule.Name}: {string.Join(", ", live[0].Metrics)}");
        }

        var (rule, _, best) = judged.MaxBy(static alert => alert.Supply.State);
        return best.State == SupplyState.Untold
            ? Verdict.Unknown(topic.Name, $"Whether {rule.Name} can fire can't be told: {best.Reason}.", rule.Expression)
            : Verdict.Fail(topic.Name, expected, $"{rule.Name} uses {best.Reason}, so it can't fire", rule.Expression);
    }

    // Null if nothing is amiss.
    private Verdict? JudgeCoverage(AlertTopic topic, MonitoringRule[] live, SeriesSupply supply)
    {
        if (topic.Coverage == AlertCoverage.Site)
        {
            return null;
        }

        if (!facts.Targets.TryGet(out IReadOnlyList<ScrapeTarget>? targets))
        {
            return facts.Targets.ToUnknown(topic.Name);
        }

        SeriesOrigin[] origins = [.. live.SelectMany(supply.Origins).Distinct()];
        Server[] covered = [.. site.Servers.Where(server => origins.Any(origin => InstanceMatch.IsOf(server, origin, targets, site)))];
        string names = string.Join(", ", live.Select(static rule => rule.Name).Distinct());
        if (covered.Length == 0)
        {
            // A probe of the site, or figures that applications send, are of no server.
            return topic.Coverage == AlertCoverage.Entry ? null : Verdict.Unknown(topic.Name,
                $"Which servers {names} watches can't be told: its series have no label instance that names one.", live[0].Expression);
        }

        Server[] missing = topic.Coverage switch
        {
            AlertCoverage.Servers => [.. site.Servers.Except(covered)],
            AlertCoverage.Replicas => MissingReplicas(covered),
            _ => MissingEntries(covered),
        };
        return missing.Length == 0 ? null : Verdict.Fail(topic.Name, $"an alert on {topic.Title} that takes in every server concerned",
            $"{names} has no series of {string.Join(", ", missing.Select(static server => server.Name))}", live[0].Expression);
    }

    // Which member is the primary, and so follows none, is not known here: one a writer may lack series.
    private Server[] MissingReplicas(Server[] covered)
    {
        Server[] members = site.Policy.Database is { } database ? [.. site.WithRole(database.Members)] : [];
        Server[] missing = [.. members.Except(covered)];
        return missing.Length <= (site.Policy.Database?.Writers == 1 ? 1 : 0) ? [] : missing;
    }

    private Server[] MissingEntries(Server[] covered)
    {
        Server[][] roles = [.. new[] { Role.LoadBalancer, Role.Web, Role.App, Role.Database }
            .Select(role => site.WithRole(role).ToArray()).Where(servers => servers.Intersect(covered).Any())];
        return roles.Length == 0 || roles.Any(servers => !servers.Except(covered).Any()) ? [] : [.. roles[0].Except(covered)];
    }

    private static IEnumerable<(MonitoringRule Rule, IReadOnlyList<string> Metrics)> About(AlertTopic topic,
        IReadOnlyList<MonitoringRule> rules)
    {
        ILookup<string, string> recorded = rules.Where(static rule => !rule.IsAlert).ToLookup(static rule => rule.Name, static rule =>
            rule.Expression);
        AlertTopic? other = AlertTopic.Table.Topics.FirstOrDefault(one => one.Name == topic.Except);
        return rules.Where(static rule => rule.IsAlert)
            .Select(rule => (rule, ExpressionMetrics.Deep(rule.Expression, recorded)))
            .Where(alert => other is null || !Found(other, alert.Item2).Any())
            .Select(alert => (alert.rule, (IReadOnlyList<string>)[.. Found(topic, alert.Item2).Distinct()]))
            .Where(static alert => alert.Item2.Count > 0);
    }

    private static IEnumerable<string> Found(AlertTopic topic, IEnumerable<(string Metric, string Expression)> used) =>
        used.SelectMany(one => topic.Found([one.Metric], one.Expression));
}
