using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Monitoring.Agents;

namespace Foobar.Ops.Monitoring;

/// <summary>Whether the agents of a server report now, to the declared service, protected, with credentials that others can't read and a
/// clock that is right.</summary>
internal static class ReportControls
{
    private const int OthersAny = 7;

    private const int GroupWrite = 16;

    private const int GroupRead = 32;

    /// <summary>One step of the dashboards and alerts in common use: points that are further off fall into another step, and a service may
    /// drop them.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(1);

    /// <summary>MON-006 to MON-010.</summary>
    public static IReadOnlyList<Control<ServerCase<AgentFacts>>> All { get; } =
    [
        new(AgentControls.Info("MON-006", Severity.High, "The monitoring agents report now",
            "An agent that runs and reaches nobody is found out when an alert should have come.",
            "Look at the agent's log for refused or unanswered connections; let the firewall pass them; correct the address and key."),
            server => AgentControls.Expected(server, agent => JudgeFlow(agent, server.Site.Policy.Monitoring))),
        new(AgentControls.Info("MON-007", Severity.High, "The monitoring agents report to the declared service",
            "Figures that go elsewhere are missed here, and tell a stranger of the site.",
            "Correct the address in the agent's configuration, or policy.monitoring.reportTo."), server => AgentControls.Expected(server,
            agent => JudgeService(agent, server.Site.Policy.Monitoring))),
        new(AgentControls.Info("MON-008", Severity.Medium, "What the monitoring agents report is encrypted",
            "Names of hosts, processes and queries, and the key itself, pass every network on the way.",
            "Use an https address, or the output's TLS setting, with verification."), server => AgentControls.Expected(server,
            JudgeEncryption)),
        new(AgentControls.Info("MON-009", Severity.High, "Credentials of the monitoring agents are readable by root and the agent only",
            "Who reads the key can send false figures or read the site's; a database's monitoring password opens the database.",
            "chown root:AGENT FILE; chmod 0640 FILE."), server => AgentControls.Expected(server, JudgeCredentials)),
        new(AgentControls.Info("MON-010", Severity.Medium, "The clock does not spoil what the monitoring agents report",
            "Agents stamp points by the server's clock: those of the past come too late for an alert, and services drop what is far off.",
            "Let the time service step the clock (chronyc makestep).",
            "Datadog documentation, metrics: no point more than ten minutes ahead or an hour behind; New Relic, Metric API: limits"),
            JudgeClock),
    ];

    private static Verdict JudgeFlow(MonitoringAgent agent, MonitoringPolicy policy)
    {
        bool isExporter = KnownAgent.All[agent.Name].IsExporter;
        return !agent.IsRunning ? Verdict.NotApplicable(agent.Name, "it does not run")
            : isExporter && agent.Answer is null or { Failure: not null } ? Verdict.NotApplicable(agent.Name,
                "it does not answer, which MON-002 judges")
            : agent.Flow switch
            {
                DataFlow.Flowing => Verdict.Pass(agent.Name, agent.FlowReason),
                DataFlow.Asked => Verdict.NotApplicable(agent.Name, policy.Prometheus is null
                    ? "it waits to be asked, and no Prometheus is declared"
                    : "it waits to be asked, which MON-011 judges by what Prometheus has"),
                DataFlow.Stopped => Verdict.Fail(agent.Name, "data on its way to its service", agent.FlowReason ?? "none", Places(agent)),
                _ => Verdict.Unknown(agent.Name, $"Whether data flows can't be told: {agent.FlowReason}.", Places(agent)),
            };
    }

    private static Verdict JudgeService(MonitoringAgent agent, MonitoringPolicy policy)
    {
        if (!policy.ReportTo.TryGetValue(agent.Name, out IReadOnlyList<string>? declared))
        {
            return Verdict.NotApplicable(agent.Name, "policy.monitoring.reportTo does not name it");
        }

        string expected = string.Join(", ", declared);
        AgentEndpoint? wrong = agent.Endpoints.FirstOrDefault(endpoint => endpoint.Host is { } host && !declared.Any(service => IsOf(host,
            service)));
        return !agent.IsRunning && agent.Configuration is null ? Verdict.NotApplicable(agent.Name, "not installed")
            : wrong is not null ? Verdict.Fail(agent.Name, expected, wrong.Address, wrong.Source)
            : agent.Endpoints.FirstOrDefault(static endpoint => endpoint.Host is null) is { } hidden ? Verdict.Unknown(agent.Name,
                "Where it reports to stands in a variable or a keystore, which is not read.", hidden.Source)
            : agent.Endpoints.Count == 0 ? Verdict.Unknown(agent.Name, "Its configuration names no address that is understood.",
                agent.Configuration)
            : Verdict.Pass(agent.Name, string.Join(", ", agent.Endpoints.Select(static endpoint => endpoint.Address)));
    }

