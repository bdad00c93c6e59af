using Foobar.Ops.Traffic.Anomalies;

namespace Foobar.Ops.Tests.Traffic.Anomalies;

/// <summary>Runs the detector along a series as a long run would: the shape is learnt anew each day from what was seen before.</summary>
internal static class DetectorRun
{
    private const int Day = 24 * 60;
    private const int Bucket = 5;

    public static int[] Flags(SyntheticTraffic traffic, bool withHistory, AnomalyOptions? options = null) =>
        [.. Judgements(traffic, withHistory, options).Select(judged => Side(judged?.Kind ?? AnomalyKind.None))];

    public static int Side(AnomalyKind kind) => kind switch
    {
        AnomalyKind.Spike or AnomalyKind.DriftUp => 1,
        AnomalyKind.Drop or AnomalyKind.DriftDown => -1,
        _ => 0,
    };

    public static IEnumerable<RateJudgement?> Judgements(SyntheticTraffic traffic, bool withHistory, AnomalyOptions? options = null)
    {
        List<RateBucket> history = [];
        AnomalyDetector detector = new(null, options);
        double count = 0, seconds = 0;
        for (int minute = 0; minute < traffic.Minutes.Count; minute++)
        {
            if (withHistory && minute % Day == 0 && minute > 0)
            {
                detector = detector.With(SeasonalBaseline.Learn(history, traffic.Minutes[minute - 1].Time, TimeZoneInfo.Utc));
            }

            RateSample? sample = SyntheticTraffic.Sample(traffic.Minutes[minute]);
            yield return sample is { } seen ? detector.Judge(seen) : null;
            count += sample?.Count ?? 0;
            seconds += sample?.Seconds ?? 0;
            if (minute % Bucket == Bucket - 1)
            {
                if (seconds > 0)
                {
                    history.Add(new RateBucket(
                        traffic.Minutes[minute].Time.AddMinutes(-Bucket), TimeSpan.FromMinutes(Bucket), count, seconds));
                }

                (count, seconds) = (0, 0);
            }
        }
    }
}
