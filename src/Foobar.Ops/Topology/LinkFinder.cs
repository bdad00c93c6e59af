using System.Globalization;
using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Topology.Collection;

namespace Foobar.Ops.Topology;

/// <summary>Finds who talks to whom: by declared flows, by configurations, and by connections that stood. Pure.</summary>
internal sealed class LinkFinder(TopologyInput input, SiteNodes nodes, ReplicationTopology replication)
{
    private readonly IReadOnlyList<ResolvedFlow> _flows = new FlowResolver(input.Site).Flows();
    private readonly Dictionary<(string From, string To, PortRange Ports), TopologyLink> _links = [];
    private readonly Dictionary<(string From, string To, PortRange Ports), (int Taken, int Made)> _seen = [];

    /// <summary>The links: those of declared flows in the order of the policy, then the others.</summary>
    public IReadOnlyList<TopologyLink> Find()
    {
        AddDeclared();
        AddConfigured();
        AddSeen();
        return [.. AddLegs()];
    }

    private void AddDeclared()
    {
        LinkPaths paths = new(input.Case(input.Firewalls));
        foreach (ResolvedFlow flow in _flows)
        {
            foreach ((FlowEnd from, Server? sender) in Ends(flow.From))
            {
                foreach ((FlowEnd to, Server? taker) in Ends(flow.To).Where(end => end.Server is null || end.Server != sender))
                {
                    LinkPath path = taker is null
                        ? new LinkPath(LinkState.NotTraced, [], [], null)
                        : paths.Trace(flow, from, sender, taker);
                    foreach (PortRange ports in flow.Flow.Ports)
                    {
                        Declare(flow.Flow.Name, sender?.Name ?? from.Name, taker?.Name ?? to.Name, ports, path);
                    }
                }
            }
        }
    }

    private static IEnumerable<(FlowEnd End, Server? Server)> Ends(IReadOnlyList<FlowEnd> ends) =>
        ends.SelectMany(
            static end => end.Servers.Count == 0 ? [(end, (Server?)null)] : end.Servers.Select(server => (end, (Server?)server)));

    private void Declare(string flow, string from, string to, PortRange ports, LinkPath path)
    {
        TopologyLink link = _links.GetValueOrDefault((from, to, ports)) ?? new TopologyLink { From = from, To = to, Ports = ports };

        // Two flows may name one link: what one of them has open is open.
        bool isBetter = link.Flows.Count == 0 || path.State == LinkState.Open;
        _links[(from, to, ports)] = isBetter
            ? link with
            {
                Flows = [.. link.Flows, flow],
                State = path.State,
                Path = path.Servers,
                Firewalls = path.Firewalls,
                ClosedAt = path.ClosedAt,
            }
            : link with { Flows = [.. link.Flows, flow] };
    }

    private void AddConfigured()
    {
        foreach (Server server in input.Site.Servers)
        {
            foreach (BalancedServer behind in input.Legs.Of(server.Name).Part(static facts => facts.Balancer).Value?.Servers ?? [])
            {
                Configure(server.Name, behind.Host, behind.Port, $"HAProxy {behind.Backend}/{behind.Name}");
            }

            foreach (ProxyTarget proxy in input.Own.Of(server.Name).Part(static facts => facts.Proxies).Value ?? [])
            {
                Configure(
                    server.Name, proxy.Host, proxy.Port,
                    proxy.Upstream is { } name ? $"nginx upstream {name}" : $"nginx {proxy.Directive}");
            }
        }

        foreach (ReplicationLink link in replication.Links)
        {
            Configure(link.Replica, link.Source ?? link.Channel.SourceHost, link.Channel.SourcePort, "replication");
        }
    }

