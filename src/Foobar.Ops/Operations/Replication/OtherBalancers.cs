using Foobar.Ops.Inventory;

namespace Foobar.Ops.Operations.Replication;

/// <summary>
/// Load balancers besides the one that the write endpoint is declared on: another of a pair may lead writes by a backend of its
/// own, which a failover does not move (LB-011 judges it).
/// </summary>
internal static class OtherBalancers
{
    /// <summary>A warning for each.</summary>
    /// <param name="site">The site as declared.</param>
    public static IEnumerable<FailoverBlocker> Warn(Site site) => site.Policy.Database is not { WriteEndpoint: { Kind: WriteEndpointKind.Haproxy, Backend: { } backend } endpoint }
        ? []
        : site.WithRole(Role.LoadBalancer).Where(server => server.Name != endpoint.Server).Select(server => new FailoverBlocker
        {
            Code = "OtherBalancer",
            Server = server.Name,
            Message = $"is a load balancer too; if it has a backend {backend}, this failover leaves that as it is, and writes go to the old primary once {server.Name} takes over",
            Remediation = $"Afterwards lead {backend} of {server.Name} to the new primary too, over its socket and in its configuration; Invoke-FoobarAudit -Control LB-011 says whether it does.",
        });
}
