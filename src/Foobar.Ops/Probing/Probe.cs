using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Probing;

/// <summary>One connection or datagram to be tried.</summary>
/// <param name="Address">Where to.</param>
/// <param name="Protocol">TCP: a handshake, closed at once. UDP: one datagram.</param>
/// <param name="Port">The destination port.</param>
public sealed record Probe(IPAddress Address, TransportProtocol Protocol, int Port)
{
    /// <summary>The probe as findings name it: <c>192.0.2.11 tcp/3306</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Address} {(Protocol == TransportProtocol.Tcp ? "tcp" : "udp")}/{Port}");

    /// <summary>Whether it goes over IPv6.</summary>
    internal bool IsVersion6 => Address.AddressFamily == AddressFamily.InterNetworkV6;
}

/// <summary>What came of a probe.</summary>
public enum ProbeState
{
    /// <summary>It could not be tried, or its outcome could not be told.</summary>
    Unknown,

    /// <summary>TCP: the handshake succeeded. UDP: something answered.</summary>
    Open,

    /// <summary>
    /// TCP: a reset came back. UDP: ICMP said that the port is unreachable. The host was reached and nothing listens, or a firewall says
    /// so.
    /// </summary>
    Refused,

    /// <summary>TCP: nothing came back in the time given.</summary>
    Filtered,

    /// <summary>UDP: nothing came back, which an open port that does not answer and a filter have in common.</summary>
    NoReply,

    /// <summary>ICMP or the sender's own kernel said that the host, the network or the administrator does not let it pass.</summary>
    Unreachable,
}

/// <summary>A probe with what came of it.</summary>
public sealed record ProbeResult
{
    /// <summary>What was tried.</summary>
    public required Probe Probe { get; init; }

    /// <summary>What came of it.</summary>
    public required ProbeState State { get; init; }

    /// <summary>The address it was sent from, as the sender's kernel chose it; <see langword="null"/> if that is not known.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>The time to the answer; <see langword="null"/> without one.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>The sender's own words: the error's name, or why it could not be tried.</summary>
    public string? Detail { get; init; }
}
