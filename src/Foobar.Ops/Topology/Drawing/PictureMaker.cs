using System.Globalization;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.Topology.Drawing;

/// <summary>Makes a picture of a topology: which boxes there are, in which layers, and which arrows with which colours. Pure.</summary>
internal sealed class PictureMaker
{
    // More servers with the same roles than these are drawn as one box.
    private const int MostAlike = 8;

    private const int MostLines = 9;

    private const int Innermost = 4;

    private readonly SiteTopology _topology;
    private readonly Finding[] _findings;
    private readonly Dictionary<string, string> _boxes = new(StringComparer.OrdinalIgnoreCase);
    private readonly ILookup<TopologyLink, Finding> _onLinks;
    private readonly HashSet<Finding> _elsewhere;
    private readonly HashSet<string> _judged;
    private readonly int _controls;

    private PictureMaker(SiteTopology topology, IReadOnlyList<Finding> findings)
    {
        _topology = topology;
        _findings =
        [
            .. findings.Where(static finding => finding.Status is FindingStatus.Fail or FindingStatus.Warning or FindingStatus.Unknown),
        ];
        Finding[] decided = [.. findings.Where(static finding => finding.Status != FindingStatus.NotApplicable)];
        _controls = decided.Select(static finding => finding.ControlId).Distinct().Count();
        _judged = new(
            topology.Servers.Select(static server => server.Server).Where(
                server => decided.Any(finding => string.Equals(finding.Server, server, StringComparison.OrdinalIgnoreCase))),
            StringComparer.OrdinalIgnoreCase);
        _onLinks = topology.Links.SelectMany(link => _findings.Where(finding => IsOn(finding, link)).Select(finding => (link, finding)))
            .ToLookup(static pair => pair.link, static pair => pair.finding);
        _elsewhere = [.. _findings.Except(_onLinks.SelectMany(static on => on))];
        foreach (IGrouping<string, TopologyServer> alike in topology.Servers.GroupBy(
            static server => string.Join(", ", server.Roles.Select(InventoryWord.Of))))
        {
            bool isMany = alike.Count() > MostAlike;
            foreach (TopologyServer server in alike)
            {
                _boxes[server.Server] = isMany ? $"{alike.Key} servers" : server.Server;
            }
        }
    }

    /// <summary>The picture.</summary>
    /// <param name="topology">The setup as found.</param>
    /// <param name="findings">What was found of it, passes too: they tell what was judged, and the others give the colours.</param>
    public static Picture Make(SiteTopology topology, IReadOnlyList<Finding> findings) => new PictureMaker(topology, findings).Make();

    private Picture Make()
    {
        PictureNode[] servers =
        [
            .. _topology.Servers.GroupBy(server => _boxes[server.Server])
                .Select(box => box.Count() == 1 ? One(box.First()) : Many(box.Key, [.. box])),
        ];
        PictureEdge[] edges = [.. Joined([.. Edges()])];
        PictureNode[] others =
        [
            .. edges.SelectMany(static edge => (string[])[edge.From, edge.To]).Distinct().Where(
                name => servers.All(node => node.Name != name))
                .Select(name => new PictureNode
                {
                    Name = name,
                    Title = name,
                    Layer = 0,
                    Subtitle = name == FlowResolver.Internet ? "visitors" : "outside the site's servers",
                }),
        ];
        return new Picture($"The setup of {_topology.Site}", Describe(edges), [.. others, .. servers], edges);
    }

    private static bool IsOn(Finding finding, TopologyLink link) => finding.Target is { } target
        && (link.Flows.Any(flow => target == $"flow {flow}" && (finding.Server is null || Touches(link, finding.Server)))
            || target == link.Leg || target == link.ToString());

    private static bool Touches(TopologyLink link, string server) =>
        link.ClosedAt is { } closed ? closed == server : link.From == server || link.To == server || link.Path.Contains(server);

    private static int LayerOf(TopologyServer server) =>
        server.Roles.Contains(Role.NetworkFirewall) ? 1
        : server.Roles.Contains(Role.LoadBalancer) ? 2
        : server.Roles.Contains(Role.Web) || server.Roles.Contains(Role.App) ? 3
        : Innermost;

