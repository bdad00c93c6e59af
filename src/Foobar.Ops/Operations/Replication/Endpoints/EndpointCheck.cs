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
