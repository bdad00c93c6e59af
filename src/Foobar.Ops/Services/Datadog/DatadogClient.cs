using System.Globalization;
using System.Text.Json;
using Foobar.Ops.Services.Counting;
using Foobar.Ops.Services.Http;

namespace Foobar.Ops.Services.Datadog;

/// <summary>Asks Datadog for timeseries points (Datadog API reference, v1, "Query timeseries points").</summary>
/// <param name="http">The way there; the caller's.</param>
/// <param name="service">The service's name, as declared.</param>
/// <param name="root">The address of the site's API: <c>https://api.datadoghq.com</c>, <c>https://api.datadoghq.eu</c>.</param>
/// <param name="login">The API key and the application key.</param>
internal sealed class DatadogClient(ServiceHttp http, string service, Uri root, ServiceLogin login)
{
    /// <summary>The points of a query, each as the bucket that it stands for; empty points are left out.</summary>
    /// <param name="query">The query: <c>sum:haproxy.frontend.requests.rate{*} by {service}.as_count()</c>.</param>
    /// <param name="start">From when, to the second.</param>
    /// <param name="end">Until when, to the second.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ServiceException">The service could not be asked, or refused the query.</exception>
    public async Task<IReadOnlyList<CountBucket>> QueryAsync(
        string query, DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken)
    {
        string fields = ServiceRequest.Query(
        [
            ("from", start.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
            ("to", end.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
            ("query", query),
        ]);
        ServiceRequest request = new(
            service, HttpMethod.Get, new Uri($"{ServiceRequest.Below(root, "api/v1/query")}?{fields}")) { Login = login, Purpose = query };
        ServiceAnswer answer = await http.AskAsync(request, cancellationToken);
        return answer.Read("Datadog's timeseries query", body => ReadBuckets(request, body));
    }

    /// <summary>Reads the answer.</summary>
    internal static IReadOnlyList<CountBucket> ReadBuckets(ServiceRequest request, JsonElement body)
    {
        if (body.Text("status") == "error")
        {
            throw ServiceQueries.Refused(request, body.Text("error"));
        }

        List<CountBucket> buckets = [];
        foreach (JsonElement series in body.Items("series"))
        {
            string name = series.Text("scope") is { Length: > 0 } scope ? $"{series.Text("metric")}{{{scope}}}" : series.Text("metric");
            TimeSpan interval = TimeSpan.FromSeconds(series.Number("interval"));
            foreach (JsonElement point in series.Items("pointlist"))
            {
                if (point.ValueKind != JsonValueKind.Array || point.GetArrayLength() != 2)
                {
                    throw new FormatException("a point is no pair of a time and a value.");
                }

                // A point without a value: nothing was sent in that time.
                if (point[1].ValueKind == JsonValueKind.Number)
                {
                    DateTimeOffset begin = DateTimeOffset.FromUnixTimeMilliseconds((long)point[0].GetDouble());
                    buckets.Add(new CountBucket(name, begin, begin + interval, point[1].GetDouble()));
                }
            }
        }

        return buckets;
    }
}
