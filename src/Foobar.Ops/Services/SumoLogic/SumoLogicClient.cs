using System.Globalization;
using System.Text.Json;
using Foobar.Ops.Services.Counting;
using Foobar.Ops.Services.Http;

namespace Foobar.Ops.Services.SumoLogic;

/// <summary>
/// Asks Sumo Logic: metrics by the Metrics API (Sumo Logic documentation, "Metrics APIs"), logs by search jobs ("Search Job
/// APIs"). A search job is kept by cookies, is looked after within 30 seconds, and is deleted in the end.
/// </summary>
/// <param name="http">The way there; the caller's.</param>
/// <param name="service">The service's name, as declared.</param>
/// <param name="root">The address of the deployment's API: <c>https://api.sumologic.com</c>, <c>https://api.eu.sumologic.com</c>.</param>
/// <param name="login">Access ID and access key.</param>
internal sealed class SumoLogicClient(ServiceHttp http, string service, Uri root, ServiceLogin login)
{
    /// <summary>A page of records; the API gives 10,000 at most.</summary>
    internal const int PageSize = 10_000;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>How long a search job may gather. Default: 2 minutes.</summary>
    public TimeSpan SearchLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The wait before a search job is looked after again; doubled each time up to 5 seconds.</summary>
    public TimeSpan FirstLook { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The data points of a metrics query, each as the bucket that it stands for.</summary>
    /// <param name="query">The query, giving counts: <c>metric=... | quantize to 15s using max | delta counter</c>.</param>
    /// <param name="start">From when.</param>
    /// <param name="end">Until when.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ServiceException">The service could not be asked, or refused the query.</exception>
    public async Task<IReadOnlyList<CountBucket>> QueryMetricsAsync(
        string query, DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken)
    {
        ServiceRequest request = Request(HttpMethod.Post, "api/v1/metrics/results", query) with
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
            {
                ["query"] = new[] { new Dictionary<string, string> { ["query"] = query, ["rowId"] = "A" } },
                ["startTime"] = start.ToUnixTimeMilliseconds(),
                ["endTime"] = end.ToUnixTimeMilliseconds(),
                ["desiredQuantizationInSec"] = 15,
            }),
        };
        ServiceAnswer answer = await http.AskAsync(request, cancellationToken);
        return answer.Read("Sumo Logic's Metrics API", body => ReadMetrics(request, body));
    }

    /// <summary>Counts log messages by the second.</summary>
    /// <param name="search">What chooses the messages: <c>_sourceCategory=nginx/access</c>; without an aggregation.</param>
    /// <param name="start">From when.</param>
    /// <param name="end">Until when.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ServiceException">The service could not be asked, or refused the search.</exception>
    public async Task<IReadOnlyList<CountBucket>> CountMessagesAsync(
        string search, DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken)
    {
        string query = $"{search} | timeslice 1s | count by _timeslice, _sourceHost";
        ServiceRequest creation = Request(HttpMethod.Post, "api/v1/search/jobs", query) with
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
            {
                ["query"] = query,
                ["from"] = start.ToUnixTimeMilliseconds(),
                ["to"] = end.ToUnixTimeMilliseconds(),
                ["timeZone"] = "UTC",
            }),
        };
        string id = (await http.AskAsync(creation, cancellationToken))
            .Read(Api, static body => body.Text("id") is { Length: > 0 } text ? text : throw new FormatException("'id' is missing."));
        string job = $"api/v1/search/jobs/{Uri.EscapeDataString(id)}";
        try
        {
            long records = await GatherAsync(job, cancellationToken);
            List<CountBucket> buckets = [];
            for (long offset = 0; offset < records; offset += PageSize)
            {
                ServiceRequest page = Request(
                    HttpMethod.Get,
                    string.Create(CultureInfo.InvariantCulture, $"{job}/records?offset={offset}&limit={PageSize}"),
                    "records");
                buckets.AddRange((await http.AskAsync(page, cancellationToken)).Read(Api, ReadRecords));
            }

            return buckets;
        }
        finally
        {
            await DeleteAsync(job);
        }
    }

    private const string Api = "Sumo Logic's Search Job API";

    private async Task<long> GatherAsync(string job, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(SearchLimit);
        ServiceRequest request = Request(HttpMethod.Get, job, "state of the search");
        try
        {
            for (TimeSpan wait = FirstLook; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
            {
                (string state, long records, string errors) = (await http.AskAsync(request, limit.Token)).Read(
                    Api,
                    static body => (
                        body.Text("state"),
                        (long)body.Number("recordCount"),
                        string.Join(
                            " ",
                            body.Maybe("pendingErrors") is { ValueKind: JsonValueKind.Array } list
                                ? list.EnumerateArray().Select(static error => error.ToString())
                                : [])));
                switch (state)
                {
                    case "DONE GATHERING RESULTS" when errors.Length == 0:
                        return records;
                    case "DONE GATHERING RESULTS" or "CANCELLED" or "FORCE PAUSED":
                        throw ServiceQueries.Refused(request, errors.Length > 0 ? errors : $"the state of the search is {state}");
                }

                await Task.Delay(wait, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw ServiceQueries.Refused(
                request,
                string.Create(CultureInfo.InvariantCulture, $"the search was not done within {SearchLimit.TotalSeconds:0} s"),
                isTransient: true);
        }
    }

    /// <summary>Deletes a job, cancelled or not: at most 200 may be active.</summary>
    private async Task DeleteAsync(string job)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(5));
        try
        {
            await http.SendAsync(Request(HttpMethod.Delete, job, "end of the search"), limit.Token);
        }
        catch (Exception error) when (error is ServiceException or OperationCanceledException)
        {
            // It ends by itself when nobody looks after it.
        }
    }

    /// <summary>Reads the answer to a metrics query.</summary>
    internal static IReadOnlyList<CountBucket> ReadMetrics(ServiceRequest request, JsonElement body)
    {
        double quantum = body.Maybe("queryInfo")?.Maybe("actualQuantizationInSecs") is { ValueKind: JsonValueKind.Number } seconds
            ? seconds.GetDouble()
            : throw new FormatException("'queryInfo.actualQuantizationInSecs' is missing.");
        List<CountBucket> buckets = [];
        foreach (JsonElement row in body.Items("response"))
        {
            if (row.Text("messageType").Contains("rror", StringComparison.Ordinal)
                || (row.Maybe("results") is null && row.Text("message").Length > 0))
            {
                throw ServiceQueries.Refused(request, row.Text("message"));
            }

            foreach (JsonElement result in row.Items("results"))
            {
                string name = string.Join(
                    ", ",
                    result.Member("metric")
                        .Items("dimensions")
                        .Select(static dimension => $"{dimension.Text("key")}={dimension.Text("value")}")
                        .Order(StringComparer.Ordinal));
                JsonElement points = result.Member("datapoints");
                foreach ((JsonElement time, JsonElement value) in points.Items("timestamp").Zip(points.Items("value")))
                {
                    if (value.ValueKind == JsonValueKind.Number)
                    {
                        DateTimeOffset begin = DateTimeOffset.FromUnixTimeMilliseconds(time.GetInt64());
                        buckets.Add(new CountBucket(name, begin, begin.AddSeconds(quantum), value.GetDouble()));
                    }
                }
            }
        }

        return buckets;
    }

    /// <summary>Reads a page of records.</summary>
    internal static IReadOnlyList<CountBucket> ReadRecords(JsonElement body) =>
    [
        .. from record in body.Items("records")
           let map = record.Member("map")
           let begin = DateTimeOffset.FromUnixTimeMilliseconds(Whole(map, "_timeslice"))
           select new CountBucket(map.Text("_sourcehost"), begin, begin.AddSeconds(1), Whole(map, "_count")),
    ];

    private static long Whole(JsonElement map, string key) =>
        long.TryParse(map.Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new FormatException($"'{key}' of a record is no number.");

    private ServiceRequest Request(HttpMethod method, string path, string purpose) =>
        new(service, method, ServiceRequest.Below(root, path)) { Login = login, Purpose = purpose };
}
