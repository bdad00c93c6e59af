using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing.Haproxy;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LoadBalancing;

/// <summary>
/// Reads <see cref="LoadBalancerFacts"/>: two commands over the admin socket, and two requests as a visitor would send them.
/// </summary>
public sealed class LoadBalancerCollector : Collector<LoadBalancerFacts>
{
    private const int HttpPort = 80;

    private const string SocketScript = "ss -H -tuln";

    /// <inheritdoc/>
    public override string Name => "loadBalancer";

    /// <inheritdoc/>
    public override bool AppliesTo(Server server, Site site) => server.Is(Role.LoadBalancer);

    /// <inheritdoc/>
    public override async Task<LoadBalancerFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        string socket = session.Site.Policy.LoadBalancing.AdminSocket;
        Task<Reading<HaproxyProcess>> process = AskAsync(connection, socket, InfoParser.Source, InfoParser.Parse, cancellationToken);
        Task<Reading<ProxyStatistics>> statistics = AskAsync(connection, socket, StatParser.Source, StatParser.Parse, cancellationToken);
        Task<Reading<string>> level = AskAsync(connection, socket, HaproxySocket.LevelCommand, HaproxySocket.ParseLevel, cancellationToken);
        Task<Reading<IReadOnlyList<HaproxyFile>>> files = ReadFilesAsync(connection, cancellationToken);
        Reading<IReadOnlyList<ListeningSocket>> sockets = await connection.ReadAsync(
            RemoteCommand.FromScript(SocketScript) with
            {
                IsShared = true,
                IsShort = true,
            }, SocketParser.Parse, SocketScript, cancellationToken);
        Task<Reading<VisitorAnswer>> http = VisitAsync(
            connection, sockets, new UriBuilder("http", session.Site.Name, HttpPort).Uri, cancellationToken);
        Task<Reading<VisitorAnswer>> httpOther = VisitAsync(
            connection, sockets, new UriBuilder("http", session.Site.Name, HttpPort, SessionHttp.OtherPath).Uri, cancellationToken);
        Task<Reading<VisitorAnswer>> https = VisitAsync(
            connection, sockets, new UriBuilder("https", session.Site.Name, session.Site.Policy.Tls.Port).Uri, cancellationToken);
        Reading<IReadOnlyList<HaproxySection>> sections = Read(await files, HaproxySection.Of);
        return new LoadBalancerFacts
        {
            Process = await process,
            SocketLevel = await level,
            Statistics = await statistics,
            Starts = Read(sections, ReadStarts),
            Configuration = await RunningAsync(
                connection, await process, await files, Read(sections, ProxyConfigurationReader.Read), cancellationToken),
            Http = await http,
            HttpOther = await httpOther,
            Https = await https,
        };
    }

    /// <summary>The backends' servers of a load balancer, as they are now.</summary>
    /// <exception cref="FoobarException"><c>HaproxyUnreachable</c>, <c>OutputNotUnderstood</c>.</exception>
    public static async Task<IReadOnlyList<BackendServer>> ReadServersAsync(
        IServerSession session, string adminSocket, CancellationToken cancellationToken)
    {
        ProxyStatistics statistics = StatParser.Parse(
            await HaproxySocket.AskAsync(session, adminSocket, StatParser.Source, cancellationToken));
        return
        [
            .. statistics.Backends.SelectMany(backend => backend.Servers).Select(server => server with { Server = session.Server.Name }),
        ];
    }

    private static async Task<Reading<IReadOnlyList<HaproxyFile>>> ReadFilesAsync(
        IServerSession connection, CancellationToken cancellationToken)
    {
        try
        {
            return Reading.Of(await HaproxyFiles.ReadAsync(connection, cancellationToken), HaproxyFiles.Source);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return Reading.Unreadable<IReadOnlyList<HaproxyFile>>(error.Message, HaproxyFiles.Source);
        }
    }

    private static Reading<TOut> Read<T, TOut>(Reading<T> from, Func<T, TOut> read) => from.TryGet(out T? value)
        ? Reading.Of(read(value), from.Source)
        : Reading.Unreadable<TOut>(from.Failure ?? "It was not read.", from.Source);

    // What runs is what the files said when the process started: of those that were changed since it is not known.
    private static async Task<Reading<ProxyConfiguration>> RunningAsync(
        IServerSession connection,
        Reading<HaproxyProcess> process,
        Reading<IReadOnlyList<HaproxyFile>> files,
        Reading<ProxyConfiguration> configuration,
        CancellationToken cancellationToken)
    {
        if (!process.TryGet(out HaproxyProcess? running) || !files.TryGet(out IReadOnlyList<HaproxyFile>? read))
        {
            return configuration;
        }

        try
        {
            (long now, IReadOnlyList<(string Path, long Changed)> times) = await HaproxyFiles.ReadTimesAsync(
                connection, read.Select(static file => file.Path), cancellationToken);
            return EditedSince(running, now, times) is { } edited
                ? Reading.Unreadable<ProxyConfiguration>(edited, HaproxyFiles.Source)
                : configuration;
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return Reading.Unreadable<ProxyConfiguration>(error.Message, HaproxyFiles.Source);
        }
    }

    /// <summary>Why the files do not tell what runs; <see langword="null"/> if none was changed since the process started.</summary>
    internal static string? EditedSince(HaproxyProcess process, long now, IReadOnlyList<(string Path, long Changed)> files)
    {
        long started = now - process.UptimeSeconds;
        string[] edited =
        [
            .. files.Where(file => file.Changed > started).Select(static file => $"{file.Path} was edited at {Time(file.Changed)}"),
        ];
        return edited.Length == 0 ? null
            : $"{string.Join(", ", edited)}, and HAProxy runs since {Time(started)}: what it runs with is not what the files say. "
                + "Reload it.";
    }

    private static string Time(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds)
        .ToString("yyyy-MM-dd HH:mm:ss 'UTC'", System.Globalization.CultureInfo.InvariantCulture);

    private static IReadOnlyList<ServerStart> ReadStarts(IReadOnlyList<HaproxySection> sections) =>
    [
        .. sections.Where(section => section.Kind is "backend" or "listen")
            .Select(section => section.Name)
            .Distinct()
            .SelectMany(name => ServerStartReader.ReadAll(sections, name)),
    ];

    private static async Task<Reading<T>> AskAsync<T>(
        IServerSession connection, string socket, string command, Func<string, T> parse, CancellationToken cancellationToken)
    {
        try
        {
            return Reading.Of(parse(await HaproxySocket.AskAsync(connection, socket, command, cancellationToken)), command);
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return Reading.Unreadable<T>(error.Message, command);
        }
    }

    private static async Task<Reading<VisitorAnswer>> VisitAsync(
        IServerSession connection, Reading<IReadOnlyList<ListeningSocket>> sockets, Uri url, CancellationToken cancellationToken)
    {
        string source = $"GET {url}";
        ListeningSocket? bound = sockets.Value?.FirstOrDefault(
            socket => socket.Protocol == TransportProtocol.Tcp && socket.Port == url.Port && socket.Scope != SocketScope.Loopback);
        if (sockets.Failure is not null || bound is null)
        {
            return Reading.Unreadable<VisitorAnswer>(
                sockets.Failure ?? FormattableString.Invariant($"Nothing listens on TCP port {url.Port}."), source);
        }

        try
        {
            // The certificate is judged on its own; here only the answer counts.
            using HttpClient client = connection.CreateHttpClient(
                bound.Scope == SocketScope.Wildcard ? "127.0.0.1" : bound.Address, trustAnyCertificate: true);
            using HttpResponseMessage response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return Reading.Of(Head(url, response), source);
        }
        catch (Exception error)
            when (error is HttpRequestException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Reading.Unreadable<VisitorAnswer>(SessionHttp.Reason(error), source);
        }
    }

    private static VisitorAnswer Head(Uri url, HttpResponseMessage response) => new()
    {
        Url = url.ToString(),
        StatusCode = (int)response.StatusCode,
        Location = response.Headers.Location?.ToString(),
        StrictTransportSecurity = response.Headers.TryGetValues("Strict-Transport-Security", out IEnumerable<string>? values)
            ? values.FirstOrDefault()
            : null,
    };
}
