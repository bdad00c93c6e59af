using System.Diagnostics;
using System.Reflection;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Reads a snapshot: every collector of every server at once, up to a number of servers. A server that can't be reached or
/// takes too long costs only its own facts, and is one error.
/// </summary>
public sealed class SnapshotCollector
{
    private static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(300);

    private readonly ISiteSession _session;
    private readonly AuditScope _scope;
    private readonly CollectOptions _options;
    private readonly IReadOnlyList<AuditPart> _parts;
    private readonly HashSet<string> _acrossAreas;

    /// <summary>Creates a collector.</summary>
    /// <param name="session">The site's connections.</param>
    /// <param name="scope">Which servers, and the facts of which areas and controls; the whole site if left out.</param>
    /// <param name="options">How facts are read.</param>
    /// <exception cref="FoobarException"><c>ServerNotFound</c>, <c>ControlNotFound</c>: the scope names what does not exist.</exception>
    public SnapshotCollector(ISiteSession session, AuditScope? scope = null, CollectOptions? options = null)
        : this(
            session, scope ?? AuditScope.Everything, options ?? new CollectOptions(),
            options?.IncludeTlsScan == true
                ? [.. AuditRegistry.Parts, .. AuditRegistry.OnRequest]
                : AuditRegistry.Parts, AuditRegistry.AcrossAreas)
    {
        _scope.Check(session.Site, AuditRegistry.Controls);
    }

    internal SnapshotCollector(
        ISiteSession session, AuditScope scope, CollectOptions options, IReadOnlyList<AuditPart> parts,
        IReadOnlyList<CrossAreaControl> acrossAreas)
    {
        _session = session;
        _scope = scope;
        _options = options;
        _parts = parts;
        _acrossAreas = [.. acrossAreas.Where(control => scope.Holds(control.Info)).SelectMany(control => control.Parts)];
    }

