using System.Globalization;
using System.Text.Json;
using Foobar.Ops.Services.Http;

namespace Foobar.Ops.Services.Prometheus;

/// <summary>
/// Reads the answers of Prometheus' HTTP API (prometheus.io, "HTTP API"), which Thanos, Mimir and VictoriaMetrics give too.
/// What is missing where the API promises it is an error; what is there besides is left alone.
/// </summary>
internal static class PrometheusAnswers
{
    /// <summary>The result of <c>query</c> and <c>query_range</c>.</summary>
    /// <exception cref="FormatException">It is another JSON.</exception>
    public static PrometheusResult ReadResult(JsonElement body)
    {
        JsonElement data = Data(body);
        string type = data.RequiredText("resultType");
        JsonElement result = data.Member("result");
        int histograms = 0;
        List<MetricSeries> series = [];
        switch (type)
        {
            case "matrix" or "vector":
                foreach (JsonElement one in data.Items("result"))
                {
                    if (one.TryGetProperty("histogram", out _) || one.TryGetProperty("histograms", out _))
                    {
                        histograms++;
                    }
                    else
                    {
                        series.Add(new MetricSeries(
                            Labels(one.Member("metric")),
                            type == "vector" ? [Point(one.Member("value"))] : [.. one.Items("values").Select(Point)]));
                    }
                }

                break;
            case "scalar":
                series.Add(new MetricSeries(new Dictionary<string, string>(), [Point(result)]));
                break;
            default:
                throw new FormatException($"the result is of the type '{type}', where a matrix, a vector or a scalar is expected.");
        }

        return new PrometheusResult(series, Warnings(body)) { HistogramSeries = histograms };
    }

    /// <summary>The active targets of <c>targets</c>.</summary>
    /// <inheritdoc cref="ReadResult" path="/exception"/>
    public static IReadOnlyList<PrometheusTarget> ReadTargets(JsonElement body)
    {
        return [.. Data(body).Items("activeTargets").Select(static target => new PrometheusTarget
        {
            Pool = target.Text("scrapePool"),
            Address = target.RequiredText("scrapeUrl").Split('?')[0],
            AskedFor = Parameter(target.RequiredText("scrapeUrl"), "target"),
            Labels = Labels(target.Member("labels")),
            Health = target.RequiredText("health") switch
            {
                "up" => PrometheusHealth.Up,
                "down" => PrometheusHealth.Down,
                _ => PrometheusHealth.Unknown,
            },
            LastError = target.Text("lastError"),
            LastScrape = Time(target, "lastScrape"),
            LastDuration = Seconds(target, "lastScrapeDuration"),
            Interval = target.TryGetProperty("scrapeInterval", out JsonElement interval) ? Duration(interval.GetString()) : null,
        })];
    }

    /// <summary>The addresses of <c>alertmanagers</c> that alerts are sent to.</summary>
    /// <inheritdoc cref="ReadResult" path="/exception"/>
    public static IReadOnlyList<string> ReadAlertmanagers(JsonElement body) =>
        [.. Data(body).Items("activeAlertmanagers").Select(static one => one.RequiredText("url"))];

    /// <summary>The rules of <c>rules</c>.</summary>
    /// <inheritdoc cref="ReadResult" path="/exception"/>
    public static IReadOnlyList<PrometheusRule> ReadRules(JsonElement body)
    {
        return
        [
            .. from entry in Data(body).Items("groups")
               from rule in entry.Items("rules")
               select Rule(entry.RequiredText("name"), entry.Text("file"), rule),
        ];
    }

    /// <summary>
    /// Reads a duration as Prometheus writes it: <c>15s</c>, <c>1m30s</c>, <c>500ms</c>; <see langword="null"/> if it is none.
    /// </summary>
    public static TimeSpan? Duration(string? text)
    {
        double seconds = 0;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0)
            {
                return null;
            }

