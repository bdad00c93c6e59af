using Foobar.Ops.Inventory;

namespace Foobar.Ops.Services.Sending;

/// <summary>What became of what was to be sent to a service.</summary>
public sealed record SendResult
{
    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>What it is.</summary>
    public required MonitoringServiceKind Kind { get; init; }

    /// <summary>How many metrics or findings it took, those that had waited since earlier among them.</summary>
    public required long Sent { get; init; }

    /// <summary>How many wait in the spool to be sent with the next call.</summary>
    public required long Waiting { get; init; }

    /// <summary>How many it refused for good.</summary>
    public required long Refused { get; init; }

    /// <summary>How many were given up: too old for the service, or in the way of newer ones in a full spool.</summary>
    public required long GivenUp { get; init; }

    /// <summary>How many requests it took them in.</summary>
    public required int Requests { get; init; }

    /// <summary>When the sending ended, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }
}
