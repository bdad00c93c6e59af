using System.Text.Json.Serialization;
using Foobar.Ops.Operations.Canary;

namespace Foobar.Ops.Operations.Failover;

/// <summary>How a write gap was found.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WriteGapSource>))]
public enum WriteGapSource
{
    /// <summary>Measured by a canary that wrote through the application's path.</summary>
    Canary,

    /// <summary>Computed from the operation's own steps: from closing the endpoint to opening it again. A lower bound of what the application saw.</summary>
    Steps,
}

/// <summary>For how long no write was acknowledged.</summary>
public sealed record WriteGap
{
    /// <summary>The longest time between two acknowledged writes.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How exactly it is known.</summary>
    public required TimeSpan Resolution { get; init; }

    /// <summary>How it was found.</summary>
    public required WriteGapSource Source { get; init; }

    /// <summary>What a canary saw, if there was one; else what the steps took.</summary>
    internal static WriteGap? Of(WriteMeasurement? canary, TimeSpan closed) =>
        canary is { Gap: { } gap } && gap > TimeSpan.Zero ? new() { Duration = gap, Resolution = canary.Resolution, Source = WriteGapSource.Canary }
        : closed > TimeSpan.Zero ? new() { Duration = closed, Resolution = TimeSpan.Zero, Source = WriteGapSource.Steps }
        : null;
}
