using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Topology;

/// <summary>
/// One server of the site as packets meet it: its filters, addresses, routes and sockets, in the store that all servers share.
/// </summary>
/// <param name="server">The server as declared.</param>
/// <param name="reading">What was read of its firewall; <see langword="null"/> if nothing was.</param>
/// <param name="workspace">The store.</param>
/// <param name="namesRules">Whether what its filters do names the rule that decided.</param>
internal sealed class SiteServer(Server server, Reading<FirewallFacts>? reading, Workspace workspace, bool namesRules)
{
    private readonly Dictionary<string, int> _entries = [];
    private readonly FirewallFacts? _facts = reading?.Value;
    private FirewallModel? _model;
    private int? _sent;
    private int? _owns;
    private (NetworkRoute Route, int Space)[]? _ways;
    private Gateway[]? _gateways;

    public Server Server => server;

    public string Name => server.Name;

    /// <summary>
    /// Why its filters, addresses or routes are not known, so that no way through it can be told; <see langword="null"/> if they are.
    /// </summary>
    public string? Unread { get; } = reading?.Value is not { } facts ? reading?.Failure ?? "its firewall was not read"
        : facts.Ruleset.TryGet(out _) && facts.Network.TryGet(out HostNetwork? network) ? network.RoutesUnknown
        : facts.Ruleset.Failure ?? facts.Network.Failure ?? "its addresses were not read";

    /// <summary>Whether its addresses and routes are known, so that ways may lead to it.</summary>
    public bool IsPlaced { get; } = reading?.Value?.Network.Value is { RoutesUnknown: null };

    /// <summary>Its addresses and routes; none where they are not known.</summary>
    public HostNetwork Network { get; } = reading?.Value?.Network.Value ?? new HostNetwork();

    /// <summary>What its filters do; only of a server that was read.</summary>
    public FirewallModel Model => _model ??= Unread is null
        ? new FirewallModel(_facts!.Ruleset.Value!, Network, workspace, namesRules)
        : throw new InvalidOperationException($"{Name}: {Unread}");

    /// <summary>Whether it has any rule.</summary>
    public bool HasFilter => _facts?.Ruleset.Value?.Rules.Any() == true;

    /// <summary>What becomes of packets that it sends.</summary>
    public int Sent => _sent ??= Model.Sent();

    /// <summary>Whether it passes packets of an IP version on; <see langword="null"/> if that could not be read.</summary>
    public bool? Forwards(int family) => _facts is null || !_facts.Forwarding.TryGet(out ForwardingSettings? settings) ? null
        : family == PacketValues.Ipv4 ? settings.Ipv4 : settings.Ipv6;

    /// <summary>Whether it may pass anything on.</summary>
    public bool MayForward =>
        server.Is(Role.NetworkFirewall) || Forwards(PacketValues.Ipv4) != false || Forwards(PacketValues.Ipv6) != false;

    /// <summary>Whether something listens on an address and port; <see langword="null"/> if that could not be read.</summary>
    public bool? Listens(IPEndPoint end, TransportProtocol protocol) =>
        _facts is null || !_facts.Sockets.TryGet(out _) ? null : Ports(end.Address).Contains((protocol, end.Port));

    /// <summary>The ports on which something listens that can be reached by an address; none where that could not be read.</summary>
    public IEnumerable<(TransportProtocol Protocol, int Port)> Ports(IPAddress address) =>
        _facts is not null && _facts.Sockets.TryGet(out IReadOnlyList<ListeningSocket>? sockets)
            ? sockets.Where(socket => Takes(socket, address)).Select(static socket => (socket.Protocol, socket.Port)).Distinct()
            : [];

    /// <summary>The interfaces with an address that others can reach.</summary>
    public IEnumerable<string> Interfaces => Network.Addresses.Select(address => address.Interface).Distinct().Where(name => name != "lo");

    /// <summary>The interface by which it stands on a link of another server's; <see langword="null"/> if it does not.</summary>
    public string? InterfaceOnLinkOf(SiteServer other, string device) => other.Network.Addresses
        .Where(address => address.Interface == device && !address.Address.IsIPv6LinkLocal)
        .Select(address => Network.LinkTo(address.Address)?.Interface).FirstOrDefault(name => name is not null);