    private PictureNode One(TopologyServer server)
    {
        Finding[] own = [.. _elsewhere.Where(finding => string.Equals(finding.Server, server.Server, StringComparison.OrdinalIgnoreCase))];
        PictureLine[] lines = LinesOf(server);
        PictureTone ground = _judged.Contains(server.Server) ? PictureTone.Good : PictureTone.NotJudged;
        PictureTone tone = Worst(
            own.Select(ToneOf)
                .Concat(lines.Select(static line => line.Tone))
                .Where(static each => each > PictureTone.Good)
                .Append(ground));
        return new PictureNode
        {
            Name = server.Server,
            Title = server.Server,
            Subtitle = string.Join(", ", server.Roles.Select(InventoryWord.Of)),
            Layer = LayerOf(server),
            Lines = Cut([
                .. lines, .. own.Length > 0 ? [new PictureLine(Count(own), Worst(own.Select(ToneOf)))] : Array.Empty<PictureLine>(),
            ]),
            Tone = tone,
            Notes =
            [
                .. server.Addresses.Count > 0 ? [string.Join(", ", server.Addresses)] : Array.Empty<string>(),
                .. server.Unread.Select(static unread => $"Not read: {unread}"), .. own.Select(Note),
            ],
        };
    }

    private PictureLine[] LinesOf(TopologyServer server) =>
        [
            .. server.Components.Select(Line),
            .. WritesOf(server),
            .. server.Unread.Count > 0 ? [new PictureLine("not read in full", PictureTone.Unknown)] : Array.Empty<PictureLine>(),
        ];

    private PictureNode Many(string name, IReadOnlyList<TopologyServer> servers)
    {
        PictureNode[] all = [.. servers.Select(One)];
        PictureNode[] troubled = [.. all.Where(static node => node.Tone > PictureTone.Good).OrderByDescending(static node => node.Tone)];
        return all[0] with
        {
            Name = name,
            Title = string.Create(CultureInfo.InvariantCulture, $"{servers.Count} servers"),
            Lines = Cut(
            [
                .. servers.SelectMany(static server => server.Components).Where(static component => component.IsRunning)
                    .GroupBy(static component => component.Name).Select(
                        same => new PictureLine($"{same.Count()} x {same.Key}", PictureTone.Good)),
                .. troubled.Select(static node => new PictureLine($"{node.Title}: {node.Lines[^1].Text}", node.Tone)),
            ]),
            Tone = Worst(all.Select(static node => node.Tone)) is var worst && worst == PictureTone.Good
                ? all.Min(static node => node.Tone)
                : worst,
            Notes =
            [
                $"{servers[0].Server} to {servers[^1].Server}",
                .. troubled.SelectMany(static node => node.Notes.Skip(1).Select(note => $"{node.Title}: {note}")),
            ],
        };
    }

    private static PictureLine[] Cut(PictureLine[] lines) => lines.Length <= MostLines ? lines :
    [
        .. lines.Index()
            .OrderByDescending(static line => line.Item.Tone)
            .Take(MostLines - 1)
            .OrderBy(static line => line.Index)
            .Select(static line => line.Item),
        new PictureLine(string.Create(CultureInfo.InvariantCulture, $"and {lines.Length - MostLines + 1} more"), PictureTone.Good),
    ];

    private static PictureLine Line(TopologyComponent component)
    {
        string role = component.DatabaseRole is { } known ? $", {Word(known)}" : "";
        string trouble = !component.IsDeclared ? ", not declared" : !component.IsRunning ? ", does not run" : "";
        string kind = component.Kind switch { ComponentKind.Firewall => "firewall: ", ComponentKind.Agent => "agent: ", _ => "" };
        return new PictureLine(
            $"{kind}{component.Name}{role}{(component.Container is null ? "" : " (container)")}{trouble}",
            trouble.Length > 0 || component.DatabaseRole is MemberRole.WritableReplica ? PictureTone.Bad
                : component.DatabaseRole is MemberRole.Unknown ? PictureTone.Unknown
                : PictureTone.Good);
    }

    private static string Listed(string[] items, string separator) => string.Join(separator, items.Take(MostAlike))
        + (items.Length > MostAlike ? string.Create(CultureInfo.InvariantCulture, $"{separator}and {items.Length - MostAlike} more") : "");

    private static string Word(PictureTone tone) => tone switch
    {
        PictureTone.Bad => "wrong",
        PictureTone.Warning => "weaker than it could be",
        _ => "could not be told",
    };

    private static string Word(MemberRole role) => role switch
    {
        MemberRole.Primary => "primary",
        MemberRole.Replica => "replica",
        MemberRole.WritableReplica => "replica that takes writes",
        MemberRole.Fenced => "refuses writes",
        MemberRole.ClusterMember => "cluster member",
        _ => "role not known",
    };

