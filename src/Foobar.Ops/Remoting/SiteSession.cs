using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting.Database;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Remoting;

/// <summary>What came of connecting to one server.</summary>
/// <param name="Server">The server.</param>
/// <param name="Error">Why there is no session; <see langword="null"/> if there is one.</param>
/// <param name="Duration">How long it took.</param>
public sealed record ConnectOutcome(Server Server, FoobarException? Error, TimeSpan Duration);

/// <summary>
/// The live connections to a site: one SSH connection and one authentication a server, opened when first
/// needed and again after a loss. Safe for concurrent use. One server's failure is its own.
/// </summary>
public sealed class SiteSession : ISiteSession
{
    private readonly SessionOptions _options;
    private readonly ServerConnector _connector;
    private readonly Dictionary<SessionKey, Task<ServerSession>> _sessions = [];
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private bool _closed;

    /// <summary>Prepares sessions to a site; connects to nothing yet.</summary>
    public SiteSession(Site site, SessionOptions? options = null)
    {
        Site = site;
        _options = options ?? new SessionOptions();
        _connector = new ServerConnector(site, _options);
    }

    /// <inheritdoc/>
    public Site Site { get; }

    /// <inheritdoc/>
    public bool IsClosed
    {
        get
        {
            lock (_lock)
            {
                return _closed;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<IServerSession> GetServerAsync(string server, CancellationToken cancellationToken = default) =>
        await ConnectAsync(server, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IDatabaseSession> OpenDatabaseAsync(string server, CancellationToken cancellationToken = default)
    {
        ServerSession session = await ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        return await new DatabaseOpener(_options, Site.Policy.Database).OpenAsync(session, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ISiteSession Fresh() => new SiteSession(Site, _options);

    /// <summary>
    /// Connects to several servers at once, no more than the throttle limit at a time. Never fails as a whole: each server has its own
    /// outcome.
    /// </summary>
    /// <param name="servers">The servers' names; <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">Cancels what has not come yet.</param>
    public async Task<IReadOnlyList<ConnectOutcome>> ConnectAllAsync(
        IEnumerable<string>? servers = null, CancellationToken cancellationToken = default)
    {
        using SemaphoreSlim throttle = new(Math.Max(1, _options.ThrottleLimit));
        return await Task.WhenAll((servers ?? Site.Servers.Select(server => server.Name)).Select(TryAsync)).ConfigureAwait(false);

        async Task<ConnectOutcome> TryAsync(string name)
        {
            Server server = Site.Find(name) ?? throw RemotingErrors.UnknownServer(name, Site.Servers.Select(each => each.Name));
            await throttle.WaitAsync(cancellationToken).ConfigureAwait(false);
            long started = Stopwatch.GetTimestamp();
            try
            {
                await GetServerAsync(name, cancellationToken).ConfigureAwait(false);
                return new ConnectOutcome(server, null, Stopwatch.GetElapsedTime(started));
            }
            catch (FoobarException error)
            {
                return new ConnectOutcome(server, error, Stopwatch.GetElapsedTime(started));
            }
            finally
            {
                throttle.Release();
            }
        }
    }

    /// <summary>Ends all sessions: what still runs on the servers is ended, and nothing stays there.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<ServerSession>[] sessions;
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            sessions = [.. _sessions.Values];
            _sessions.Clear();
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(sessions.Select(CloseAsync)).ConfigureAwait(false);
        _connector.Dispose();
        _closing.Dispose();
    }

    private Task<ServerSession> ConnectAsync(string server, CancellationToken cancellationToken)
    {
        Server declared = Site.FindMachine(server) ?? throw RemotingErrors.UnknownServer(server, Site.Servers.Select(each => each.Name));
        return Shared(declared).WaitAsync(cancellationToken);
    }

    private static async Task CloseAsync(Task<ServerSession> opening)
    {
        try
        {
            ServerSession session = await opening.ConfigureAwait(false);
            await session.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // It never was open; whoever asked for it was told.
        }
    }

    /// <summary>The session to a server, or the attempt at one that is under way; a new attempt if there is neither.</summary>
    private Task<ServerSession> Shared(Server server)
    {
        SessionKey key = new(server.Name, server.Ssh, Site.SshConfig);
        lock (_lock)
        {
            if (_closed)
            {
                throw RemotingErrors.SessionClosed(Site.Name);
            }

            if (_sessions.TryGetValue(key, out Task<ServerSession>? known))
            {
                if (!known.IsCompleted || (known.IsCompletedSuccessfully && !known.GetAwaiter().GetResult().Lost.IsCompleted))
                {
                    return known;
                }

                _ = CloseAsync(known);
            }

            if (Site.Policy.Database is { } policy && server.Is(policy.Members))
            {
                LoadedDrivers.WarmUpDatabase();
            }

            CancellationToken closing = _closing.Token;
            return _sessions[key] = Task.Run(() => _connector.ConnectAsync(server, closing), closing);
        }
    }

    /// <summary>All that makes a session what it is.</summary>
    private sealed record SessionKey(string Name, SshEndpoint Ssh, string? Config);
}
