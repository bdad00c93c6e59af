using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;
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

    private static async Task<TrafficSource?> OpenNginxAsync(ISiteSession site, Server server, CancellationToken cancellationToken) =>
        await OpenNginxAsync(await site.GetServerAsync(server.Name, cancellationToken), cancellationToken);

    /// <summary>nginx's own counter; where it has none that can be read, its access logs.</summary>
    internal static async Task<TrafficSource?> OpenNginxAsync(IServerSession session, CancellationToken cancellationToken)
    {
        Reading<NginxDirective> read = await NginxFiles.ReadAsync(session, cancellationToken);
        if (!read.TryGet(out NginxDirective? nginx))
        {
            throw new FoobarException("NginxConfigurationUnreadable", ErrorKind.Failed, $"{session.Server.Name}: {read.Failure}") { Server = session.Server.Name };
        }

        NginxConfiguration configuration = NginxConfiguration.Of(nginx);
        FoobarException? failure = null;
        foreach (NginxStatusPage page in configuration.StatusPages)
        {
            NginxStatusSource source = new(session, page);
            try
            {
                await source.ReadAsync(cancellationToken);
                return source;
            }
            catch (FoobarException error) when (error.ErrorId is "NginxStatusUnreadable" or "OutputNotUnderstood")
            {
                await source.DisposeAsync();
                failure ??= error;
            }
        }

        return await OpenLogsAsync(session, configuration.Logs, failure, cancellationToken);
    }

    /// <summary>The access logs; with what kept the status page from being read, which counts more than the logs do.</summary>
    private static async Task<TrafficSource?> OpenLogsAsync(
        IServerSession session, IReadOnlyList<NginxLog> logs, FoobarException? failure, CancellationToken cancellationToken)
    {
        if (failure is not null && !logs.Any(log => log.IsFile))
        {
            throw failure;
        }

        string? instead = failure is null
            ? null
            : $"Counted in the access log, since the status page could not be read: {failure.Message} {failure.Recommendation}".TrimEnd();
        AccessLogSource source = new(session, logs) { Instead = instead };
        await source.ReadAsync(cancellationToken);
        return source;
    }

    private static async Task<TrafficSource?> OpenDatabaseAsync(ISiteSession site, Server server, CancellationToken cancellationToken) =>
        new DatabaseSource(await site.OpenDatabaseAsync(server.Name, cancellationToken));
}
