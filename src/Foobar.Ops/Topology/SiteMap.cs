using System.Net;
using System.Runtime.CompilerServices;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Topology;

/// <summary>
/// The servers of a site with what stands between them: who is on whose link, where packets from outside come in. What its
/// controls judge and what a test of connections forecasts goes by this one map. Not safe for concurrent use.
/// </summary>
internal sealed class SiteMap
{
    private static readonly ConditionalWeakTable<FirewallFacts, SiteMap> Known = [];

    private readonly FirewallFacts[] _facts;

    /// <summary>Joins what was read of all servers.</summary>
    /// <param name="site">The site.</param>
    /// <param name="facts">What was read, by the servers' names.</param>
    /// <param name="namesRules">Whether what filters do names the rule that decided; without, large rulesets take less.</param>
    public SiteMap(Site site, IReadOnlyDictionary<string, Reading<FirewallFacts>> facts, bool namesRules)
        : this(site, facts, StoreFor(Read(site, facts)), namesRules)
    {
    }

    private SiteMap(Site site, IReadOnlyDictionary<string, Reading<FirewallFacts>> facts, Workspace workspace, bool namesRules)
    {
        Site = site;
        _facts = Read(site, facts);
        Workspace = workspace;
        All = [.. site.Servers.Select(server => new SiteServer(server, facts.GetValueOrDefault(server.Name), Workspace, namesRules))];
        Servers = [.. All.Where(server => server.Unread is null)];
        Policy = new PolicySpaces(Workspace.Diagram, Workspace.Atoms, site);
        Entries = [.. EntryPoints()];
    }

    public Site Site { get; }

    /// <summary>The store of all spaces and functions.</summary>
    public Workspace Workspace { get; }

    /// <summary>Every server, in the order of the inventory.</summary>
    public IReadOnlyList<SiteServer> All { get; }

    /// <summary>The servers whose filters, addresses and routes are known; through the others no way can be told.</summary>
    public IReadOnlyList<SiteServer> Servers { get; }

    /// <summary>The declared policy.</summary>
    public PolicySpaces Policy { get; }

    /// <summary>Where packets from outside come in.</summary>
    public IReadOnlyList<(SiteServer Server, string Interface)> Entries { get; }

    private Diagram Diagram => Workspace.Diagram;

    /// <summary>Joins the firewall facts of all servers; once for all controls that look at the same facts.</summary>
    public static SiteMap Of(SiteCase<FirewallFacts> site)
    {
        FirewallFacts[] facts = Read(site.Site, site.Facts);
        SiteMap? map = facts.Length == 0 ? null : Known.GetValue(facts[0], _ => Make());
        return map is not null && ReferenceEquals(map.Site, site.Site) && map._facts.SequenceEqual(facts) ? map : Make();

        SiteMap Make() => new(site.Site, site.Facts, namesRules: false);
    }

    /// <summary>Maps of two sites, or of one at two times, in one store: their spaces can be compared.</summary>
    public static (SiteMap Before, SiteMap After) Pair(SiteCase<FirewallFacts> before, SiteCase<FirewallFacts> after)
    {
        Workspace workspace = StoreFor([.. Read(before.Site, before.Facts), .. Read(after.Site, after.Facts)]);
        return (new SiteMap(
            before.Site, before.Facts, workspace, namesRules: false), new SiteMap(after.Site, after.Facts, workspace, namesRules: false));
    }

