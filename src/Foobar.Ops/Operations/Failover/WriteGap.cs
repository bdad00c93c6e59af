using System.Text.Json.Serialization;

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
}
