using Foobar.Ops.Findings;
using Foobar.Ops.Monitoring.Alerts;

namespace Foobar.Ops.Monitoring;

/// <summary>Judges by the metrics that alerts use what they are about. What an expression makes of a metric (a limit, a time) is not
/// judged.</summary>
internal static class AlertJudge
{
    /// <summary>The metrics of alerts that tell of some topic; those of which there is a series can fire.</summary>
    public static IEnumerable<string> Metrics(IReadOnlyList<MonitoringRule> rules) =>
        AlertTopic.Table.Topics.SelectMany(topic => About(topic, rules)).SelectMany(static alert => alert.Metrics)
            .Distinct(StringComparer.Ordinal).Where(static metric => metric.All(static one => char.IsAsciiLetterOrDigit(one)
            || one is '_' or ':'));

    /// <summary>Judges one topic.</summary>
    public static Verdict Judge(AlertTopic topic, IReadOnlyList<MonitoringRule> rules, Reading<IReadOnlyList<string>> present)
    {
        (MonitoringRule Rule, IReadOnlyList<string> Metrics)[] alerts = [.. About(topic, rules)];
        string expected = $"an alert on {topic.Title}";
        if (alerts.Length == 0)
        {
            int count = rules.Count(static rule => rule.IsAlert);
            return Verdict.Fail(topic.Name, expected, count == 0 ? "no alert at all"
                : $"none of {count} alerts uses a metric known to tell it", "api/v1/rules") with
            {
                Remediation =
                    $"Define an alert on {topic.Title}, by {string.Join(", ", topic.Metrics.Take(4).Select(static metric => metric.Name))} "
                        + "or another metric that tells it.",
            };
        }

        if (!present.TryGet(out IReadOnlyList<string>? series))
        {
            return present.ToUnknown(topic.Name);
        }

        (MonitoringRule Rule, IReadOnlyList<string> Metrics) live = Array.Find(alerts, alert => alert.Metrics.Any(series.Contains));
        return live.Rule is not null
            ? Verdict.Pass(topic.Name, $"{live.Rule.Name}: {string.Join(", ", live.Metrics.Where(series.Contains))}")
            : Verdict.Fail(topic.Name, expected,
                $"{alerts[0].Rule.Name} uses {alerts[0].Metrics[0]}, of which there is no series, so it can't fire",
                alerts[0].Rule.Expression);
    }

    private static IEnumerable<(MonitoringRule Rule, IReadOnlyList<string> Metrics)> About(AlertTopic topic,
        IReadOnlyList<MonitoringRule> rules)
    {
        ILookup<string, string> recorded = rules.Where(static rule => !rule.IsAlert).ToLookup(static rule => rule.Name, static rule =>
            rule.Expression);
        return rules.Where(static rule => rule.IsAlert)
            .Select(rule => (rule, (IReadOnlyList<string>)[.. ExpressionMetrics.Deep(rule.Expression, recorded).SelectMany(found =>
                topic.Found([found.Metric], found.Expression)).Distinct()]))
            .Where(static alert => alert.Item2.Count > 0);
    }
}
