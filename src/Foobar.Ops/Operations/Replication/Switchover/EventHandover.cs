using Foobar.Ops.Database;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>
/// Moves scheduled events from a primary that lives. It follows by replication; its scheduler stands still from before its fence
/// until then: an event whose definer <c>read_only</c> does not bind would write in spite of it.
/// </summary>
/// <param name="live">The connections.</param>
/// <param name="events">The events.</param>
internal sealed class EventHandover(SwitchoverConnections live, IReadOnlyList<EventName> events)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly EventSwitch _switch = new(live, events);

    /// <summary>Lets the old primary's scheduler stand still.</summary>
    public Task StopAsync(CancellationToken token) => live.OldPrimary.Member.SetEventSchedulerAsync(false, token);

    /// <summary>Lets it run again.</summary>
    public Task StartAsync(CancellationToken token) => live.OldPrimary.Member.SetEventSchedulerAsync(true, token);

    /// <summary>Enables the events on the new primary, waits until the old one has them disabled, and lets its scheduler run.</summary>
    /// <exception cref="FoobarException"><c>EventsNotMoved</c>: one is not there, could not be enabled, or is still enabled on the old
    /// primary.</exception>
    public async Task MoveAsync(CancellationToken token)
    {
        await _switch.EnableAsync(token);
        await SettleAsync(token);
        await StartAsync(token);
    }

    private async Task SettleAsync(CancellationToken token)
    {
        long began = live.Site.Time.GetTimestamp();
        while (true)
        {
            Dictionary<string, ScheduledEvent> old = await live.OldPrimary.Member.EventsAsync(token);
            EventName? enabled = events.FirstOrDefault(name => old.GetValueOrDefault($"{name}")?.Status == EventStatus.Enabled);
            if (enabled is null)
            {
                return;
            }

            if (live.Site.Time.GetElapsedTime(began) > Limit)
            {
                throw EventSwitch.Failed(
                    live.OldName, $"the event {enabled} is still enabled on the old primary, whose scheduler therefore stays off");
            }

            await Task.Delay(Pause, live.Site.Time, token);
        }
    }
}
