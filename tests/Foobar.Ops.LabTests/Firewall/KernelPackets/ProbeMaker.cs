using System.Net;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelPackets;

/// <summary>Makes random probes, near the values that a ruleset names.</summary>
internal sealed class ProbeMaker(Random random, Atoms atoms)
{
    private static readonly string[] Hosts4 =
    [
        "198.51.100.10", "198.51.100.77", "192.0.2.11", "192.0.2.12", "192.0.2.200", "203.0.113.10", "203.0.113.200", "45.33.32.156",
        "10.1.2.3",
    ];
    private static readonly string[] Hosts6 =
    [
        "2001:db8:a::10", "2001:db8:a::77", "2001:db8:b::11", "2001:db8:b::12", "2001:db8:c::10", "2600:3c01::1", "fd00::5",
    ];
    private static readonly ushort[] UsualPorts = [22, 53, 80, 443, 3306, 8080];
    private static readonly byte[] InvalidFlags = [0x12, 0x04, 0x14, 0x29, 0x00];
    private static readonly byte[] NewFlags = [0x02, 0x02, 0x02, 0x02, 0x02, 0x10, 0x18, 0xc2];

    /// <summary>Makes a probe that meets what the draft asks, as far as a packet can.</summary>
    public Probe Make(ushort id, ProbeDraft? draft = null)
    {
        draft ??= new ProbeDraft();
        bool version4 = draft.IsIpv4 ?? (draft.Source ?? draft.Destination)?.AddressFamily switch
        {
            System.Net.Sockets.AddressFamily.InterNetwork => true,
            System.Net.Sockets.AddressFamily.InterNetworkV6 => false,
            _ => draft.IcmpType is > 100 ? false : random.Next(2) == 0,
        };
        string? inInterface = draft.InInterface ?? (draft.Mark is > 0 || random.Next(5) == 0 ? null : Pick(SandboxNetwork.Interfaces));
        Probe first = First(id, version4, inInterface, draft);
        return InState(draft.State ?? RandomState(), first);
    }

    private Probe First(ushort id, bool version4, string? inInterface, ProbeDraft draft)
    {
        byte protocol = OfVersion(draft.Protocol, version4)
            ?? Pick<byte>([Probe.Tcp, Probe.Tcp, Probe.Tcp, Probe.Udp, Probe.Udp, version4 ? Probe.Icmp : Probe.IcmpV6, Probe.Esp]);
        Probe probe = new()
        {
            Id = id,
            InInterface = inInterface,
            Source = Source(version4, inInterface, draft),
            Destination = Destination(version4, inInterface, draft),
            Protocol = protocol,
            HopLimit = draft.HopLimit
                ?? (atoms.HopLimits.Count > 0 && random.Next(3) == 0 ? Pick(atoms.HopLimits) : Pick<byte>([64, 64, 63, 128, 255])),
            TrafficClass = draft.TrafficClass
                ?? (atoms.TrafficClasses.Count > 0 && random.Next(3) == 0 ? Pick(atoms.TrafficClasses) : (byte)0),
            Extension = !version4 && inInterface is not null && random.Next(5) == 0 ? Pick<byte>([0, 60, 60]) : null,
            Mark = inInterface is null ? draft.Mark ?? (atoms.Marks.Count > 0 && random.Next(3) == 0 ? Pick(atoms.Marks) : 0) : 0,
            Padding = (ushort)(random.Next(4) == 0 ? random.Next(120) : 0),
        };
        return protocol switch
        {
            Probe.Tcp or Probe.Udp => probe with
            {
                SourcePort = draft.SourcePort ?? Port(3),
                DestinationPort = draft.DestinationPort ?? Port(9),
                TcpFlags = protocol == Probe.Tcp ? draft.TcpFlags ?? Pick(NewFlags) : (byte)0,
            },
            Probe.Icmp => probe with { IcmpType = draft.IcmpType is { } type and < 100 ? type : Pick<byte>([8, 8, 13]) },
            Probe.IcmpV6 => probe with { IcmpType = draft.IcmpType is { } type and (1 or > 100) ? type : (byte)128 },
            _ => probe,
        };
    }

    private static byte? OfVersion(byte? protocol, bool version4) =>
        protocol is Probe.Icmp or Probe.IcmpV6 ? (version4 ? Probe.Icmp : Probe.IcmpV6) : protocol;

