using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication.Endpoints;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Replication.Rejoin;

/// <summary>Looks at the members before one comes back. Changes nothing.</summary>
/// <param name="session">The site's connections.</param>
internal sealed class RejoinSurvey(ISiteSession session)
{
    /// <summary>Looks and judges.</summary>
    public async Task<(SiteCase<ReplicationFacts> Facts, RejoinPreview Preview)> LookAsync(
        RejoinOptions options, CancellationToken cancellationToken)
    {
        SiteCase<ReplicationFacts> facts = await ReplicationSurvey.CollectAsync(session, cancellationToken);
        return (facts, RejoinPreflight.Judge(facts, options.Server, await OpenMembersAsync(cancellationToken), options.Copy));
    }

    /// <summary>The same, where nothing stands in the way of what was shown: what runs is that, or a refusal.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="shown">What was shown; <see langword="null"/> for nothing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>RepairRefused</c>, <c>PlanChanged</c>.</exception>
    public async Task<ConfirmedRepair> AcceptAsync(RejoinOptions options, ConfirmedRepair? shown, CancellationToken cancellationToken)
    {
        (_, RejoinPreview preview) = await LookAsync(options, cancellationToken);
        if (preview is not { Server: { } server, Primary: { } primary, Blockers.Count: 0 })
        {
            throw new FoobarException(
                "RepairRefused", ErrorKind.Refused,
                $"The repair was refused, and nothing was changed. {string.Join(" ", preview.Blockers.Select(blocker => blocker + "."))}")
            {
                Server = preview.Server,
                Recommendation = string.Join(" ", preview.Blockers.Select(blocker => blocker.Remediation).Distinct()),
            };
        }

        ConfirmedRepair now = new(server, primary);
        return shown is null || shown == now
            ? now
            : throw new FoobarException(
                "PlanChanged", ErrorKind.Refused,
                $"The repair was refused, and nothing was changed: {shown.Server} as a replica of {shown.Primary} was asked for, and by "
                    + $"now it would be {server} as a replica of {primary}.")
        {
            Server = server,
            Recommendation =
                "Somebody has moved writes meanwhile. Look at Get-FoobarReplication, and run the command again if a member is still to be "
                    + "brought back.",
        };
    }

    private async Task<IReadOnlyList<string>?> OpenMembersAsync(CancellationToken cancellationToken)
    {
        await using ConnectionSet open = new(session);
#pragma warning disable CA2000 // The set owns it.
        return await (await open.EndpointAsync(cancellationToken)).FirstMembersAsync(cancellationToken);
#pragma warning restore CA2000
    }
}