    /// <summary>The version of the module, as snapshots and reports name it.</summary>
    public static string? ModuleVersion { get; } = typeof(SnapshotCollector).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];

    /// <summary>Reads the snapshot.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<SnapshotResult> CollectAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset time = DateTimeOffset.UtcNow;
        long start = Stopwatch.GetTimestamp();
        Server[] servers = [.. _session.Site.Servers.Where(server => _parts.Any(part => IsRead(part, server)))];
        Task headStart = servers.All(_scope.Holds)
            ? Task.CompletedTask
            : GiveHeadStartAsync(servers.Where(_scope.Holds), cancellationToken);
        ServerReading[] readings = new ServerReading[servers.Length];
        int done = 0;
        ParallelOptions parallel = new()
        {
            MaxDegreeOfParallelism = Math.Max(1, _options.ThrottleLimit),
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(
            Enumerable.Range(0, servers.Length).OrderBy(index => !_scope.Holds(servers[index])),
            parallel,
            async (index, token) =>
            {
                if (!_scope.Holds(servers[index]))
                {
                    await headStart;
                }

                long began = Stopwatch.GetTimestamp();
                readings[index] = await ReadServerAsync(servers[index], time, token);
                _options.Progress?.Invoke(new CollectProgress(
                    servers[index].Name, Interlocked.Increment(ref done), servers.Length, Stopwatch.GetElapsedTime(began)));
            });
        return new SnapshotResult(
            new Snapshot
            {
                Site = _session.Site,
                Time = time,
                Duration = Stopwatch.GetElapsedTime(start),
                ModuleVersion = ModuleVersion,
                Facts = [.. readings.SelectMany(reading => reading.Facts)],
            },
            [.. readings.SelectMany(reading => reading.Errors)]);
    }

    // Logins compete for the processors. What is asked of the servers that are meant takes longest; the others are read for single
    // controls, and can follow when those are connected, or are found slow to answer.
    private async Task GiveHeadStartAsync(IEnumerable<Server> meant, CancellationToken cancellationToken) => await Task.WhenAny(
        Task.WhenAll(meant.Take(Math.Max(1, _options.ThrottleLimit)).Select(server => ConnectAsync(server, cancellationToken))),
        Task.Delay(HeadStart, cancellationToken));

    // A control over several servers or areas is judged on all that it needs, whatever servers the scope names.
    private bool IsRead(AuditPart part, Server server) =>
        part.AppliesTo(server, _session.Site)
        && (_acrossAreas.Contains(part.Name)
            || part.NeedsAllServers(_scope)
            || (_scope.Holds(server) && (part.Controls.Count == 0 || part.Controls.Any(_scope.Holds))));

    /// <summary>What is read: every part of every server that the scope needs.</summary>
    internal IEnumerable<(Server Server, AuditPart Part)> Plan =>
        from server in _session.Site.Servers
        from part in _parts
        where IsRead(part, server)
        select (server, part);

    private async Task<ServerReading> ReadServerAsync(Server server, DateTimeOffset time, CancellationToken cancellationToken)
    {
        AuditPart[] parts = [.. _parts.Where(part => IsRead(part, server))];
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.ServerTimeLimit);
        ReadingRound round = new(_session, limit.Token);
        Task connecting = _options.Profile is { } profile ? TimeConnectingAsync(profile, server, limit.Token) : Task.CompletedTask;
        PartReading[] readings = await Task.WhenAll(parts.Select(async part =>
        {
            long began = Stopwatch.GetTimestamp();
            ISiteSession view = round.For(_options.Profile is null ? null : result => _options.Profile.Add(server.Name, part.Name, result));
            PartReading reading = await ReadPartAsync(part, view, server, limit.Token, cancellationToken);
            _options.Profile?.Add(AuditPhase.Read, server.Name, part.Name, Stopwatch.GetElapsedTime(began));
            _options.Arrived?.Invoke(reading.Facts, time);
            return reading;
        }));
        await connecting;

        // Lost connections and time limits strike every part of the server at once: one error is enough.
        IEnumerable<FoobarException> errors = readings
            .Select(reading => reading.Error)
            .OfType<FoobarException>()
            .DistinctBy(
                error =>
                    error.Kind is ErrorKind.Connection or ErrorKind.Authentication or ErrorKind.Timeout ? string.Empty : error.Message);
        return new ServerReading([.. readings.Select(reading => reading.Facts)], [.. errors]);
    }

    private async Task TimeConnectingAsync(AuditProfile profile, Server server, CancellationToken limit)
    {
        long began = Stopwatch.GetTimestamp();
        await ConnectAsync(server, limit);
        profile.Add(AuditPhase.Connect, server.Name, string.Empty, Stopwatch.GetElapsedTime(began));
    }

    private async Task ConnectAsync(Server server, CancellationToken cancellationToken)
    {
        try
        {
            await _session.GetServerAsync(server.Name, cancellationToken);
        }
        catch (Exception error) when (error is FoobarException or OperationCanceledException)
        {
            // Each part that needs the session meets this itself.
        }
    }

    private async Task<PartReading> ReadPartAsync(
        AuditPart part, ISiteSession session, Server server, CancellationToken limit, CancellationToken cancellationToken)
    {
        try
        {
            // Collectors end when cancelled; should one not, it must not hold the others up.
            object value = await Task.Run(() => part.CollectAsync(session, server, limit), CancellationToken.None).WaitAsync(limit);
            return new PartReading(new SnapshotFacts { Server = server.Name, Part = part.Name, Value = value }, null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(part, server, TooSlow(server));
        }
        catch (FoobarException error)
        {
            return Failed(part, server, error);
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
        {
            return Failed(part, server, Mistake(part, server, exception));
        }
    }

    private static PartReading Failed(AuditPart part, Server server, FoobarException error) =>
        new(new SnapshotFacts { Server = server.Name, Part = part.Name, Failure = error.Message }, error);

    private FoobarException TooSlow(Server server) => SlowServer.Of(
        _session, server.Name, _options.ServerTimeLimit,
        new(
            "ServerTimeout", ErrorKind.Timeout,
            $"{server.Name}: not all facts were read within {_options.ServerTimeLimit.TotalSeconds:0.###} s.")
        {
            Server = server.Name,
            Recommendation = "Raise -TimeoutSeconds, or see with Invoke-FoobarCommand what is slow on the server.",
        });

    private static FoobarException Mistake(AuditPart part, Server server, Exception exception) => new(
        "CollectorFailed",
        ErrorKind.Failed,
        $"{server.Name}: reading the facts '{part.Name}' ended with {exception.GetType().Name}: {exception.Message}",
        exception)
    {
        Server = server.Name,
        Recommendation = "This is a mistake in the module; please report it with the message above.",
    };

    private sealed record ServerReading(IReadOnlyList<SnapshotFacts> Facts, IReadOnlyList<FoobarException> Errors);

    private sealed record PartReading(SnapshotFacts Facts, FoobarException? Error);
}

/// <summary>A snapshot, and what went wrong while it was read.</summary>
/// <param name="Snapshot">The snapshot; facts that could not be read say why.</param>
/// <param name="Errors">At most one a server for lost connections and time limits; each names its server.</param>
public sealed record SnapshotResult(Snapshot Snapshot, IReadOnlyList<FoobarException> Errors);
