using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;
using Foobar.Ops.Services;
using Foobar.Ops.Services.Http;
using Foobar.Ops.Services.Sending;

namespace Foobar.Ops.Sending;

/// <summary>How something is sent.</summary>
public sealed record SendOptions
{
    /// <summary>Labels for everything that is sent.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>How long one request may take. Default: 30 seconds.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request with all its repetitions may take. Default: 1 minute.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Where what can't be sent yet is kept; <see langword="null"/> for the user's state directory.</summary>
    public string? SpoolPath { get; init; }

    /// <summary>How many bytes may wait for one service. Default: 64 MiB.</summary>
    public long MaximumSpoolBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Takes note of each request; <see langword="null"/> for nobody.</summary>
    public IActivityLog? Log { get; init; }

    /// <summary>The wait before the first repetition.</summary>
    internal TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(500);
}

/// <summary>A request that would be sent.</summary>
/// <param name="Address">Where to, without secrets.</param>
/// <param name="ContentType">The type of the body.</param>
/// <param name="Entries">How many metrics or findings it holds.</param>
/// <param name="Body">The body.</param>
public sealed record SendPreview(string Address, string ContentType, int Entries, string Body);

/// <summary>What became of a sending.</summary>
/// <param name="Result">The counts.</param>
/// <param name="Errors">Why not everything is with the service.</param>
public sealed record SendOutcome(SendResult Result, IReadOnlyList<FoobarException> Errors);

/// <summary>Sends measurements and findings to a declared service.</summary>
public sealed class ServiceSender
{
    private readonly Site _site;
    private readonly MonitoringService _service;
    private readonly ReceiverFormat _format;
    private readonly SendOptions _options;

    /// <summary>A sender to a service.</summary>
    /// <param name="site">The site.</param>
    /// <param name="service">The service's name, as declared.</param>
    /// <param name="options">How it is sent.</param>
    /// <exception cref="FoobarException"><c>ServiceUnknown</c>, <c>ServiceTakesNothing</c>.</exception>
    public ServiceSender(Site site, string service, SendOptions options)
    {
        _site = site;
        _options = options;
        _service = ServiceAccess.Find(site, service);
        if (!_service.CanBeSentTo)
        {
            throw new ServiceException(
                "ServiceTakesNothing",
                ErrorKind.InvalidInput,
                _service.Name,
                $"a {InventoryWord.Of(_service.Kind)} service can only be asked.")
            {
                Recommendation = _service.Kind == MonitoringServiceKind.Prometheus
                    ? "Declare its Pushgateway, or its OTLP receiver (otlp, https://.../api/v1/otlp), as a service of its own."
                    : "Declare an HTTP source of it as a service of its own (sumo-logic-source).",
            };
        }

        _format = ReceiverFormat.Of(_service, site.Name);
    }

    /// <summary>The service.</summary>
    public MonitoringService Service => _service;

    /// <summary>What would be sent of some objects; nothing is.</summary>
    /// <param name="objects">Findings, traffic rates, server metrics.</param>
    /// <exception cref="FoobarException"><c>NotSendable</c>.</exception>
    public IReadOnlyList<SendPreview> Preview(IReadOnlyList<object> objects) =>
    [
        .. Batches(objects).Select(batch => new SendPreview(
            _service.Url is { } url ? _format.AddressOf(url, batch).GetLeftPart(UriPartial.Path) : "its secret address",
            batch.ContentType,
            batch.Entries,
            Encoding.UTF8.GetString(batch.Body.Span))),
    ];

    /// <summary>Sends objects, after what waits since earlier.</summary>
    /// <param name="objects">Findings, traffic rates, server metrics; none to send only what waits.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="cancellationToken">Cancels; what was not sent waits.</param>
    /// <exception cref="FoobarException"><c>NotSendable</c>, <c>ServiceKeyMissing</c>, <c>SpoolUnusable</c>: nothing was sent.</exception>
    public async Task<SendOutcome> SendAsync(IReadOnlyList<object> objects, ServiceKeys keys, CancellationToken cancellationToken)
    {
        OutgoingBatch[] batches = [.. Batches(objects)];
        using ServiceHttp http = new(new ServiceHttpOptions
        {
            TimeLimit = _options.TimeLimit,
            Patience = _options.Patience,
            FirstWait = _options.FirstWait,
            TrustedAuthorities = _service.TrustedAuthorities,
            Log = _options.Log,
        });
        Delivery delivery = new(
            http, _service, _format, keys.Of(_service.Name), new Spool(SpoolFolder(), _options.MaximumSpoolBytes), TimeProvider.System);
        (SendResult result, IReadOnlyList<FoobarException> errors) = await delivery.SendAsync(batches, cancellationToken);
        return new SendOutcome(result, errors);
    }

    private IEnumerable<OutgoingBatch> Batches(IReadOnlyList<object> objects)
    {
        OutgoingEvent[] events =
        [
            .. objects.OfType<Finding>().Select(finding => FindingMapper.Map(finding, _options.Labels)),
            .. objects.OfType<OutgoingEvent>(),
        ];
        OutgoingMetric[] metrics =
        [
            .. objects.Where(static one => one is not (Finding or OutgoingEvent)).SelectMany(one => MetricMapper.Map(one, _options.Labels)),
        ];
        return [.. events.Length > 0 ? _format.Batches(events) : [], .. metrics.Length > 0 ? _format.Batches(metrics) : []];
    }

    private string SpoolFolder() => Path.Combine(
        _options.SpoolPath ?? Path.Combine(OperationStore.UserState(), "foobar-ops", "spool"),
        Path.GetFileName(OperationStore.Of(_site).Directory),
        _service.Name);
}
