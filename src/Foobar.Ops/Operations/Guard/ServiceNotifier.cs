using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Sending;
using Foobar.Ops.Services;

namespace Foobar.Ops.Operations.Guard;

/// <summary>Sends a guard's events to a declared service; what can't be sent waits in its spool.</summary>
/// <param name="site">The site.</param>
/// <param name="service">The service's name, as declared.</param>
/// <param name="options">How it is sent.</param>
/// <exception cref="FoobarException"><c>ServiceUnknown</c>, <c>ServiceTakesNothing</c>.</exception>
public sealed class ServiceNotifier(Site site, string service, SendOptions options)
{
    private readonly ServiceSender _sender = new(site, service, options);

    /// <summary>The service.</summary>
    public MonitoringService Service => _sender.Service;

    /// <summary>Sends an event.</summary>
    /// <param name="each">The event.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="cancellationToken">Cancels; what was not sent waits.</param>
    /// <returns>Why not everything is with the service.</returns>
    /// <exception cref="FoobarException"><c>ServiceKeyMissing</c>, <c>SpoolUnusable</c>: nothing was sent.</exception>
    public async Task<IReadOnlyList<FoobarException>> NotifyAsync(WatchEvent each, ServiceKeys keys, CancellationToken cancellationToken) =>
        (await _sender.SendAsync([WatchEventMapper.Map(each)], keys, cancellationToken)).Errors;
}
