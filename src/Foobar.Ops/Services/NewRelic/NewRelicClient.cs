using System.Globalization;
using System.Text.Json;
using Foobar.Ops.Services.Counting;
using Foobar.Ops.Services.Http;

namespace Foobar.Ops.Services.NewRelic;

/// <summary>Asks New Relic by NRQL through NerdGraph (New Relic documentation, "NerdGraph tutorial: Query your data using NRQL").</summary>
/// <param name="http">The way there; the caller's.</param>
/// <param name="service">The service's name, as declared.</param>
/// <param name="root">The address of the API: <c>https://api.newrelic.com</c>, <c>https://api.eu.newrelic.com</c>.</param>
/// <param name="account">The account's id.</param>
/// <param name="login">A user key.</param>
internal sealed class NewRelicClient(ServiceHttp http, string service, Uri root, long account, ServiceLogin login)
{
    /// <summary>NRQL gives at most 366 buckets (NRQL reference, "TIMESERIES").</summary>
    private const int MostBuckets = 300;

    private const string Document =
        "query($account: Int!, $nrql: Nrql!) { actor { account(id: $account) { nrql(query: $nrql, timeout: 60) { results } } } }";

    /// <summary>Counts by buckets, of a second where the window is short enough.</summary>
    /// <param name="nrql">The query without time: <c>SELECT count(*) FROM Log WHERE logtype = 'nginx' FACET hostname</c>.</param>
    /// <param name="start">From when.</param>
    /// <param name="end">Until when.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ServiceException">The service could not be asked, or refused the query.</exception>
    public async Task<IReadOnlyList<CountBucket>> CountAsync(
        string nrql, DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken)
    {
        long from = start.ToUnixTimeSeconds();
        long seconds = Math.Max(1, (long)Math.Ceiling((end - start).TotalSeconds / MostBuckets));

        // Whole buckets, or the last one would be shorter than it says.
        long until = from + (seconds * (long)Math.Ceiling((end.ToUnixTimeMilliseconds() - (from * 1000)) / 1000.0 / seconds));
        string timed = string.Create(
            CultureInfo.InvariantCulture, $"{nrql} SINCE {from * 1000} UNTIL {until * 1000} TIMESERIES {seconds} seconds");
        ServiceRequest request = Request(timed);
        ServiceAnswer answer = await http.AskAsync(request, cancellationToken);
        return answer.Read("NerdGraph", body => ReadBuckets(request, body));
    }

    /// <summary>Reads the answer.</summary>
    internal static IReadOnlyList<CountBucket> ReadBuckets(ServiceRequest request, JsonElement body)
    {
        if (body.Maybe("errors") is { ValueKind: JsonValueKind.Array } errors && errors.GetArrayLength() > 0)
        {
            string said = string.Join(" ", errors.EnumerateArray().Select(static error => error.Text("message")));
            bool isTransient = errors.EnumerateArray()
                .Any(static error => error.Maybe("extensions")?.Text("errorClass") is "TIMEOUT" or "SERVER_ERROR" or "TOO_MANY_REQUESTS");
            throw ServiceQueries.Refused(request, said, isTransient);
        }

        JsonElement account = body.Member("data").Member("actor").Member("account");
        return [.. account.Member("nrql").Items("results").Select(Bucket)];
    }

    private static CountBucket Bucket(JsonElement result)
    {
        // The value is named for the function and attribute that gave it: count, sum.requests ...
        JsonProperty[] values =
        [
            .. result.EnumerateObject().Where(
                static member =>
                    member.Value.ValueKind == JsonValueKind.Number && member.Name is not ("beginTimeSeconds" or "endTimeSeconds")),
        ];
        if (values.Length != 1)
        {
            throw new FormatException("a bucket of the result has not one number: the query must select one count.");
        }

        string name = result.Maybe("facet") switch
        {
            { ValueKind: JsonValueKind.Array } several => string.Join(
                ", ", several.EnumerateArray().Select(static part => part.ToString())),
            { } one => one.ToString(),
            null => values[0].Name,
        };
        return new CountBucket(
            name,
            DateTimeOffset.FromUnixTimeMilliseconds((long)(result.Number("beginTimeSeconds") * 1000)),
            DateTimeOffset.FromUnixTimeMilliseconds((long)(result.Number("endTimeSeconds") * 1000)),
            values[0].Value.GetDouble());
    }

    private ServiceRequest Request(string nrql) => new(service, HttpMethod.Post, ServiceRequest.Below(root, "graphql"))
    {
        Body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["query"] = Document,
            ["variables"] = new Dictionary<string, object> { ["account"] = account, ["nrql"] = nrql },
        }),
        Login = login,
        Purpose = nrql,
    };
}
