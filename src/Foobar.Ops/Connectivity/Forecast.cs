using System.Net;

namespace Foobar.Ops.Connectivity;

/// <summary>What the firewalls' models say becomes of a connection's first packet and of the answer to it.</summary>
internal sealed record Forecast
{
    /// <summary>Whether packets get there and back; <see langword="null"/> if that can't be told.</summary>
    public required bool? Passes { get; init; }

    /// <summary>Whether the addresses and routes lead there at all; if not, no probe could tell anything of a firewall.</summary>
    public bool HasWay { get; init; } = true;

    /// <summary>Whether what stops it tells the sender so (<c>reject</c>).</summary>
    public bool Rejects { get; init; }

    /// <summary>The rule, policy or route that decides, or what it is that can't be told.</summary>
    public required string Because { get; init; }

    /// <summary>Whether something listens where the packet ends; <see langword="null"/> if that is not known.</summary>
    public bool? Listens { get; init; }

    /// <summary>Where the packet ends, after translations; <see langword="null"/> if it does not get there.</summary>
    public IPEndPoint? End { get; init; }

    public static Forecast NoWay(string because) => new() { Passes = false, HasWay = false, Because = because };

    public static Forecast Untold(string? because) => new() { Passes = null, Because = because ?? "a fact was not read" };
}
