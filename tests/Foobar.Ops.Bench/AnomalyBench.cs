using System.Globalization;
using System.Runtime.CompilerServices;
using Foobar.Ops.Tests.Traffic.Anomalies;

namespace Foobar.Ops.Bench;

/// <summary>
/// What the anomaly detection finds in synthetic weeks beside rules that users write today, on the same series: 200 anomalies in 40
/// weeks, after 8 weeks of history. Each rule is shown with the threshold that serves it best in hindsight among those with at most
/// one false alarm a week, and, where there is none such, with the fewest false alarms; ours has the one threshold it ships with.
/// The seeds are in <c>FOOBAR_TEST_SEED</c>, numbers with commas; 41, 42 and 43 unless told.
/// </summary>
internal static class AnomalyBench
{
    private const int LearningWeeks = 8;
    private const int Weeks = 40;
    private static readonly double[] Rates = [2, 50, 1000];

    public static async IAsyncEnumerable<BenchResult> RunAsync(BenchSite site, [EnumeratorCancellation] CancellationToken cancel)
    {
        _ = site;
        string[] seeds = (Environment.GetEnvironmentVariable("FOOBAR_TEST_SEED") ?? "41,42,43").Split(',');
        foreach (int seed in seeds.Select(text => int.Parse(text, CultureInfo.InvariantCulture)))
        {
            foreach (double rate in Rates)
            {
                await Task.Yield();
                foreach (BenchResult result in Compare(seed, rate, cancel))
                {
                    yield return result;
                }
            }
        }
    }

    private static IEnumerable<BenchResult> Compare(int seed, double rate, CancellationToken cancel)
    {
        SyntheticTraffic traffic = new(seed, rate, LearningWeeks + Weeks, cleanWeeks: 1, perWeek: 5);
        AnomalyScore ours = Score(traffic, DetectorRun.Flags(traffic, withHistory: true));
        foreach (PeerRule rule in PeerRule.All)
        {
            cancel.ThrowIfCancellationRequested();
            AnomalyScore[] scores = [.. rule.Thresholds.Select(threshold => Score(traffic, rule.Flags(traffic, threshold)))];
            AnomalyScore[] quiet = [.. scores.Where(score => score.FalseAlarmsPerWeek <= 1)];
            AnomalyScore best = quiet.Length > 0 ? quiet.MaxBy(score => score.Recall)! : scores.MinBy(score => score.FalseAlarmsPerWeek)!;
            string series = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, {rate}/s");
            yield return new($"anomalies found, {series}", 100 * ours.Recall, 100 * best.Recall, rule.Name, "%");
            yield return new($"false alarms a week, {series}", ours.FalseAlarmsPerWeek, best.FalseAlarmsPerWeek, rule.Name, "");
        }
    }

    private static AnomalyScore Score(SyntheticTraffic traffic, IReadOnlyList<int> flags) =>
        AnomalyScore.Of(traffic, flags, LearningWeeks * SyntheticTraffic.Week);
}
