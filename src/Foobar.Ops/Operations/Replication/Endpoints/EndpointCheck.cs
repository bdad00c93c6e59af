using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Database.Wire;

namespace Foobar.Ops.Operations.Replication.Endpoints;

/// <summary>Sees, without an account, that the write endpoint really leads to the new primary: the new primary knows the connection.</summary>
/// <param name="site">The site's connections.</param>
/// <param name="primary">The new primary.</param>
internal sealed class EndpointCheck(ISiteSession site, MemberConnection primary)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Leads it to the new primary alone, if it does not: a load balancer that was started anew since has read what its
    /// configuration said before.
    /// </summary>
    /// <exception cref="FoobarException"><c>EndpointElsewhere</c>: it leads somewhere else all the same.</exception>
    public async Task LeadAsync(CancellationToken cancellationToken)
    {
        if (await LeadsAsync(cancellationToken))
        {
            return;
        }

        await live.Endpoint.CloseAsync(live.OldName, cancellationToken);
        await live.Endpoint.OpenAsync(live.Candidate.Name, cancellationToken);
        await live.Endpoint.EndSessionsAsync(live.OldName, cancellationToken);
        if (!await LeadsAsync(cancellationToken))
        {
            throw new FoobarException("EndpointElsewhere", ErrorKind.Failed, $"The {live.Endpoint.Name} does not lead to {live.Candidate.Name} alone.") { Server = live.Policy.WriteEndpoint?.Server };
        }
    }

    /// <summary>Sees that it lets no new connection through to the old primary any more, after it was told so.</summary>
    /// <exception cref="FoobarException"><c>EndpointElsewhere</c>: it does.</exception>
    public async Task EnsureClosedAsync(CancellationToken cancellationToken)
    {
        if (await live.Endpoint.MembersAsync(cancellationToken) is { } open && open.Contains(live.OldName, StringComparer.OrdinalIgnoreCase))
        {
            throw new FoobarException("EndpointElsewhere", ErrorKind.Failed, $"The {live.Endpoint.Name} still leads to {live.OldName} after it was told not to.") { Server = live.Policy.WriteEndpoint?.Server };
        }
    }

    private async Task<bool> LeadsAsync(CancellationToken cancellationToken) =>
        await live.Endpoint.MembersAsync(cancellationToken) is not { } open || (open is [{ } only] && string.Equals(only, live.Candidate.Name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Tries until it does, or the token ends.</summary>
    /// <exception cref="FoobarException"><c>EndpointElsewhere</c>: it leads somewhere else.</exception>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        if (site.Site.Policy.Database?.WriteEndpoint is not { Place: (string host, int port) } endpoint)
        {
            return;
        }

        IServerSession balancer = await site.GetServerAsync(endpoint.Server, cancellationToken);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                if (await DatabaseGreeting.HoldAsync(balancer, host, port, Limit, KnowsAsync, cancellationToken))
                {
                    return;
                }
            }
            catch (FoobarException) when (attempt < 20)
            {
                // The balancer may need a moment until it lets the first connection through.
            }

            if (attempt >= 20)
            {
                throw new FoobarException("EndpointElsewhere", ErrorKind.Failed, $"{endpoint.Server}: {endpoint.Address} does not lead to {primary.Name}.") { Server = endpoint.Server };
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), live.Site.Time, cancellationToken);
        }
    }

    private Task<bool> KnowsAsync(ServerGreeting greeting, CancellationToken cancellationToken) => primary.Member.KnowsAsync(greeting.ConnectionId, cancellationToken);
}