    private IEnumerable<PictureLine> WritesOf(TopologyServer server) => _topology.Writes is { } writes && writes.Server == server.Server
        ? [writes.Unread is not null ? new PictureLine("writes go: not read", PictureTone.Unknown)
            : new PictureLine(
                writes.LeadsTo.Count == 0 ? "writes go nowhere" : $"writes go to {string.Join(", ", writes.LeadsTo)}",
                writes.LeadsTo.Count == 0 ? PictureTone.Bad : PictureTone.Good)]
        : [];

    private IEnumerable<PictureEdge> Edges() =>
        from link in _topology.Links
        where !IsIdle(link)
        from hop in Hops(link)
        where hop.From != hop.To
        group link by hop into links
        select Edge(links.Key.From, links.Key.To, [.. links.Distinct()]);

    // Any member of a database may follow any other one after a failover: drawn are those that do.
    private bool IsIdle(TopologyLink link) =>
        link is { ConfiguredBy.Count: 0, Connections: null or 0, IsUndeclared: false, State: LinkState.Open or LinkState.NotTraced }
            && !_onLinks[link].Any()
            && IsMember(link.From, link.Ports) && IsMember(link.To, link.Ports);

    private bool IsMember(string server, PortRange ports) =>
        _topology.Databases.Any(member => member.Server == server && member.Ports.Contains(ports));

    // To and fro by one line, where both do alike.
    private static IEnumerable<PictureEdge> Joined(PictureEdge[] edges)
    {
        HashSet<PictureEdge> joined = [];
        foreach (PictureEdge edge in edges.Where(edge => !joined.Contains(edge)))
        {
            PictureEdge? back = edges.FirstOrDefault(
                other => other.From == edge.To && other.To == edge.From && other.Tone == edge.Tone && other.IsSupport == edge.IsSupport);
            if (back is not null)
            {
                joined.Add(back);
            }

            yield return back is null ? edge
                : edge with
                {
                    IsBoth = true,
                    Label = edge.Label == back.Label ? edge.Label : $"{edge.Label}, back: {back.Label}",
                    Notes = [.. edge.Notes, .. back.Notes],
                };
        }
    }

    // By the servers that pass it on, where the way is known.
    private IEnumerable<(string From, string To)> Hops(TopologyLink link)
    {
        string[] way =
        [
            .. (link.Path.Count == 0 ? [link.From, link.To] : link.Path[0] == link.From ? link.Path : link.Path.Prepend(link.From)).Select(
                Box),
        ];
        return way.Zip(way.Skip(1), static (from, to) => (from, to));
    }

    private string Box(string name) => _boxes.GetValueOrDefault(name, name);

    private PictureEdge Edge(string from, string to, TopologyLink[] links)
    {
        PictureTone tone = Worst(links.Select(link => ToneOf(link, to)));
        TopologyLink[] shown =
        [
            .. links.GroupBy(static link => (Flow: string.Join(' ', link.Flows), link.Ports)).Select(static same => same.First()),
        ];
        return new PictureEdge
        {
            From = from,
            To = to,
            Label = string.Join(
                ", ",
                shown.GroupBy(static link => link.Flows.Count > 0 ? link.Flows[0] : link.IsUndeclared ? "not declared" : "").Select(
                    static flow =>
                        $"{flow.Key} {string.Join(' ', flow.Select(static link => Port(link.Ports)).Distinct())}".Trim())),
            Tone = tone,
            IsSupport = tone != PictureTone.Bad && links.All(IsSupport),
            Notes = [.. links.Take(40).SelectMany(link => _onLinks[link].Take(10).Select(Note).Prepend(Describe(link)))],
        };
    }

    private static string Port(PortRange ports) =>
        ports.ToString() is var text && ports.Protocol == TransportProtocol.Tcp ? text[4..] : text;

    // What carries visitors' requests: from outside by what no operator alone may use, and what a configuration leads on.
    private bool IsSupport(TopologyLink link) => link.ConfiguredBy.Count == 0 && link.Tls is null or LegRating.Local
        && link.From != FlowResolver.Internet && !Carries(link);

