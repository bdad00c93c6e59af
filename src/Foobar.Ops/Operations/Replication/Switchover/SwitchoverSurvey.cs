using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Switchover;

/// <summary>Looks at the members and at the ways between them before a switchover. Changes nothing.</summary>
/// <param name="session">The site's connections.</param>
/// <param name="store">Where it is kept what a primary said, for the emergency that may come.</param>
internal sealed class SwitchoverSurvey(ISiteSession session, OperationStore store)
{
    /// <summary>Looks and judges.</summary>
    public async Task<SwitchoverPreflight> LookAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        Site site = session.Site;
        SiteCase<ReplicationFacts> facts = await ReplicationSurvey.CollectAsync(session, cancellationToken);
        SourceEvidence.Keep(store, facts);
        SwitchoverPreflight preflight = SwitchoverPreflight.Planned(facts, options);
        return preflight is { Old: { } old, New: { } candidate } && site.Find(old) is { } source && site.Find(candidate) is { } target
            ? await WithPathsAsync(preflight, source, target, ReplicationSurvey.Require(site), cancellationToken)
            : preflight;
    }

    /// <summary>The same, where nothing stands in the way of what was shown: what runs is that, or a refusal.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="shown">What was shown; <see langword="null"/> for nothing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>FailoverRefused</c>, <c>PlanChanged</c>, <c>OperationRunning</c>.</exception>
    public async Task<(ConfirmedMove Move, SwitchoverPreflight Preflight)> AcceptAsync(
        FailoverOptions options, ConfirmedMove? shown, CancellationToken cancellationToken)
    {
        SwitchoverPreflight preflight = await LookAsync(options, cancellationToken);
        if (shown is not null && (preflight.Old, preflight.New) != (shown.OldPrimary, shown.NewPrimary) && preflight is { Old: not null })
        {
            throw new FoobarException(
                "PlanChanged", ErrorKind.Refused,
                $"The failover was refused, and nothing was changed: {shown.OldPrimary} -> {shown.NewPrimary} was asked for, and by now "
                    + $"{(preflight.New is null ? $"{preflight.Old} is the primary" : $"it would be {preflight.Old} -> {preflight.New}")}.")
            {
                Server = preflight.Old,
                Recommendation =
                    "Somebody has moved writes meanwhile. Look at Get-FoobarReplication, and run the command again if writes are still to "
                        + "be moved.",
            };
        }

        return preflight is { Move: { } move, Blockers.Count: 0 } ? (move, preflight) : throw FailoverBlocker.Refuse(preflight.Blockers);
    }

    // What only a try can tell: whether the old primary will reach the new one, and where the endpoint leads now.
    private async Task<SwitchoverPreflight> WithPathsAsync(
        SwitchoverPreflight preflight, Server old, Server candidate, DatabasePolicy policy, CancellationToken cancellationToken)
    {
        List<FailoverBlocker> blockers = [.. preflight.Blockers];
        IServerSession server = await session.GetServerAsync(old.Name, cancellationToken);
        if (await ReplicaSource.ReachableAddressAsync(server, candidate, policy.Port, cancellationToken) is null)
        {
            blockers.Add(new()
            {
                Code = "ReverseConnection",
                Server = old.Name,
                Message = $"it can't reach {candidate.Name} on port {policy.Port}, so it could not replicate from it afterwards",
                Remediation = "Let the firewalls of both allow the database's port in this direction too.",
            });
        }

        foreach (string other in preflight.Followers)
        {
            if (await ReplicaSource.ReachableAddressAsync(
                await session.GetServerAsync(other, cancellationToken), candidate, policy.Port, cancellationToken) is null)
            {
                blockers.Add(new()
                {
                    Code = "ReplicaConnection",
                    Server = other,
                    Message = $"it can't reach {candidate.Name} on port {policy.Port}, so it could not follow it",
                    Remediation = "Let the firewalls of both allow the database's port in this direction too.",
                });
            }
        }

        await using ConnectionSet open = new(session);
#pragma warning disable CA2000 // The set owns it.
        IWriteEndpoint endpoint = await open.EndpointAsync(cancellationToken);
#pragma warning restore CA2000
        IReadOnlyList<FailoverBlocker> atEndpoint = await EndpointSurvey.JudgeAsync(
            endpoint, old.Name, candidate.Name, cancellationToken);
        blockers.AddRange(atEndpoint);
        if (atEndpoint.Count == 0
            && await EndpointAddress.JudgeAsync(session, endpoint, old.Name, cancellationToken) is { } elsewhere)
        {
            blockers.Add(elsewhere);
        }

        blockers.AddRange(
            await LockSurvey.JudgeAsync(session, [old.Name, candidate.Name, .. preflight.Followers], cancellationToken));
        return preflight with { Blockers = blockers };
    }
}
