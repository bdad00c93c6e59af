using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.LoadBalancing.Haproxy;

/// <summary>Reads <see cref="ProxyConfiguration"/>.</summary>
internal static class ProxyConfigurationReader
{
    /// <summary>Reads a configuration.</summary>
    /// <param name="sections">Its sections, in the order in which HAProxy reads them.</param>
    public static ProxyConfiguration Read(IReadOnlyList<HaproxySection> sections) => new()
    {
        Routes = ProxyRouteReader.ReadAll(sections),
    };
}
