using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Lab.Setup;

/// <summary>All that a lab's configuration is made of: what was asked for, its addresses, its servers, its passwords.</summary>
internal sealed record LabPlan
{
    /// <summary>The site's name.</summary>
    public const string SiteName = "www.foobar.com";

    /// <summary>What was asked for.</summary>
    public required LabOptions Options { get; init; }

    /// <summary>Its addresses.</summary>
    public required AddressPlan Addresses { get; init; }

    /// <summary>Its passwords.</summary>
    public required LabSecrets Secrets { get; init; }

    /// <summary>The network firewall.</summary>
    public LabServer Firewall => new("fw-01", [Role.NetworkFirewall], [Addresses.FirewallOutside, Addresses.FirewallPublic]);

    /// <summary>The load balancer.</summary>
    public LabServer Balancer =>
        new(
            "lb-01",
            Options.Agents ? [Role.LoadBalancer, Role.Monitoring] : [Role.LoadBalancer],
            [Addresses.BalancerPublic, Addresses.BalancerInternal]);

    /// <summary>All load balancers; the first one has the addresses that move while both are well.</summary>
    public IReadOnlyList<LabServer> Balancers => Options.Balancers == 1 ? [Balancer] :
    [
        Balancer,
        new LabServer(
            "lb-02", [Role.LoadBalancer], [Addresses.Balancer(LabNetworkName.Public, 2), Addresses.Balancer(LabNetworkName.Internal, 2)]),
    ];

    /// <summary>Whether the load balancers are a pair.</summary>
    public bool IsPair => Options.Balancers > 1;

    /// <summary>Where visitors find the site: the load balancer, or the address that moves.</summary>
    public LabLink SitePublic => Shared(Addresses.BalancerPublic);

    /// <summary>Where the application finds the load balancer.</summary>
    public LabLink SiteInternal => Shared(Addresses.BalancerInternal);

    private LabLink Shared(LabLink link) => IsPair ? link with { V4 = Addresses.Virtual(link.Network) } : link;

    /// <summary>The server whose database is the primary when the lab is raised.</summary>
    public LabServer Primary => Web(1);

    /// <summary>The server whose database is the replica when the lab is raised.</summary>
    public LabServer Replica => Web(2);

    /// <summary>The servers of the further replicas: a database and nothing else.</summary>
    public IReadOnlyList<LabServer> FurtherReplicas =>
        [
            .. Enumerable.Range(3, Options.Replicas - 1)
                .Select(number => new LabServer($"db-0{number}", [Role.Database], [Addresses.Database(number)])),
        ];

    /// <summary>All servers, from the outside inwards.</summary>
    public IReadOnlyList<LabServer> Servers => [Firewall, .. Balancers, Primary, Replica, .. FurtherReplicas];

    /// <summary>The servers with a database.</summary>
    public IEnumerable<LabServer> Members => Servers.Where(static server => server.Is(Role.Database));

    /// <summary>The lab's files on this machine.</summary>
    public LabFiles Files => LabFiles.Of(Options.Name);

    /// <summary>The server of a name.</summary>
    /// <exception cref="LabException">There is none.</exception>
    public LabServer Find(string name) => Servers.FirstOrDefault(server => server.Name == name)
        ?? throw LabException.NotFound(
            $"The lab has no server '{name}'.", $"It has {string.Join(", ", Servers.Select(server => server.Name))}.");

    private LabServer Web(int number) => new($"web-0{number}", [Role.Web, Role.App, Role.Database], [Addresses.Web(number)]);
}
