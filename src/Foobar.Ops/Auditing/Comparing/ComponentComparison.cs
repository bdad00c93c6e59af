using Foobar.Ops.Database;
using Foobar.Ops.Linux;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Servers;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Compares what stands on each server: operating system, HAProxy, database, services; which version, and whether it runs.
/// </summary>
internal static class ComponentComparison
{
    private const string Service = ".service";

    /// <summary>Versions, then services.</summary>
    public static IEnumerable<SnapshotDifference> Compare(Snapshot before, Snapshot after) =>
    [
        .. SiteComparison.Pairs<ServerFacts>(before, after)
            .SelectMany(pair => Named(pair.Server, Systems(pair.Before), Systems(pair.After))),
        .. SiteComparison.Pairs<LoadBalancerFacts>(before, after)
            .SelectMany(pair => Named(pair.Server, Balancers(pair.Before), Balancers(pair.After))),
        .. SiteComparison.Pairs<ReplicationFacts>(before, after)
            .SelectMany(pair => Named(pair.Server, Databases(pair.Before), Databases(pair.After))),
        .. SiteComparison.Pairs<ServerFacts>(before, after)
            .Where(pair => pair.Before.Units.TryGet(out _) && pair.After.Units.TryGet(out _))
            .SelectMany(
                pair => Named(pair.Server, Services(LastingServerFacts.Of(pair.Before)), Services(LastingServerFacts.Of(pair.After)))),
    ];

    private static IEnumerable<SnapshotDifference> Named(
        string server, IEnumerable<(string, string)> before, IEnumerable<(string, string)> after) =>
        SiteComparison.Named(DifferenceKind.Component, server, before, after);

    private static IEnumerable<(string Name, string Text)> Systems(ServerFacts facts) => facts.System.TryGet(out SystemIdentity? system)
        ? [("operating system", system.Name), ("kernel", system.Kernel), ("machine", $"{system.Architecture}, {system.Virtualization}")]
        : [];

    private static IEnumerable<(string Name, string Text)> Balancers(LoadBalancerFacts facts) =>
        facts.Process.TryGet(out HaproxyProcess? process) ? [("HAProxy", process.Version)] : [];

    private static IEnumerable<(string Name, string Text)> Databases(ReplicationFacts facts) =>
        facts.Identity.TryGet(out DatabaseIdentity? identity) ? [("database", $"{identity.Flavor} {identity.Version}")] : [];

    // A unit that is not loaded is only mentioned by another one.
    private static IEnumerable<(string Name, string Text)> Services(ServerFacts facts) =>
        from unit in facts.Units.Value ?? []
        where unit.Name.EndsWith(Service, StringComparison.Ordinal) && unit.Load != "not-found"
        select (unit.Name, $"{unit.Active}{(unit.FileState.Length == 0 ? "" : $", {unit.FileState}")}");
}
