using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Services;
using Foobar.Ops.Services.Counting;
using Foobar.Ops.Services.Datadog;
using Foobar.Ops.Services.Http;
using Foobar.Ops.Services.NewRelic;
using Foobar.Ops.Services.Prometheus;
using Foobar.Ops.Services.SumoLogic;
using Foobar.Ops.Traffic.Anomalies;
using Foobar.Ops.Traffic.History;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>
/// A monitoring service of the inventory as a source of counts. Prometheus is asked for raw samples, which are waited for until
/// one was taken after the window; the others keep counts in buckets, which arrive some time later.
/// </summary>
public sealed class DeclaredService : TrafficService, IDisposable
{
    /// <summary>How long before a window a sample is looked for; Prometheus itself looks so far back.</summary>
    private static readonly TimeSpan LookBack = TimeSpan.FromMinutes(5);

    /// <summary>How long a sample after the window is waited for at most.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(90);

    /// <summary>The time that agents and services are taken to need to have everything.</summary>
    private static readonly TimeSpan Arrival = TimeSpan.FromMinutes(2);

    /// <summary>How far the clocks that stamp what a service keeps may be from ours, where that can't be asked.</summary>
    private static readonly TimeSpan ClockSlack = TimeSpan.FromSeconds(1);

    private readonly Site _site;
    private readonly MonitoringService _service;
    private readonly IReadOnlyList<ServiceKey> _keys;
    private readonly ServiceHttp _http;

    internal DeclaredService(Site site, MonitoringService service, IReadOnlyList<ServiceKey> keys, ServiceHttpOptions options)
    {
        _site = site;
        _service = service;
        _keys = keys;
        _http = new ServiceHttp(options with { TrustedAuthorities = service.TrustedAuthorities });

        // A missing key is told before the window, not after it.
        _ = ServiceAccess.LoginToAsk(service, keys);
    }

    /// <inheritdoc/>
    public override string Name => _service.Name;

    /// <summary>How long data is waited for after a window before the service is asked; not for Prometheus.</summary>
    internal TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Finds a declared service by its name.</summary>
    /// <exception cref="FoobarException"><c>ServiceUnknown</c>.</exception>
    public static MonitoringService Find(Site site, string name) => ServiceAccess.Find(site, name);

