using Foobar.Ops.Database;
using Foobar.Ops.Operations.Canary;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication.Cluster;

/// <summary>Whether it is proved that a move on a cluster lost nothing. Pure.</summary>
internal static class ClusterProof
{
    /// <summary>Judges what the members hold.</summary>
    /// <param name="order">What was decided.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="final">How far the old member had committed when no more writes were led to it; <see langword="null"/> if it could not
    /// be read.</param>
    /// <param name="now">How far the new one has committed now; <see langword="null"/> if it could not be read.</param>
    /// <param name="failure">Why one of them could not be read; empty if nothing failed.</param>
    /// <param name="canary">What became of the canary's acknowledged writes; <see langword="null"/> for no canary.</param>
    public static FailoverProof Judge(
        ClusterParameters order, PlanOutcome outcome, string? final, string? now, string failure, CanaryAccount? canary)
    {
        if (canary is { Lost: > 0 } or { Doubled: > 0 })
        {
            return Of(
                ProofVerdict.Disproven,
                $"{canary.Lost} of the canary's {canary.Acknowledged} acknowledged writes are missing, {canary.Doubled} are there twice.");
        }

        switch (outcome)
        {
            case PlanOutcome.Superseded:
                return Of(ProofVerdict.Unprovable, "Another operation took this one's place; see its result.");
            case PlanOutcome.UndoFailed:
                return Of(ProofVerdict.Unprovable, "Undoing failed; look at the members now.");
            case PlanOutcome.Undone:
                return Of(
                    ProofVerdict.Proven,
                    $"Writes are led to {order.Old} as before; whatever was acknowledged meanwhile is in the cluster's one order.");
            default:
                break;
        }

        if (final is null || now is null)
        {
            return Of(ProofVerdict.Unprovable, !order.OldIsIn
                ? $"{order.Old} is not in the majority and could not be asked. The cluster acknowledges only what its majority has "
                    + "received."
                : $"How far the members have committed could not be read: {failure}");
        }

        string missing = ClusterPosition.Missing(order.Kind, final, now);
        return missing.Length > 0
            ? Of(ProofVerdict.Disproven, $"What {order.Old} had committed is not on {order.New}.") with { MissingGtids = missing }
            : Of(
                ProofVerdict.Proven,
                $"All that {order.Old} had committed when no more writes were led to it ({final}) is on "
                    + $"{order.New}{(canary is null ? "" : $"; all {canary.Acknowledged} acknowledged writes of the canary are there once")}.");
    }

    private static FailoverProof Of(ProofVerdict verdict, string reason) => new() { Verdict = verdict, Reason = reason };
}
