using System.Globalization;
using System.Text.Json;
using Foobar.Ops.Services.Http;

namespace Foobar.Ops.Services.Prometheus;

/// <summary>
/// Asks the HTTP API of a Prometheus, or of what answers as one (Thanos, Mimir, VictoriaMetrics). Queries travel in the body
/// of a POST, since an address may be too short for them; a service that refuses POST is asked by GET from then on.
/// </summary>
/// <param name="http">The way there; the caller's.</param>
/// <param name="service">The service's name, as declared.</param>
/// <param name="root">The base address: <c>http://192.0.2.30:9090</c>, <c>https://mimir.example/prometheus</c>.</param>
/// <param name="login">The login; <see langword="null"/> for none.</param>
internal sealed class PrometheusClient(ServiceHttp http, string service, Uri root, ServiceLogin? login = null)
{
    /// <summary>Prometheus refuses a range query of more than 11,000 steps; longer ones are asked in parts.</summary>
    private const int StepsAtOnce = 10_000;

    private bool _refusesPost;

    /// <summary>Evaluates an expression at one time. A range selector (<c>metric[5m]</c>) gives the raw samples.</summary>
    /// <param name="expression">The expression (PromQL).</param>
    /// <param name="time">The time; <see langword="null"/> for the service's now.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ServiceException">The service could not be asked, or refused the expression.</exception>
    public Task<PrometheusResult> QueryAsync(string expression, DateTimeOffset? time, CancellationToken cancellationToken) => AskAsync(
        "query",
        time is { } at ? [("query", expression), ("time", Unix(at))] : [("query", expression)],
        expression,
        PrometheusAnswers.ReadResult,
        cancellationToken);

    /// <summary>Evaluates an expression at every step of a time, both ends included.</summary>
    /// <param name="expression">The expression (PromQL).</param>
    /// <param name="start">The first step.</param>
    /// <param name="end">The time of the last step at most.</param>
    /// <param name="step">The time between two steps, at least a millisecond.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ServiceException">The service could not be asked, or refused the expression.</exception>
    public async Task<PrometheusResult> QueryRangeAsync(
        string expression, DateTimeOffset start, DateTimeOffset end, TimeSpan step, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, TimeSpan.FromMilliseconds(1));
        Dictionary<string, (MetricSeries First, List<SeriesPoint> Points)> series = new(StringComparer.Ordinal);
        SortedSet<string> warnings = new(StringComparer.Ordinal);
        int histograms = 0;
        for (DateTimeOffset from = start; from <= end; from += step * StepsAtOnce)
        {
            DateTimeOffset last = from + (step * (StepsAtOnce - 1));
            PrometheusResult part = await AskAsync(
                "query_range",
                [
                    ("query", expression),
                    ("start", Unix(from)),
                    ("end", Unix(last < end ? last : end)),
                    ("step", step.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)),
                ],
                expression,
                PrometheusAnswers.ReadResult,
                cancellationToken);
            warnings.UnionWith(part.Warnings);
            histograms = Math.Max(histograms, part.HistogramSeries);
            foreach (MetricSeries one in part.Series)
            {
                if (!series.TryGetValue(one.Name, out (MetricSeries First, List<SeriesPoint> Points) known))
                {
                    series[one.Name] = known = (one, []);
                }

                known.Points.AddRange(one.Points);
            }
        }

        return new PrometheusResult(
            [.. series.Values.Select(static one => one.First with { Points = one.Points })], [.. warnings])
            {
                HistogramSeries = histograms,
            };
    }

    /// <summary>What is scraped.</summary>
    /// <exception cref="ServiceException">The service could not be asked.</exception>
    public Task<IReadOnlyList<PrometheusTarget>> GetTargetsAsync(CancellationToken cancellationToken) =>
        ReadAsync(Get("targets", [("state", "active")], "targets"), PrometheusAnswers.ReadTargets, cancellationToken);

    /// <summary>The addresses of the Alertmanagers that alerts are sent to.</summary>
    /// <exception cref="ServiceException">The service could not be asked.</exception>
    public Task<IReadOnlyList<string>> GetAlertmanagersAsync(CancellationToken cancellationToken) =>
        ReadAsync(Get("alertmanagers", [], "alertmanagers"), PrometheusAnswers.ReadAlertmanagers, cancellationToken);

    /// <summary>The rules that are evaluated.</summary>
    /// <exception cref="ServiceException">The service could not be asked.</exception>
    public Task<IReadOnlyList<PrometheusRule>> GetRulesAsync(CancellationToken cancellationToken) =>
        ReadAsync(Get("rules", [], "rules"), PrometheusAnswers.ReadRules, cancellationToken);

    private static string Unix(DateTimeOffset time) =>
        (time.ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);

    private async Task<T> AskAsync<T>(
        string path, (string Name, string Value)[] fields, string purpose, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        if (!_refusesPost)
        {
            try
            {
                return await ReadAsync(
                    new ServiceRequest(service, HttpMethod.Post, Address(path))
                    {
                        Body = ServiceRequest.Form(fields),
                        ContentType = "application/x-www-form-urlencoded",
                        Login = login,
                        Purpose = purpose,
                    },
                    read,
                    cancellationToken);
            }
            catch (ServiceException error) when (error.Status is 405 or 501)
            {
                _refusesPost = true;
            }
        }

        return await ReadAsync(Get(path, fields, purpose), read, cancellationToken);
    }

    private ServiceRequest Get(string path, (string Name, string Value)[] fields, string purpose) =>
        new(
            service, HttpMethod.Get,
            fields.Length == 0 ? Address(path) : new Uri($"{Address(path)}?{ServiceRequest.Query(fields)}"))
            {
                Login = login,
                Purpose = purpose,
            };

    private Uri Address(string path) => ServiceRequest.Below(root, $"api/v1/{path}");

    private async Task<T> ReadAsync<T>(ServiceRequest request, Func<JsonElement, T> read, CancellationToken cancellationToken) =>
        (await http.AskAsync(request, cancellationToken)).Read("Prometheus' HTTP API", read);
}
