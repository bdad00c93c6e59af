using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Replication.Cluster;

/// <summary>
/// Where writes are led on a cluster, where they shall be led, and what stands in the way. Pure: from facts to a decision.
/// </summary>
internal sealed record ClusterPreflight
{
    /// <summary>The member to which writes are led; <see langword="null"/> if it is not exactly one.</summary>
    public string? Old { get; init; }

    /// <summary>The candidate; <see langword="null"/> if there is none.</summary>
    public string? New { get; init; }

    /// <summary>The member on which the marker is written; <see langword="null"/> if none takes writes.</summary>
    public string? Writer { get; init; }

    /// <summary>Why the candidate was chosen; <see langword="null"/> if it was named.</summary>
    public string? Choice { get; init; }

    /// <summary>What kind of cluster.</summary>
    public ClusterKind Kind { get; init; }

    /// <summary>Whether the old member is in the majority.</summary>
    public bool OldIsIn { get; init; }

    /// <summary>Whether the group has to elect the candidate.</summary>
    public bool Elects { get; init; }

    /// <summary>The UUIDs of candidate and writer; <see langword="null"/> where not known.</summary>
    public Guid? NewUuid { get; init; }

    /// <inheritdoc cref="NewUuid"/>
    public Guid? WriterUuid { get; init; }

    /// <summary>What stands in the way; empty for nothing.</summary>
    public required IReadOnlyList<FailoverBlocker> Blockers { get; init; }

    /// <summary>What the operator should know, and does not stand in the way.</summary>
    public IReadOnlyList<FailoverBlocker> Warnings { get; init; } = [];

    /// <summary>Judges a move.</summary>
    /// <param name="facts">What the members say.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="open">The members that the write endpoint lets connections through to; <see langword="null"/> if it can't tell, or
    /// there is none.</param>
    public static ClusterPreflight Judge(SiteCase<ReplicationFacts> facts, FailoverOptions options, IReadOnlyList<string>? open)
    {
        ReplicationTopology topology = ReplicationTopology.Of(facts);
        DatabasePolicy policy = facts.Site.Policy.Database!;
        List<FailoverBlocker> blockers = [.. Operations(topology)];
        List<FailoverBlocker> warnings = [];
        IReadOnlyList<string>? part = Part(topology, blockers);
        if (part is null)
        {
            return new() { Old = open is [{ } led] ? led : null, Blockers = blockers, Warnings = warnings };
        }

        ClusterFacts seen = topology.Facts(part[0])!.Cluster.Value!;
        JudgeMode(policy, seen, blockers);
        string? primary = seen.Kind == ClusterKind.GroupReplication
            ? part.FirstOrDefault(name => topology.Facts(name)!.Cluster.Value is { Primary: true, Ready: true })
            : null;
        string? old = OldOf(policy, open, primary, blockers);
        if (seen.Kind == ClusterKind.GroupReplication && primary is null && blockers.Count == 0)
        {
            Add(
                blockers, "Primary", null,
                "no member of the group that answers is its primary",
                "Look at Get-FoobarReplication: the group elects one by itself while it has a majority.");
        }

        bool isIn = old is not null && part.Contains(old, StringComparer.OrdinalIgnoreCase);
        Dictionary<string, (List<FailoverBlocker> Blockers, List<FailoverBlocker> Warnings)> objects = part.ToDictionary(
            static name => name, name => Objects(topology, part, isIn ? old : null, primary, name), StringComparer.OrdinalIgnoreCase);
        (string? candidate, string? choice) = Choose(topology, policy, options, part, old, primary, objects, blockers);
        if (candidate is not null && objects.TryGetValue(candidate, out var judged))
        {
            // What the group has elected takes writes already, whatever it lacks.
            (candidate == primary ? warnings : blockers).AddRange(judged.Blockers);
            warnings.AddRange(judged.Warnings);
        }

        if (old is not null && !isIn)
        {
            Add(
                warnings, "OldMemberOut", old,
                $"is not in the cluster's majority{(topology.Failure(old) is { } failure ? $": {failure.TrimEnd('.')}" : "")}",
                "What it acknowledged is in the majority; bring it back afterwards: it joins by itself once it is started.");
        }

        string? writer = primary ?? (isIn ? old : candidate);
        if (writer is not null && isIn)
        {
            JudgeTransactions(topology, seen.Kind, writer, options, blockers);
        }

        return new()
        {
            Old = old,
            New = candidate,
            Writer = writer,
            Choice = choice,
            Kind = seen.Kind,
            OldIsIn = isIn,
            Elects = seen.Kind == ClusterKind.GroupReplication && candidate is not null && candidate != primary,
            NewUuid = candidate is null ? null : topology.Facts(candidate)?.Identity.Value?.ServerUuid,
            WriterUuid = writer is null ? null : topology.Facts(writer)?.Identity.Value?.ServerUuid,
            Blockers = blockers,
            Warnings = warnings,
        };
    }

