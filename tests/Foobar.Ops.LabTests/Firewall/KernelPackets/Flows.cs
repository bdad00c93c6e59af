using System.Net;

namespace Foobar.Ops.LabTests.Firewall.KernelPackets;

/// <summary>Makes probes of each state that connection tracking knows, with the packets that must pass before.</summary>
internal static class Flows
{
    private const int OpeningIds = 40000;

    /// <summary>A later packet of an open connection, in the direction it was opened in or the other.</summary>
    /// <param name="first">The connection's first packet.</param>
    /// <param name="reply">Whether the probe goes against it.</param>
    /// <param name="replyInterface">Where packets of the other side come in; <see langword="null"/> if the server itself sends
    /// them.</param>
    public static Probe Established(Probe first, bool reply, string? replyInterface)
    {
        Probe opening = first with { Id = (ushort)(OpeningIds + first.Id) };
        Probe answer = Answer(opening, replyInterface);
        Probe[] prelude = opening.Protocol == Probe.Tcp ? [opening, answer, opening with { TcpFlags = 0x10 }] : [opening, answer];
        Probe probe = reply ? answer : opening;
        return probe with
        {
            Id = first.Id,
            // An echo keeps the identifier its connection was opened with.
            SourcePort = probe.Protocol is Probe.Icmp or Probe.IcmpV6 ? opening.Id : probe.SourcePort,
            TcpFlags = first.Protocol == Probe.Tcp ? Probe.PushAck : (byte)0,
            State = TrackedState.Established,
            IsReply = reply,
            Mark = reply == (replyInterface is null) ? first.Mark : 0,
            Prelude = prelude,
        };
    }

    /// <summary>An ICMP error about an open connection, from a router on the other side's way.</summary>
    public static Probe Related(Probe first, string? replyInterface, IPAddress router)
    {
        Probe open = Established(first, false, replyInterface);
        return new Probe
        {
            Id = first.Id,
            InInterface = replyInterface,
            Source = router,
            Destination = first.Source,
            Protocol = first.IsIpv4 ? Probe.Icmp : Probe.IcmpV6,
            IcmpType = first.IsIpv4 ? (byte)3 : (byte)1,
            IcmpCode = 1,
            About = open.Prelude[0],
            State = TrackedState.Related,
            IsReply = true,
            Prelude = open.Prelude,
        };
    }

    private static Probe Answer(Probe opening, string? replyInterface) => opening with
    {
        InInterface = replyInterface,
        Source = opening.Destination,
        Destination = opening.Source,
        SourcePort = opening.Protocol is Probe.Icmp or Probe.IcmpV6 ? opening.Id : opening.DestinationPort,
        DestinationPort = opening.SourcePort,
        TcpFlags = opening.Protocol == Probe.Tcp ? (byte)0x12 : (byte)0,
        IcmpType = opening.IcmpType switch { 8 => 0, 128 => 129, byte other => other },
        Mark = 0,
    };
}
