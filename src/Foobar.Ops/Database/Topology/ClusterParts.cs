using System.Globalization;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Database;

/// <summary>How a cluster's members stand together, as they themselves see it. Pure.</summary>
internal static class ClusterParts
{
    /// <summary>The declared members that are in a cluster, with what each says of it.</summary>
    public static IReadOnlyList<(string Name, ClusterFacts Facts)> Members(ReplicationTopology topology) =>
        [
            .. topology.Members.Select(member => (member.Name, Facts: topology.Facts(member.Name)?.Cluster.Value))
                .Where(static one => one.Facts is { Kind: not ClusterKind.None })
                .Select(static one => (one.Name, one.Facts!)),
        ];

    /// <summary>
    /// The parts that have a quorum, each with its declared members: one in a healthy cluster, none in one that stands still.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<string>> WithQuorum(ReplicationTopology topology)
    {
        List<List<(string Name, ClusterFacts Facts)>> parts = [];
        foreach ((string Name, ClusterFacts Facts) member in Members(topology).Where(static one => one.Facts.HasQuorum))
        {
            List<(string Name, ClusterFacts Facts)>? part = parts.Find(one => one.Exists(other => other.Facts.IsOneWith(member.Facts)));
            if (part is null)
            {
                parts.Add([member]);
            }
            else
            {
                part.Add(member);
            }
        }

        return [.. parts.Select(static part => (IReadOnlyList<string>)[.. part.Select(static one => one.Name)])];
    }

    /// <summary>A member's state in one line; <see langword="null"/> if it is in no cluster.</summary>
    public static string? Describe(ClusterFacts? cluster) => cluster is not { Kind: not ClusterKind.None } ? null
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{cluster.State}{(cluster is { Kind: ClusterKind.GroupReplication, Ready: true } ? cluster.Primary ? " primary" : " secondary" : "")}, {cluster.Online} of {cluster.Members}{(cluster.HasQuorum ? "" : ", no majority")}{(cluster.SetApart ? ", set apart" : "")}{(cluster.Flow.Active ? ", writers held back" : "")}");

    /// <summary>Whether a member of a view is a declared one: by its name, its host name or its address.</summary>
    public static bool Is(ReplicationTopology topology, ClusterPeer peer, Server member) =>
        string.Equals(peer.Name, member.Name, StringComparison.OrdinalIgnoreCase)
        || string.Equals(peer.Name, topology.Facts(member.Name)?.Identity.Value?.HostName, StringComparison.OrdinalIgnoreCase)
        || (Guid.TryParse(peer.Id, out Guid id) && id == topology.Facts(member.Name)?.Identity.Value?.ServerUuid)
        || member.Addresses.Any(address => string.Equals($"{address}", peer.Name, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// What a part keeps of its weight when the heaviest of its members dies, and what it had: it has a quorum while that is more
    /// than half. A member that is silent is taken for as heavy as is left for it.
    /// </summary>
    public static (long Left, long Total) WithoutHeaviest(ReplicationTopology topology, ClusterFacts seen)
    {
        long[] known =
        [
            .. Members(topology).Where(one => one.Facts.HasQuorum && one.Facts.IsOneWith(seen)).Select(static one => one.Facts.Weight),
        ];
        long total = seen.TotalWeight > 0 ? seen.TotalWeight : seen.Members;
        long silent = seen.Members > known.Length ? Math.Max(0, total - known.Sum()) : 0;
        return (total - known.Append(silent).Max(), total);
    }
}
