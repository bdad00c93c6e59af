using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.LoadBalancing;

/// <summary>What the load balancers of a site together must be like.</summary>
public static class SiteLoadBalancerControls
{
    /// <summary>All controls over the load balancers together.</summary>
    public static IReadOnlyList<Control<SiteCase<LoadBalancerFacts>>> All { get; } =
    [
        new(
            LoadBalancerControls.Info("LB-008", Severity.Medium, "The load balancer is no single point of failure", "With one load balancer its restart, its kernel or its disk is the site's.", "Add a second one, with an address that moves between them (keepalived, VRRP).", "RFC 9568"),
            site => [JudgePair([.. site.Site.WithRole(Role.LoadBalancer)])]),
    ];

    private static Verdict JudgePair(Server[] balancers) => balancers.Length switch
    {
        0 => Verdict.NotApplicable(actual: "no load balancer is declared"),
        1 => Verdict.Warning(balancers[0].Name, "two load balancers or more", "one, as declared in the inventory"),
        _ => Verdict.Pass(actual: string.Join(", ", balancers.Select(server => server.Name))),
    };
}
