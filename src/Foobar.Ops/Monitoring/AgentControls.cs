using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Monitoring;

/// <summary>What the monitoring agents of a server must be like.</summary>
public static class AgentControls
{
    /// <summary>An agent that works writes to its log at least this often.</summary>
    private static readonly TimeSpan FreshLog = TimeSpan.FromMinutes(15);

    /// <summary>All controls of this area, in the order of their ids.</summary>
    public static IReadOnlyList<Control<ServerCase<AgentFacts>>> All { get; } =
    [
        new(
            Info(
                "MON-001", Severity.High, "The expected monitoring agents run",
                "Without its agent a server fails unseen: no alert comes, since no figure comes.",
                "Install the agent, or see why it stopped (journalctl -u UNIT) and start it."),
            server => Expected(server, JudgeRunning)),
        new(
            Info(
                "MON-002", Severity.High, "The monitoring agents give figures",
                "An agent that runs and reports nothing looks like a healthy server on every dashboard that shows the last value.",
                "Look at the agent's log; restart it; check that it may reach its service."),
            server => Expected(server, JudgeFigures)),
        new(
            Info(
                "MON-003", Severity.Medium, "The monitoring agents know where to report",
                "Without a key or a destination an agent collects for nobody.",
                "Complete the agent's configuration and restart it."),
            server => Expected(server, JudgeConfigured)),
        new(
            Info(
                "MON-004", Severity.Medium, "The monitoring agents start at boot",
                "An agent started by hand is gone after the next restart, just when one wants to watch.",
                "Enable it: systemctl enable UNIT."),
            server => Expected(server, JudgeBoot)),
        new(
            Info(
                "MON-005", Severity.Medium, "Some monitoring agent watches the server",
                "What nobody watches is first noticed by visitors.",
                "Install an agent and declare it in policy.monitoring.agents."),
            server => server.Facts.Agents.Judge(agents => [JudgeWatched(server.Site.Policy.Monitoring, agents)])),
        .. ReportControls.All,
    ];

    internal static ControlInfo Info(
        string id, Severity severity, string title, string rationale, string remediation, string? reference = null) =>
        new(id, title, Area.Monitoring, severity, rationale, remediation, reference);

    internal static IEnumerable<Verdict> Expected(ServerCase<AgentFacts> server, Func<MonitoringAgent, Verdict> judge)
    {
        IReadOnlyList<string> expected = server.Site.Policy.Monitoring.Agents;
        return expected.Count == 0
            ? [Verdict.NotApplicable(actual: "the policy expects no agent")]
            : server.Facts.Agents.Judge(agents => expected.Select(name =>
                agents.FirstOrDefault(agent => agent.Name == name && agent.IsExpected) is { } agent ? judge(agent)
                : !Agents.KnownAgent.All.TryGetValue(name, out Agents.KnownAgent? known)
                    ? Verdict.Unknown(name, "This program does not know such an agent.")
                : !known.BelongsOn(server.Server)
                    ? Verdict.NotApplicable(name, $"it belongs on servers with the role {string.Join(", ", known.Roles)}")
                : Verdict.Unknown(name, "The facts hold nothing of it: they were read for another policy.")));
    }

    private static Verdict JudgeRunning(MonitoringAgent agent) => agent switch
    {
        { Unit: null, IsRunning: true } => Verdict.Pass(
            agent.Name,
            agent.Containers.Count > 0
                ? $"container {agent.Containers[0].Name}: {agent.Containers[0].Status}"
                : "a process runs, of no unit"),
        { Unit: null, Containers: [var container, ..] } =>
            Verdict.Fail(agent.Name, "a running agent", $"container {container.Name}: {container.Status}", $"{container.Engine} ps --all"),
        { Unit: null, FoundBy: [_, ..] } => Verdict.Fail(
            agent.Name, "a running agent",
            $"no unit, process or container; found by its {string.Join(", ", agent.FoundBy).ToLowerInvariant()}",
            "systemctl show"),
        { Unread: { } unread } => Verdict.Unknown(agent.Name, $"Nothing shows it, but {unread}."),
        { Unit: null } => Verdict.Fail(agent.Name, "a running agent", "not installed", "systemctl show"),
        { Unit: { IsActive: true } unit } => Verdict.Pass(agent.Name, $"{unit.Name} {unit.Active} ({unit.Sub})"),
        { Unit: { } unit } => Verdict.Fail(agent.Name, $"{unit.Name} active", $"{unit.Active} ({unit.Sub}), {unit.Load}", "systemctl show"),
    };

