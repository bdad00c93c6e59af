using Foobar.Ops.Database;

namespace Foobar.Ops.Operations.Replication;

/// <summary>What a candidate lacks of the accounts, code and tables that the site works with. Pure.</summary>
internal static class ObjectObstacles
{
    private const string Remedy =
        "Make it the same on the primary and let it replicate, or copy the candidate afresh (Repair-FoobarReplication -Copy).";

    private const string Harm = "it would take rows that the others refuse, and replication would stop at the first";

    /// <summary>Judges a candidate beside the primary. What the application uses must be on it; all else is told.</summary>
    public static void Judge(
        ReplicationFacts primary,
        string candidate,
        ReplicationFacts facts,
        List<FailoverBlocker> blockers,
        List<FailoverBlocker> warnings)
    {
        if (primary.Objects.Value is null || facts.Objects.Value is null)
        {
            warnings.Add(
                Blocker(
                    "Objects", candidate,
                    "whether it has the primary's accounts and tables could not be read: "
                        + $"{primary.Objects.Failure ?? facts.Objects.Failure}",
                    "Grant SELECT on *.* to the operator's account."));
            return;
        }

        if (ObjectDifference.Unread(primary, facts) is { } unread)
        {
            warnings.Add(Blocker("Objects", candidate, unread, "Grant SELECT on *.* to the operator's account."));
        }

        foreach (ObjectDifference one in ObjectDifference.Between(primary, facts))
        {
            bool used = one.Object.Kind switch
            {
                "account" or "grants" => !one.IsAlone && primary.Clients.Value?.Contains(one.Object.User) != false,
                ServerObject.OfTable => one.Table is { } table ? table.InColumns || table.LackingUnique.Count > 0 : !one.IsAlone,
                _ => false,
            };
            (used ? blockers : warnings).Add(Of(one, candidate));
        }
    }

    /// <summary>
    /// The unique keys that a candidate lacks and another member has: the judgement where the primary can't be asked. Which of the
    /// two is right is not known, but with such a key on one of them alone, replication stops at the first row that breaks it.
    /// </summary>
    /// <param name="candidate">The member that shall become the primary.</param>
    /// <param name="facts">What it says.</param>
    /// <param name="others">The members that answer and hold the primary's data, with what they say.</param>
    public static IEnumerable<FailoverBlocker> JudgeUnique(
        string candidate, ReplicationFacts facts, IEnumerable<(string Name, ReplicationFacts Facts)> others) =>
        from other in others
        where other.Name != candidate
        from one in ObjectDifference.Between(other.Facts, facts)
        where one.Table is { LackingUnique.Count: > 0 }
        group other.Name by (one.Object.Name, one.Table!.How) into same
        select Blocker(
            "Schema", candidate,
            $"table {same.Key.Name} {same.Key.How}, beside {string.Join(", ", same)}: {Harm}",
            $"Promote {same.First()}, or add the key on {candidate} with sql_log_bin = 0.");

    private static FailoverBlocker Of(ObjectDifference one, string candidate) =>
        one.Table is { LackingUnique: { Count: > 0 } lacking }
            ? Blocker(
                "Schema", candidate, $"table {one.Object.Name} {one.How}: {Harm}",
                $"Add {string.Join(", ", lacking)} on {candidate} with sql_log_bin = 0 (wsrep_on = 0 on Galera) after a look for rows "
                    + "that break it, or copy the candidate afresh (Repair-FoobarReplication -Copy).")
            : Blocker(
                one.Object.Kind is "account" or "grants" ? "Accounts" : "Schema",
                candidate, $"{one.Object.Kind} {one.Object.Name} {one.How}", Remedy);

    private static FailoverBlocker Blocker(string code, string server, string message, string remediation) =>
        new() { Code = code, Server = server, Message = message, Remediation = remediation };
}
