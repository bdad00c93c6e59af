using System.Net;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;

namespace Foobar.Ops.Connectivity;

/// <summary>What the policy says of a connection.</summary>
internal enum Declared
{
    /// <summary>A flow asks for it: it must be possible.</summary>
    Open,

    /// <summary>No flow asks for it: it must not be possible.</summary>
    Closed,

    /// <summary>A flow lets the whole internet do so: what the site's own servers may, it does not say.</summary>
    Either,
}

/// <summary>A probe with what is to be expected of it.</summary>
internal sealed record PlannedProbe
{
    /// <summary>Where it is sent from.</summary>
    public required ConnectionVantage Vantage { get; init; }

    /// <summary>The address it is expected to be sent from.</summary>
    public required IPAddress Source { get; init; }

    /// <summary>The server it is for.</summary>
    public required Server Target { get; init; }

    /// <summary>What is tried.</summary>
    public required Probe Probe { get; init; }

    /// <summary>What the policy says.</summary>
    public required Declared Declared { get; init; }

    /// <summary>The flow that asks for it; <see langword="null"/> if none does.</summary>
    public string? Flow { get; init; }

    /// <summary>What the models say.</summary>
    public required Forecast Forecast { get; init; }

    /// <summary>The probe as findings name it.</summary>
    public string Label => $"{Vantage.Name} to {Probe}";
}

/// <summary>An address that no route leads to from a vantage.</summary>
internal sealed record NoRoute(ConnectionVantage Vantage, Server Target, IPAddress Address, string Because)
{
    public override string ToString() => $"{Vantage.Name} to {Address} ({Target.Name}): {Because}";
}
