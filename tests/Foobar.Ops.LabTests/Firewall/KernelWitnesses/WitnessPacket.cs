using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Foobar.Ops.LabTests.Firewall.KernelPackets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelWitnesses;

/// <summary>
/// Reads the packet that a finding names, in the words its reader sees, and makes the probe that is that packet: what the
/// words leave out is as usual: a first segment with SYN or a later one with ACK, 60 bytes long, hop limit 64; an error with
/// what it quotes.
/// </summary>
internal static partial class WitnessPacket
{
    private const ushort UsualLength = 60;

    // What follows is a further header that changes what the packet is (RFC 8200, 4), or needs a tracker's own header.
    private static readonly int[] ExtensionHeaders = [0, 43, 44, 51, 59, 60, 135, 139, 140];
    private static readonly int[] OwnTracker = [33, 47, 132];

    /// <summary>Reads the first packet of a text.</summary>
    /// <param name="text">The evidence.</param>
    /// <param name="id">The probe's number.</param>
    /// <param name="hops">By how many routers' hops the packet was written down after it came in.</param>
    /// <param name="isPlaced">Whether the caller knows where the packet sets out, which its words don't tell.</param>
    /// <returns>The probe, or why none can be that packet; neither where the text names none.</returns>
    public static (Probe? Probe, string? Obstacle) Read(string text, ushort id, int hops = 0, bool isPlaced = false)
    {
        if (Line().Match(text) is not { Success: true } line)
        {
            return (null, null);
        }

        Dictionary<string, int> unusual = line.Groups["unusual"].Captures.Select(static word => word.Value.Split(' '))
            .ToDictionary(static words => string.Join(' ', words[..^1]), static words => Number(words[^1]));
        Probe probe = First(line, id, unusual, hops);
        return Obstacle(line, probe, unusual, isPlaced) is { } obstacle
            ? (null, obstacle)
            : (InState(line.Groups["state"].Value, probe), null);
    }

    private static Probe First(Match line, ushort id, Dictionary<string, int> unusual, int hops)
    {
        IPEndPoint from = IPEndPoint.Parse(line.Groups["from"].Value);
        IPEndPoint to = IPEndPoint.Parse(line.Groups["to"].Value);
        byte protocol = line.Groups["protocol"].Value switch
        {
            "tcp" => Probe.Tcp,
            "udp" => Probe.Udp,
            "icmp" => Probe.Icmp,
            "icmpv6" => Probe.IcmpV6,
            string number => byte.Parse(number, CultureInfo.InvariantCulture),
        };
        bool isNew = line.Groups["state"].Value == "new";
        return new Probe
        {
            Id = id,
            InInterface = line.Groups["in"] is { Success: true } device ? device.Value : null,
            Source = from.Address,
            Destination = to.Address,
            Protocol = protocol,
            SourcePort = (ushort)from.Port,
            DestinationPort = (ushort)to.Port,
            TcpFlags = protocol == Probe.Tcp ? (byte)unusual.GetValueOrDefault("flags", isNew ? Probe.Syn : 0x10) : (byte)0,
            IcmpType = line.Groups["type"] is { Success: true } type ? byte.Parse(type.Value, CultureInfo.InvariantCulture) : (byte)0,
            IcmpCode = (byte)unusual.GetValueOrDefault("code"),
            HopLimit = (byte)Math.Min(255, unusual.GetValueOrDefault("ttl", 64) + hops),
            TrafficClass = (byte)unusual.GetValueOrDefault("tos"),
            Mark = (uint)unusual.GetValueOrDefault("mark"),
            Extension = unusual.TryGetValue("first exthdr + 1", out int header) ? (byte)(header - 1) : null,
            Length = (ushort)unusual.GetValueOrDefault("length", UsualLength),
        };
    }

    private static string? Obstacle(Match line, Probe probe, Dictionary<string, int> unusual, bool isPlaced)
    {
        string state = line.Groups["state"].Value;
        return probe.InInterface is { } device && !SandboxNetwork.Interfaces.Contains(device) ? "by an interface that the sandbox lacks"
            : state is not ("new" or "established" or "related") && !(state == "invalid" && probe.Protocol == Probe.Tcp)
                ? $"a packet in state {state}"
            : unusual.ContainsKey("ct mark") || unusual.ContainsKey("ct status") ? "a connection that rules have marked before"
            : probe.Mark != 0 && probe.InInterface is not null ? "a mark that nothing arrives with"
            : unusual.ContainsKey("rt type + 1") || (!probe.IsIpv4 && ExtensionHeaders.Contains(probe.Protocol)) ? "an extension header"
            : OwnTracker.Contains(probe.Protocol) ? "a protocol with a header of its own"
            : state == "related" && unusual.ContainsKey("length") ? "an error of another length"
            : probe.Protocol != Probe.Tcp && probe.Length < (probe.IsIpv4 ? 20 : 40) + 16 ? "too short for a number to know it by"
            : !isPlaced && probe.InInterface is null && !SandboxNetwork.IsLocal(probe.Source)
                ? "sent from an address that is not the server's"
            : null;
    }

    private static Probe InState(string state, Probe probe) => state switch
    {
        "established" => Flows.Established(Opening(probe), reply: true, probe.InInterface) with
        {
            TcpFlags = probe.TcpFlags,
            HopLimit = probe.HopLimit,
            TrafficClass = probe.TrafficClass,
        },
        "related" => Flows.Related(
            Opening(probe) with { Protocol = Probe.Udp, SourcePort = 40000, DestinationPort = 53 }, probe.InInterface, probe.Source) with
        {
            IcmpType = probe.IcmpType,
            IcmpCode = probe.IcmpCode,
            HopLimit = probe.HopLimit,
        },
        _ => probe,
    };

    // What the server sent before, that this answers.
    private static Probe Opening(Probe answer) => answer with
    {
        InInterface = null,
        Source = answer.Destination,
        Destination = answer.Source,
        SourcePort = answer.DestinationPort,
        DestinationPort = answer.SourcePort,
        TcpFlags = answer.Protocol == Probe.Tcp ? Probe.Syn : (byte)0,
        HopLimit = 64,
        Length = 0,
    };

    private static int Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? (int)uint.Parse(text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
        : int.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"(?<protocol>tcp|udp|icmpv6|icmp|\d+)(?: type (?<type>\d+))? (?<from>[\da-f.:\[\]]+) -> (?<to>[\da-f.:\[\]]+) \((?<state>\w+)(?: in (?<in>[^ ,)]+))?(?: out (?<out>[^ ,)]+))?(?:, (?<unusual>[^,)]+))*\)")]
    private static partial Regex Line();
}
