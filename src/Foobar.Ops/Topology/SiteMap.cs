using System.Runtime.CompilerServices;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Topology;

/// <summary>The servers of a site with what stands between them: who is on whose link, where packets from outside come in.</summary>
internal sealed class SiteMap
{
    private static readonly ConditionalWeakTable<FirewallFacts, SiteMap> Known = [];

    private readonly FirewallFacts[] _facts;

    private SiteMap(Site site, IReadOnlyList<(Server Server, string Why)> unread, IReadOnlyList<(Server Server, FirewallFacts Facts, Ruleset Ruleset, HostNetwork Network)> read)
    {
        Site = site;
        _facts = [.. read.Select(each => each.Facts)];
        Unread = unread;
        Workspace = new Workspace(read.Select(each => each.Ruleset), read.Select(each => each.Network));
        Servers = [.. read.Select(each => new SiteServer(each.Server, each.Facts, each.Ruleset, each.Network, Workspace))];
        Policy = new PolicySpaces(Workspace.Diagram, Workspace.Atoms, site);
        Entries = [.. EntryPoints()];
    }

    public Site Site { get; }

    /// <summary>The store of all spaces and functions.</summary>
    public Workspace Workspace { get; }

    /// <summary>The servers whose filters, addresses and routes are known.</summary>
    public IReadOnlyList<SiteServer> Servers { get; }

    /// <summary>The others, and why they are not: no way through them can be told.</summary>
    public IReadOnlyList<(Server Server, string Why)> Unread { get; }

    /// <summary>The declared policy.</summary>
    public PolicySpaces Policy { get; }

    /// <summary>Where packets from outside come in.</summary>
    public IReadOnlyList<(SiteServer Server, string Interface)> Entries { get; }

    private Diagram Diagram => Workspace.Diagram;

    /// <summary>Joins the firewall facts of all servers; once for all controls that look at the same facts.</summary>
    public static SiteMap Of(SiteCase<FirewallFacts> site)
    {
        FirewallFacts[] facts = [.. site.Site.Servers.Select(server => site.Facts.GetValueOrDefault(server.Name)?.Value).OfType<FirewallFacts>()];
        if (facts.Length == 0)
        {
            return Make(site);
        }

        SiteMap map = Known.GetValue(facts[0], _ => Make(site));
        return ReferenceEquals(map.Site, site.Site) && map._facts.All(facts.Contains) && map._facts.Length + map.Unread.Count == site.Site.Servers.Count ? map : Make(site);
    }

    private static SiteMap Make(SiteCase<FirewallFacts> site)
    {
        List<(Server, string)> unread = [];
        List<(Server, FirewallFacts, Ruleset, HostNetwork)> read = [];
        foreach (Server server in site.Site.Servers)
        {
            Reading<FirewallFacts>? reading = site.Facts.GetValueOrDefault(server.Name);
            if (reading?.Value is not { } facts)
            {
                unread.Add((server, reading?.Failure ?? "its firewall was not read"));
            }
            else if (facts.Ruleset.TryGet(out Ruleset? ruleset) && facts.Network.TryGet(out HostNetwork? network))
            {
                read.Add((server, facts, ruleset, network));
            }
            else
            {
                unread.Add((server, facts.Ruleset.Failure ?? facts.Network.Failure ?? "its addresses were not read"));
            }
        }

        return new SiteMap(site.Site, unread, read);
    }

    /// <summary>The server of a name, if its facts are known.</summary>
    public SiteServer? Find(string name) => Servers.FirstOrDefault(server => string.Equals(server.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The other servers on a link, each with the interface by which it stands there.</summary>
    public IEnumerable<(SiteServer Server, string Interface)> Peers(SiteServer server, string device) =>
        from other in Servers
        where other != server
        let entry = other.InterfaceOnLinkOf(server, device)
        where entry is not null
        select (other, entry);

    /// <summary>First packets of connections as they set out, before any server has seen them.</summary>
    public int Fresh() => Diagram.And(
        Policy.NewConnection(),
        Policy.Possible(),
        Diagram.FieldIs(PacketField.InInterface, InterfaceAtoms.None),
        Diagram.FieldIs(PacketField.OutInterface, InterfaceAtoms.None),
        Diagram.FieldIn(PacketField.HopLimit, IntervalSet.Range(16, 255)));

    /// <summary>First packets that come from outside by an entry: from no address of the networks between the servers.</summary>
    public int Outside(SiteServer server, string device) => Diagram.And(
        Fresh(),
        Diagram.Not(Spaces.Addresses(
            Diagram,
            Servers.SelectMany(each => each.Network.Addresses.Where(address => address.Interface != "lo" && (each != server || address.Interface != device)))
                .Where(address => !address.Address.IsIPv6LinkLocal).Select(address => Spaces.Network(address, host: false)),
            destination: false)),
        Diagram.Not(Spaces.Addresses(Diagram, server.Network.Addresses.Select(address => Spaces.Network(address, host: true)), destination: false)));

    /// <summary>First packets that a server sends by its routes, from the address it has on the interface they leave by.</summary>
    public int SentBy(SiteServer server) => Diagram.And(Fresh(), Diagram.Or((server.Model.Network.Ways() ?? [.. server.Interfaces.Select(name => (name, Diagram.True))])
        .Select(way => Diagram.And(way.Space, Spaces.Addresses(
            Diagram,
            server.Network.Addresses.Where(address => address.Interface == way.Interface && !address.Address.IsIPv6LinkLocal).DistinctBy(address => address.Address.AddressFamily).Select(address => Spaces.Network(address, host: true)),
            destination: false)))));

    // A network firewall's link on which no other server of the site stands; without a network firewall, each server's way out.
    private IEnumerable<(SiteServer Server, string Interface)> EntryPoints()
    {
        SiteServer[] walls = [.. Servers.Where(server => server.Server.Is(Role.NetworkFirewall))];
        if (walls.Length == 0 && !Site.WithRole(Role.NetworkFirewall).Any())
        {
            return Servers.SelectMany(server => server.Network.Routes.Where(route => route is { PrefixLength: 0, Interface: not null })
                .Select(route => (server, route.Interface!)).Distinct());
        }

        return walls.SelectMany(wall => wall.Interfaces.Where(device => !Peers(wall, device).Any()).Select(device => (wall, device)));
    }
}
