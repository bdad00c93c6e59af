using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>Opens what counts traffic on a server, by its roles.</summary>
internal static class TrafficSources
{
    /// <summary>The sources of a server, each being opened.</summary>
    public static IEnumerable<Task<TrafficSource?>> Of(ISiteSession site, Server server, CancellationToken cancellationToken)
    {
        if (server.Is(Role.LoadBalancer))
        {
            yield return OpenHaproxyAsync(site, server, cancellationToken);
        }

        if (server.Is(Role.Web))
        {
            yield return OpenNginxAsync(site, server, cancellationToken);
        }

        if (site.Site.Policy.Database is { } database && server.Is(database.Members))
        {
            yield return OpenDatabaseAsync(site, server, cancellationToken);
        }
    }

    private static async Task<TrafficSource?> OpenHaproxyAsync(ISiteSession site, Server server, CancellationToken cancellationToken)
    {
        HaproxySource source = new(await site.GetServerAsync(server.Name, cancellationToken), site.Site.Policy.LoadBalancing.AdminSocket);

        // The first exchange opens the way to the socket; it must not be part of the window.
        await source.ReadAsync(cancellationToken);
        return source;
    }

    private static async Task<TrafficSource?> OpenNginxAsync(ISiteSession site, Server server, CancellationToken cancellationToken)
    {
        IServerSession session = await site.GetServerAsync(server.Name, cancellationToken);
        CommandResult result = await session.RunAsync(RemoteCommand.FromScript("PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin\nnginx -T 2>/dev/null") with { Privileged = true }, cancellationToken);
        NginxConfiguration configuration = NginxConfiguration.Parse(SessionReadings.Succeeded(result, "nginx -T").OutputText);
        TrafficSource source = configuration.StatusPages.Count > 0
            ? new NginxStatusSource(session, configuration.StatusPages[0])
            : new AccessLogSource(session, configuration.AccessLogs);
        await source.ReadAsync(cancellationToken);
        return source;
    }

    private static async Task<TrafficSource?> OpenDatabaseAsync(ISiteSession site, Server server, CancellationToken cancellationToken) =>
        new DatabaseSource(await site.OpenDatabaseAsync(server.Name, cancellationToken));
}
