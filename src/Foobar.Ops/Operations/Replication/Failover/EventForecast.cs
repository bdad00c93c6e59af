using Foobar.Ops.Database;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication.Failover;

/// <summary>
/// Which scheduled events shall run on the new primary. A replica does not know: there an event is disabled as it came,
/// whether it ran on its source or not. What ran is known from whoever looked at the primary while it lived. Pure.
/// </summary>
/// <param name="Enable">Those that ran on the dead primary.</param>
/// <param name="Doubt">Which others may have run, and why that is not known; <see langword="null"/> for none.</param>
internal sealed record EventForecast(IReadOnlyList<EventName> Enable, string? Doubt)
{
    /// <summary>Judges.</summary>
    /// <param name="evidence">What is known of the primary; <see langword="null"/> for nothing.</param>
    /// <param name="candidate">The candidate's events; <see langword="null"/> if they could not be read.</param>
    public static EventForecast Of(SourceEvidence? evidence, EventFacts? candidate)
    {
        if (candidate is null)
        {
            return new([], "the scheduled events of the candidate could not be read");
        }

        string[] disabled = [.. candidate.Events.Where(one => one.Status == EventStatus.ReplicaSideDisabled).Select(one => $"{one}")];
        if (evidence?.Events is not { } seen)
        {
            return new(
                [],
                disabled.Length == 0
                    ? null
                    : $"whether {string.Join(", ", disabled)} ran on the dead primary is not known: nobody on this machine has looked at "
                        + "it before");
        }

        string[] late = [.. disabled.Except(seen.Events.Select(one => $"{one}"))];
        EventName[] ran =
        [
            .. seen.Events.Where(one => seen.SchedulerOn && one.Status == EventStatus.Enabled && disabled.Contains($"{one}"))
                .Select(one => new EventName(one.Schema, one.Name)),
        ];
        string? doubt = late.Length > 0
            ? Invariant(
                $"whether {string.Join(", ", late)} ran on the dead primary is not known: it was looked at last at {evidence.ReadAt:u}")
            : ran.Length > 0 && !candidate.SchedulerOn
                ? $"event_scheduler is not ON on the candidate, so {string.Join(", ", ran.AsEnumerable())} will not run there"
            : null;
        return new(ran, doubt);
    }
}