    private bool Carries(TopologyLink link) => _topology.Writes is { Address: { } address } && link.Ports.Protocol == TransportProtocol.Tcp
        && int.TryParse(address[(address.LastIndexOf(':') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port)
        && link.Ports.Contains(TransportProtocol.Tcp, port);

    // A way that is closed at a server is open up to it.
    private PictureTone ToneOf(TopologyLink link, string to)
    {
        PictureTone state = link.IsUndeclared ? PictureTone.Bad
            : link.State == LinkState.Closed
                && (link.ClosedAt is null || Box(link.ClosedAt) == to || link.Path.Count == 0 || !link.Path.Select(Box).Contains(to))
                ? PictureTone.Bad
            : link.State == LinkState.Unknown ? PictureTone.Unknown
            : link.Tls is LegRating.Plain or LegRating.Optional or LegRating.Unauthenticated ? PictureTone.Warning
            : PictureTone.Good;
        PictureTone worst = Worst(_onLinks[link].Select(ToneOf).Append(state));

        // That a way is open is what was declared of it; whether it is well protected is for controls to say.
        return worst == PictureTone.Good && !_judged.Contains(link.From) && !_judged.Contains(link.To) ? PictureTone.NotJudged : worst;
    }

    private static PictureTone ToneOf(Finding finding) => finding.Status switch
    {
        FindingStatus.Fail => PictureTone.Bad,
        FindingStatus.Warning => finding.Severity == Severity.Info ? PictureTone.Good : PictureTone.Warning,
        FindingStatus.Unknown => PictureTone.Unknown,
        _ => PictureTone.Good,
    };

    private static PictureTone Worst(IEnumerable<PictureTone> tones) => tones.DefaultIfEmpty(PictureTone.Good).Max();

    private static string Note(Finding finding) =>
        $"{finding.ControlId} {finding.Status}: {finding.Title}. {finding.Actual ?? finding.Reason}".TrimEnd();

    private static string Count(Finding[] findings) =>
        string.Join(
            ", ",
            ((FindingStatus, string)[])
            [
                (FindingStatus.Fail, "failed"), (FindingStatus.Warning, "warning"), (FindingStatus.Unknown, "unknown"),
            ]
                is var words
                    ? words.Select(word => (Count: findings.Count(finding => finding.Status == word.Item1), Word: word.Item2)).Where(
                        static each => each.Count > 0)
                    .Select(
                        static each => string.Create(
                            CultureInfo.InvariantCulture,
                            $"{each.Count} {each.Word}{(each is { Count: > 1, Word: "warning" } ? "s" : "")}"))
                    : []);

    private static string Describe(TopologyLink link)
    {
        string[] parts =
        [
            link.Flows.Count > 0 ? $"flow {string.Join(", ", link.Flows)}" : "no declared flow",
            .. link.ConfiguredBy,
            link.Tls is { } tls ? $"TLS: {tls}" : "",
            link.Connections is { } count ? string.Create(CultureInfo.InvariantCulture, $"{count} connections now") : "",
            link.State switch
            {
                LinkState.Closed => $"closed{(link.ClosedAt is null ? "" : $" at {link.ClosedAt}")}",
                LinkState.Unknown => "way not known",
                _ => "",
            },
            link.Firewalls.Count > 0 ? $"firewalls: {string.Join(", ", link.Firewalls)}" : "",
        ];
        return $"{link}: {string.Join("; ", parts.Where(static part => part.Length > 0))}";
    }

    // What was judged and found, then what the picture shows by itself: no control need have been asked for it.
    private string Describe(PictureEdge[] edges)
    {
        string[] shown =
        [
            .. _topology.Servers.SelectMany(
                server => LinesOf(server).Where(static line => line.Tone > PictureTone.Good)
                    .Select(line => $"{server.Server}: {line.Text}")),
            .. _findings.Length > 0 ? [] : edges.Where(static edge => edge.Tone > PictureTone.Good).Select(
                static edge => $"{edge.From} to {edge.To}: {Word(edge.Tone)}"),
        ];
        string[] unjudged = [.. _topology.Servers.Select(static server => server.Server).Where(server => !_judged.Contains(server))];
        string by = string.Create(CultureInfo.InvariantCulture, $"{_controls} {(_controls == 1 ? "control" : "controls")} given");
        string found = _controls == 0 ? "Nothing was judged: no findings were given."
            : _findings.Length > 0 ? $"Found: {Count(_findings)}."
            : shown.Length == 0 ? $"Nothing was found wrong by the {by}."
            : $"No failure is among the findings of the {by}.";
        found += _controls > 0 && unjudged.Length > 0 ? $" Not judged: {Listed(unjudged, ", ")}." : "";
        found += shown.Length > 0 ? $" To be seen in the picture itself: {Listed(shown, ". ")}." : "";
        string servers = string.Join(". ", _topology.Servers.Take(MostAlike).Select(static server =>
            $"{server.Server}: "
                + $"{string.Join(", ", server.Components.Where(static component => component.IsRunning).Select(static component => Line(component).Text))}"));
        string writes = _topology.Writes is { Unread: null } place
            ? $" Writes go by {place.Server} to {(place.LeadsTo.Count == 0 ? "nobody" : string.Join(", ", place.LeadsTo))}."
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{_topology.Servers.Count} servers and {edges.Length} arrows between them. {found} {servers}.{writes}");
    }
}
