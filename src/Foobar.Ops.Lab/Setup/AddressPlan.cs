using System.Globalization;
using System.Net;

namespace Foobar.Ops.Lab.Setup;

/// <summary>One of a lab's three networks.</summary>
internal enum LabNetworkName
{
    /// <summary>The internet's side of fw-01: visitors and the operator.</summary>
    Outside,

    /// <summary>Between fw-01 and lb-01.</summary>
    Public,

    /// <summary>Between lb-01 and the web servers.</summary>
    Internal,
}

/// <summary>An interface's addresses in one network.</summary>
/// <param name="Network">The network.</param>
/// <param name="V4">Its IPv4 address.</param>
/// <param name="V6">Its IPv6 address.</param>
internal sealed record LabLink(LabNetworkName Network, IPAddress V4, IPAddress V6)
{
    /// <summary>The interface's name on its server: the network's, in lower case.</summary>
    public string Interface => Network.ToString().ToLowerInvariant();
}

/// <summary>
/// The addresses of the lab in one slot. Slots let labs stand side by side: each has a /28 of every IPv4 documentation
/// range (RFC 5737) and a /48 of the IPv6 one (RFC 3849).
/// </summary>
/// <param name="Slot">0 to 15.</param>
internal sealed record AddressPlan(int Slot)
{
    /// <summary>How many slots there are.</summary>
    public const int Slots = 16;

    /// <summary>The prefix length of each IPv4 network.</summary>
    public const int PrefixV4 = 28;

    /// <summary>The prefix length of each IPv6 network.</summary>
    public const int PrefixV6 = 64;

    /// <summary>The operator: this machine's own address on the outside network.</summary>
    public LabLink Operator => Link(LabNetworkName.Outside, 2);

    /// <summary>A visitor: the outside vantage.</summary>
    public LabLink Visitor => Link(LabNetworkName.Outside, 3);

    /// <summary>fw-01 as the outside sees it.</summary>
    public LabLink FirewallOutside => Link(LabNetworkName.Outside, 1);

    /// <summary>fw-01 as lb-01 sees it.</summary>
    public LabLink FirewallPublic => Link(LabNetworkName.Public, 1);

    /// <summary>Where www.foobar.com points.</summary>
    public LabLink BalancerPublic => Link(LabNetworkName.Public, 10);

    /// <summary>lb-01 as the web servers see it.</summary>
    public LabLink BalancerInternal => Link(LabNetworkName.Internal, 10);

    /// <summary>A load balancer of a pair, in one network.</summary>
    /// <param name="network">The network.</param>
    /// <param name="number">1 or 2.</param>
    public LabLink Balancer(LabNetworkName network, int number) => Link(network, number == 1 ? 10 : 9);

    /// <summary>The address that moves between the load balancers of a pair; over IPv4 alone.</summary>
    public IPAddress Virtual(LabNetworkName network) => Link(network, 8).V4;

    /// <summary>A web server.</summary>
    /// <param name="number">1 or 2.</param>
    public LabLink Web(int number) => Link(LabNetworkName.Internal, 10 + number);

    /// <summary>A server with a database only.</summary>
    /// <param name="number">3 or 4: the web servers' databases are the first two.</param>
    public LabLink Database(int number) => Link(LabNetworkName.Internal, 10 + number);

    /// <summary>A network's IPv4 range.</summary>
    public IPNetwork V4(LabNetworkName network) => new(Address4(network, 0), PrefixV4);

    /// <summary>A network's IPv6 range.</summary>
    public IPNetwork V6(LabNetworkName network) => new(Address6(network, 0), PrefixV6);

    /// <summary>The addresses of a host of a network.</summary>
    public LabLink Link(LabNetworkName network, int host) => new(network, Address4(network, host), Address6(network, host));

    private IPAddress Address4(LabNetworkName network, int host)
    {
        string range = network switch
        {
            LabNetworkName.Outside => "203.0.113",
            LabNetworkName.Public => "198.51.100",
            _ => "192.0.2",
        };
        return IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"{range}.{(16 * Slot) + host}"));
    }

    private IPAddress Address6(LabNetworkName network, int host)
    {
        string end = host == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"{host}");
        return IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"2001:db8:{Slot:x}:{(int)network + 1}::{end}"));
    }
}
