using System.Text;
using System.Text.Json.Nodes;
using Foobar.Ops.Inventory;
using Foobar.Ops.Services.Datadog;
using Foobar.Ops.Services.Http;
using Foobar.Ops.Services.NewRelic;
using Foobar.Ops.Services.Otlp;
using Foobar.Ops.Services.Prometheus;
using Foobar.Ops.Services.SumoLogic;
using Foobar.Ops.Services.Webhooks;

namespace Foobar.Ops.Services.Sending;

/// <summary>The published format of a service that takes metrics and events: how they are written, and what its answers mean.</summary>
internal abstract class ReceiverFormat
{
    /// <summary>The format of a service.</summary>
    /// <param name="service">A service that can be sent to.</param>
    /// <param name="site">The site's name.</param>
    public static ReceiverFormat Of(MonitoringService service, string site) => service.Kind switch
    {
        MonitoringServiceKind.Datadog => new DatadogFormat(site),
        MonitoringServiceKind.NewRelic => new NewRelicFormat(site, service.Account ?? 0),
        MonitoringServiceKind.SumoLogicSource => new SumoLogicSourceFormat(site),
        MonitoringServiceKind.Pushgateway => new PushgatewayFormat(site),
        MonitoringServiceKind.Otlp => new OtlpFormat(site),
        MonitoringServiceKind.Webhook => new WebhookFormat(site),
        _ => throw new ArgumentOutOfRangeException(nameof(service), service.Kind, "It takes nothing."),
    };

    /// <summary>
    /// How old metrics may be for the service to keep them; older ones it drops without a word. <see langword="null"/> for any age.
    /// </summary>
    protected virtual TimeSpan? MetricAge => null;

    /// <summary>How old events may be.</summary>
    protected virtual TimeSpan? EventAge => null;

    /// <summary>The statuses after which the same may be sent again; <see langword="null"/> for 408, 429 and 5xx.</summary>
    public virtual IReadOnlyList<int>? TransientStatuses => null;

    /// <summary>Metrics as batches, in the order of time.</summary>
    public IEnumerable<OutgoingBatch> Batches(IReadOnlyList<OutgoingMetric> metrics) =>
        Write(metrics).Select(batch => batch with { MaximumAge = MetricAge });

    /// <summary>Events as batches, in the order of time.</summary>
    public IEnumerable<OutgoingBatch> Batches(IReadOnlyList<OutgoingEvent> events) =>
        Write(events).Select(batch => batch with { MaximumAge = EventAge });

    /// <summary>Writes metrics.</summary>
    protected abstract IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingMetric> metrics);

    /// <summary>Writes events.</summary>
    protected abstract IEnumerable<OutgoingBatch> Write(IReadOnlyList<OutgoingEvent> events);

    /// <summary>Where a batch goes.</summary>
    /// <param name="root">The service's address.</param>
    /// <param name="batch">The batch.</param>
    public virtual Uri AddressOf(Uri root, OutgoingBatch batch) => batch.Path.Length == 0 ? root : ServiceRequest.Below(root, batch.Path);

    /// <summary>What a service refused of a batch that it took, and why; 0 if it took all.</summary>
    public virtual (long Refused, string Why) ReadAnswer(ServiceAnswer answer) => (0, string.Empty);

    /// <summary>Joins entries to batches within limits.</summary>
    /// <param name="entries">The entries with their times, each written already.</param>
    /// <param name="frame">What a batch is, from its id and its joined entries.</param>
    /// <param name="separator">What stands between two entries.</param>
    /// <param name="mostBytes">How many bytes the entries of a batch may have.</param>
    /// <param name="mostEntries">How many entries a batch may have.</param>
    protected static IEnumerable<OutgoingBatch> Join(
        IEnumerable<(string Text, DateTimeOffset Time)> entries,
        Func<string, string, OutgoingBatch> frame,
        string separator,
        int mostBytes,
        int mostEntries = int.MaxValue)
    {
        List<(string Text, DateTimeOffset Time)> batch = [];
        int bytes = 0;
        foreach ((string text, DateTimeOffset time) in entries)
        {
            int length = Encoding.UTF8.GetByteCount(text) + separator.Length;
            if (batch.Count > 0 && (bytes + length > mostBytes || batch.Count >= mostEntries))
            {
                yield return Close(batch, frame, separator);
                batch = [];
                bytes = 0;
            }

            batch.Add((text, time));
            bytes += length;
        }

        if (batch.Count > 0)
        {
            yield return Close(batch, frame, separator);
        }
    }

    /// <summary>A batch that only lacks what its entries tell.</summary>
    protected static OutgoingBatch Frame(string id, string path, string contentType, string body) =>
        new(id, path, contentType, 0, default, Encoding.UTF8.GetBytes(body));

    /// <summary>Attributes as an object of JSON.</summary>
    protected static JsonObject Object(IEnumerable<KeyValuePair<string, string>> attributes) =>
        new(attributes.Select(static pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value))));

    private static OutgoingBatch Close(
        List<(string Text, DateTimeOffset Time)> batch, Func<string, string, OutgoingBatch> frame, string separator) =>
        frame(Guid.NewGuid().ToString(), string.Join(separator, batch.Select(static entry => entry.Text))) with
        {
            Entries = batch.Count,
            Oldest = batch.Min(static entry => entry.Time),
            Newest = batch.Max(static entry => entry.Time),
        };
}
