using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;

namespace Foobar.Ops.Connectivity;

/// <summary>
/// Follows a connection's first packet from server to server by their addresses and routes, through the models of all
/// their firewalls, and its answer back. What lies between a vantage outside and the site is not known and taken to pass.
/// </summary>
internal sealed class PacketWay(IReadOnlyList<KnownServer> servers)
{
    private const int MostHops = 8;

    /// <summary>One server on the way: what came in, by which interface, and what went out (or in, at the end).</summary>
    private sealed record Passage(KnownServer Server, Segment Entered, string? Incoming, Segment Left, bool Ends);

    /// <summary>The next server and the interface it is entered by, or why there is none.</summary>
    private sealed record Onward(KnownServer? Server, string? Incoming, Forecast? None = null)
    {
        public Onward(Forecast none)
            : this(null, null, none)
        {
        }
    }

    /// <summary>What becomes of a probe.</summary>
    /// <param name="sender">The server that probes; <see langword="null"/> for a machine that is none of the site's.</param>
    /// <param name="source">The address it is sent from.</param>
    /// <param name="probe">The probe.</param>
    public Forecast Follow(KnownServer? sender, IPAddress source, Probe probe)
    {
        Segment segment = new(probe.Protocol, source, Segment.EphemeralPort, probe.Address, probe.Port);
        List<Passage> passages = [];
        if (sender is not null && sender.Network.TryGet(out HostNetwork? network) && network.InterfaceTo(probe.Address) is null)
        {
            return Forecast.NoWay($"{sender.Server.Name} has no route to {probe.Address}");
        }

        if (sender is not null && Pass(sender, segment, null, passages) is { } kept)
        {
            return kept;
        }

        while (passages.Count < MostHops)
        {
            Passage? last = passages.LastOrDefault();
            if (last is { Ends: true })
            {
                return Back(passages) ?? Arrived(last);
            }

            segment = last?.Left ?? segment;
            Onward next = last is null ? FromOutside(segment) : From(last.Server, segment);
            if ((next.None ?? Pass(next.Server!, segment, next.Incoming, passages)) is { } stop)
            {
                return stop;
            }
        }

        return Forecast.Untold($"after {MostHops} servers {segment.Destination} is not reached");
    }

    private static Forecast Arrived(Passage last) => new()
    {
        Passes = true,
        Because = $"{last.Server.Server.Name} takes it",
        Listens = last.Server.Listens(last.Left.Destination, last.Left.Protocol, last.Left.DestinationPort),
        End = new IPEndPoint(last.Left.Destination, last.Left.DestinationPort),
    };

    // Sends a packet into a server, or out of it where it comes in by no interface; gives the forecast if it ends there.
    private static Forecast? Pass(KnownServer server, Segment segment, string? incoming, List<Passage> passages)
    {
        if (!server.Model().TryGet(out FirewallModel? model))
        {
            return Forecast.Untold(server.Model().Failure);
        }

        Packet packet = segment.First(model, incoming);
        Fate fate = incoming is null ? model.Judge(model.Sent(), packet) : model.Judge(model.Delivered(), packet);
        bool ends = incoming is not null && !fate.Elsewhere;
        if (incoming is not null && !ends)
        {
            if (server.Forwards(segment.IsVersion6) == false)
            {
                return new Forecast { Passes = false, Because = $"{server.Server.Name} does not forward packets" };
            }

            fate = model.Judge(model.Forwarded(), packet);
        }

        if (fate.Passes != true || fate.After.Count == 0)
        {
            return Stopped(server, fate, "");
        }

        passages.Add(new Passage(server, segment, incoming, segment.After(fate.After[0]), ends));
        return null;
    }

