using Foobar.Ops.Operations.Replication.Machines;

namespace Foobar.Ops.Operations.Replication.Detection;

/// <summary>
/// Whether a primary is dead. Pure. One observer that hears it is enough for alive; for dead, two must have looked and
/// heard nothing, the load balancer among them where one is declared, and one of them must not be this machine.
/// </summary>
internal static class PrimaryJudge
{
    /// <summary>What is known of a primary when it is judged.</summary>
    /// <param name="Primary">Its name.</param>
    /// <param name="Reports">What each observer saw last.</param>
    /// <param name="Machine">What its machine says; <see langword="null"/> if it did not answer.</param>
    /// <param name="WriteFailure">Why a write on it failed; <see langword="null"/> if none was tried or it worked.</param>
    /// <param name="BalancerDeclared">Whether the writes go through a load balancer.</param>
    public sealed record Observations(
        string Primary, IReadOnlyList<ObserverReport> Reports, MachineReport? Machine, string? WriteFailure, bool BalancerDeclared);

    /// <summary>Judges.</summary>
    public static PrimaryVerdict Judge(Observations seen)
    {
        (bool dead, PrimaryCause cause, string reason) = Decide(seen);
        return new()
        {
            Primary = seen.Primary,
            Dead = dead,
            Cause = cause,
            Reason = reason,
            Reports = seen.Reports,
            Machine = seen.Machine,
        };
    }

    private static (bool Dead, PrimaryCause Cause, string Reason) Decide(Observations seen)
    {
        ObserverReport[] answers = [.. seen.Reports.Where(report => report.ProbeOutcome == ProbeOutcome.Answers)];
        if (answers.Length > 0)
        {
            return seen.WriteFailure is { } failure && seen.Machine is { } machine && (machine.DiskFull || machine.ReadOnly)
                ? (true, machine.ReadOnly
                    ? PrimaryCause.DiskReadOnly
                    : PrimaryCause.DiskFull, $"{seen.Primary} greets and can't write: {failure}.")
                : Living(seen, answers);
        }

        ObserverReport[] looked = [.. seen.Reports.Where(report => report.ProbeOutcome != ProbeOutcome.Blind)];
        string blind = string.Join(
            "; ", seen.Reports.Where(report => report.ProbeOutcome == ProbeOutcome.Blind).Select(report => report.ToString()));
        if (looked.Length < 2 || looked.All(report => report.Observer == Observer.Operator))
        {
            return (false, PrimaryCause.Unclear, $"Fewer than two observers could look at {seen.Primary}. {blind}".TrimEnd());
        }

        return seen.BalancerDeclared && !looked.Any(report => report.Observer == Observer.Balancer)
            ? (
                false, PrimaryCause.Unclear,
                $"The load balancer, through which the writes go, could not look at {seen.Primary}. {blind}".TrimEnd())
            : Dead(seen, looked);
    }

    private static (bool Dead, PrimaryCause Cause, string Reason) Living(Observations seen, ObserverReport[] answers)
    {
        string witnesses = string.Join(" and ", answers.Select(report => report.Server ?? "this machine").Distinct());
        ObserverReport[] deaf =
        [
            .. seen.Reports.Where(
                report =>
                    report.ProbeOutcome is ProbeOutcome.Refused or ProbeOutcome.Silent
                        || report is { ProbeOutcome: ProbeOutcome.Blind, Observer: Observer.Operator }),
        ];
        PrimaryCause cause = deaf switch
        {
            [] => PrimaryCause.Alive,
            _ when deaf.Any(report => report.Observer == Observer.Balancer) => PrimaryCause.CutFromBalancer,
            _ when deaf.Any(report => report.Observer == Observer.Replica) => PrimaryCause.CutFromReplica,
            _ => PrimaryCause.CutFromOperator,
        };
        string cut = deaf.Length == 0
            ? ""
            : $"; the way to it is cut from {string.Join(" and ", deaf.Select(report => report.Server ?? "this machine").Distinct())}";
        return (false, cause, $"{seen.Primary} lives: {witnesses} heard it{cut}.");
    }

    private static (bool Dead, PrimaryCause Cause, string Reason) Dead(Observations seen, ObserverReport[] looked)
    {
        string witnesses = string.Join(" nor ", looked.Select(report => report.Server ?? "this machine").Distinct());
        string nobody = $"neither {witnesses} heard it";
        return seen.Machine switch
        {
            { Frozen: true } frozen =>
                (
                    true, PrimaryCause.Frozen,
                    $"{seen.Primary}'s database process {frozen.ProcessId} is stopped (state {frozen.ProcessState}), and {nobody}."),
            { Runs: false } down =>
                (
                    true, PrimaryCause.DatabaseDown,
                    $"{seen.Primary}'s database does not run ({down.Unit ?? "no unit"} is {down.State}), and {nobody}."),
            { DiskFull: true } => (true, PrimaryCause.DiskFull, $"{seen.Primary}'s disk is full, and {nobody}."),
            { } hung =>
                (
                    true, PrimaryCause.Hung,
                    $"{seen.Primary}'s database process {hung.ProcessId} runs (state {hung.ProcessState}), and {nobody}."),
            null => (true, PrimaryCause.Unreachable, $"{seen.Primary}'s machine does not answer, and {nobody}."),
        };
    }
}
