using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using static Foobar.Ops.Database.DatabaseControl;

namespace Foobar.Ops.Database;

/// <summary>How the members fit together: could each take another's place?</summary>
internal static class PairControls
{
    public static Control<SiteCase<ReplicationFacts>> Accounts { get; } = OfFact(
        Info(
            "DB-015", Severity.High, "Each member lets every other replicate from it",
            "After a failover the old primary must log in at the new one. An account that is only on one side, or only lets one address "
                + "in, is noticed when it is too late.",
            "Create the replication account on the primary, for the addresses of every member, with REPLICATION SLAVE; it replicates to "
                + "the others.",
            "MySQL Reference Manual, Creating a User for Replication"),
        facts => facts.Accounts,
        (member, accounts) => member.Clustered
            ? [Verdict.NotApplicable(actual: "is in a cluster")]
            : member.Topology.Members.Where(other => other != member.Member)
                .Select(other => JudgeAccess(ReplicationAccess.Of(member.Topology, accounts, other))).DefaultIfEmpty(
                    Verdict.NotApplicable(actual: "no other member")));

    public static Control<SiteCase<ReplicationFacts>> Versions { get; } = OfSite(
        Info(
            "DB-016", Severity.High, "No replica is older than its source",
            "An older server may not understand what a newer one logs: replication breaks, at the latest when the roles are swapped.",
            "Upgrade replicas first, then switch over, then the old primary, soon after each other.",
            "MySQL Reference Manual, Replication Compatibility Between MySQL Versions"),
        (topology, _) => topology.Links.Select(link => JudgeVersions(topology, link))
            .DefaultIfEmpty(Verdict.NotApplicable(actual: "no member replicates from another")));

    public static Control<SiteCase<ReplicationFacts>> UniqueIds { get; } = OfSite(
        Info(
            "DB-017", Severity.High, "Server ids and UUIDs are unique",
            "Servers with the same id throw away each other's transactions; with the same UUID they throw each other out.",
            "server_id in the configuration; remove auto.cnf from a copied data directory and restart."),
        (topology, _) => JudgeIds(topology));

    public static Control<SiteCase<ReplicationFacts>> NotAlone { get; } = OfSite(
        Info(
            "DB-027", Severity.High,
            "Another member is there to take over from the primary",
            "A single writer without a failover is a known weak point of this design: when it dies, the site can't write until it is "
                + "restored.",
            "Add a replica, and declare the write endpoint through which writes can be moved."),
        JudgeAlone);

    public static Control<SiteCase<ReplicationFacts>> SameObjects { get; } = OfFact(
        Info(
            "DB-034", Severity.High,
            "Replicas have the accounts, code and tables of their source",
            "An account that is missing on a replica, or may do less there, locks the application out after a failover; a routine or a "
                + "table that differs breaks it. Without a unique key it takes rows that the others refuse, and replication stops. A "
                + "filter, a member that was set up by hand, or a statement with sql_log_bin = 0 (wsrep_on = 0 on Galera) makes such "
                + "differences, and no GTID tells of them. Members of a cluster are held against its primary, or its first member.",
            "Make it the same on the primary and let it replicate, or copy the replica afresh (Repair-FoobarReplication -Copy)."),
        facts => facts.Objects,
        (member, own) => member.Links.Any()
            ? member.Links.SelectMany(link => JudgeObjects(member, link.Source, link.BacklogTransactions, own))
            : ClusterReference(member) is { } reference
                ? JudgeObjects(member, reference, member.Facts.Cluster.Value!.Flow.Queue, own)
                : [Verdict.NotApplicable(actual: "replicates from none")]);

    // All members of a cluster are equals; one that is not in step with it may still lack what the others have.
    private static string? ClusterReference(MemberCase member)
    {
        IReadOnlyList<string>? part = ClusterParts.WithQuorum(member.Topology).FirstOrDefault(part => part.Contains(member.Member.Name));
        string? reference = part?.FirstOrDefault(name =>
                member.Topology.Facts(name)!.Cluster.Value is { Kind: ClusterKind.GroupReplication, Primary: true })
            ?? part?[0];
        return reference == member.Member.Name ? null : reference;
    }

