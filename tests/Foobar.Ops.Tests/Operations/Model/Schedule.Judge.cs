using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Failover;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Tests.Operations.Model;

/// <content>What must hold.</content>
internal sealed partial class Schedule
{
    // After each event: never two members that take writes.
    private void Check()
    {
        int writable = 0;
        int reached = 0;
        foreach (Member member in _cluster.Members)
        {
            if (member.TakesClients)
            {
                writable++;
                reached += _cluster.Balancer.Leads(member) && (_cluster.Balancer.States[member.Name] == 0 || _cluster.Clients.AreOn(member))
                    ? 1
                    : 0;
            }
        }

        if (reached > 1 || (writable > 1 && !_cluster.Emergency))
        {
            _world.Violate(
                $"two members take writes{(reached > 1 ? " of clients" : "")}: "
                    + $"{string.Join(" and ", _cluster.Members.Where(member => member.TakesClients).Select(member => member.Name))}");
        }
    }

    // In the end.
    private void Judge()
    {
        List<Member> serving = Serving();
        FailoverResult? last = _ended.LastOrDefault(one => one.Result is not null).Result;
        Exception? lastError = _ended.Count > 0 ? _ended[^1].Error : null;
        bool told = last is { Outcome: PlanOutcome.UndoFailed } or { Unfinished: true } || lastError is not null;
        if (serving.Count != 1)
        {
            if (serving.Count > 1 || !told)
            {
                _world.Violate(
                    "in the end "
                        + $"{(serving.Count == 0 ? "no member takes" : $"{string.Join(" and ", serving.Select(member => member.Name))} take")} the clients' writes, and no result says so");
            }

            return;
        }

        Member primary = serving[0];
        JudgeLoss(primary);
        if (_ended.Exists(one => one.Result is { Outcome: PlanOutcome.Completed, Verdict: null, Proof.Verdict: ProofVerdict.Disproven }))
        {
            _world.Violate("a switchover that was not undone lost writes");
        }

        JudgeTraces(primary);
    }

    // What is not unfinished leads the clients to one primary, whichever load balancer they come to; or the result names the one
    // that does not.
    private void JudgeBalancers(FailoverResult result, string machine)
    {
        if (!Options.Pair || result.Unfinished || result.Outcome is PlanOutcome.Superseded or PlanOutcome.UndoFailed)
        {
            return;
        }

        string expected = result.Outcome == PlanOutcome.Undone ? result.OldPrimary : result.NewPrimary;
        foreach (Balancer balancer in _cluster.Balancers.Where(
            one => one.Runs && _cluster.Reaches(machine, one.Name) && !one.Open.SequenceEqual([expected])))
        {
            if (result.Outcome == PlanOutcome.Completed || result.Recommendation?.Contains(balancer.Name, StringComparison.Ordinal) != true)
            {
                _world.Violate(
                    $"{result.Outcome}: {balancer.Name} leads to {string.Join(" and ", balancer.Open)}, expected {expected}; told: "
                        + $"{result.Recommendation}");
            }
        }
    }

    // In a chain by way of another, which in turn must.
    private bool Follows(Member member, Member primary)
    {
        Member? source = member.Link?.Source;
        return source == primary || (Options.Chain && source?.Link?.Source == primary);
    }

    private void JudgeLoss(Member primary)
    {
        List<Tx> lost = [.. _cluster.Clients.Acknowledged.Where(tx => !primary.Log.Contains(tx))];
        if (lost.Count == 0)
        {
            return;
        }

        string names = string.Join(", ", lost);
        FailoverResult[] results =
        [
            .. _ended.Select(one => one.Result)
                .OfType<FailoverResult>()
                .Where(result => result.Outcome is PlanOutcome.Completed or PlanOutcome.Degraded),
        ];
        bool bounded = results.Any(result => result.Loss is { Bound: LossBound.AfterLastReceived })
            || results.Any(result => result.Proof.Verdict == ProofVerdict.Disproven)
            || _rejoined.Any(result => result.ErrantGtids.Length > 0)
            || (_lossAccepted && results.All(result => result.Proof.Verdict == ProofVerdict.Unprovable));
        FailoverResult? wrong = results.FirstOrDefault(result => result.Proof.Verdict == ProofVerdict.Proven);
        if (!bounded || (wrong is not null && results.Length == 1))
        {
            _world.Violate($"acknowledged writes are lost ({names} of {primary.Name}), and no result names or bounds that");
        }
        else if (results.FirstOrDefault(result => result.Loss is { Bound: not LossBound.AfterLastReceived }) is { } claimed
            && results.Length == 1)
        {
            _world.Violate($"acknowledged writes are lost ({names}), and the result said {claimed.Loss!.Bound}");
        }
    }

    private void JudgeTraces(Member primary)
    {
        if (_ended.Count == 0
            || _ended[^1].Result is not { Outcome: PlanOutcome.Completed, Unfinished: false } last
            || last.NewPrimary != primary.Name)
        {
            return;
        }

        if (Unfinished(_own) && Unfinished(_other))
        {
            _world.Violate("the result says Completed, and a journal is open");
        }

        if (primary.Mark is { IsUnfinished: true })
        {
            _world.Violate("the result says Completed, and the marker that it is under way");
        }

        foreach (Member member in _cluster.Members)
        {
            if (member.LockOwner is not null)
            {
                _world.Violate($"the result says Completed, and {member.Name} is locked");
            }

            if (member != primary && member.Log.Find(tx => !primary.Log.Contains(tx)) is { } errant)
            {
                _world.Violate($"the result says Completed, and {member.Name} has {errant}, which {primary.Name} has not");
            }

            if (member != primary && !Follows(member, primary))
            {
                _world.Violate($"the result says Completed, and {member.Name} does not follow {primary.Name}");
            }
        }
    }
}