    // Flags or a type of the draft decide what connection tracking says of a first packet.
    private Probe InState(TrackedState state, Probe first) => state switch
    {
        _ when IsNeighbourDiscovery(first) => first with { State = TrackedState.Untracked },
        _ when !OpensConnection(first) => first with { State = TrackedState.Invalid },
        TrackedState.Established when first.Protocol is Probe.Tcp or Probe.Udp || first.IcmpType is 8 or 128 =>
            Flows.Established(Opening(first), random.Next(2) == 0, ReplyInterface(first)),
        TrackedState.Related when first.HasPorts => Flows.Related(Opening(first), ReplyInterface(first), Host(first.IsIpv4)),
        TrackedState.Invalid => Invalid(first),
        TrackedState.Untracked when first.Protocol == Probe.IcmpV6 =>
            first with { IcmpType = (byte)random.Next(133, 137), HopLimit = 255, State = TrackedState.Untracked },
        _ => first,
    };

    private static Probe Opening(Probe first) => first with { TcpFlags = first.Protocol == Probe.Tcp ? Probe.Syn : (byte)0 };

    private Probe Invalid(Probe first) => first.Protocol switch
    {
        Probe.Tcp => first with { TcpFlags = Pick(InvalidFlags), State = TrackedState.Invalid },
        Probe.Icmp => first with { IcmpType = 0, State = TrackedState.Invalid },
        Probe.IcmpV6 => first with { IcmpType = 129, State = TrackedState.Invalid },
        _ => first,
    };

    private static bool OpensConnection(Probe first) => first.Protocol switch
    {
        Probe.Tcp => (first.TcpFlags & 0x3f) is Probe.Syn or 0x10 or Probe.PushAck,
        Probe.Icmp => first.IcmpType is 8 or 13 or 15 or 17,
        Probe.IcmpV6 => first.IcmpType == 128,
        _ => true,
    };

    private static bool IsNeighbourDiscovery(Probe first) => first is { Protocol: Probe.IcmpV6, IcmpType: >= 133 and <= 136 };

    private static string? ReplyInterface(Probe first) =>
        SandboxNetwork.IsLocal(first.Destination) ? null : SandboxNetwork.RouteTo(first.Destination);

    private TrackedState RandomState() => random.Next(20) switch
    {
        < 3 => TrackedState.Established,
        3 => TrackedState.Related,
        4 => TrackedState.Invalid,
        5 => TrackedState.Untracked,
        _ => TrackedState.New,
    };

    private IPAddress Source(bool version4, string? inInterface, ProbeDraft draft) => inInterface is null
        ? Pick([.. Own(version4)])
        : draft.Source is { } wanted && Usable(wanted, version4) && !SandboxNetwork.IsLocal(wanted) ? wanted : Host(version4);

    private IPAddress Destination(bool version4, string? inInterface, ProbeDraft draft)
    {
        if (draft.Destination is { } wanted && Usable(wanted, version4) && !(inInterface is null && SandboxNetwork.IsLocal(wanted)))
        {
            return wanted;
        }

        if (inInterface is not null && draft.OutInterface is null && random.Next(2) == 0)
        {
            return Pick([.. Own(version4)]);
        }

        IPAddress host = Host(version4);
        for (int attempt = 0; draft.OutInterface is { } wish && SandboxNetwork.RouteTo(host) != wish && attempt < 20; attempt++)
        {
            host = Host(version4);
        }

        return host;
    }

    private static bool Usable(IPAddress address, bool version4) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork == version4 && SandboxNetwork.IsHost(address);

    private static IEnumerable<IPAddress> Own(bool version4) =>
        SandboxNetwork.Addresses.Select(static entry => entry.Address).Where(address => Usable(address, version4));

    private IPAddress Host(bool version4)
    {
        IReadOnlyList<IPAddress> named = atoms.Addresses(version4);
        IPAddress host = named.Count > 0 && random.Next(2) == 0 ? Pick(named) : IPAddress.Parse(Pick(version4 ? Hosts4 : Hosts6));
        return Usable(host, version4) && !SandboxNetwork.IsLocal(host) ? host : IPAddress.Parse(Pick(version4 ? Hosts4 : Hosts6));
    }

    // The more of ten are named ports, the fewer are free ones, which never meet those of another probe.
    private ushort Port(int namedOfTen) => random.Next(10) >= namedOfTen ? (ushort)random.Next(1024, 65536)
        : atoms.Ports.Count > 0 && random.Next(3) > 0 ? Pick(atoms.Ports)
        : Pick(UsualPorts);

    private T Pick<T>(IReadOnlyList<T> values) => values[random.Next(values.Count)];
}