    /// <summary>The server of a name, if its facts are known.</summary>
    public SiteServer? Find(string name) =>
        Servers.FirstOrDefault(server => string.Equals(server.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The other servers on a link, each with the interface by which it stands there.</summary>
    public IEnumerable<(SiteServer Server, string Interface)> Peers(SiteServer server, string device) =>
        from other in All
        where other != server
        let entry = other.InterfaceOnLinkOf(server, device)
        where entry is not null
        select (other, entry);

    /// <summary>The server that a gateway of another is, with the interface; <see langword="null"/> if it is none of the site's.</summary>
    public (SiteServer Server, string Interface)? Holder(SiteServer server, Gateway gateway) =>
        (from other in All
         where other != server
         from own in other.Network.Addresses
         where own.Address.Equals(gateway.Address)
             && (!own.Address.IsIPv6LinkLocal || own.Interface == other.InterfaceOnLinkOf(server, gateway.Interface))
         select ((SiteServer, string)?)(other, own.Interface)).FirstOrDefault();

    /// <summary>
    /// The servers that packets of one machine outside come to first, each with the interface: those on its own link, else entries by which
    /// the way back leads.
    /// </summary>
    public IEnumerable<(SiteServer Server, string Interface)> Facing(IPAddress machine)
    {
        (SiteServer Server, string Interface)[] reached =
        [
            .. All.Select(server => (Server: server, Interface: server.Network.InterfaceTo(machine)!))
                .Where(each => each.Interface is not null),
        ];
        (SiteServer Server, string Interface)[] near =
        [
            .. reached.Where(each => each.Server.Network.LinkTo(machine)?.Interface == each.Interface),
        ];
        return near.Length > 0 ? near : reached.Where(Entries.Contains);
    }

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
            All.SelectMany(
                each => each.Network.Addresses.Where(
                    address =>
                        address.Interface != "lo"
                            && (each == server
                                ? address.Interface != device
                                : address.Interface != each.InterfaceOnLinkOf(server, device))))
                .Where(address => !address.Address.IsIPv6LinkLocal).Select(address => Spaces.Network(address, host: false)),
            destination: false)),
        Diagram.Not(
            Spaces.Addresses(
                Diagram, server.Network.Addresses.Select(address => Spaces.Network(address, host: true)), destination: false)));

    /// <summary>First packets that a server sends by its routes, from the address it has on the interface they leave by.</summary>
    public int SentBy(SiteServer server)
    {
        IEnumerable<(string? Interface, int Space)> ways = server.Network.KnownRoutes.Count == 0
            ? server.Interfaces.Select(name => ((string?)name, Diagram.True))
            : server.Ways.Select(way => (way.Route.Interface, way.Space));
        return Diagram.And(Fresh(), Diagram.Or(ways.Select(way => Diagram.And(way.Space, Spaces.Addresses(
            Diagram,
            server.Network.Addresses.Where(address => address.Interface == way.Interface && !address.Address.IsIPv6LinkLocal)
                .DistinctBy(address => address.Address.AddressFamily)
                .Select(address => Spaces.Network(address, host: true)),
            destination: false)))));
    }

    // A network firewall's link on which no other server of the site stands, and wherever a default route leads to a router
    // that is none of the site's; without a network firewall, each server's way out.
    private IEnumerable<(SiteServer Server, string Interface)> EntryPoints()
    {
        bool walled = Site.WithRole(Role.NetworkFirewall).Any();
        return All.SelectMany(server => server.Interfaces.Where(device => IsWayOut(server, device, walled)
            || (server.Server.Is(Role.NetworkFirewall) && !Peers(server, device).Any())).Select(device => (server, device)));
    }

    private bool IsWayOut(SiteServer server, string device, bool walled) =>
        (!walled && server.Network.KnownRoutes.Any(route => route.PrefixLength == 0 && route.Interface == device))
        || (All.All(static other => other.IsPlaced)
            && server.Network.KnownRoutes.Any(
                route =>
                    route is { PrefixLength: 0, Gateway: { } gateway }
                        && route.Interface == device
                        && Holder(server, new Gateway(device, gateway, Diagram.True, Alone: true)) is null));

    private static Workspace StoreFor(FirewallFacts[] facts) =>
        new(facts.Select(each => each.Ruleset.Value).OfType<Ruleset>(), facts.Select(each => each.Network.Value).OfType<HostNetwork>());

    private static FirewallFacts[] Read(Site site, IReadOnlyDictionary<string, Reading<FirewallFacts>> facts) =>
        [.. site.Servers.Select(server => facts.GetValueOrDefault(server.Name)?.Value).OfType<FirewallFacts>()];
}
