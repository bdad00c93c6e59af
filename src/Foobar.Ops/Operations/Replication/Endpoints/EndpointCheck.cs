using Foobar.Ops.Errors;

namespace Foobar.Ops.Operations.Replication.Endpoints;

/// <summary>Sees that the write endpoint leads where it was told to.</summary>
/// <param name="live">The connections.</param>
/// <param name="old">The old primary.</param>
/// <param name="primary">The new primary.</param>
internal sealed class EndpointCheck(OperationConnections live, string old, MemberConnection primary)
{
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

        await live.Endpoint.CloseAsync(old, cancellationToken);
        await live.Endpoint.OpenAsync(primary.Name, cancellationToken);
        await live.Endpoint.EndSessionsAsync(old, cancellationToken);
        if (!await LeadsAsync(cancellationToken))
        {
            throw new FoobarException(
                "EndpointElsewhere", ErrorKind.Failed, $"The {live.Endpoint.Name} does not lead to {primary.Name} alone.")
                {
                    Server = live.Policy.WriteEndpoint?.Server,
                };
        }
    }

    /// <summary>Sees that it lets no new connection through to the old primary any more, after it was told so.</summary>
    /// <exception cref="FoobarException"><c>EndpointElsewhere</c>: it does.</exception>
    public async Task EnsureClosedAsync(CancellationToken cancellationToken)
    {
        if (await live.Endpoint.MembersAsync(cancellationToken) is { } open && open.Contains(old, StringComparer.OrdinalIgnoreCase))
        {
            throw new FoobarException(
                "EndpointElsewhere", ErrorKind.Failed,
                $"The {live.Endpoint.Name} still leads to {old} after it was told not to.") { Server = live.Policy.WriteEndpoint?.Server };
        }
    }

    /// <summary>
    /// Sees, without an account, that a connection through it arrives at the new primary, which knows the connection: tries until it
    /// does, or the token ends.
    /// </summary>
    /// <exception cref="FoobarException"><c>EndpointElsewhere</c>: it leads somewhere else.</exception>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                if (await EndpointAddress.LeadsToAsync(live.Site, live.Endpoint, primary.Member, cancellationToken))
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
                string? server = live.Endpoint.Server ?? live.Policy.WriteEndpoint?.Server;
                throw new FoobarException(
                    "EndpointElsewhere", ErrorKind.Failed,
                    $"{server}: {live.Policy.WriteEndpoint?.Address} does not lead to {primary.Name}.") { Server = server };
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), live.Site.Time, cancellationToken);
        }
    }

    private async Task<bool> LeadsAsync(CancellationToken cancellationToken) =>
        await live.Endpoint.MembersAsync(cancellationToken) is not { } open
            || (open is [{ } only] && string.Equals(only, primary.Name, StringComparison.OrdinalIgnoreCase));
}
