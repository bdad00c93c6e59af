using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Traffic.Counting;

/// <summary>A counter in one epoch of its source: one process, or the time between two resets.</summary>
internal sealed class EpochCounter(Counter first, TimeSpan seen, bool fromZero)
{
    private Counter _last = first;

    /// <summary>What it counted up to its last reading, since it was first seen or since it began.</summary>
    public long Grown { get; private set; } = fromZero ? first.Value : 0;

    /// <summary>The same of its parts.</summary>
    public Dictionary<TrafficPart, long> Parts { get; } =
        first.Parts.ToDictionary(part => part.Key, part => fromZero ? part.Value : 0);

    /// <summary>When it was last asked for.</summary>
    public TimeSpan Seen { get; private set; } = seen;

    /// <summary>The value that was last read.</summary>
    public long Last => _last.Value;

    /// <summary>Takes its next reading.</summary>
    /// <returns>Whether it was set back since; then it counts from 0 again.</returns>
    public bool Take(Counter next, TimeSpan asked)
    {
        bool isReset = next.Value < _last.Value;
        Grown += isReset ? next.Value : next.Value - _last.Value;
        foreach ((TrafficPart part, long value) in next.Parts)
        {
            long before = _last.Parts.GetValueOrDefault(part);
            Parts[part] = Parts.GetValueOrDefault(part) + (value < before ? value : value - before);
        }

        (_last, Seen) = (next, asked);
        return isReset;
    }
}