    private void Configure(string from, string host, int port, string by)
    {
        if (host.Length == 0
            || port is <= 0 or > 65535
            || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address))
            || host == "localhost")
        {
            return;
        }

        string to = nodes.Of(host);
        if (to != from)
        {
            (string, string, PortRange) key = KeyOf(from, to, TransportProtocol.Tcp, port);
            TopologyLink link = _links.GetValueOrDefault(key) ?? new TopologyLink { From = from, To = to, Ports = key.Item3 };
            _links[key] = link with { ConfiguredBy = [.. link.ConfiguredBy.Append(by).Distinct()] };
        }
    }

    // A port of a declared flow's range is that flow's link.
    private (string From, string To, PortRange Ports) KeyOf(string from, string to, TransportProtocol protocol, int port)
    {
        (string From, string To, PortRange Ports) known = _links.Keys.FirstOrDefault(
            key => key.From == from && key.To == to && key.Ports.Contains(protocol, port));
        return known.From is null ? (from, to, new PortRange(protocol, (ushort)port, (ushort)port)) : known;
    }

    private void AddSeen()
    {
        foreach (Server server in input.Site.Servers)
        {
            Reading<IReadOnlyList<Conversation>> reading = input.Own.Of(server.Name)
                .Part(static facts => facts.Sockets)
                .Part(static facts => facts.Conversations);
            if (!reading.TryGet(out IReadOnlyList<Conversation>? seen))
            {
                continue;
            }

            foreach ((string from, string to, PortRange ports) key in _links.Keys.Where(
                key => key.From == server.Name || key.To == server.Name).ToArray())
            {
                _links[key] = _links[key] with { Connections = _links[key].Connections ?? 0 };
            }

            foreach (Conversation each in seen.Where(
                each => !each.IsLocal && !IsLinkLocal(each.PeerAddress) && !nodes.IsWithin(server, each.PeerAddress)))
            {
                See(server, each);
            }
        }

        // Between two servers both tell of a connection.
        foreach (((string, string, PortRange) key, (int taken, int made)) in _seen)
        {
            _links[key] = _links[key] with { Connections = Math.Max(taken, made) };
        }
    }

    private void See(Server server, Conversation seen)
    {
        string peer = nodes.Of(seen.PeerAddress);
        if (peer == server.Name)
        {
            return;
        }

        (string from, string to) = seen.IsIncoming ? (peer, server.Name) : (server.Name, peer);
        (IPAddress source, IPAddress target) = seen.IsIncoming
            ? (seen.PeerAddress, seen.LocalAddress)
            : (seen.LocalAddress, seen.PeerAddress);
        OwnTraffic? own = input.Site.Find(peer) is null ? OwnTraffic.Of(seen) : null;
        bool isDeclared = own is not null || IsDeclared(source, target, seen.Protocol, seen.Port);
        (string, string, PortRange) key = KeyOf(DeclaredEnd(from, to, source, seen.Protocol, seen.Port), to, seen.Protocol, seen.Port);
        TopologyLink link = _links.GetValueOrDefault(key) ?? new TopologyLink { From = key.Item1, To = to, Ports = key.Item3 };
        string holders = string.Join(", ", seen.Holders.Select(static holder => holder.Label));
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{source} -> {target} {(seen.Protocol == TransportProtocol.Tcp ? "tcp" : "udp")}/{seen.Port}{(holders.Length > 0 ? $", on {server.Name} {holders}" : "")}");
        (int taken, int made) = _seen.GetValueOrDefault(key);
        _seen[key] = seen.IsIncoming ? (taken + seen.Count, made) : (taken, made + seen.Count);
        _links[key] = link with
        {
            Seen = isDeclared && link.Seen is not null ? link.Seen : line,
            IsUndeclared = link.IsUndeclared || !isDeclared,
            OwnTraffic = own?.Name ?? link.OwnTraffic,
        };
    }

    // Whoever comes from outside may come under another name than the network that holds his address: "internet" holds all others.
    private string DeclaredEnd(string from, string to, IPAddress source, TransportProtocol protocol, int port) =>
        input.Site.Find(from) is not null || _links.Keys.Any(key => key.From == from && key.To == to && key.Ports.Contains(protocol, port))
            ? from
            : _flows.Where(flow => flow.Flow.Ports.Any(range => range.Contains(protocol, port))).SelectMany(static flow => flow.From)
                .FirstOrDefault(end => end.Servers.Count == 0 && end.Contains(source))?.Name ?? from;

    // What the whole internet may reach, the site's own servers may too.
    private bool IsDeclared(IPAddress source, IPAddress target, TransportProtocol protocol, int port) => _flows.Any(flow =>
        flow.Flow.Ports.Any(range => range.Contains(protocol, port))
        && flow.To.Any(end => end.Contains(target))
        && flow.From.Any(end => end.Kind == FlowEndKind.Internet || end.Contains(source)));

    private static bool IsLinkLocal(IPAddress address) =>
        address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.GetAddressBytes() is [169, 254, ..] or [>= 224, _, _, _];

    private IEnumerable<TopologyLink> AddLegs()
    {
        IReadOnlyList<TlsLeg> legs = LegSurvey.Of(input.Case(input.Legs));
        foreach (TopologyLink link in _links.Values)
        {
            TlsLeg? leg = legs.Where(leg => IsOf(leg, link))
                .OrderBy(static leg => leg.Rating == LegRating.Unknown)
                .ThenBy(static leg => leg.Rating)
                .FirstOrDefault();
            yield return leg is null ? link : link with { Tls = leg.Rating, Leg = leg.ToString() };
        }
    }

    private bool IsOf(TlsLeg leg, TopologyLink link)
    {
        int colon = leg.To.LastIndexOf(':');
        string from = leg.From.Split(" (")[0];
        return colon > 0 && int.TryParse(leg.To.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && link.Ports.Contains(TransportProtocol.Tcp, port) && nodes.Of(leg.To[..colon].Trim('[', ']')) == link.To
            && (from == link.From || (leg.Kind == LegKind.ClientToBalancer && input.Site.Find(link.From) is null)
                || (leg.Kind == LegKind.AppToDatabase
                    && input.Site.Find(from) is null
                    && input.Site.Find(link.From) is { } sender
                    && IsWriter(sender)));
    }

    // Who connects to the members for the application: the balancer of the write endpoint, else the application's own servers.
    private bool IsWriter(Server server) =>
        input.Site.Policy.Database?.WriteEndpoint is { Kind: WriteEndpointKind.Haproxy }
            ? server.Is(Role.LoadBalancer)
            : server.Is(Role.App);
}
