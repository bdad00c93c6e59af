using Foobar.Ops.Database;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Database.Wire;

namespace Foobar.Ops.Operations.Replication.Endpoints;

/// <summary>
/// Sees, without an account, where the write endpoint's address leads: the member at its end knows the connection. An endpoint without
/// an address can't be asked.
/// </summary>
internal static class EndpointAddress
{
    private const int Attempts = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether a connection to it arrives at a member; <see langword="true"/> of an endpoint without an address.</summary>
    /// <exception cref="FoobarException">Nothing that is a database answers there.</exception>
    public static async Task<bool> LeadsToAsync(
        ISiteSession site, IWriteEndpoint endpoint, DatabaseMember member, CancellationToken cancellationToken)
    {
        if (site.Site.Policy.Database?.WriteEndpoint is not { Place: (string host, int port) } declared)
        {
            return true;
        }

        IServerSession from = await site.GetServerAsync(endpoint.Server ?? declared.Server, cancellationToken);
        return await DatabaseGreeting.HoldAsync(
            from, host, port, Limit, (greeting, token) => member.KnowsAsync(greeting.ConnectionId, token), cancellationToken);
    }

    /// <summary>
    /// What stands in the way of a move: an address that does not lead to the member that takes writes now would be found out only
    /// after they were moved.
    /// </summary>
    /// <param name="site">The site's connections.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="primary">The name of the member that takes writes.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<FailoverBlocker?> JudgeAsync(
        ISiteSession site, IWriteEndpoint endpoint, string primary, CancellationToken cancellationToken)
    {
        string? reason = null;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (attempt > 0)
            {
                await Task.Delay(Pause, site.Time, cancellationToken);
            }

            try
            {
                await using IDatabaseSession database = await site.OpenDatabaseAsync(primary, cancellationToken);
                if (await LeadsToAsync(site, endpoint, DatabaseMember.Of(database), cancellationToken))
                {
                    return null;
                }

                reason = null;
            }
            catch (FoobarException error)
            {
                reason = error.Message;
            }
        }

        WriteEndpoint declared = site.Site.Policy.Database!.WriteEndpoint!;
        string server = endpoint.Server ?? declared.Server;
        string why = reason is null
            ? ""
            : $": {reason.Replace($"{server}: ", "", StringComparison.Ordinal).TrimEnd('.')}";
        return new()
        {
            Code = "EndpointAddress",
            Server = server,
            Message = $"a connection to {declared.Address}, which the inventory declares for writes, does not arrive at {primary}{why}",
            Remediation = "Set policy.database.writeEndpoint.address to the HOST:PORT that the application connects to; or see why the "
                + "way from there to the primary is closed.",
        };
    }
}
