using Foobar.Ops.Findings;

namespace Foobar.Ops.LoadBalancing;

/// <summary>Which backends the frontends that others reach lead visitors to.</summary>
internal static class VisitedBackends
{
    /// <summary>
    /// Those of HTTP beside the declared web backend; none where the configuration can't be read, which LB-004 tells.
    /// </summary>
    public static IEnumerable<Backend> Others(ProxyStatistics statistics, ServerCase<LoadBalancerFacts> server)
    {
        ProxyRoute[] open =
        [
            .. (server.Facts.Configuration.Value?.Routes ?? []).Where(static route => route.Listeners.Any(static place => !place.IsLocal)),
        ];
        return statistics.Backends.Where(backend => backend.Mode == "http" && backend.Servers.Count > 0
            && backend.Name != server.Site.Policy.LoadBalancing.WebBackend && open.Any(route => route.LeadsTo(backend.Name)));
    }

    /// <summary>Whether surely no frontend leads to a backend.</summary>
    public static bool IsLeftOut(string backend, ServerCase<LoadBalancerFacts> server) =>
        server.Facts.Configuration.Value?.Routes is { Count: > 0 } routes
            && routes.All(route => !route.LeadsTo(backend) && route.Doubts.Count == 0);
}