    private static Verdict JudgeEncryption(MonitoringAgent agent)
    {
        KnownAgent known = KnownAgent.All[agent.Name];
        AgentEndpoint[] own = [.. agent.Endpoints.Where(static endpoint => !endpoint.IsLeg)];
        if (own.Length == 0)
        {
            return Verdict.NotApplicable(agent.Name, known.IsJudgedAsLeg ? "TLS-040 judges it"
                : "it reports to no address that is known here");
        }

        AgentEndpoint[] outward = [.. own.Where(static endpoint => endpoint.Host is null || !IsLocal(endpoint.Host))];
        AgentEndpoint? plain = Array.Find(outward, static endpoint => endpoint.Encryption == EndpointEncryption.Plain);
        AgentEndpoint? unknown = Array.Find(outward, static endpoint => endpoint.Host is null
            || endpoint.Encryption == EndpointEncryption.Unknown);
        AgentEndpoint? unverified = Array.Find(outward, static endpoint => endpoint.Encryption == EndpointEncryption.Unverified);
        return plain is not null ? Verdict.Fail(agent.Name, "encryption", $"{plain.Address} in plain", plain.Source)
            : unknown is not null ? Verdict.Unknown(agent.Name,
                $"Whether {unknown.Address} is encrypted does not stand in the configuration.", unknown.Source)
            : unverified is not null ? Verdict.Warning(agent.Name, "a verified service", $"{unverified.Address} is not verified",
                unverified.Source)
            : Verdict.Pass(agent.Name, outward.Length == 0 ? "it reports on the server itself" : string.Join(", ",
                outward.Select(static endpoint => endpoint.Address)));
    }

    private static Verdict JudgeCredentials(MonitoringAgent agent)
    {
        if (agent.CredentialFiles.Count == 0)
        {
            return Verdict.NotApplicable(agent.Name, "no credential stands in its files");
        }

        HashSet<string> own = [.. agent.Users, .. KnownAgent.All[agent.Name].Accounts, "root"];
        CredentialFile? open = agent.CredentialFiles.FirstOrDefault(file =>
            (file.Mode & OthersAny) != 0 || !own.Contains(file.Owner) || (!own.Contains(file.Group)
                && (file.Mode & (GroupRead | GroupWrite)) != 0));
        return open is null
            ? Verdict.Pass(agent.Name, string.Join(", ", agent.CredentialFiles.Select(static file =>
                $"{file.Path} {file.Permissions} {file.Owner}:{file.Group}")))
            : Verdict.Fail(agent.Name, "0600, or 0640 for the agent's own group, owned by root or the agent",
                $"{open.Path}: {open.Permissions} {open.Owner}:{open.Group}", open.Settings.Count == 0 ? $"stat {open.Path}"
                : $"{open.Path} sets {string.Join(", ", open.Settings.Take(5))}");
    }

    private static IEnumerable<Verdict> JudgeClock(ServerCase<AgentFacts> server) => AgentControls.Expected(server, agent =>
        KnownAgent.All[agent.Name].IsExporter ? Verdict.NotApplicable(agent.Name, "who asks it stamps its figures")
        : !agent.IsRunning ? Verdict.NotApplicable(agent.Name, "it does not run")
        : server.Facts.Clock.TryGet(out ClockSkew? skew) ? JudgeSkew(agent, skew)
        : server.Facts.Clock.ToUnknown(agent.Name));

    private static Verdict JudgeSkew(MonitoringAgent agent, ClockSkew skew)
    {
        double distance = Math.Abs(skew.Seconds);
        string actual = FormattableString.Invariant($"{skew.Seconds:+0.0;-0.0;0.0} s, give or take {skew.UncertaintySeconds:0.0} s");
        string limit = Judging.Measure(MostSkew.TotalSeconds, "s");
        return distance + skew.UncertaintySeconds <= MostSkew.TotalSeconds ? Verdict.Pass(agent.Name, actual)
            : distance - skew.UncertaintySeconds > MostSkew.TotalSeconds ? Verdict.Fail(agent.Name, $"within {limit}", actual,
                "date +%s.%N")
            : Verdict.Unknown(agent.Name, $"The server answers too slowly to tell whether its clock is within {limit}: {actual}.",
                "date +%s.%N");
    }

    private static bool IsOf(string host, string service) =>
        host.Equals(service, StringComparison.OrdinalIgnoreCase) || host.EndsWith("." + service, StringComparison.OrdinalIgnoreCase);

    private static bool IsLocal(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? address)
            && IPAddress.IsLoopback(address));

    private static string? Places(MonitoringAgent agent) => agent.Endpoints.Count == 0 ? null : string.Join(", ",
        agent.Endpoints.Select(static endpoint => $"{endpoint.Address} ({endpoint.Source})"));
}
