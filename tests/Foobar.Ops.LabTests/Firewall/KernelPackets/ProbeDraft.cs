using System.Net;

namespace Foobar.Ops.LabTests.Firewall.KernelPackets;

/// <summary>What a probe must have to meet a rule; what is not set is free.</summary>
internal sealed record ProbeDraft
{
    public bool? IsIpv4 { get; set; }

    public string? InInterface { get; set; }

    public string? OutInterface { get; set; }

    public IPAddress? Source { get; set; }

    public IPAddress? Destination { get; set; }

    public byte? Protocol { get; set; }

    public ushort? SourcePort { get; set; }

    public ushort? DestinationPort { get; set; }

    public byte? TcpFlags { get; set; }

    public byte? IcmpType { get; set; }

    public byte? HopLimit { get; set; }

    public byte? TrafficClass { get; set; }

    public uint? Mark { get; set; }

    public TrackedState? State { get; set; }
}
