using Foobar.Ops.Errors;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.Replication.Endpoints;

/// <summary>
/// Whether writes can be moved at the write endpoint, on each load balancer that has it; and the last step of a move there.
/// </summary>
internal static class EndpointSurvey
{
    private const string Step = "balancers";

    /// <summary>What stands in the way of a move that can wait. An endpoint that is not HAProxy tells nothing.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="from">The member to which it leads.</param>
    /// <param name="to">The member to which it shall lead.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<FailoverBlocker>> JudgeAsync(
        IWriteEndpoint endpoint, string from, string to, CancellationToken cancellationToken)
    {
        List<FailoverBlocker> blockers = [];
        foreach ((string server, HaproxyEndpoint? connected, FoobarException? failure) in Each(endpoint))
        {
            try
            {
                blockers.AddRange(connected is null || failure is not null
                    ? [Refused(server, failure)]
                    : await JudgeAsync(connected, from, to, cancellationToken));
            }
            catch (FoobarException error) when (endpoint is EndpointGroup)
            {
                blockers.Add(Refused(server, error));
            }
        }

        return blockers;
    }

    /// <summary>What an operator should know of the load balancers before an emergency, which none of several holds up.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="from">The member to which it leads.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<FailoverBlocker>> WarnAsync(
        IWriteEndpoint endpoint, string from, CancellationToken cancellationToken)
    {
        if (endpoint is not EndpointGroup group)
        {
            return [];
        }

        IReadOnlyList<(string Server, IReadOnlyList<string> Open)> views = await group.LookAsync(cancellationToken);
        return
        [
            .. group.Missing.Select(static one => Silent(one.Server, one.Reason) with
            {
                Remediation = "The failover goes on without it, and tries it again in its last steps. "
                    + "Until it is moved it may lead writes to the old primary: see that it does not take the application's connections.",
            }),
            .. views.Skip(1).Where(view => !LeadsAlone(view.Open, from))
                .Select(view => Elsewhere(view.Server, $"its write backend leads to {Names(view.Open)}, expected {from} alone") with
                {
                    Remediation = "The failover leads it to the new primary alone.",
                }),
        ];
    }

    /// <summary>
    /// Where there are several load balancers: that each leads to the new primary alone, after a restart too. Is not undone.
    /// </summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="open">The new primary.</param>
    /// <param name="closed">The old primary.</param>
    public static IEnumerable<Step> Settle(IWriteEndpoint endpoint, string open, string closed) => endpoint is not EndpointGroup group
        ? []
        :
    [
        new()
        {
            Name = Step,
            Description = $"see that each load balancer leads to {open} alone, after a restart too",
            Limit = EndpointGroup.SettleLimit,
            Change = token => group.SettleAsync(open, closed, token),
        },
    ];

    /// <summary>
    /// The same for an operation to which a load balancer that does not answer matters little: it is told (<see cref="Advice"/>).
    /// </summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="open">The primary.</param>
    /// <param name="closed">The member that is none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task TrySettleAsync(IWriteEndpoint endpoint, string open, string closed, CancellationToken cancellationToken)
    {
        try
        {
            await (endpoint is EndpointGroup group ? group.SettleAsync(open, closed, cancellationToken) : Task.CompletedTask);
        }
        catch (FoobarException error) when (error.ErrorId == EndpointGroup.Unsettled)
        {
            // The result names it.
        }
    }

    /// <summary>Whether a step is that one.</summary>
    public static bool Owns(string step) => step == Step;

    /// <summary>What to do about load balancers that were left out; <see langword="null"/> if none was.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="open">The member to which they shall lead.</param>
    /// <param name="closed">The member to which they must not lead.</param>
    public static string? Advice(IWriteEndpoint endpoint, string open, string closed) => (endpoint as EndpointGroup)?.Advice(open, closed);

    private static IEnumerable<(string Server, HaproxyEndpoint? Endpoint, FoobarException? Failure)> Each(IWriteEndpoint endpoint) =>
        endpoint switch
        {
            EndpointGroup group => group.Each,
            HaproxyEndpoint one => [(one.Server!, one, null)],
            _ => [],
        };

    private static async Task<IReadOnlyList<FailoverBlocker>> JudgeAsync(
        HaproxyEndpoint haproxy, string from, string to, CancellationToken cancellationToken)
    {
        string server = haproxy.Server!;
        List<FailoverBlocker> blockers = [];
        IReadOnlyList<string> open = await haproxy.MembersAsync(cancellationToken) ?? [];
        if (await haproxy.LevelAsync(cancellationToken) is { } level)
        {
            blockers.Add(new()
            {
                Code = "EndpointLevel",
                Server = server,
                Message = $"the admin socket lets us in as {level}, and only 'admin' may move writes",
                Remediation =
                    "Declare the socket with 'level admin' in HAProxy's global section (stats socket PATH level admin), and reload it.",
            });
        }

        IReadOnlyList<string> servers = await haproxy.ServersAsync(cancellationToken);
        foreach (string member in ((string[])[from, to]).Where(member => !servers.Contains(member, StringComparer.OrdinalIgnoreCase)))
        {
            blockers.Add(Elsewhere(server, $"{haproxy.Name} has no server '{member}', only {string.Join(", ", servers)}") with
            {
                Remediation = $"Add a server line named '{member}' to the backend, as the inventory names the member.",
            });
        }

        if (!LeadsAlone(open, from))
        {
            blockers.Add(Elsewhere(server, $"{haproxy.Name} leads to {Names(open)}, expected {from} alone"));
        }

        blockers.AddRange((await haproxy.OtherLeadsAsync(cancellationToken)).Select(lead => Elsewhere(
            server, $"frontend {lead.Frontend} leads writes to another backend too ({lead.Line}), which is not moved") with
        {
            Remediation = "Let each frontend on the write endpoint's address lead to the write backend alone, and reload HAProxy.",
        }));
        return blockers;
    }

    private static bool LeadsAlone(IReadOnlyList<string> open, string member) =>
        open is [{ } only] && string.Equals(only, member, StringComparison.OrdinalIgnoreCase);

    private static string Names(IReadOnlyList<string> members) => members.Count == 0 ? "no member" : string.Join(", ", members);

    private static FailoverBlocker Elsewhere(string server, string message) => new()
    {
        Code = "Endpoint",
        Server = server,
        Message = message,
        Remediation = "Put the other servers of the backend into maintenance, and the primary out of it (Set-FoobarBackend).",
    };

    // One that answers, but not as the inventory says, needs no bringing back.
    private static FailoverBlocker Refused(string server, FoobarException? error) =>
        error is { Kind: ErrorKind.NotFound or ErrorKind.InvalidInput, Recommendation: { } cure }
            ? Elsewhere(server, error.Message.Replace($"{server}: ", "", StringComparison.Ordinal).TrimEnd('.')) with { Remediation = cure }
            : Silent(server, error?.Message);

    private static FailoverBlocker Silent(string server, string? reason) => new()
    {
        Code = "BalancerUnreachable",
        Server = server,
        Message =
            $"its write backend can't be asked or moved: {reason?.Replace($"{server}: ", "", StringComparison.Ordinal).TrimEnd('.')}; "
                + "it would lead writes to the old primary once it takes the application's connections",
        Remediation = $"Bring {server} back. If it is not to be used any more, take its role load-balancer out of the inventory.",
    };
}
