using System.Diagnostics;
using Foobar.Ops.Errors;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing.Haproxy;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LoadBalancing;

/// <summary>
/// Takes servers of backends out and back in over HAProxy's runtime API (HAProxy Management Guide, 9.3, "set server"),
/// and sees over a connection of its own each time what came of it.
/// </summary>
public static class BackendSwitch
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(1);

    // What a check takes at most, usually.
    private static readonly TimeSpan CheckTime = TimeSpan.FromSeconds(1);

    /// <summary>Changes a server's state.</summary>
    /// <param name="session">The load balancer.</param>
    /// <param name="adminSocket">The path of its admin socket.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="name">The server's name in it.</param>
    /// <param name="target">What is wanted.</param>
    /// <param name="acceptOutage">Whether the last server that takes traffic may be taken out.</param>
    /// <param name="patience">How long to wait until it takes traffic, or until its sessions have ended.</param>
    /// <param name="cancellationToken">Cancels the waiting; what was set stays.</param>
    /// <param name="rule">What else may refuse it, given the server and all servers; <see langword="null"/> for nothing.</param>
    /// <exception cref="FoobarException">
    /// <c>BackendServerNotFound</c>; <c>BackendWouldBeEmpty</c>: nothing was changed, or the server was put back, since another one
    /// had been taken out meanwhile; <c>BackendChangeRefused</c>; <c>BackendNotReady</c>: it passes no health check and was put back;
    /// what the rule says.
    /// </exception>
    public static async Task<BackendChange> SetAsync(
        IServerSession session,
        string adminSocket,
        string backend,
        string name,
        BackendTarget target,
        bool acceptOutage,
        TimeSpan patience,
        CancellationToken cancellationToken,
        Func<BackendServer, IReadOnlyList<BackendServer>, FoobarException?>? rule = null)
    {
        long start = Stopwatch.GetTimestamp();
        (BackendServer before, AdminStates reasons) = await LookAsync(
            session, adminSocket, backend, name, target, acceptOutage, rule, cancellationToken);
        await OrderAsync(session, adminSocket, before, target, cancellationToken);
        if (target != BackendTarget.Ready && !acceptOutage)
        {
            await EnsureOthersAsync(session, adminSocket, before, reasons, cancellationToken);
        }

        (BackendServer after, bool isReached, long? older) = target == BackendTarget.Ready
            ? await WaitUntilReadyAsync(session, adminSocket, before, patience, cancellationToken)
            : await WaitUntilLeftAsync(session, adminSocket, before, target, patience, cancellationToken);
        if (!isReached)
        {
            await UndoAsync(session, adminSocket, before, reasons, after, patience, cancellationToken);
        }

        return new BackendChange
        {
            Server = session.Server.Name,
            Backend = before.Backend,
            Name = before.Name,
            Before = before.Status,
            After = after.Status,
            SessionsLeft = after.CurrentSessions + (older ?? 0),
            SessionsOfOlderWorkers = older,
            Duration = Stopwatch.GetElapsedTime(start),
        };
    }

    /// <summary>Refuses what <see cref="SetAsync"/> would refuse before it changes anything; only reads.</summary>
    /// <param name="session">The load balancer.</param>
    /// <param name="adminSocket">The path of its admin socket.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="name">The server's name in it.</param>
    /// <param name="target">What is wanted.</param>
    /// <param name="acceptOutage">Whether the last server that takes traffic may be taken out.</param>
    /// <param name="rule">What else may refuse it, given the server and all servers; <see langword="null"/> for nothing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException">As for <see cref="SetAsync"/>.</exception>
    public static Task CheckAsync(
        IServerSession session,
        string adminSocket,
        string backend,
        string name,
        BackendTarget target,
        bool acceptOutage,
        Func<BackendServer, IReadOnlyList<BackendServer>, FoobarException?>? rule,
        CancellationToken cancellationToken) =>
        LookAsync(session, adminSocket, backend, name, target, acceptOutage, rule, cancellationToken);

    /// <summary>Makes a change survive a restart of HAProxy.</summary>
    /// <param name="session">The load balancer.</param>
    /// <param name="change">What was done.</param>
    /// <param name="target">What was wanted.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException"><c>BackendNotInConfiguration</c>; the file can't be read or written, or HAProxy refuses the new
    /// one. What holds now stays.</exception>
    public static async Task<BackendChange> PersistAsync(
        IServerSession session, BackendChange change, BackendTarget target, CancellationToken cancellationToken)
    {
        await HaproxyConfigurationFile.SetAsync(session, [Configured(change.Backend, change.Name, target)], cancellationToken);
        return change with { Persisted = true };
    }

    /// <summary>Refuses what <see cref="PersistAsync"/> would refuse; only reads.</summary>
    /// <param name="session">The load balancer.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="name">The server's name in it.</param>
    /// <param name="target">What is wanted.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FoobarException">As for <see cref="PersistAsync"/>.</exception>
    public static Task CheckPersistAsync(
        IServerSession session, string backend, string name, BackendTarget target, CancellationToken cancellationToken) =>
        HaproxyConfigurationFile.CheckAsync(session, Configured(backend, name, target), cancellationToken);

    private static ConfiguredServer Configured(string backend, string name, BackendTarget target) =>
        new(backend, name, Disabled: target != BackendTarget.Ready);

    private static async Task<(BackendServer Before, AdminStates Reasons)> LookAsync(
        IServerSession session,
        string adminSocket,
        string backend,
        string name,
        BackendTarget target,
        bool acceptOutage,
        Func<BackendServer, IReadOnlyList<BackendServer>, FoobarException?>? rule,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<BackendServer> servers = await LoadBalancerCollector.ReadServersAsync(session, adminSocket, cancellationToken);
        BackendServer before = Find(servers, session, backend, name);
        if (target != BackendTarget.Ready && !acceptOutage)
        {
            RefuseLast(servers, before);
        }

        if (rule?.Invoke(before, servers) is { } refusal)
        {
            throw refusal;
        }

        AdminStates reasons = await ReasonsAsync(session, adminSocket, before, cancellationToken);
        if (target == BackendTarget.Ready)
        {
            RefuseForeign(before, reasons);
        }

        return (before, reasons);
    }

    private static BackendServer Find(IReadOnlyList<BackendServer> servers, IServerSession session, string backend, string name) =>
        servers.FirstOrDefault(server => server.Backend == backend && server.Name == name) ?? throw new FoobarException(
            "BackendServerNotFound",
            ErrorKind.NotFound,
            $"{session.Server.Name}: HAProxy has no server '{backend}/{name}'; it has "
                + $"{string.Join(", ", servers.Select(server => $"{server.Backend}/{server.Name}"))}.")
        {
            Server = session.Server.Name,
            Recommendation = "Get-FoobarBackend lists them.",
        };

    private static void RefuseLast(IReadOnlyList<BackendServer> servers, BackendServer leaving)
    {
        if (leaving.State == BackendServerState.Up && LeftWithout(servers, leaving) is { } last)
        {
            throw new FoobarException(
                "BackendWouldBeEmpty", ErrorKind.Refused,
                $"{leaving.Server}: {Last(servers, leaving, last)}; nothing was changed.")
            {
                Server = leaving.Server,
                Recommendation = "Bring another server of the backend back first, or accept the outage with -AcceptOutage.",
            };
        }
    }

    /// <summary>
    /// The server that would leave its backend without one that surely takes traffic: the one that is taken out, or one that tracks it
    /// (Configuration Manual, 5.2 track); <see langword="null"/> if none would.
    /// </summary>
    private static BackendServer? LeftWithout(IReadOnlyList<BackendServer> servers, BackendServer leaving)
    {
        List<BackendServer> gone = [leaving];
        for (int at = 0; at < gone.Count; at++)
        {
            gone.AddRange(servers.Where(server => server.Tracks == Path(gone[at]) && !gone.Any(known => Path(known) == Path(server))));
        }

        return gone.Find(each => (each == leaving || each.State == BackendServerState.Up) && !servers.Any(
            other => other.Backend == each.Backend && other.IsProven && !gone.Any(known => Path(known) == Path(other))));
    }

    private static string Last(IReadOnlyList<BackendServer> servers, BackendServer leaving, BackendServer last)
    {
        string[] unproven =
        [
            .. servers.Where(server => server.Backend == last.Backend && server.State == BackendServerState.Up && !server.IsProven
                && Path(server) != Path(last)).Select(static server => $"{server.Name} is {server.Status}, {server.CheckStatus}"),
        ];
        return $"'{Path(last)}'{(last == leaving ? "" : $" follows '{Path(leaving)}', and")} is the last server of its backend that takes "
            + $"traffic{(unproven.Length == 0 ? "" : $" ({string.Join("; ", unproven)})")}";
    }

    private static string Path(BackendServer server) => $"{server.Backend}/{server.Name}";

    // Two operators may each have seen the other's server before either took his own out.
    private static async Task EnsureOthersAsync(
        IServerSession session, string adminSocket, BackendServer before, AdminStates reasons, CancellationToken cancellationToken)
    {
        if (before.State != BackendServerState.Up)
        {
            return;
        }

        IReadOnlyList<BackendServer> servers = await LoadBalancerCollector.ReadServersAsync(session, adminSocket, cancellationToken);
        if (LeftWithout(servers, Find(servers, session, before.Backend, before.Name)) is { } last)
        {
            BackendTarget previous = await PutBackAsync(session, adminSocket, before, reasons, cancellationToken);
            throw new FoobarException(
                "BackendWouldBeEmpty", ErrorKind.Refused,
                $"{before.Server}: no other server of backend '{last.Backend}' takes traffic any more: it was taken out, or failed, at the "
                    + $"same time; '{Path(before)}' was put back to {previous}.")
            {
                Server = before.Server,
                Recommendation = "See who else works on the load balancer (Get-FoobarBackend), and take out one server after the other.",
            };
        }
    }

    /// <summary>Why a server is out, in full: the status of the table names one reason only.</summary>
    private static async Task<AdminStates> ReasonsAsync(
        IServerSession session, string adminSocket, BackendServer server, CancellationToken cancellationToken)
    {
        string answer = await HaproxySocket.AskAsync(
            session, adminSocket, $"{ServerStateParser.Source} {server.Backend}", cancellationToken);
        return ServerStateParser.Parse(answer).TryGetValue((server.Backend, server.Name), out AdminStates reasons)
            ? reasons
            : throw new ParseException(
                session.Server.Name, ServerStateParser.Source, 0, $"expected the server '{server.Backend}/{server.Name}'.");
    }

    /// <summary>An operator's order lifts only what an operator ordered.</summary>
    private static void RefuseForeign(BackendServer server, AdminStates reasons)
    {
        if ((reasons & (AdminStates.ResolutionMaintenance | AdminStates.InheritedMaintenance | AdminStates.InheritedDrain)) != 0)
        {
            throw new FoobarException(
                "BackendNotReady", ErrorKind.Refused,
                $"{server.Server}: '{server.Backend}/{server.Name}' is in {server.Status}, which no operator's order lifts; nothing was "
                    + "changed.")
            {
                Server = server.Server,
                Recommendation = reasons.HasFlag(AdminStates.ResolutionMaintenance)
                    ? "Mend the name resolution of HAProxy: its resolvers section, or the name on the server line."
                    : "Bring back the server that it tracks; its status names that one.",
            };
        }
    }

    private static async Task OrderAsync(
        IServerSession session, string adminSocket, BackendServer server, BackendTarget target, CancellationToken cancellationToken)
    {
        // Both names are HAProxy's own words from its table, so they hold no blank and no line end.
        string answer = await HaproxySocket.AskAsync(
            session, adminSocket,
            $"set server {server.Backend}/{server.Name} state {target.ToString().ToLowerInvariant()}",
            cancellationToken);
        if (!string.IsNullOrWhiteSpace(answer))
        {
            throw new FoobarException(
                "BackendChangeRefused", ErrorKind.Failed,
                $"{session.Server.Name}: HAProxy refused to change '{server.Backend}/{server.Name}': {answer.Trim()}")
            {
                Server = session.Server.Name,
                Recommendation = "The admin socket needs 'level admin'.",
            };
        }
    }

    /// <summary>Waits until it takes no traffic and holds no session, or patience ends.</summary>
    private static async Task<(BackendServer Now, bool IsReached, long? Older)> WaitUntilLeftAsync(
        IServerSession session,
        string adminSocket,
        BackendServer server,
        BackendTarget target,
        TimeSpan patience,
        CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            BackendServer now = await ReadAsync(session, adminSocket, server, cancellationToken);

            // One whose health check fails is out already, and is shown so.
            bool isOut = target == BackendTarget.Drain
                ? now.State is BackendServerState.Drain or BackendServerState.Down
                : now.State == BackendServerState.Maintenance;
            bool isOver = Stopwatch.GetElapsedTime(start) >= patience;
            if ((isOut && now.CurrentSessions == 0) || isOver)
            {
                long? older = await OlderWorkers.ConnectionsAsync(session, adminSocket, now, cancellationToken);
                if (isOver || older is null or 0)
                {
                    return (now, isOut, older);
                }

                await Task.Delay(LookPause, cancellationToken);
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>
    /// Waits until it takes traffic and has passed a check since the order, or patience ends. HAProxy lets traffic through at once, before
    /// it has checked (srv_clr_admin_flag in server.c); of one that it had not stopped checking it tells no more than the last check.
    /// </summary>
    private static async Task<(BackendServer Now, bool IsReached, long? Older)> WaitUntilReadyAsync(
        IServerSession session, string adminSocket, BackendServer server, TimeSpan patience, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        BackendServer first = await ReadAsync(session, adminSocket, server, cancellationToken);
        TimeSpan due = first.IsChecked && server.State != BackendServerState.Up
            ? await IntervalAsync(session, server, cancellationToken) + CheckTime ?? patience
            : TimeSpan.Zero;
        for (BackendServer now = first; ; now = await ReadAsync(session, adminSocket, server, cancellationToken))
        {
            bool isNewer = first.ChecksCounted is { } counted && !(now.ChecksCounted <= counted);
            if (now.IsProven && (isNewer || Stopwatch.GetElapsedTime(start) >= due))
            {
                return (now, true, null);
            }

            if (Stopwatch.GetElapsedTime(start) >= patience)
            {
                return (now, false, null);
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    private static async Task<BackendServer> ReadAsync(
        IServerSession session, string adminSocket, BackendServer server, CancellationToken cancellationToken) => Find(
        await LoadBalancerCollector.ReadServersAsync(session, adminSocket, cancellationToken), session, server.Backend, server.Name);

    // Null where the configuration can't be read, or does not tell: then as long as the caller has patience.
    private static async Task<TimeSpan?> IntervalAsync(
        IServerSession session, BackendServer server, CancellationToken cancellationToken)
    {
        try
        {
            HealthCheck? check = HealthCheckReader.ReadAll(HaproxySection.Of(await HaproxyFiles.ReadAsync(session, cancellationToken)))
                .FirstOrDefault(check => check.Backend == server.Backend && check.Name == server.Name);
            return check is { Doubts.Count: 0 } ? check.Interval : null;
        }
        catch (FoobarException error) when (error.Kind != ErrorKind.Connection)
        {
            return null;
        }
    }

    /// <summary>Puts back what an operator's order changes and no more: maintenance and drain that were ordered before.</summary>
    private static async Task UndoAsync(
        IServerSession session, string adminSocket, BackendServer before, AdminStates reasons, BackendServer after, TimeSpan patience,
        CancellationToken cancellationToken)
    {
        BackendTarget previous = await PutBackAsync(session, adminSocket, before, reasons, cancellationToken);
        throw new FoobarException(
            "BackendNotReady", ErrorKind.Failed,
            FormattableString.Invariant(
                $"{session.Server.Name}: '{before.Backend}/{before.Name}' did not come to the state wanted within {patience.TotalSeconds:0.#} s: {after.Status}{(after.Weight == 0 ? ", weight 0" : "")} {after.CheckStatus} {after.CheckDescription}")
                    .TrimEnd()
                + $"; it was put back to {previous}.")
        {
            Server = session.Server.Name,
            Recommendation = "See why its health check fails: the service behind it, or the check itself.",
        };
    }

    private static async Task<BackendTarget> PutBackAsync(
        IServerSession session, string adminSocket, BackendServer before, AdminStates reasons, CancellationToken cancellationToken)
    {
        BackendTarget previous = reasons.HasFlag(AdminStates.ForcedMaintenance)
            ? BackendTarget.Maint
            : reasons.HasFlag(AdminStates.ForcedDrain) ? BackendTarget.Drain : BackendTarget.Ready;
        await OrderAsync(session, adminSocket, before, previous, cancellationToken);
        return previous;
    }
}
