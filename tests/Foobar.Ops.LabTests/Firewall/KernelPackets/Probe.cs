using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Foobar.Ops.LabTests.Firewall.KernelPackets;

/// <summary>One packet to send into, or from, a namespace, and what connection tracking must make of it.</summary>
internal sealed record Probe
{
    public const byte Icmp = 1;
    public const byte Tcp = 6;
    public const byte Udp = 17;
    public const byte Esp = 50;
    public const byte IcmpV6 = 58;
    public const byte Syn = 0x02;
    public const byte Reset = 0x04;
    public const byte PushAck = 0x18;

    /// <summary>The number that the packet carries in its payload and its TCP sequence, by which it is known again.</summary>
    public ushort Id { get; init; }

    /// <summary>The interface it comes in by; <see langword="null"/> for one that the server itself sends.</summary>
    public string? InInterface { get; init; }

    public required IPAddress Source { get; init; }

    public required IPAddress Destination { get; init; }

    /// <summary>The transport protocol's number.</summary>
    public required byte Protocol { get; init; }

    public ushort SourcePort { get; init; }

    public ushort DestinationPort { get; init; }

    public byte TcpFlags { get; init; }

    public byte IcmpType { get; init; }

    public byte IcmpCode { get; init; }

    public byte HopLimit { get; init; } = 64;

    public byte TrafficClass { get; init; }

    /// <summary>
    /// The extension header (RFC 8200, 4) between the IPv6 header and the transport protocol's: hop-by-hop (0) or
    /// destination options (60), with padding only; <see langword="null"/> for none.
    /// </summary>
    public byte? Extension { get; init; }

    /// <summary>The mark it has when the first chain sees it; only a packet of the server itself can have one.</summary>
    public uint Mark { get; init; }

    /// <summary>Bytes of payload after the number.</summary>
    public ushort Padding { get; init; }

    /// <summary>The length of the packet in bytes, IP header included; 0 for as long as header, number and padding make it.</summary>
    public ushort Length { get; init; }

    /// <summary>What connection tracking must say of it.</summary>
    public TrackedState State { get; init; }

    /// <summary>Whether it goes against the direction its connection was opened in.</summary>
    public bool IsReply { get; init; }

    /// <summary>The packet an ICMP error quotes.</summary>
    public Probe? About { get; init; }

    /// <summary>The packets that must have passed, before the ruleset is loaded, to open the connection it belongs to.</summary>
    public IReadOnlyList<Probe> Prelude { get; init; } = [];

    public bool IsIpv4 => Source.AddressFamily == AddressFamily.InterNetwork;

    public bool HasPorts => Protocol is Tcp or Udp;

    public bool IsIcmpError => (Protocol == Icmp && IcmpType is 3 or 4 or 5 or 11 or 12) || (Protocol == IcmpV6 && IcmpType < 128);

    /// <summary>Whether a kernel may answer it with an ICMP error or a reset at all (RFC 1122, 3.2.2; RFC 4443, 2.4).</summary>
    public bool MayBeAnswered => !IsIcmpError && (TcpFlags & Reset) == 0;

    /// <summary>What all packets of one connection share, in both directions.</summary>
    public string Connection => KeyOf(Protocol, Source, HasPorts ? SourcePort : (ushort)0, Destination, HasPorts ? DestinationPort : Id);

    /// <summary>What all packets of a connection share, in both directions.</summary>
    public static string KeyOf(byte protocol, IPAddress source, ushort sourcePort, IPAddress destination, ushort destinationPort)
    {
        string from = string.Create(CultureInfo.InvariantCulture, $"{source}#{sourcePort}");
        string to = string.Create(
            CultureInfo.InvariantCulture, $"{destination}#{(protocol is Tcp or Udp or Icmp or IcmpV6 ? destinationPort : 0)}");
        return string.CompareOrdinal(from, to) < 0 ? $"{protocol} {from} {to}" : $"{protocol} {to} {from}";
    }

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{InInterface ?? "self"}: {Source} -> {Destination} {Transport} ttl {HopLimit} tos {TrafficClass:x2}{(Extension is { } header ? $" exthdr {header}" : string.Empty)} mark {Mark:x} {State}{(IsReply ? " reply" : string.Empty)}");

    private string Transport => Protocol switch
    {
        Tcp => string.Create(CultureInfo.InvariantCulture, $"tcp {SourcePort} > {DestinationPort} flags {TcpFlags:x2}"),
        Udp => string.Create(CultureInfo.InvariantCulture, $"udp {SourcePort} > {DestinationPort}"),
        Icmp
            or IcmpV6 => string.Create(
                CultureInfo.InvariantCulture,
                $"icmp{(IsIpv4 ? string.Empty : "v6")} type {IcmpType} code {IcmpCode}{(About is null ? string.Empty : $" about [{About}]")}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"protocol {Protocol}"),
    };
}

/// <summary>The states of connection tracking (<c>ct state</c>).</summary>
internal enum TrackedState
{
    New,
    Established,
    Related,
    Invalid,
    Untracked,
}
