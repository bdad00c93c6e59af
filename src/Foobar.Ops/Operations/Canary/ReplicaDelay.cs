using System.Diagnostics;

namespace Foobar.Ops.Operations.Canary;

/// <summary>How late a canary's writes arrived on a replica: the lag by a heartbeat, whatever the replica itself says of it.</summary>
public sealed record ReplicaDelay
{
    /// <summary>The replica.</summary>
    public required string Server { get; init; }

    /// <summary>How often it was looked at.</summary>
    public required long Looks { get; init; }

    /// <summary>The median age of the oldest acknowledged write that was missing; zero where none was.</summary>
    public required TimeSpan Median { get; init; }

    /// <summary>The greatest.</summary>
    public required TimeSpan Max { get; init; }

    /// <summary>Computes it.</summary>
    /// <param name="server">The replica.</param>
    /// <param name="looks">What was seen on it, in order.</param>
    /// <param name="writes">The canary's writes, in order of their sequence.</param>
    internal static ReplicaDelay Of(string server, IReadOnlyList<ReplicaLook> looks, IReadOnlyList<CanaryWrite> writes)
    {
        CanaryWrite[] good = [.. writes.Where(write => write.IsAcknowledged)];
        TimeSpan[] ages = [.. looks.Select(look => Age(look, good)).Order()];
        return new()
        {
            Server = server,
            Looks = ages.Length,
            Median = ages.Length > 0 ? ages[ages.Length / 2] : TimeSpan.Zero,
            Max = ages.Length > 0 ? ages[^1] : TimeSpan.Zero,
        };
    }

    // Only what was acknowledged before the look was asked for can have been missed by it.
    private static TimeSpan Age(ReplicaLook look, CanaryWrite[] good)
    {
        foreach (CanaryWrite write in good)
        {
            if (write.Sequence > look.Sequence)
            {
                return write.Ended < look.Asked ? Stopwatch.GetElapsedTime(write.Ended, look.Asked) : TimeSpan.Zero;
            }
        }

        return TimeSpan.Zero;
    }
}

/// <summary>One look at a replica.</summary>
/// <param name="Asked">When it was asked for, a timestamp.</param>
/// <param name="Sequence">The highest number of the canary that was there; 0 for none.</param>
internal readonly record struct ReplicaLook(long Asked, long Sequence);