    /// <summary>Opens a declared service.</summary>
    /// <param name="site">The site.</param>
    /// <param name="name">The service's name.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="timeLimit">How long one request may take.</param>
    /// <param name="log">Takes note of each request.</param>
    /// <exception cref="FoobarException"><c>ServiceUnknown</c>, <c>ServiceNotAsked</c>, <c>ServiceKeyMissing</c> ...</exception>
    public static DeclaredService Open(Site site, string name, ServiceKeys keys, TimeSpan timeLimit, IActivityLog? log)
    {
        MonitoringService service = ServiceAccess.Find(site, name);
        return service.CanBeAsked
            ? new DeclaredService(site, service, keys.Of(service.Name), new ServiceHttpOptions { TimeLimit = timeLimit, Log = log })
            : throw new ServiceException(
                "ServiceNotAsked", ErrorKind.InvalidInput, service.Name, $"a {InventoryWord.Of(service.Kind)} service can only be sent to.")
            {
                Recommendation = "Name a service of the kind prometheus, datadog, new-relic or sumo-logic.",
            };
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<TrafficRate>> MeasureAsync(
        DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken)
    {
        IReadOnlyList<ServiceQuery> queries = Queries;
        if (_service.Kind != MonitoringServiceKind.Prometheus && end + Delay > DateTimeOffset.UtcNow)
        {
            await Task.Delay(end + Delay - DateTimeOffset.UtcNow, cancellationToken);
        }

        List<TrafficRate> rates = [];
        PrometheusWindow? samples = _service.Kind == MonitoringServiceKind.Prometheus
            ? await OpenWindowAsync(start, end, cancellationToken)
            : null;
        foreach (ServiceQuery query in queries)
        {
            IReadOnlyList<(WindowCount Count, string Server)> counts = samples is not null
                ? await SamplesAsync(samples, query, cancellationToken)
                : [
                    .. (await BucketsAsync(query, start, end, cancellationToken))
                        .Select(count => (count with { Name = $": {count.Name}" }, ServerOf([count.Name]))),
                ];
            rates.AddRange(counts.Select(one => Rate(query, one.Count, one.Server, start, end)));
        }

        // Which of the usual exporters a site has is not known; a query that was declared is expected to give something.
        return rates.Count > 0
            ? rates
            : [
                Rate(
                    queries[0],
                    new WindowCount(string.Empty, 0, 0, null) { Note = "No query of the service gave a series." },
                    string.Empty, start, end) with
                {
                    Count = null,
                },
            ];
    }

    /// <summary>
    /// What a Prometheus kept of the rates that it is asked for, over weeks: for each five minutes its own estimate
    /// (<c>increase()</c>), which is exact enough for what is usual at a time of the week. Other services are not asked.
    /// </summary>
    /// <param name="now">Up to when.</param>
    /// <param name="reach">How far back.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ServiceException">The service could not be asked.</exception>
    public async Task<IReadOnlyDictionary<RateSeries, IReadOnlyList<RateBucket>>> HistoryAsync(
        DateTimeOffset now, TimeSpan reach, CancellationToken cancellationToken)
    {
        Dictionary<RateSeries, IReadOnlyList<RateBucket>> history = [];
        if (_service.Kind != MonitoringServiceKind.Prometheus)
        {
            return history;
        }

        TimeSpan step = SeasonalBaseline.SlotLength;
        string range = string.Create(CultureInfo.InvariantCulture, $"[{step.TotalSeconds:0}s]");
        PrometheusClient client = Client();
        foreach (ServiceQuery query in Queries)
        {
            PrometheusResult result = await client.QueryRangeAsync(
                $"increase({query.Expression}{range})", now - reach, now, step, cancellationToken);
            foreach ((MetricSeries series, string name, string server) in Named(result.Series))
            {
                history[new RateSeries(server, TrafficOrigin.Prometheus, NameOf(query, name))] =
                    [
                        .. series.Points.Where(static point => point.Value is >= 0 and < double.MaxValue)
                            .Select(point => new RateBucket(point.Time - step, step, point.Value, step.TotalSeconds)),
                    ];
            }
        }

        return history;
    }

    private IReadOnlyList<ServiceQuery> Queries => _service.Queries.Count > 0 ? _service.Queries : ServiceQuery.DefaultsOf(_service.Kind);

    private PrometheusClient Client() => new(_http, Name, ServiceAccess.Declared(_service), ServiceAccess.LoginToAsk(_service, _keys));

    private string NameOf(ServiceQuery query, string name) => $"{Name}/{query.Name}{name}";

    private async Task<IReadOnlyList<WindowCount>> BucketsAsync(
        ServiceQuery query, DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken)
    {
        // Buckets at the edges are wanted whole.
        TimeSpan margin = TimeSpan.FromSeconds(60);
        (DateTimeOffset from, DateTimeOffset to) = (start - margin, end + margin);
        ServiceLogin login = ServiceAccess.LoginToAsk(_service, _keys)!;
        Uri root = ServiceAccess.Declared(_service);
        bool isLog = query.Data == ServiceData.Logs;
        DateTimeOffset asked = DateTimeOffset.UtcNow;
        IReadOnlyList<CountBucket> buckets = _service.Kind switch
        {
            MonitoringServiceKind.Datadog => await new DatadogClient(_http, Name, root, login)
                .QueryAsync(query.Expression, from, to, cancellationToken),
            MonitoringServiceKind.NewRelic => await new NewRelicClient(_http, Name, root, _service.Account ?? 0, login)
                .CountAsync(query.Expression, from, to, cancellationToken),
            _ when isLog => await new SumoLogicClient(_http, Name, root, login)
                .CountMessagesAsync(query.Expression, from, to, cancellationToken),
            _ => await new SumoLogicClient(_http, Name, root, login).QueryMetricsAsync(query.Expression, from, to, cancellationToken),
        };
        bool isAllThere = asked - end >= Arrival;
        return
        [
            .. BucketCounter.Count(buckets, new CountWindow(start, end, ClockSlack), isLog ? TimeSpan.FromSeconds(1) : TimeSpan.Zero)
                .Select(count => isAllThere ? count : count with
                {
                    Upper = null,
                    Note = string.Create(
                        CultureInfo.InvariantCulture,
                        $"Asked {(asked - end).TotalSeconds:0} s after the window: more may still arrive there."),
                }),
        ];
    }

    private async Task<PrometheusWindow> OpenWindowAsync(DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken)
    {
        PrometheusClient client = Client();
        (TimeSpan offset, TimeSpan uncertainty) = await ClockAsync(client, cancellationToken);
        return new PrometheusWindow(
            client, new CountWindow(start + offset, end + offset, uncertainty), offset, DateTimeOffset.UtcNow + LongestWait);
    }

    private async Task<IReadOnlyList<(WindowCount Count, string Server)>> SamplesAsync(
        PrometheusWindow asked, ServiceQuery query, CancellationToken cancellationToken)
    {
        CountWindow window = asked.Window;
        while (true)
        {
            DateTimeOffset now = DateTimeOffset.UtcNow + asked.Offset;
            string range = string.Create(CultureInfo.InvariantCulture, $"[{Math.Ceiling((now - window.Start + LookBack).TotalSeconds)}s]");
            PrometheusResult result = await asked.Client.QueryAsync(query.Expression + range, now, cancellationToken);
            TimeSpan wait = result.Series.Select(series => WaitFor(series, window.End + window.Uncertainty, now))
                .DefaultIfEmpty(TimeSpan.Zero)
                .Max();
            if (wait == TimeSpan.Zero || DateTimeOffset.UtcNow + wait > asked.GiveUp)
            {
                TimeSpan reading = asked.Reading ??= await ReadingAsync(asked.Client, now, cancellationToken);
                string? warning = result.Warnings.Count > 0 ? $"The service warns: {string.Join(" ", result.Warnings)}" : null;
                return
                [
                    .. Named(result.Series).Select(
                        one =>
                            (Counted(CounterSamples.Increase(one.Series, window, reading), warning) with { Name = one.Name }, one.Server)),
                ];
            }

            await Task.Delay(wait, cancellationToken);
        }
    }

    /// <summary>
    /// Series with the names that tell them apart: without what the query's name and the server say already, where that is enough.
    /// </summary>
    private IEnumerable<(MetricSeries Series, string Name, string Server)> Named(IReadOnlyList<MetricSeries> series)
    {
        (MetricSeries Series, string Name, string Server)[] named = [.. series.Select(one =>
        {
            string server = ServerOf(one.Labels.Values);
            string[] known = server.Length > 0 ? ["__name__", "job", "instance"] : ["__name__"];
            return (one, (one with { Labels = one.Labels.Where(label => !known.Contains(label.Key)).ToDictionary() }).Name, server);
        })];
        return named.DistinctBy(static one => (one.Name, one.Server)).Count() == named.Length
            ? named
            : named.Select(static one => (one.Series, $": {one.Series.Name}", one.Server));
    }

    private static WindowCount Counted(WindowCount count, string? warning) =>
        warning is null ? count : count with { Upper = null, Note = count.Note is null ? warning : $"{count.Note} {warning}" };

    /// <summary>
    /// How long until a series should have a sample after a time: until its next scrape. Zero if it has one, or is not scraped any
    /// more.
    /// </summary>
    private static TimeSpan WaitFor(MetricSeries series, DateTimeOffset wanted, DateTimeOffset now)
    {
        if (series.Points.Count < 2 || series.Points[^1].Time >= wanted)
        {
            return TimeSpan.Zero;
        }

        TimeSpan interval = series.Points[^1].Time - series.Points[^2].Time;
        if (now - series.Points[^1].Time > (2 * interval) + TimeSpan.FromSeconds(5))
        {
            return TimeSpan.Zero;
        }

        TimeSpan next = series.Points[^1].Time + interval - now + TimeSpan.FromMilliseconds(250);
        return next > TimeSpan.FromMilliseconds(250) ? next : TimeSpan.FromMilliseconds(250);
    }

    /// <summary>How far the service's clock is ahead of ours, and how exactly that is known: half of the time that asking took.</summary>
    private static async Task<(TimeSpan Offset, TimeSpan Uncertainty)> ClockAsync(
        PrometheusClient client, CancellationToken cancellationToken)
    {
        (TimeSpan Offset, TimeSpan Uncertainty) best = (TimeSpan.Zero, TimeSpan.MaxValue);
        for (int attempt = 0; attempt < 3; attempt++)
        {
            DateTimeOffset asked = DateTimeOffset.UtcNow;
            PrometheusResult result = await client.QueryAsync("time()", null, cancellationToken);
            DateTimeOffset answered = DateTimeOffset.UtcNow;
            if (result.Series is [{ Points: [{ Value: > 0 and < 1e11 } point] }])
            {
                // Milliseconds are rounded.
                TimeSpan uncertainty = ((answered - asked) / 2) + TimeSpan.FromMilliseconds(1);
                DateTimeOffset there = DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(point.Value);
                best = uncertainty < best.Uncertainty ? (there - (asked + ((answered - asked) / 2)), uncertainty) : best;
            }
        }

        return best.Uncertainty == TimeSpan.MaxValue ? (TimeSpan.Zero, ClockSlack) : best;
    }

    /// <summary>
    /// How long a scrape took at most lately: a sample has the time at which its scrape began. A second if the service does not say.
    /// </summary>
    private static async Task<TimeSpan> ReadingAsync(PrometheusClient client, DateTimeOffset now, CancellationToken cancellationToken)
    {
        PrometheusResult result = await client.QueryAsync("max(max_over_time(scrape_duration_seconds[10m]))", now, cancellationToken);
        return result.Series is [{ Points: [{ Value: >= 0 and < 3600 } point] }]
            ? TimeSpan.FromSeconds(point.Value)
            : TimeSpan.FromSeconds(1);
    }

    private TrafficRate Rate(ServiceQuery query, WindowCount count, string server, DateTimeOffset start, DateTimeOffset end) => new()
    {
        Server = server,
        Origin = _service.Kind switch
        {
            MonitoringServiceKind.Datadog => TrafficOrigin.Datadog,
            MonitoringServiceKind.NewRelic => TrafficOrigin.NewRelic,
            MonitoringServiceKind.SumoLogic => TrafficOrigin.SumoLogic,
            _ => TrafficOrigin.Prometheus,
        },
        Name = NameOf(query, count.Name),
        Unit = query.Counts switch
        {
            ServiceCount.Sessions => TrafficUnit.Sessions,
            ServiceCount.Statements => TrafficUnit.Statements,
            _ => TrafficUnit.Requests,
        },
        Start = start,
        End = end,
        WindowSeconds = (end - start).TotalSeconds,
        Count = double.IsNaN(count.Estimate)
            ? null
            : (long)Math.Round(Math.Clamp(count.Estimate, count.Lower, Math.Max(count.Lower, count.Upper ?? double.MaxValue))),
        CountLower = count.Lower,
        CountUpper = count.Upper,
        Note = count.Note,
    };

    /// <summary>The server that one of some texts names, by its name or an address; empty for none.</summary>
    private string ServerOf(IEnumerable<string> texts)
    {
        HashSet<string> words =
        [
            .. texts.SelectMany(
                static text => text.Split([',', ' ', '{', '}', '=', '"'], StringSplitOptions.RemoveEmptyEntries))
                .SelectMany(Parts),
        ];
        return _site.Servers.FirstOrDefault(server => words.Contains(server.Name) || words.Contains(server.Ssh.Host)
            || server.Addresses.Any(address => words.Contains(address.ToString())))?.Name ?? string.Empty;
    }

    /// <summary>A word, and what stands in it beside a colon: the host of <c>host:port</c>, the value of <c>host:web-01</c>.</summary>
    private static IEnumerable<string> Parts(string word) => word.Contains(':', StringComparison.Ordinal)
        ? [word, word[..word.LastIndexOf(':')].Trim('[', ']'), word[(word.IndexOf(':', StringComparison.Ordinal) + 1)..]]
        : [word];

    /// <summary>A window as Prometheus is asked for it.</summary>
    /// <param name="Client">The client.</param>
    /// <param name="Window">The window by the service's clock.</param>
    /// <param name="Offset">How far that is ahead of ours.</param>
    /// <param name="GiveUp">Until when samples after the window are waited for, by our clock.</param>
    private sealed record PrometheusWindow(PrometheusClient Client, CountWindow Window, TimeSpan Offset, DateTimeOffset GiveUp)
    {
        /// <summary>How long a scrape took at most lately; <see langword="null"/> if that was not asked yet.</summary>
        public TimeSpan? Reading { get; set; }
    }
}
