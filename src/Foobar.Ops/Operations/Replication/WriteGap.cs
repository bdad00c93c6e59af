using System.Text.Json.Serialization;
using Foobar.Ops.Operations.Canary;

namespace Foobar.Ops.Operations.Replication;

/// <summary>How a write gap was found.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WriteGapSource>))]
public enum WriteGapSource : long
{
    /// <summary>Measured by a canary that wrote through the application's path.</summary>
    Canary,

    /// <summary>
    /// Computed from the operation's own steps: from closing the endpoint to opening it again. A lower bound of what the application saw.
    /// </summary>
    Steps,
}

/// <summary>For how long the application's writes stood still.</summary>
public sealed record WriteGap
{
    /// <summary>
    /// The estimate. A canary's own gap is longer than the application's: its last write came some time before the
    /// interruption, and its first one after it had to log in. This is the middle of what its writes allow.
    /// </summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>By how much it may have been longer or shorter; zero for a lower bound.</summary>
    public required TimeSpan Resolution { get; init; }

    /// <summary>How it was found.</summary>
    public required WriteGapSource Source { get; init; }

    /// <summary>What a canary saw, if there was one; else what the steps took.</summary>
    internal static WriteGap? Of(WriteMeasurement? canary, TimeSpan closed)
    {
        if (canary is { Gap: { } longest } && longest > TimeSpan.Zero)
        {
            TimeSpan shortest = longest > canary.Resolution ? longest - canary.Resolution : TimeSpan.Zero;
            return new() { Duration = (shortest + longest) / 2, Resolution = (longest - shortest) / 2, Source = WriteGapSource.Canary };
        }

        return closed > TimeSpan.Zero ? new() { Duration = closed, Resolution = TimeSpan.Zero, Source = WriteGapSource.Steps } : null;
    }
}