            ReadOnlySpan<char> unit = rest[digits..];
            int length = unit.IndexOfAnyInRange('0', '9') is >= 0 and int found ? found : unit.Length;
            double? each = unit[..length] switch
            {
                "ms" => 0.001,
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                "d" => 86400,
                "w" => 604800,
                "y" => 31536000,
                _ => null,
            };
            if (each is null || !long.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out long count))
            {
                return null;
            }

            seconds += count * each.Value;
            rest = unit[length..];
        }

        return string.IsNullOrEmpty(text) || seconds > TimeSpan.MaxValue.TotalSeconds / 2 ? null : TimeSpan.FromSeconds(seconds);
    }

    private static string? Parameter(string address, string name) =>
        address.Split('?', 2) is [_, string query]
            ? query.Split('&').Select(static pair => pair.Split('=', 2)).Where(pair => pair.Length == 2 && pair[0] == name)
                .Select(static pair => Uri.UnescapeDataString(pair[1].Replace('+', ' '))).FirstOrDefault()
            : null;

    private static PrometheusRule Rule(string group, string file, JsonElement rule) => new()
    {
        Group = group,
        File = file,
        Kind = rule.RequiredText("type") switch
        {
            "alerting" => PrometheusRuleKind.Alerting,
            "recording" => PrometheusRuleKind.Recording,
            string other => throw new FormatException($"a rule is of the type '{other}', where 'alerting' or 'recording' is expected."),
        },
        Name = rule.RequiredText("name"),
        Query = rule.RequiredText("query"),
        For = Seconds(rule, "duration") ?? TimeSpan.Zero,
        Labels = OptionalLabels(rule, "labels"),
        Annotations = OptionalLabels(rule, "annotations"),
        IsHealthy = rule.Text("health") switch { "ok" => true, "err" => false, _ => null },
        LastError = rule.Text("lastError"),
        State = rule.Text("state"),
        LastEvaluation = Time(rule, "lastEvaluation"),
        Alerts = rule.TryGetProperty("alerts", out JsonElement alerts) && alerts.ValueKind == JsonValueKind.Array
            ? [
                .. alerts.EnumerateArray().Select(
                    static alert => new PrometheusAlert(OptionalLabels(alert, "labels"), alert.Text("state"), Time(alert, "activeAt"))),
            ]
            : [],
    };

    private static JsonElement Data(JsonElement root)
    {
        string status = root.RequiredText("status");
        return status == "success"
            ? root.Member("data")
            : throw new FormatException($"the status is '{status}', where 'success' is expected.");
    }

    private static IReadOnlyList<string> Warnings(JsonElement root) =>
        root.TryGetProperty("warnings", out JsonElement warnings) && warnings.ValueKind == JsonValueKind.Array
        ? [.. warnings.EnumerateArray().Select(static warning => warning.ToString())]
        : [];

    private static SeriesPoint Point(JsonElement pair)
    {
        if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2
            || pair[0].ValueKind != JsonValueKind.Number || pair[1].ValueKind != JsonValueKind.String)
        {
            throw new FormatException("a sample is no pair of a time and a value.");
        }

        return new SeriesPoint(FromUnix(pair[0].GetDouble()), Value(pair[1].GetString()!));
    }

    /// <summary>A time in seconds since 1970, kept to the millisecond, which is what Prometheus keeps.</summary>
    private static DateTimeOffset FromUnix(double seconds) =>
        Math.Abs(seconds) < 1e11
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(seconds * 1000))
            : throw new FormatException("a sample's time is out of range.");

    private static double Value(string text) => text switch
    {
        "NaN" => double.NaN,
        "+Inf" or "Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new FormatException($"a sample's value is '{text}', where a number is expected."),
    };

    private static Dictionary<string, string> Labels(JsonElement labels) => labels.ValueKind == JsonValueKind.Object
        ? labels.EnumerateObject().DistinctBy(static label => label.Name)
            .ToDictionary(static label => label.Name, static label => label.Value.ToString(), StringComparer.Ordinal)
        : throw new FormatException("the labels are no object.");

    private static Dictionary<string, string> OptionalLabels(JsonElement of, string key) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(key, out JsonElement labels) && labels.ValueKind == JsonValueKind.Object
            ? Labels(labels)
            : [];

    private static DateTimeOffset? Time(JsonElement of, string key) =>
        DateTimeOffset.TryParse(of.Text(key), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            && time.Year > 1
            ? time.ToUniversalTime()
            : null;

    private static TimeSpan? Seconds(JsonElement of, string key) =>
        of.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetDouble(out double seconds) && Math.Abs(seconds) < 1e9
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
