using Foobar.Ops.Database;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication;

/// <summary>Something that stands in the way of a failover.</summary>
public sealed record FailoverBlocker
{
    // No fault of the site: an error id of its own.
    internal const string Running = "OperationRunning";

    /// <summary>What it is, in one word: <c>Lag</c>, <c>ErrantTransactions</c>.</summary>
    public required string Code { get; init; }

    /// <summary>The server it is on.</summary>
    public string? Server { get; init; }

    /// <summary>What was found.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about it.</summary>
    public required string Remediation { get; init; }

    /// <summary>What is wrong with a name that is no member's; <see langword="null"/> if it is one's.</summary>
    internal static string? NoMember(ReplicationTopology topology, string name) =>
        topology.Members.Any(member => string.Equals(member.Name, name, StringComparison.OrdinalIgnoreCase))
            ? null
            : $"is no member of the database; the members are {string.Join(", ", topology.Members.Select(static member => member.Name))}";

    /// <summary>The refusal of a move of writes for what stands in its way.</summary>
    internal static FoobarException Refuse(IReadOnlyList<FailoverBlocker> blockers) =>
        blockers.FirstOrDefault(blocker => blocker.Code == Running) is { } other
            ? new(
                "OperationRunning", ErrorKind.Refused, $"The failover was refused, and nothing was changed: {other.Message}.")
                {
                    Recommendation = other.Remediation,
                }
            : new(
                "FailoverRefused", ErrorKind.Refused,
                $"The failover was refused, and nothing was changed. {string.Join(" ", blockers.Select(blocker => blocker + "."))}")
            {
                Server = blockers.Count > 0 ? blockers[0].Server : null,
                Recommendation = string.Join(" ", blockers.Select(blocker => blocker.Remediation).Distinct()),
            };

    /// <summary>The blocker in one line.</summary>
    public override string ToString() => Server is null ? $"{Code}: {Message}" : $"{Code} on {Server}: {Message}";
}