    private static Verdict JudgeFigures(MonitoringAgent agent)
    {
        if (!agent.IsRunning)
        {
            return Verdict.NotApplicable(agent.Name, "it does not run");
        }

        if (agent.Answer is { } answer && Agents.KnownAgent.All[agent.Name] is { IsExporter: true } or { Status.Serves: true })
        {
            return !answer.TryGet(out ExporterAnswer? given)
                ? IsRefusal(answer)
                    ? Verdict.Unknown(agent.Name, $"It wants a login, which is not known here: {answer.Failure}", answer.Source)
                    : Verdict.Fail(agent.Name, "its metrics", answer.Failure ?? "nothing", answer.Source)
                : given.IsHealthy == false
                    ? Verdict.Fail(agent.Name, "figures of what it watches", "it answers that it can't reach it", answer.Source)
                : Verdict.Pass(agent.Name, FormattableString.Invariant($"{given.Samples} samples in {given.Milliseconds:0} ms"));
        }

        if (agent.Answer is null && Agents.KnownAgent.All[agent.Name].IsExporter)
        {
            return Verdict.Fail(agent.Name, "a port to ask for its metrics", "it listens on none", "ss -H -tulnp");
        }

        return agent.LogAgeSeconds is not { } age
            ? Verdict.NotApplicable(agent.Name, "it can't be told from here: no log where one is expected")
            : age <= FreshLog.TotalSeconds ? Verdict.Pass(agent.Name, FormattableString.Invariant($"wrote to its log {age:0} s ago"))
            : Verdict.Warning(
                agent.Name,
                FormattableString.Invariant($"a log written to within {FreshLog.TotalMinutes:0} min"),
                FormattableString.Invariant($"last written to {age / 60:0} min ago"));
    }

    // A login in front of metrics is as it should be: HTTP says 401 or 403.
    private static bool IsRefusal(Reading<ExporterAnswer> answer) =>
        answer.Failure is { } failure
            && (failure.Contains("401", StringComparison.Ordinal) || failure.Contains("403", StringComparison.Ordinal));

    private static Verdict JudgeConfigured(MonitoringAgent agent) => agent switch
    {
        { Unit: null, IsRunning: false } => Verdict.NotApplicable(agent.Name, "not installed"),
        { IsConfigured: null } => Verdict.NotApplicable(agent.Name, "it is asked and needs no destination"),
        { IsConfigured: true } => Verdict.Pass(agent.Name, agent.Configuration),
        _ => Verdict.Fail(
            agent.Name, "a key or destination in its configuration",
            agent.Configuration is null ? "no configuration found" : $"none in {agent.Configuration}"),
    };

    private static Verdict JudgeBoot(MonitoringAgent agent) => agent.Unit switch
    {
        null => Verdict.NotApplicable(agent.Name, agent.IsRunning ? "no unit of systemd runs it" : "not installed"),
        { StartsAtBoot: true } unit => Verdict.Pass(agent.Name, unit.FileState),
        { FileState.Length: > 0 } unit when UnitWords.FileStates.Trouble(unit.FileState) is { } trouble =>
            Verdict.Unknown(agent.Name, $"Whether it starts at boot is not known: {trouble}.", UnitParser.FilesSource),
        { } unit => Verdict.Fail(
            agent.Name, $"{unit.Name} enabled", unit.FileState.Length == 0 ? "no unit file" : unit.FileState, "systemctl list-unit-files"),
    };

    private static Verdict JudgeWatched(MonitoringPolicy policy, IReadOnlyList<MonitoringAgent> agents) =>
        policy.Agents.Count > 0 ? Verdict.NotApplicable(actual: "the policy names the agents")
        : agents.FirstOrDefault(agent => agent.IsRunning) is { } running ? Verdict.Pass(running.Name, "running")
        : Verdict.Fail(null, "a monitoring agent", "none of those known runs", "systemctl show");
}
