using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Topology;

/// <summary>The way that packets of a link take.</summary>
/// <param name="State">Whether they get through.</param>
/// <param name="Servers">The servers that they pass, the one that they are for last.</param>
/// <param name="Firewalls">Those whose packet filters they pass.</param>
/// <param name="ClosedAt">The server that drops them.</param>
internal sealed record LinkPath(LinkState State, IReadOnlyList<string> Servers, IReadOnlyList<string> Firewalls, string? ClosedAt);

/// <summary>Traces the declared flows through the firewalls of all servers, one sender at a time. Pure.</summary>
internal sealed class LinkPaths
{
    private static readonly LinkPath NotTraced = new(LinkState.NotTraced, [], [], null);

    private readonly SiteMap? _map;
    private readonly SitePaths? _paths;
    private readonly Dictionary<(Flow Flow, string From), Ends> _ends = [];

    /// <param name="firewalls">What was read of the firewalls.</param>
    public LinkPaths(SiteCase<FirewallFacts> firewalls)
    {
        if (firewalls.Facts.Values.Any(static reading => reading.TryGet(out _)))
        {
            _map = SiteMap.Of(firewalls);
            _paths = new SitePaths(_map);
        }
    }

    /// <summary>The way from one end of a flow to a server.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="from">The end that sends.</param>
    /// <param name="sender">The server that sends; <see langword="null"/> if the end is none of the site's.</param>
    /// <param name="to">The server that takes.</param>
    public LinkPath Trace(ResolvedFlow flow, FlowEnd from, Server? sender, Server to)
    {
        if (_map is null || _paths is null)
        {
            return NotTraced with { State = LinkState.Unknown };
        }

        lock (_map)
        {
            if (_map.Find(to.Name) is null || (sender is not null && _map.Find(sender.Name) is null))
            {
                return NotTraced with { State = LinkState.Unknown };
            }

            Ends ends = EndsOf(_map, _paths, flow, from, sender);
            Journey? arrived = ends.Arrived.Where(journey => journey.At.Server == to)
                .OrderBy(static journey => journey.Way.Count)
                .FirstOrDefault();
            if (arrived is not null)
            {
                return Path(arrived, LinkState.Open, null);
            }

            Journey? stopped = ends.Stopped.Where(journey => Leads(_map, flow, journey, to))
                .OrderByDescending(static journey => journey.Way.Count)
                .FirstOrDefault();
            return stopped is not null ? Path(stopped, LinkState.Closed, stopped.At.Name)
                : NotTraced with { State = _map.Servers.Count < _map.All.Count ? LinkState.Unknown : LinkState.Closed };
        }
    }

    private Ends EndsOf(SiteMap map, SitePaths paths, ResolvedFlow flow, FlowEnd from, Server? sender)
    {
        (Flow, string) key = (flow.Flow, sender?.Name ?? from.Name);
        if (!_ends.TryGetValue(key, out Ends? ends))
        {
            int space = map.Workspace.Diagram.And(map.Policy.Space(flow with { From = [from] }), map.Policy.Ordinary());
            ends = sender is null
                ? paths.FromOutside(space)
                : paths.From(map.Find(sender.Name)!, map.Workspace.Diagram.And(space, map.SentBy(map.Find(sender.Name)!)));
            _ends.Add(key, ends);
        }

        return ends;
    }

    private static bool Leads(SiteMap map, ResolvedFlow flow, Journey journey, Server to)
    {
        int own = map.Policy.Space(flow, to.Addresses);
        return map.Workspace.Diagram.And(journey.May, own) != Diagram.False;
    }

    private static LinkPath Path(Journey journey, LinkState state, string? closedAt) => new(
        state,
        [.. journey.Way.Select(static hop => hop.Server.Name)],
        [.. journey.Way.Where(static hop => hop.Course != Course.Sends && hop.Server.HasFilter).Select(static hop => hop.Server.Name)],
        closedAt);
}
