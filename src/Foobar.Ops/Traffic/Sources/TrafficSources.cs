using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Traffic.Sources;

/// <summary>Opens what counts traffic on a server, by its roles.</summary>
internal static class TrafficSources
{
    private const int MostProcessors = 64;

    /// <summary>The sources of a server, those of each role being opened.</summary>
    public static IEnumerable<Task<IReadOnlyList<TrafficSource>>> Of(ISiteSession site, Server server, CancellationToken cancellationToken)
    {
        if (server.Is(Role.LoadBalancer))
        {
            yield return OpenHaproxyAsync(site, server, cancellationToken);
        }

        if (server.Is(Role.Web))
        {
            yield return OpenNginxAsync(server.Name, token => site.GetServerAsync(server.Name, token), cancellationToken);
        }

        if (site.Site.Policy.Database is { } database && server.Is(database.Members))
        {
            yield return OpenDatabaseAsync(site, server, cancellationToken);
        }
    }

    private static async Task<IReadOnlyList<TrafficSource>> OpenHaproxyAsync(
        ISiteSession site, Server server, CancellationToken cancellationToken)
    {
        // The first exchange opens the way to the socket; it must not be part of the window.
        HaproxySource source = new(site, server.Name);
        return [await OpenedAsync(source, source.OpenAsync(cancellationToken))];
    }

    /// <summary>nginx's own counter, where it has one that can be read, and its access logs.</summary>
    internal static async Task<IReadOnlyList<TrafficSource>> OpenNginxAsync(
        string server, Func<CancellationToken, Task<IServerSession>> connect, CancellationToken cancellationToken)
    {
        IServerSession session = await connect(cancellationToken);
        Reading<NginxDirective> read = await NginxFiles.ReadAsync(session, cancellationToken);
        if (!read.TryGet(out NginxDirective? nginx))
        {
            throw new FoobarException("NginxConfigurationUnreadable", ErrorKind.Failed, $"{server}: {read.Failure}") { Server = server };
        }

        NginxConfiguration configuration = NginxConfiguration.Of(nginx);
        FoobarException? failure = null;
        foreach (NginxStatusPage page in configuration.StatusPages)
        {
            NginxStatusSource source = new(server, connect, page, configuration.PidFile);
            try
            {
                await source.ReadAsync(cancellationToken);
                return [source, .. await OpenLogsAsync(session, connect, configuration, null, cancellationToken)];
            }
            catch (FoobarException error) when (error.ErrorId is "NginxStatusUnreadable" or "OutputNotUnderstood")
            {
                await source.DisposeAsync();
                failure ??= error;
            }
        }

        return await OpenLogsAsync(session, connect, configuration, failure, cancellationToken);
    }

    /// <summary>The access logs; with what kept the status page from being read, which counts more than the logs do.</summary>
    private static async Task<IReadOnlyList<TrafficSource>> OpenLogsAsync(
        IServerSession session, Func<CancellationToken, Task<IServerSession>> connect, NginxConfiguration configuration,
        FoobarException? failure, CancellationToken cancellationToken)
    {
        if (failure is not null && !configuration.Logs.Any(log => log.IsFile))
        {
            throw failure;
        }

        string? instead = failure is null
            ? null
            : $"Counted in the access log, since the status page could not be read: {failure.Message} {failure.Recommendation}".TrimEnd();
        int workers = await WorkersAsync(session, configuration, cancellationToken);
        AccessLogSource source = new(session.Server.Name, connect, configuration.Logs, workers) { Instead = instead };
        return [await OpenedAsync(source, source.ReadAsync(cancellationToken))];
    }

    /// <summary>How many workers hold lines back; with <c>auto</c> one a processor.</summary>
    private static async Task<int> WorkersAsync(
        IServerSession session, NginxConfiguration configuration, CancellationToken cancellationToken)
    {
        if (configuration.Workers is { } workers || configuration.Logs.All(log => log.Buffer is null))
        {
            return configuration.Workers ?? 1;
        }

        CommandResult processors = await session.RunAsync(RemoteCommand.FromScript("getconf _NPROCESSORS_ONLN"), cancellationToken);
        return int.TryParse(processors.OutputText.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : MostProcessors;
    }

    private static async Task<IReadOnlyList<TrafficSource>> OpenDatabaseAsync(
        ISiteSession site, Server server, CancellationToken cancellationToken)
    {
        DatabaseSource source = new(server.Name, token => site.OpenDatabaseAsync(server.Name, token));
        return [await OpenedAsync(source, source.ReadAsync(cancellationToken))];
    }

    /// <summary>A source once it is open; what failed to open is given back.</summary>
    private static async Task<TrafficSource> OpenedAsync(TrafficSource source, Task opening)
    {
        try
        {
            await opening;
            return source;
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }
    }
}
