using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>Reads <see cref="ProxyConfiguration"/>.</summary>
internal static class ProxyConfigurationReader
{
    /// <summary>Reads a configuration.</summary>
    /// <param name="sections">Its sections, in the order in which HAProxy reads them.</param>
    public static ProxyConfiguration Read(IReadOnlyList<HaproxySection> sections)
    {
        IReadOnlyList<ProxyRoute> routes = ProxyRouteReader.ReadAll(sections);
        return new ProxyConfiguration
        {
            Routes = routes,
            StatsPages = StatsPageReader.ReadAll(sections, routes),
            Checks = HealthCheckReader.ReadAll(sections),
        };
    }
}
