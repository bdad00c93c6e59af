using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.Canary;

/// <summary>
/// The application's own way to the database, as the inventory declares it: the write endpoint's address, reached from its server.
/// </summary>
internal static class WritePath
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(2);

    /// <summary>Prepares the way for an account.</summary>
    /// <exception cref="FoobarException"><c>WritePathUnknown</c>: the inventory declares no address to write to; errors of the
    /// session.</exception>
    public static async Task<DatabasePath> OpenAsync(ISiteSession site, DatabaseLogin login, CancellationToken cancellationToken)
    {
        if (site.Site.Policy.Database?.WriteEndpoint is not { Place: (string host, int port) } endpoint)
        {
            throw new FoobarException(
                "WritePathUnknown", ErrorKind.InvalidInput, $"The inventory of {site.Site.Name} does not say where the application writes.")
            {
                Recommendation = "Set policy.database.writeEndpoint.address to the HOST:PORT that the application connects to.",
            };
        }

        IServerSession server = await site.GetServerAsync(endpoint.Server, cancellationToken);
        return await DatabasePath.OpenAsync(server, new RemoteEndpoint.Tcp(host, port), login, ConnectLimit, cancellationToken);
    }

    /// <summary>The way in words: <c>192.0.2.10:3306 on lb-01</c>.</summary>
    public static string Name(Site site) =>
        site.Policy.Database?.WriteEndpoint is { } endpoint ? $"{endpoint.Address} on {endpoint.Server}" : "";
}
