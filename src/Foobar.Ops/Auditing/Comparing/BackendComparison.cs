using System.Globalization;
using Foobar.Ops.LoadBalancing;

namespace Foobar.Ops.Auditing;

/// <summary>Compares the servers of the load balancer's backends.</summary>
internal static class BackendComparison
{
    /// <summary>Servers that came, went, or do something else for their backend.</summary>
    public static IEnumerable<SnapshotDifference> Compare(Snapshot before, Snapshot after) =>
        from pair in SiteComparison.Pairs<LoadBalancerFacts>(before, after)
        where pair.Before.Statistics.TryGet(out _) && pair.After.Statistics.TryGet(out _)
        from difference in SiteComparison.Named(DifferenceKind.Backend, pair.Server, Servers(pair.Before), Servers(pair.After))
        select difference;

    private static IEnumerable<(string Name, string Text)> Servers(LoadBalancerFacts facts) =>
        from backend in facts.Statistics.Value?.Backends ?? []
        from server in backend.Servers
        select ($"{backend.Name}/{server.Name}", Text(server));

    private static string Text(BackendServer server) => string.Join(", ", new[]
    {
        $"{server.State}",
        server.Address,
        server.Weight == 1 ? null : string.Create(CultureInfo.InvariantCulture, $"weight {server.Weight}"),
        server.IsBackup ? "backup" : null,
        server.IsChecked ? null : "not checked",
    }.OfType<string>());
}
