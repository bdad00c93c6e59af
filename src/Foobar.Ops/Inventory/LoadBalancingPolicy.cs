using System.Net;

namespace Foobar.Ops.Inventory;

/// <summary>What the load balancer must be like.</summary>
public sealed record LoadBalancingPolicy
{
    /// <summary>The path of HAProxy's admin socket on the load balancer.</summary>
    public string AdminSocket { get; init; } = "/run/haproxy/admin.sock";

    /// <summary>The backend that holds the web servers.</summary>
    public string WebBackend { get; init; } = "web";

    /// <summary>
    /// Addresses that move between load balancers (keepalived, VRRP); visitors use these. Empty for a single balancer,
    /// whose own addresses they use.
    /// </summary>
    public IReadOnlyList<IPAddress> VirtualAddresses { get; init; } = [];
}
