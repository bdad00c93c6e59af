using Foobar.Ops.Database;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Detection;
using static System.FormattableString;

namespace Foobar.Ops.Operations.Guard;

/// <summary>What a guard makes of what it sees. Pure.</summary>
internal static class GuardRules
{
    /// <summary>The word in an operation's parameters that tells that no person began it.</summary>
    public const string Automatic = OperationKeys.Automatic;

    private const string Acknowledge = "Look at Get-FoobarReplication; when the members are as you want them, run Resume-FoobarWatch.";

    /// <summary>What a look from several observers comes to.</summary>
    /// <param name="seen">What the failure detector saw.</param>
    public static WatchEventKind Judge(PrimaryVerdict seen)
    {
        if (seen.Dead)
        {
            return WatchEventKind.Dead;
        }

        // Who reaches nobody knows of himself only.
        ObserverReport[] others = [.. seen.Reports.Where(report => report.Observer != Observer.Operator)];
        return others.Length > 0 && others.All(report => report.ProbeOutcome == ProbeOutcome.Blind)
            ? WatchEventKind.Isolated
            : WatchEventKind.Suspected;
    }

    /// <summary>Why no failover is begun by itself; <see langword="null"/> if nothing speaks against it.</summary>
    /// <param name="standing">What was left on the databases.</param>
    /// <param name="blockFor">For how long after an operation none is begun.</param>
    /// <param name="now">The time now, in UTC.</param>
    public static (WatchEventKind Kind, string Message, string Recommendation)? Refuse(
        WatchStanding standing, TimeSpan blockFor, DateTimeOffset now)
    {
        if (IsSuspended(standing, now))
        {
            string reason = standing.Reason.Length > 0 ? $": {standing.Reason}" : "";
            return (WatchEventKind.Suspended, Invariant(
                $"The watch is suspended until {standing.SuspendedUntil:u} by {standing.Holder}{reason}."), "Run Invoke-FoobarFailover "
                    + "-Emergency yourself, or Resume-FoobarWatch.");
        }

        if (standing.Last is not { } last || last.Id == standing.Acknowledged || !HasMoved(last))
        {
            return null;
        }

        // A second one in a row would act on what the first has made of the site.
        return last.Parameters.GetValueOrDefault(Automatic) == "yes"
            ? (WatchEventKind.Blocked, $"The last failover was a guard's, and no person has acknowledged it: {last}.", Acknowledge)
            : now - last.Since < blockFor
                ? (WatchEventKind.Blocked, Invariant(
                    $"There was one less than {blockFor.TotalMinutes:0.#} minutes ago: {last}."), Acknowledge)
                : null;
    }

    /// <summary>Whether a person wants all guards to hold still now.</summary>
    public static bool IsSuspended(WatchStanding standing, DateTimeOffset now) => standing.SuspendedUntil is { } until && now < until;

    /// <summary>
    /// Whether a marker tells of a guard's failover to this primary that has not ended: its guard may be at it, or be gone.
    /// </summary>
    public static bool IsLeft(OperationMark? mark, string primary) =>
        mark is { IsUnfinished: true } && mark.NewPrimary == primary && OperationKeys.IsAutomaticFailover(mark.Parameters);

    /// <summary>What a failover that is begun by itself may do, by the site's policy.</summary>
    /// <param name="limits">The limits of failovers.</param>
    /// <param name="policy">What was accepted beforehand.</param>
    public static FailoverOptions Options(FailoverOptions limits, Inventory.AutomaticFailover policy) =>
        limits with { AcceptDataLoss = false, MaximumLoss = policy.RequireSemiSync ? null : policy.MaxLossTransactions, Automatic = true };

    // A guard's marker is written once writes are let through, whatever became of the guard after that.
    private static bool HasMoved(OperationMark mark) =>
        mark.State is OperationState.Completed or OperationState.Degraded or OperationState.Repaired
            || (mark.IsUnfinished && OperationKeys.IsAutomaticFailover(mark.Parameters));
}
