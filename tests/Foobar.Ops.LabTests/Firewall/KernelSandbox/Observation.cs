using System.Globalization;
using Foobar.Ops.LabTests.Firewall.KernelPackets;

namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>What became of a probe.</summary>
internal enum Outcome
{
    /// <summary>It vanished.</summary>
    Dropped,

    /// <summary>It vanished, and its sender was told so by an ICMP error or a reset.</summary>
    Rejected,

    /// <summary>It reached a program of the server.</summary>
    Delivered,

    /// <summary>It left the server by an interface.</summary>
    Sent,
}

/// <summary>What the kernel did with a probe.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Packet">It as it was in the end, addresses and ports translated; <see langword="null"/> if it vanished.</param>
/// <param name="OutInterface">The interface it left by; <see langword="null"/> if it did not leave.</param>
internal sealed record Observation(Outcome Outcome, SeenPacket? Packet, string? OutInterface)
{
    public override string ToString() => Packet is null
        ? Outcome.ToString()
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{Outcome} {OutInterface} {Packet.Source} {Packet.SourcePort} -> {Packet.Destination} {Packet.DestinationPort}");
}
