using System.Globalization;
using Foobar.Ops.Services;
using Foobar.Ops.Services.Prometheus;

namespace Foobar.Ops.Monitoring.Alerts;

/// <summary>Asks a Prometheus which series selectors match now, many in one query.</summary>
internal static class SelectorQuery
{
    private const int AtOnce = 20;

    /// <summary>Selectors that are asked alone at most, where a query of many is refused.</summary>
    private const int MostAlone = 40;

    private const string Number = "foobar_selector";

    /// <summary>What each selector matches; those that the service refuses are left out, and those that match
    /// nothing while it warns that it could not ask all of its stores.</summary>
    /// <exception cref="ServiceException">The service could not be asked.</exception>
    public static async Task<IReadOnlyList<SelectorSeries>> AskAsync(PrometheusClient client, IReadOnlyList<string> selectors,
        CancellationToken cancellationToken)
    {
        List<SelectorSeries> found = [];
        int alone = 0;
        foreach (string[] some in selectors.Chunk(AtOnce))
        {
            try
            {
                found.AddRange(await AskSomeAsync(client, some, cancellationToken));
            }
            catch (ServiceException error) when (IsRefusal(error))
            {
                foreach (string one in some)
                {
                    if (++alone <= MostAlone && await AskOneAsync(client, one, cancellationToken) is { } answer)
                    {
                        found.Add(answer);
                    }
                }
            }
        }

        return found;
    }

    /// <summary>Where series come from.</summary>
    public static IReadOnlyList<SeriesOrigin> Origins(IEnumerable<MetricSeries> series) =>
        [.. series.Select(static one => Origin(one.Labels)).Distinct().OrderBy(static one => one.Instance, StringComparer.Ordinal)
            .ThenBy(static one => one.Job, StringComparer.Ordinal)];

    /// <summary>Where a series with these labels comes from.</summary>
    public static SeriesOrigin Origin(IReadOnlyDictionary<string, string> labels) =>
        new(labels.GetValueOrDefault("instance", ""), labels.GetValueOrDefault("job", ""));

    // Each selector's series get its number as a label, which keeps them apart in what 'or' joins.
    private static async Task<IEnumerable<SelectorSeries>> AskSomeAsync(PrometheusClient client, string[] selectors,
        CancellationToken cancellationToken)
    {
        string query = string.Join(" or ", selectors.Select(static (selector, index) => string.Create(CultureInfo.InvariantCulture,
            $"label_replace(group by (instance, job) ({selector}), \"{Number}\", \"{index}\", \"\", \"\")")));
        PrometheusResult result = await client.QueryAsync(query, null, cancellationToken);
        ILookup<string, MetricSeries> series = result.Series.ToLookup(static one => one.Labels.GetValueOrDefault(Number, ""));
        return selectors.Select((selector, index) => new SelectorSeries
        {
            Selector = selector,
            Origins = Origins(series[index.ToString(CultureInfo.InvariantCulture)]),
        }).Where(one => one.Origins.Count > 0 || result.Warnings.Count == 0);
    }

    private static async Task<SelectorSeries?> AskOneAsync(PrometheusClient client, string selector, CancellationToken cancellationToken)
    {
        try
        {
            return (await AskSomeAsync(client, [selector], cancellationToken)).SingleOrDefault();
        }
        catch (ServiceException error) when (IsRefusal(error))
        {
            return null;
        }
    }

    private static bool IsRefusal(ServiceException error) => error.Status is 400 or 422;
}