    // Beside the member that takes writes; where that is out of the majority, beside another one of it.
    private static (List<FailoverBlocker> Blockers, List<FailoverBlocker> Warnings) Objects(
        ReplicationTopology topology, IReadOnlyList<string> part, string? old, string? primary, string name)
    {
        List<FailoverBlocker> blockers = [];
        List<FailoverBlocker> warnings = [];
        string? beside = new[] { old, primary }.Concat(part)
            .FirstOrDefault(other => other is not null && !string.Equals(other, name, StringComparison.OrdinalIgnoreCase));
        if (beside is not null && topology.Facts(beside) is { } theirs && topology.Facts(name) is { } own)
        {
            ObjectObstacles.Judge(theirs, name, own, blockers, warnings);
        }

        return (blockers, warnings);
    }

    // The one part that has a quorum.
    private static IReadOnlyList<string>? Part(ReplicationTopology topology, List<FailoverBlocker> blockers)
    {
        IReadOnlyList<IReadOnlyList<string>> parts = ClusterParts.WithQuorum(topology);
        if (parts.Count == 1)
        {
            return parts[0];
        }

        if (parts.Count > 1)
        {
            Add(
                blockers, "SplitBrain", null,
                $"the members form {parts.Count} clusters that know nothing of each other: "
                    + $"{string.Join(" | ", parts.Select(static part => string.Join(", ", part)))}",
                "Stop one of them: take it out of the write endpoint, save what it took, and let its members join the other one.");
            return null;
        }

        string states = string.Join("; ", topology.Members.Select(member => topology.Failure(member.Name) is { } failure
            ? failure.TrimEnd('.')
            : $"{member.Name}: {ClusterParts.Describe(topology.Facts(member.Name)?.Cluster.Value) ?? "in no cluster"}"));
        Add(
            blockers, "NoQuorum", null,
            $"no member that answers is in a majority ({states})",
            "Bring members back until more than half are there. If they are lost for good, and only after all others are seen to be down: "
                + "SET GLOBAL wsrep_provider_options = 'pc.bootstrap=1' (Galera) or group_replication_force_members (Group Replication) on "
                + "the most advanced one.");
        return null;
    }

    private static void JudgeMode(DatabasePolicy policy, ClusterFacts seen, List<FailoverBlocker> blockers)
    {
        if (policy.Writers > 1)
        {
            Add(
                blockers, "SeveralWriters", null,
                Invariant(
                    $"{policy.Writers} writers are declared: writes are led to several members, and there is no one to move them from"),
                "Take a member out of the endpoint with Set-FoobarBackend.");
        }
        else if (seen is { Kind: ClusterKind.GroupReplication, MultiPrimary: true })
        {
            Add(
                blockers, "MultiPrimary", null,
                "the group takes writes on several primaries, though one writer is declared",
                "SELECT group_replication_switch_to_single_primary_mode() on a member, or declare the writers in policy.database.writers.");
        }
    }

    private static string? OldOf(DatabasePolicy policy, IReadOnlyList<string>? open, string? primary, List<FailoverBlocker> blockers)
    {
        switch (open)
        {
            case [{ } only]:
                return only;
            case { Count: not 1 } several:
                Add(
                    blockers, "Endpoint", policy.WriteEndpoint?.Server,
                    $"the write endpoint leads to {(several.Count == 0 ? "no member" : string.Join(", ", several))}, expected one",
                    "Put the other servers of the backend into maintenance, and one out of it (Set-FoobarBackend).");
                return null;
            default:
                if (primary is null)
                {
                    Add(
                        blockers, "Endpoint", null,
                        "where writes are led can't be told: no write endpoint is declared that says so, and every member of Galera takes writes",
                        "Declare policy.database.writeEndpoint with kind haproxy.");
                }

                return primary;
        }
    }