    // The answer goes the same way back; connection tracking undoes what was translated.
    private static Forecast? Back(List<Passage> passages)
    {
        for (int index = passages.Count - 1; index >= 0; index--)
        {
            Passage passage = passages[index];
            FirewallModel model = passage.Server.Model().Value!;
            Segment answer = passage.Left.Reversed(passage.Entered);
            HostNetwork network = passage.Server.Network.Value!;
            bool sends = passage.Ends;
            if (sends && network.InterfaceTo(answer.Destination) is null)
            {
                return Forecast.NoWay($"{passage.Server.Server.Name} has no route back to {answer.Destination}");
            }

            Packet packet = answer.Answer(model, sends ? null : network.InterfaceTo(answer.Source));
            Fate fate = model.Judge(sends ? model.Sent() : passage.Incoming is null ? model.Delivered() : model.Forwarded(), packet);
            if (fate.Passes != true)
            {
                return Stopped(passage.Server, fate, "the answer: ");
            }
        }

        return null;
    }

    private static Forecast Stopped(KnownServer server, Fate fate, string what) => new()
    {
        Passes = fate.Passes is null ? null : false,
        Rejects = fate.Deciders.OfType<FirewallRule>().Any(static rule => rule.Verdict.StartsWith("reject", StringComparison.Ordinal)),
        Because = $"{what}{server.Server.Name}: {(fate.Deciders.Count == 0 ? "no chain decides" : string.Join(", ", fate.Deciders))}",
    };

    // On the sender's link the owner of the address; else the owner on the link of the gateway, or the one router there that knows the way.
    private Onward From(KnownServer sender, Segment segment)
    {
        HostNetwork network = sender.Network.Value!;
        string? device = network.InterfaceTo(segment.Destination);
        InterfaceAddress[] own = [.. network.Addresses.Where(each => each.Interface == device && each.Address.AddressFamily == segment.Destination.AddressFamily && !each.Address.IsIPv6LinkLocal)];
        Onward[] beside =
        [
            .. from other in servers
               where other != sender && other.Network.TryGet(out _)
               let link = own.Select(each => other.Network.Value!.LinkTo(each.Address)).OfType<InterfaceAddress>().FirstOrDefault()
               where link is not null
               select new Onward(other, link.Interface),
        ];
        return Choose(beside, segment, near: network.LinkTo(segment.Destination)?.Interface == device);
    }

    private Onward FromOutside(Segment segment)
    {
        Onward[] reached =
        [
            .. from server in servers
               where server.Network.TryGet(out _)
               let device = server.Network.Value!.InterfaceTo(segment.Source)
               where device is not null
               select new Onward(server, device),
        ];
        Onward[] near = [.. reached.Where(entry => NetworkOf(entry).LinkTo(segment.Source)?.Interface == entry.Incoming)];
        if (near.Length > 0)
        {
            return Choose(near, segment, near: false);
        }

        // Without a firewall before it, a server is reached by the interface that its way back leads through.
        Onward[] walls = [.. reached.Where(static entry => entry.Server!.Server.Is(Role.NetworkFirewall))];
        Onward wall = Choose(walls, segment, near: false);
        return wall.None is null or { Passes: null }
            ? wall
            : Choose([.. reached.Where(entry => NetworkOf(entry).Addresses.Any(own => own.Interface == entry.Incoming && own.Address.Equals(segment.Destination)))], segment, near: true);
    }

    private Onward Choose(Onward[] beside, Segment segment, bool near)
    {
        if (beside.FirstOrDefault(entry => NetworkOf(entry).Owns(segment.Destination)) is { } owner)
        {
            return owner;
        }

        Onward[] routers = near ? [] :
        [
            .. beside.Where(entry => entry.Server!.Server.Is(Role.NetworkFirewall) || entry.Server.Forwards(segment.IsVersion6) == true)
                .Where(entry => NetworkOf(entry).InterfaceTo(segment.Destination) is { } onward && onward != entry.Incoming),
        ];
        return routers switch
        {
            [] => new Onward(Unread() ?? Forecast.NoWay($"no server of the site leads to {segment.Destination}")),
            [var only] => only,
            _ => new Onward(Forecast.Untold($"{string.Join(" and ", routers.Select(static entry => entry.Server!.Server.Name))} both lead to {segment.Destination}")),
        };
    }

    private static HostNetwork NetworkOf(Onward entry) => entry.Server!.Network.Value!;

    // What could not be read might be the way.
    private Forecast? Unread() => servers.FirstOrDefault(static server => !server.Network.TryGet(out _)) is { } unread
        ? Forecast.Untold(unread.Network.Failure)
        : null;
}
