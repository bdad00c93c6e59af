using Foobar.Ops.Database;
using Foobar.Ops.Database.Gtids;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>Who comes back, to whom, and how. Pure.</summary>
internal static class RejoinPreflight
{
    /// <summary>Judges.</summary>
    /// <param name="facts">What the members say.</param>
    /// <param name="wanted">The member that shall come back; <see langword="null"/> where only one does not replicate.</param>
    /// <param name="open">The members that the write endpoint leads to; <see langword="null"/> if it can't tell.</param>
    /// <param name="copy">Whether a fresh copy is asked for, which one that replicates may get too.</param>
    public static RejoinPreview Judge(SiteCase<ReplicationFacts> facts, string? wanted, IReadOnlyList<string>? open, bool copy = false)
    {
        ReplicationTopology topology = ReplicationTopology.Of(facts);
        List<FailoverBlocker> blockers = [];
        string? server = Returning(topology, wanted, open ?? [], copy, blockers);
        string[] primaries =
        [
            .. topology.Members.Select(member => member.Name).Where(name => name != server && topology.RoleOf(name) == MemberRole.Primary),
        ];
        if (primaries.Length != 1)
        {
            blockers.Add(new()
            {
                Code = "Primary",
                Message = primaries.Length == 0
                    ? $"no other member is a primary{Unread(facts, server)}"
                    : $"{string.Join(" and ", primaries)} take writes",
                Remediation =
                    "There must be exactly one primary to follow: see Get-FoobarReplication, and Invoke-FoobarFailover -Emergency if the "
                        + "primary is dead.",
            });
        }

        return new() { Server = server, Primary = primaries.Length == 1 ? primaries[0] : null, Blockers = blockers };
    }

    /// <summary>How a member comes back, by what both hold.</summary>
    /// <param name="flavor">The flavour.</param>
    /// <param name="member">What the member holds (MySQL set, MariaDB binlog state).</param>
    /// <param name="primary">What the primary holds.</param>
    /// <param name="purged">What the primary no longer has the log of (MySQL <c>gtid_purged</c>); empty if not known.</param>
    /// <returns>How, why, and the transactions that only the member holds (on MariaDB the last of each server).</returns>
    public static (RejoinMethod Method, string Reason, string Errant) Decide(
        DatabaseFlavor flavor, string member, string primary, string purged)
    {
        string errant = GtidComparison.Errant(flavor, member, primary);
        if (errant.Length > 0)
        {
            return (
                RejoinMethod.Copy,
                "It holds transactions that the primary lacks; they are saved to a file, and it is copied afresh.",
                errant);
        }

        string gone = purged.Length > 0 ? GtidComparison.Errant(flavor, purged, member) : "";
        return gone.Length > 0
            ? (RejoinMethod.Copy, $"It lacks {gone}, of which the primary no longer has the log; it is copied afresh.", "")
            : (RejoinMethod.Rejoin, "It holds nothing that the primary lacks; it follows as it is.", "");
    }

    private static string Unread(SiteCase<ReplicationFacts> facts, string? server) => string.Concat(facts.Facts
        .Where(member => member.Key != server && (member.Value.Value is null or { Refusal: not null }))
        .Select(member => $"; {member.Key} could not be asked: {member.Value.Failure ?? member.Value.Value!.Refusal}"));

    // One whose source is a replica itself, or does not answer, may be told to follow the primary instead.
    private static bool IsServed(ReplicationTopology topology, ReplicationLink link) =>
        link.Source is { } source && topology.RoleOf(source) is not (MemberRole.Replica or MemberRole.Unknown);

    private static string? Returning(
        ReplicationTopology topology, string? wanted, IReadOnlyList<string> open, bool copy, List<FailoverBlocker> blockers)
    {
        string[] replicating =
        [
            .. topology.Links.Where(link => link.Channel.Replicates && link.Source is not null).Select(link => link.Replica),
        ];
        if (wanted is not null)
        {
            string? known = topology.Members.FirstOrDefault(
                member => string.Equals(member.Name, wanted, StringComparison.OrdinalIgnoreCase))?.Name;
            if (known is null
                || (!copy && topology.Links.Any(link => link.Replica == known && link.Channel.Replicates && IsServed(topology, link))))
            {
                blockers.Add(new()
                {
                    Code = "Server",
                    Server = wanted,
                    Message = known is null ? "is no member of the database" : "replicates already",
                    Remediation = known is null
                        ? "Name the member that shall come back; see Get-FoobarReplication."
                        : "There is nothing to repair; -Copy copies it afresh all the same.",
                });
            }

            if (known is not null && open.Contains(known, StringComparer.OrdinalIgnoreCase))
            {
                blockers.Add(new()
                {
                    Code = "Endpoint",
                    Server = known,
                    Message = "is where the application writes",
                    Remediation = "Name the member that shall come back, not the primary.",
                });
            }

            return known;
        }

        // The one that doesn't replicate and isn't the primary: where the application writes, or who alone takes writes.
        string[] primaries =
        [
            .. topology.Members.Select(member => member.Name)
                .Where(
                    name =>
                        topology.RoleOf(name) == MemberRole.Primary
                            && (open.Count != 1 || string.Equals(open[0], name, StringComparison.OrdinalIgnoreCase))),
        ];
        string[] left =
        [
            .. topology.Members.Select(member => member.Name)
                .Where(name => !replicating.Contains(name) && !(primaries.Length == 1 && primaries[0] == name)),
        ];
        if (left.Length != 1)
        {
            blockers.Add(new()
            {
                Code = "Server",
                Message = left.Length == 0 ? "every member replicates or is the primary" : $"{string.Join(", ", left)} could be meant",
                Remediation = left.Length == 0
                    ? "There is nothing to repair."
                    : "Name the member that shall come back. The other one stays the primary.",
            });
        }

        return left.Length == 1 ? left[0] : null;
    }
}