    private static IEnumerable<Verdict> JudgeObjects(
        MemberCase member, string? source, double? backlog, IReadOnlyList<ServerObject> own)
    {
        if (source is null || member.Topology.Facts(source) is not { Objects.Value: not null } theirs)
        {
            return [Verdict.Unknown("objects", "those of its source could not be read")];
        }

        // What is still on its way differs for a moment; accounts of the server itself may be its own (debian-sys-maint).
        IEnumerable<Verdict> differences = ObjectDifference.Between(theirs, member.Facts).Select(one => backlog > 0
            ? Verdict.Warning(
                $"{one.Object.Kind} {one.Object.Name}", $"as on {source}",
                $"{one.How}, and {Text(backlog.Value)} transactions are still missing")
            : one.Object.IsLocal ? Verdict.Warning($"{one.Object.Kind} {one.Object.Name}", $"as on {source}", one.How)
            : Verdict.Fail($"{one.Object.Kind} {one.Object.Name}", $"as on {source}", one.How));
        return (ObjectDifference.Unread(theirs, member.Facts) is { } unread
                ? differences.Append(Verdict.Unknown("table definitions", unread))
                : differences)
            .OrPass($"{own.Count} are the same");
    }

    private static Verdict JudgeAccess(ReplicationAccess access) => access.Account is { } account
        ? Verdict.Pass($"for {access.Other.Name}", account)
        : Verdict.Fail($"for {access.Other.Name}", access.Wanted, access.Obstacle);

    private static Verdict JudgeVersions(ReplicationTopology topology, ReplicationLink link)
    {
        string? replica = topology.Facts(link.Replica)?.Identity.Value?.Version;
        string? source = link.Source is null ? null : topology.Facts(link.Source)?.Identity.Value?.Version;
        if (DatabaseVersion.Parse(replica) is not { } own || DatabaseVersion.Parse(source) is not { } theirs)
        {
            return Verdict.Unknown(
                "version", $"the version of {(replica is null ? link.Replica : link.Source ?? "the source")} is not known") with
            {
                Server = link.Replica,
            };
        }

        Verdict verdict = own.CompareTo(theirs) switch
        {
            < 0 when DatabaseVersion.SameSeries(own, theirs) => Verdict.Warning(
                "version", $"at least {source}, as {link.Source} has", $"{replica}: an older patch release of the same series"),
            < 0 => Verdict.Fail("version", $"at least {source}, as {link.Source} has", replica!),
            > 0 when DatabaseVersion.SameSeries(own, theirs) => Verdict.Pass("version", $"{replica}, a newer patch release than {source}"),
            > 0 => Verdict.Warning(
                "version", $"{source}, as {link.Source} has", $"{replica}: it can be promoted, but then the old primary is too old"),
            _ => Verdict.Pass("version", replica),
        };
        return verdict with { Server = link.Replica };
    }

    private static IEnumerable<Verdict> JudgeIds(ReplicationTopology topology)
    {
        List<(string Member, DatabaseIdentity? Identity)> known =
        [
            .. topology.Members.Select(member => (member.Name, topology.Facts(member.Name)?.Identity.Value)),
        ];
        if (SharedId.Of(topology) is { Count: > 0 } shared)
        {
            return shared.Select(one => Verdict.Fail(one.Id, "one member", string.Join(" and ", one.Members)));
        }

        return known.Any(one => one.Identity is null)
            ? [
                Verdict.Unknown(
                    "server ids",
                    $"{string.Join(", ", known.Where(one => one.Identity is null).Select(one => one.Member))} could not be asked"),
            ]
            : [Verdict.Pass("server ids", string.Join(", ", known.Select(one => one.Identity!.ServerId)))];
    }

    private static IEnumerable<Verdict> JudgeAlone(ReplicationTopology topology, DatabasePolicy policy)
    {
        if (topology.Members.Count < 2)
        {
            return
            [
                topology.Members.Count == 0
                    ? Verdict.NotApplicable()
                    : Verdict.Warning("failover", "a replica that can take over", "a single member"),
            ];
        }

        if (topology.Members.Any(member => topology.RoleOf(member.Name) == MemberRole.ClusterMember))
        {
            return [Verdict.Pass("failover", "a cluster")];
        }

        if (topology.Links.Count == 0)
        {
            return [topology.Members.Any(member => topology.Facts(member.Name)?.Channels.Value is null)
                ? Verdict.Unknown("failover", "not every member could be asked from whom it replicates")
                : Verdict.Fail("failover", "a replica that can take over", "no member replicates from another")];
        }

        return [policy.WriteEndpoint is null
            ? Verdict.Warning("failover", "a declared write endpoint", "none: the application has to be told of a new primary by hand")
            : Verdict.Pass("failover", "a replica and a write endpoint")];
    }
}
