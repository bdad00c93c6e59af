using Foobar.Ops.Linux;
using Foobar.Ops.Servers;

namespace Foobar.Ops.Auditing;

/// <summary>Compares the sockets that listen on each server.</summary>
internal static class ListenerComparison
{
    /// <summary>Sockets that came, went, or are held by another program.</summary>
    public static IEnumerable<SnapshotDifference> Compare(Snapshot before, Snapshot after) =>
        from pair in SiteComparison.Pairs<ServerFacts>(before, after)
        where pair.Before.Sockets.TryGet(out _) && pair.After.Sockets.TryGet(out _)
        from difference in SiteComparison.Named(DifferenceKind.Listener, pair.Server, Sockets(pair.Before), Sockets(pair.After))
        select difference;

    private static IEnumerable<(string Name, string Text)> Sockets(ServerFacts facts) =>
        from socket in facts.Sockets.Value ?? []
        select (socket.Label, socket.Processes.Count == 0
            ? "of a program that was not seen"
            : string.Join(", ", socket.Processes.Distinct().Order(StringComparer.Ordinal)));
}