    private static (string? Name, string? Why) Choose(
        ReplicationTopology topology,
        DatabasePolicy policy,
        FailoverOptions options,
        IReadOnlyList<string> part,
        string? old,
        string? primary,
        Dictionary<string, (List<FailoverBlocker> Blockers, List<FailoverBlocker> Warnings)> objects,
        List<FailoverBlocker> blockers)
    {
        if (options.To is { } named)
        {
            string? known = topology.Members.FirstOrDefault(
                member => string.Equals(member.Name, named, StringComparison.OrdinalIgnoreCase))?.Name;
            if (known is null)
            {
                Add(
                    blockers, "Candidate", named, "is no member of the database",
                    $"The members are {string.Join(", ", topology.Members.Select(static member => member.Name))}.");
                return default;
            }

            if (known == old && (primary is null || primary == known))
            {
                Add(blockers, "AlreadyPrimary", known, "writes are led to it already", "Name another member.");
                return default;
            }

            if (Unfit(topology, policy, part, known) is { } why)
            {
                blockers.Add(why);
            }

            return (known, null);
        }

        // A group whose primary died has elected another one: the endpoint follows it.
        if (primary is not null && primary != old)
        {
            return (primary, "the group's primary");
        }

        string[] others = [.. topology.Members.Select(static member => member.Name).Where(name => name != old)];
        string[] fit = [.. others.Where(name => Unfit(topology, policy, part, name) is null)];
        string? chosen = policy.Preferred.Select(wanted => fit.FirstOrDefault(name =>
                string.Equals(name, wanted, StringComparison.OrdinalIgnoreCase) && objects[name].Blockers.Count == 0))
            .FirstOrDefault(static name => name is not null)
            ?? fit.MinBy(name => (objects[name].Blockers.Count, topology.Facts(name)!.Cluster.Value!.Flow.Queue));
        if (chosen is null)
        {
            blockers.AddRange(others.Select(name => Unfit(topology, policy, part, name)).OfType<FailoverBlocker>());
            return default;
        }

        return (chosen, policy.Preferred.Contains(chosen, StringComparer.OrdinalIgnoreCase)
            ? "policy.database.preferred names it first"
            : "in step, with the shortest queue");
    }

    private static FailoverBlocker? Unfit(ReplicationTopology topology, DatabasePolicy policy, IReadOnlyList<string> part, string name)
    {
        const string Look = "Look at Get-FoobarReplication; name another member, or bring this one into step first.";
        ClusterFacts? cluster = topology.Facts(name)?.Cluster.Value;
        return policy.NeverPromote.Contains(name, StringComparer.OrdinalIgnoreCase)
            ? Blocker("NeverPromote", name, "policy.database.neverPromote names it", "Name another member.")
            : topology.Failure(name) is { } failure ? Blocker("Unreachable", name, failure.TrimEnd('.'), Look)
            : !part.Contains(name)
                ? Blocker("NotInMajority", name, $"is not in the cluster's majority ({cluster?.State ?? "in no cluster"})", Look)
            : cluster is { Desynced: true }
                ? Blocker("NotInStep", name, $"is {cluster.State} (a donor, or set apart by wsrep_desync): it may be far behind", Look)
            : cluster is not { IsInStep: true, Ready: true }
                ? Blocker(
                    "NotInStep", name, $"is {cluster!.State}, expected {(cluster.Kind == ClusterKind.Galera ? "Synced" : "ONLINE")}", Look)
            : null;
    }

    private static void JudgeTransactions(
        ReplicationTopology topology, ClusterKind kind, string writer, FailoverOptions options, List<FailoverBlocker> blockers)
    {
        foreach (OpenTransaction open in (topology.Facts(writer)?.Transactions.Value ?? [])
            .Where(open => open.AgeSeconds > options.LongTransactionSeconds))
        {
            Add(
                blockers, "LongTransaction", writer,
                Invariant(
                    $"connection {open.ConnectionId} of {open.User} has had a transaction open for {open.AgeSeconds:0} s{(kind == ClusterKind.GroupReplication ? ", for which the election would wait" : "")}"),
                "Wait until it ends, or end it (KILL).");
        }
    }

    // The marker is one row of the cluster. A member that still applies shows it as it was: where another one tells of its end, or
    // of the end of a later operation, it has ended, for nobody begins another one before.
    private static IEnumerable<FailoverBlocker> Operations(ReplicationTopology topology)
    {
        OperationMark[] last = [.. topology.Members.SelectMany(member => topology.Facts(member.Name)?.LastOperation.Value ?? [])];
        return topology.Members.SelectMany(member => topology.Facts(member.Name)?.Unfinished.Value ?? [])
            .Where(mark => !last.Any(ended => !ended.IsUnfinished && ended.Since >= mark.Since))
            .Select(static mark => $"{mark}").Distinct()
            .Select(static mark =>
                new FailoverBlocker { Code = FailoverBlocker.Running, Message = mark, Remediation = OperationMarker.Recommendation });
    }

    private static void Add(List<FailoverBlocker> blockers, string code, string? server, string message, string remediation) =>
        blockers.Add(Blocker(code, server, message, remediation));

    private static FailoverBlocker Blocker(string code, string? server, string message, string remediation) =>
        new() { Code = code, Server = server, Message = message, Remediation = remediation };
}
