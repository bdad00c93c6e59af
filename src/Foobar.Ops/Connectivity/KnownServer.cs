using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Connectivity;

/// <summary>A server with what was read of its firewall, and the model of it. Not safe for concurrent use.</summary>
internal sealed class KnownServer(Server server, Reading<FirewallFacts> facts)
{
    private FirewallModel? _model;

    public Server Server => server;

    /// <summary>Its addresses and routes.</summary>
    public Reading<HostNetwork> Network => facts.TryGet(out FirewallFacts? known) ? known.Network : Missing<HostNetwork>();

    /// <summary>Whether it passes on packets of an IP version; <see langword="null"/> if that could not be read.</summary>
    public bool? Forwards(bool version6) => facts.TryGet(out FirewallFacts? known) && known.Forwarding.TryGet(out ForwardingSettings? settings)
        ? version6 ? settings.Ipv6 : settings.Ipv4
        : null;

    /// <summary>Whether something listens on an address and port; <see langword="null"/> if that could not be read.</summary>
    public bool? Listens(IPAddress address, TransportProtocol protocol, int port) => facts.TryGet(out FirewallFacts? known) && known.Sockets.TryGet(out IReadOnlyList<ListeningSocket>? sockets)
        ? sockets.Any(socket => socket.Protocol == protocol && socket.Port == port && Takes(socket, address))
        : null;

    /// <summary>The ports on which something listens that can be reached by an address.</summary>
    public IEnumerable<(TransportProtocol Protocol, int Port)> Ports(IPAddress address) => facts.TryGet(out FirewallFacts? known) && known.Sockets.TryGet(out IReadOnlyList<ListeningSocket>? sockets)
        ? sockets.Where(socket => Takes(socket, address)).Select(static socket => (socket.Protocol, socket.Port)).Distinct()
        : [];

    /// <summary>What its packet filters do; a reason where they could not be read.</summary>
    public Reading<FirewallModel> Model()
    {
        if (!facts.TryGet(out FirewallFacts? known))
        {
            return Missing<FirewallModel>();
        }

        if (!known.Ruleset.TryGet(out Ruleset? ruleset))
        {
            return Reading.Unreadable<FirewallModel>($"{server.Name}: {known.Ruleset.Failure}");
        }

        return known.Network.TryGet(out HostNetwork? network)
            ? Reading.Of(_model ??= new FirewallModel(ruleset, network))
            : Reading.Unreadable<FirewallModel>($"{server.Name}: {known.Network.Failure}");
    }

    private Reading<T> Missing<T>() => Reading.Unreadable<T>($"{server.Name}: {facts.Failure ?? "its facts were not read."}");

    private static bool Takes(ListeningSocket socket, IPAddress address) => socket.Address switch
    {
        "*" => true,
        "0.0.0.0" => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork,
        "::" => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6,
        _ => IPAddress.TryParse(socket.Address, out IPAddress? bound) && bound.Equals(address),
    };
}
