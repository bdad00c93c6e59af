using Foobar.Ops.Database;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>What became of a switchover whose operator is lost: its marker held against what the members are now.</summary>
internal static class LostSwitchover
{
    /// <summary>Whether writes are at the new primary already, so that it has to be finished; else it is undone.</summary>
    /// <exception cref="FoobarException"><c>MarkerContradicted</c>: the members are not as the marker says, so neither may be
    /// done.</exception>
    public static async Task<bool> HasMovedAsync(SwitchoverConnections live, OperationMark marker, CancellationToken cancellationToken)
    {
        bool oldWrites = !await live.OldPrimary.Member.IsFencedAsync(cancellationToken);
        bool newWrites = !await live.Candidate.Member.IsFencedAsync(cancellationToken);
        bool switched = marker.State == OperationState.Switched;
        if (oldWrites && newWrites)
        {
            throw Contradicted(
                live, marker, "both take writes", "Fence the one that must not write (see Get-FoobarReplication), then try again.");
        }

        if (oldWrites || newWrites)
        {
            string primary = newWrites ? live.Candidate.Name : live.OldName;
            string other = newWrites ? live.OldName : live.Candidate.Name;
            OperationMark? own = await (newWrites ? live.Candidate : live.OldPrimary).Member.Marks.ReadAsync(cancellationToken);
            if (own?.Id != marker.Id)
            {
                // What the primary says is the newest truth.
                throw Contradicted(
                    live, marker,
                    $"{primary} takes writes, and says {own?.ToString() ?? "nothing of it"}",
                    "A filter may have kept the marker from a member: see Test-FoobarReplication -Control DB-013. Then "
                        + $"Repair-FoobarReplication {other} -Copy gives {other} what {primary} has.");
            }
        }

        if (oldWrites && switched)
        {
            throw Contradicted(
                live, marker, $"{live.OldName} takes writes again",
                $"See who has moved writes back. If {live.OldName} is to stay the primary: UPDATE foobar_ops.operation SET state = "
                    + "'abandoned' on it.");
        }

        if (!newWrites && !switched && !await live.Candidate.Member.IsReplicaAsync(cancellationToken))
        {
            throw Contradicted(
                live, marker,
                $"{live.Candidate.Name} takes no writes and replicates from none",
                $"Repair-FoobarReplication {live.Candidate.Name} brings it back as a replica, if {live.OldName} takes writes.");
        }

        return switched
            || (newWrites
                && (await live.Endpoint.MembersAsync(cancellationToken) is not { } open
                    || (open is [{ } only] && string.Equals(only, live.Candidate.Name, StringComparison.OrdinalIgnoreCase))));
    }

    private static FoobarException Contradicted(SwitchoverConnections live, OperationMark marker, string what, string recommendation) =>
        new(
            "MarkerContradicted", ErrorKind.Refused,
            $"Nothing was changed: the marker tells of {marker}, but of {live.OldName} and {live.Candidate.Name} {what}.")
        {
            Recommendation = recommendation,
        };
}
