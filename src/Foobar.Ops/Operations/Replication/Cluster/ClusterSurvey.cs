using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Cluster;

/// <summary>Looks at a cluster and its write endpoint, and judges whether writes can be moved. Changes nothing.</summary>
/// <param name="session">The site's connections.</param>
internal sealed class ClusterSurvey(ISiteSession session)
{
    /// <summary>Looks.</summary>
    public async Task<ClusterPreflight> LookAsync(FailoverOptions options, CancellationToken cancellationToken)
    {
        await using ConnectionSet open = new(session);
#pragma warning disable CA2000 // The set owns it.
        IWriteEndpoint endpoint = await open.EndpointAsync(cancellationToken);
#pragma warning restore CA2000
        SiteCase<ReplicationFacts> facts = await ReplicationSurvey.CollectAsync(session, cancellationToken);
        ClusterPreflight preflight = ClusterPreflight.Judge(facts, options, await endpoint.FirstMembersAsync(cancellationToken));
        if (preflight is not { Old: { } old, New: { } candidate })
        {
            return preflight;
        }

        IReadOnlyList<FailoverBlocker> found = await EndpointSurvey.JudgeAsync(endpoint, old, candidate, cancellationToken);
        if (found.Count == 0 && preflight.OldIsIn
            && await EndpointAddress.JudgeAsync(session, endpoint, old, cancellationToken) is { } elsewhere)
        {
            found = [elsewhere];
        }

        // Whose writer is gone does not wait for a load balancer that is gone too.
        FailoverBlocker[] told = [.. found.Where(one => !preflight.OldIsIn && one.Server != endpoint.Server)];
        IReadOnlyList<FailoverBlocker> locked = await LockSurvey.JudgeAsync(
            session, preflight.OldIsIn ? [old, candidate] : [candidate], cancellationToken);
        return preflight with
        {
            Blockers = [.. preflight.Blockers, .. found.Except(told), .. locked],
            Warnings = [.. preflight.Warnings, .. told],
        };
    }

    /// <summary>The same, for what is done: what was shown, or a refusal.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="shown">What was shown; <see langword="null"/> for nothing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>FailoverRefused</c>, <c>PlanChanged</c>, <c>OperationRunning</c>.</exception>
    public async Task<ClusterPreflight> AcceptAsync(FailoverOptions options, ConfirmedMove? shown, CancellationToken cancellationToken)
    {
        ClusterPreflight preflight = await LookAsync(options, cancellationToken);
        if (shown is not null && preflight is { Old: not null } && (preflight.Old, preflight.New) != (shown.OldPrimary, shown.NewPrimary))
        {
            throw Changed(
                $"{shown.OldPrimary} -> {shown.NewPrimary} was asked for, and by now "
                    + $"{(preflight.New is null ? $"writes are led to {preflight.Old}" : $"it would be {preflight.Old} -> {preflight.New}")}",
                preflight.Old);
        }

        return preflight is { Old: not null, New: not null, Writer: not null, Blockers.Count: 0 }
            ? preflight
            : throw FailoverBlocker.Refuse(preflight.Blockers);
    }

    /// <summary>The error for what is no longer as it was shown.</summary>
    public static FoobarException Changed(string what, string? server) =>
        new("PlanChanged", ErrorKind.Refused, $"The failover was refused, and nothing was changed: {what}.")
        {
            Server = server,
            Recommendation = "Look at Get-FoobarReplication, and run the command again if writes are still to be moved.",
        };
}
