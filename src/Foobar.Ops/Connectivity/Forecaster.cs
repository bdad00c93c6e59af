using System.Net;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Connectivity;

/// <summary>
/// Says what the site's firewalls do with a connection: its first packet on the ways that the map gives, and its answer
/// back. What lies between a vantage outside and the site is not known and taken to pass.
/// </summary>
internal sealed class Forecaster(SiteMap map)
{
    private readonly SitePaths _paths = new(map);
    private readonly Dictionary<(SiteServer?, IPAddress, IPAddress), Ends> _followed = [];

    /// <summary>One server on the way: what came to it, and what went out (or in, at the end).</summary>
    private sealed record Passage(Hop Hop, Packet Entered, Packet Left);

    /// <summary>What becomes of a probe.</summary>
    /// <param name="sender">The server that probes; <see langword="null"/> for a machine that is none of the site's.</param>
    /// <param name="source">The address it is sent from.</param>
    /// <param name="probe">The probe.</param>
    public Forecast Of(SiteServer? sender, IPAddress source, Probe probe)
    {
        if (sender is { IsPlaced: true } && sender.Network.InterfaceTo(probe.Address) is null)
        {
            return Forecast.NoWay($"{sender.Name} has no route to {probe.Address}");
        }

        Packet packet = ProbePacket.First(source, probe);
        Journey[] ways = [.. Ways(Follow(sender, source, probe.Address, packet), packet)];
        Forecast[] told = [.. ways.Select(way => Tell(way, packet))];
        return told.DistinctBy(static forecast => forecast.Passes).Count() switch
        {
            0 => Lost(probe.Address),
            1 => told[0],
            _ => Forecast.Untold($"{string.Join(" and ", Parting(ways))} both lead to {probe.Address}"),
        };
    }

    // The ports of a vantage and an address go together: one walk through the site tells of all of them.
    private Ends Follow(SiteServer? sender, IPAddress source, IPAddress destination, Packet packet)
    {
        if (!_followed.TryGetValue((sender, source, destination), out Ends? ends))
        {
            int space = ProbePacket.AllPorts(map.Workspace.Diagram, packet);
            ends = sender is null ? _paths.From(source, space) : _paths.From(sender, space);
            _followed.Add((sender, source, destination), ends);
        }

        return ends;
    }

    // To where it is taken, stopped, or was last met.
    private IEnumerable<Journey> Ways(Ends ends, Packet packet)
    {
        Journey[] ended = [.. ends.Arrived.Concat(ends.Stopped).Where(Holds)];
        Journey[] met = [.. ends.Met.Where(Holds)];
        return ended.Concat(met.Where(way => !ended.Any(way.LeadsTo) && !met.Any(other => other != way && way.LeadsTo(other))));

        bool Holds(Journey journey) => map.Workspace.Diagram.Contains(journey.May, packet);
    }

    private static string[] Parting(Journey[] ways) => Enumerable.Range(0, ways.Max(static way => way.Way.Count))
        .Select(
            index => ways.Where(way => way.Way.Count > index)
                .Select(way => way.Way[index].Server.Name)
                .Distinct()
                .Order(StringComparer.Ordinal)
                .ToArray())
        .FirstOrDefault(static names => names.Length > 1) ?? [ways[0].At.Name];

    private Forecast Tell(Journey journey, Packet packet)
    {
        List<Passage> passages = [];
        Packet current = packet;
        foreach (Hop hop in journey.Way)
        {
            SiteServer server = hop.Server;
            if (server.Unread is not null)
            {
                return Forecast.Untold($"{server.Name}: {server.Unread}");
            }

            if (hop.Course == Course.Passes && server.Forwards((int)packet[PacketField.Family]) is not true and var forwards)
            {
                return forwards is null ? Forecast.Untold($"{server.Name}: whether it forwards packets was not read")
                    : new Forecast
                    {
                        Passes = false,
                        HasWay = server.Server.Is(Role.NetworkFirewall),
                        Because = $"{server.Name} does not forward packets",
                    };
            }

            Packet entered = hop.Enter(current);
            Fate fate = server.Model.Judge(hop.Function, entered);
            if (fate.Passes != true || fate.After.Count == 0)
            {
                return Stopped(server, fate, string.Empty);
            }

            current = hop.Left is { } left ? map.Workspace.Algebra.Table.TransformOf(left).Apply(packet) : fate.After[0];
            passages.Add(new Passage(hop, entered, current));
        }

        return journey.Way.Count > SitePaths.MostHops
            ? Forecast.Untold($"after {SitePaths.MostHops} servers {ProbePacket.DestinationOf(current)} is not reached")
            : passages[^1].Hop.Course != Course.Takes ? Lost(ProbePacket.DestinationOf(current).Address, passages[^1].Hop.Server)
            : Back(passages) ?? Arrived(passages[^1]);
    }

    // What could not be read might be the way.
    private Forecast Lost(IPAddress destination, SiteServer? after = null) =>
        map.All.FirstOrDefault(static server => !server.IsPlaced) is { } unread
            ? Forecast.Untold($"{unread.Name}: {unread.Unread}")
            : Forecast.NoWay(after?.Network.RouteTo(destination)?.Gateway is { } gateway
                ? $"{after.Name} sends on to {gateway}, which is no server of the site"
                : $"no server of the site leads to {destination}");

    private static Forecast Arrived(Passage last)
    {
        IPEndPoint end = ProbePacket.DestinationOf(last.Left);
        return new Forecast
        {
            Passes = true,
            Because = $"{last.Hop.Server.Name} takes it",
            Listens = last.Hop.Server.Listens(end, ProbePacket.ProtocolOf(last.Left)),
            End = end,
        };
    }

    // The answer goes the same way back; connection tracking undoes what was translated.
    private Forecast? Back(List<Passage> passages)
    {
        foreach (Passage passage in passages.AsEnumerable().Reverse())
        {
            SiteServer server = passage.Hop.Server;
            Packet answer = ProbePacket.Answer(passage.Entered, passage.Left);
            bool sends = passage.Hop.Course == Course.Takes;
            if (sends && server.Network.InterfaceTo(ProbePacket.DestinationOf(answer).Address) is null)
            {
                return Forecast.NoWay($"{server.Name} has no route back to {ProbePacket.DestinationOf(answer).Address}");
            }

            string? incoming = sends ? null : server.Network.InterfaceTo(ProbePacket.DestinationOf(passage.Left).Address);
            answer[PacketField.InInterface] = incoming is null ? InterfaceAtoms.None : (UInt128)map.Workspace.Atoms.Of(incoming);
            Fate fate = server.Model.Judge(
                sends ? server.Sent : passage.Hop.Entry is null ? server.Model.Delivered() : server.Model.Forwarded(), answer);
            if (fate.Passes != true)
            {
                return Stopped(server, fate, "the answer: ");
            }
        }

        return null;
    }

    private static Forecast Stopped(SiteServer server, Fate fate, string what) => new()
    {
        Passes = fate.Passes is null ? null : false,
        Rejects = fate.Deciders.OfType<FirewallRule>().Any(static rule => rule.Verdict.StartsWith("reject", StringComparison.Ordinal)),
        Because = $"{what}{server.Name}: {(fate.Deciders.Count == 0 ? "no chain decides" : string.Join(", ", fate.Deciders))}",
    };
}