    /// <summary>
    /// The number of the rewriting that the wire is: a packet comes in by an interface, and nothing but itself comes with it.
    /// </summary>
    public int Entering(string device)
    {
        if (!_entries.TryGetValue(device, out int number))
        {
            Transform entering = Transform.Assign(PacketField.InInterface, 0, (UInt128)workspace.Atoms.Of(device));
            foreach (PacketField field in (PacketField[])
            [
                PacketField.OutInterface, PacketField.Mark, PacketField.ConnectionMark, PacketField.Status, PacketField.PacketType,
            ])
            {
                entering = entering.Then(Transform.Assign(field, 0, 0));
            }

            number = workspace.Algebra.Table.Number(entering);
            _entries.Add(device, number);
        }

        return number;
    }

    /// <summary>One packet as it comes in by an interface.</summary>
    public Packet Enter(string device, Packet packet) => workspace.Algebra.Table.TransformOf(Entering(device)).Apply(packet);

    /// <summary>The packets to an address of its own that others can reach.</summary>
    public int Owns => _owns ??= ToAddresses(Network.Addresses.Where(address => address.Interface != "lo"), host: true);

    /// <summary>The packets to the networks of one of its interfaces.</summary>
    public int OnLink(string device) => ToAddresses(Network.Addresses.Where(address => address.Interface == device), host: false);

    /// <summary>
    /// Its routes with the packets that each is the best for: of those that hold a destination the one with the longest prefix, of these
    /// the one with the lowest metric.
    /// </summary>
    public IReadOnlyList<(NetworkRoute Route, int Space)> Ways => _ways ??= [.. Best()];

    /// <summary>The routers that its routes name.</summary>
    public IReadOnlyList<Gateway> Gateways => _gateways ??=
    [
        .. from way in Ways.GroupBy(way => (way.Route.Destination, way.Route.PrefixLength, way.Route.Metric))
            .SelectMany(same => same.Select(way => (way.Route, way.Space, Alone: same.Count() == 1)))
           where way.Route is { Interface: not null, Gateway: not null }
           group way.Space by (way.Route.Interface, way.Route.Gateway, way.Alone) into spaces
           select new Gateway(spaces.Key.Interface, spaces.Key.Gateway, workspace.Diagram.Or(spaces), spaces.Key.Alone),
    ];

    /// <summary>The packets that it sends on by an interface other than one; all where its routes are not known.</summary>
    public int LeadsOnFrom(string device) => Network.KnownRoutes.Count == 0
        ? Diagram.True
        : workspace.Diagram.Or(Ways.Where(way => way.Route.Interface is { } other && other != device).Select(way => way.Space));

    public override string ToString() => Name;

    private static bool Takes(ListeningSocket socket, IPAddress address) => socket.Address switch
    {
        "*" => true,
        "0.0.0.0" => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork,
        "::" => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6,
        _ => IPAddress.TryParse(socket.Address, out IPAddress? bound) && bound.Equals(address),
    };

    private IEnumerable<(NetworkRoute Route, int Space)> Best()
    {
        int claimed = Diagram.False;
        foreach (IGrouping<(int, long), NetworkRoute> equal in Network.KnownRoutes.GroupBy(route => (-route.PrefixLength, route.Metric))
            .OrderBy(group => group.Key))
        {
            (NetworkRoute Route, int Space)[] ways =
            [
                .. equal.Select(
                    route =>
                        (route, ToAddresses([new InterfaceAddress(string.Empty, route.Destination, route.PrefixLength)], host: false))),
            ];
            foreach ((NetworkRoute route, int space) in ways)
            {
                yield return (route, workspace.Diagram.Except(space, claimed));
            }

            claimed = workspace.Diagram.Or(ways.Select(way => way.Space).Append(claimed));
        }
    }

    private int ToAddresses(IEnumerable<InterfaceAddress> addresses, bool host) => Spaces.Addresses(
        workspace.Diagram,
        addresses.Where(address => !address.Address.IsIPv6LinkLocal).Select(address => Spaces.Network(address, host)),
        destination: true);
}

/// <summary>A router that a server's routes name.</summary>
/// <param name="Interface">The server's interface on the router's link.</param>
/// <param name="Address">The router's address there.</param>
/// <param name="Space">The packets that go to it.</param>
/// <param name="Alone">Whether no other router shares them.</param>
internal sealed record Gateway(string Interface, IPAddress Address, int Space, bool Alone);
