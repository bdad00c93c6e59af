using Foobar.Ops.Database;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Auditing;

/// <summary>Compares who is primary, and who replicates from whom.</summary>
internal static class ReplicationComparison
{
    /// <summary>Roles, then links.</summary>
    public static IEnumerable<SnapshotDifference> Compare(Snapshot before, Snapshot after)
    {
        ReplicationTopology old = ReplicationTopology.Of(SiteComparison.Case<ReplicationFacts>(before));
        ReplicationTopology now = ReplicationTopology.Of(SiteComparison.Case<ReplicationFacts>(after));
        IEnumerable<string> members = now.Members.Concat(old.Members)
            .Select(member => member.Name)
            .Distinct(StringComparer.OrdinalIgnoreCase);
        return members.SelectMany(member => (IEnumerable<SnapshotDifference>)
        [
            .. SiteComparison.Named(DifferenceKind.Role, member, Role(old, member), Role(now, member)),
            .. SiteComparison.Named(DifferenceKind.Replication, member, Links(old, member), Links(now, member)),
        ]);
    }

    private static IEnumerable<(string Name, string Text)> Role(ReplicationTopology topology, string member) =>
        topology.Members.Any(one => Same(one, member)) ? [("database", $"{topology.RoleOf(member)}")] : [];

    private static IEnumerable<(string Name, string Text)> Links(ReplicationTopology topology, string member) =>
        from link in topology.Links
        where string.Equals(link.Replica, member, StringComparison.OrdinalIgnoreCase)
        let channel = link.Channel
        select (
            $"{link.Source ?? channel.SourcePlace} -> {link.Replica}{(channel.Name.Length == 0 ? "" : $" ({channel.Name})")}",
            channel is { Receiver: ReplicationThread.Running, Applier: ReplicationThread.Running }
                ? "runs"
                : $"receiver {channel.Receiver}, applier {channel.Applier}");

    private static bool Same(Server server, string name) => string.Equals(server.Name, name, StringComparison.OrdinalIgnoreCase);
}
