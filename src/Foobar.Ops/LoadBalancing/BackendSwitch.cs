using System.Diagnostics;
using Foobar.Ops.Errors;
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
    /// <c>BackendServerNotFound</c>; <c>BackendWouldBeEmpty</c>: nothing was changed; <c>BackendChangeRefused</c>;
    /// <c>BackendNotReady</c>: it does not pass its health check and was put back; what the rule says.
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
        BackendServer after = await WaitAsync(session, adminSocket, before, target, patience, cancellationToken);
        if (!IsReached(after, target))
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
            SessionsLeft = after.CurrentSessions,
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
        await HaproxyConfigurationFile.SetAsync(
            session, [new(change.Backend, change.Name, Disabled: target != BackendTarget.Ready)], cancellationToken);
        return change with { Persisted = true };
    }

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
        bool others = servers.Any(
            server => server.Backend == leaving.Backend && server.Name != leaving.Name && server.State == BackendServerState.Up);
        if (leaving.State == BackendServerState.Up && !others)
        {
            throw new FoobarException(
                "BackendWouldBeEmpty", ErrorKind.Refused,
                $"{leaving.Server}: '{leaving.Backend}/{leaving.Name}' is the last server of its backend that takes traffic; nothing was "
                    + "changed.")
            {
                Server = leaving.Server,
                Recommendation = "Bring another server of the backend back first, or accept the outage with -AcceptOutage.",
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

    /// <summary>Waits until what is wanted is reached, and a drained server is empty, or patience ends.</summary>
    private static async Task<BackendServer> WaitAsync(
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
            BackendServer now = Find(
                await LoadBalancerCollector.ReadServersAsync(session, adminSocket, cancellationToken),
                session, server.Backend, server.Name);
            bool isDone = IsReached(now, target) && (target == BackendTarget.Ready || now.CurrentSessions == 0);
            if (isDone || Stopwatch.GetElapsedTime(start) >= patience)
            {
                return now;
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    private static bool IsReached(BackendServer server, BackendTarget target) => target switch
    {
        BackendTarget.Ready => server.State == BackendServerState.Up,

        // One whose health check fails is out already, and is shown so.
        BackendTarget.Drain => server.State is BackendServerState.Drain or BackendServerState.Down,
        _ => server.State == BackendServerState.Maintenance,
    };

    /// <summary>Puts back what an operator's order changes and no more: maintenance and drain that were ordered before.</summary>
    private static async Task UndoAsync(
        IServerSession session, string adminSocket, BackendServer before, AdminStates reasons, BackendServer after, TimeSpan patience,
        CancellationToken cancellationToken)
    {
        BackendTarget previous = reasons.HasFlag(AdminStates.ForcedMaintenance)
            ? BackendTarget.Maint
            : reasons.HasFlag(AdminStates.ForcedDrain) ? BackendTarget.Drain : BackendTarget.Ready;
        await OrderAsync(session, adminSocket, before, previous, cancellationToken);
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
}
