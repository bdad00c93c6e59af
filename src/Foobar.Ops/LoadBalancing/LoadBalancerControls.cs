using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.LoadBalancing;

/// <summary>What a load balancer must be like.</summary>
public static class LoadBalancerControls
{
    private const double ConnectionWarnPercent = 80;

    /// <summary>All controls over one load balancer, in the order of their ids.</summary>
    public static IReadOnlyList<Control<ServerCase<LoadBalancerFacts>>> All { get; } =
    [
        new(
            Info(
                "LB-001", Severity.High,
                "HAProxy answers on its admin socket and takes orders there",
                "Without the admin socket nothing can be drained, switched or measured; with a level below admin a failover is refused "
                    + "when it wants to move the writes.",
                "Start HAProxy; give it 'stats socket PATH mode 660 level admin'; name that path in policy.loadBalancing.adminSocket.",
                "HAProxy Management Guide, 9.3"),
            JudgeSocket),
        new(
            Info(
                "LB-002", Severity.High, "The servers of the backends are up",
                "Each server that is out leaves its load to the others; the last one takes the site with it.",
                "See why the health check fails (check status and description), or put the server back with Set-FoobarBackend -State Ready.",
                "HAProxy Management Guide, 9.1"),
            server => JudgeStatistics(server, BackendJudge.ServersUp)),
        new(
            Info(
                "LB-003",
                Severity.Medium,
                "Each backend of visitors has two servers or more",
                "With one server every restart is an outage.",
                "Add the second web server to the backend.", null),
            server => server.Facts.Statistics.Judge(statistics => BackendJudge.Redundant(statistics, server))),
        new(
            Info(
                "LB-004", Severity.High, "The health of each backend server is checked",
                "Without a check visitors are sent to a dead server until someone notices; with one that asks another port, or only "
                    + "whether the port opens, to one that answers with errors.",
                "Add 'check' to the server line, and 'option httpchk' to an HTTP backend.",
                "HAProxy Configuration Manual, 5.2 check"),
            server => server.Facts.Statistics.Judge(statistics => BackendJudge.Checked(statistics, server.Facts.Configuration))),
        new(
            Info(
                "LB-005", Severity.Medium, "Plain HTTP is sent to HTTPS",
                "Who types the name alone must not be served, or asked for a password, in plain text.",
                "http-request redirect scheme https code 301", "RFC 9110, 15.4.2"),
            server => VisitorJudge.Redirect(server.Facts, server.Site)),
        new(
            Info(
                "LB-006", Severity.Medium, "Browsers are told to use HTTPS only",
                "Without HSTS the first request of each visit goes out in plain text and can be turned aside.",
                "http-response set-header Strict-Transport-Security \"max-age=63072000\"",
                "RFC 6797"),
            server => server.Facts.Https.Judge(answer => [VisitorJudge.StrictTransport(answer)])),
        new(
            Info(
                "LB-007", Severity.Critical, "Each backend has a server that takes traffic",
                "A backend without one answers every request with an error.",
                "Bring a server of the backend back: see its health check, or Set-FoobarBackend -State Ready.",
                "HAProxy Management Guide, 9.1"),
            server => JudgeStatistics(server, BackendJudge.Served)),
        new(
            Info(
                "LB-009", Severity.High,
                "Visitors are led to the declared web servers and no others",
                "A server that is missing carries nothing; one that nobody declared is watched, patched and firewalled by nobody.",
                "Correct the backend's server lines, or the inventory.",
                null),
            server => server.Facts.Statistics.Judge(statistics => BackendJudge.Declared(statistics, server))),
        new(
            Info(
                "LB-010", Severity.Medium, "Connections are left",
                "At maxconn new visitors wait in the kernel until they give up.",
                "Raise maxconn in HAProxy's global section, or of the frontend, or find who holds the connections.",
                "HAProxy Configuration Manual, 3.2 maxconn"),
            server => server.Facts.Process.Judge(
                process => JudgeConnections(process).Concat(server.Facts.Statistics.Judge(statistics => JudgeSessions(statistics))))),
        new(
            Info(
                "LB-012", Severity.High,
                "A restart of HAProxy finds the servers as they are now",
                "What was changed over the runtime API only is gone after the next reload: a server that was taken out takes traffic "
                    + "again, one that was brought in does not, and a backend may be left without any.",
                "Persist it: Set-FoobarBackend -Persist, or 'enabled' and 'disabled' on the server's own line.",
                "HAProxy Configuration Manual, 5.2 enabled, disabled"),
            StartJudge.Judge),
        new(
            Info(
                "LB-013", Severity.High,
                "HAProxy's statistics page is shown to operators only",
                "It names every server with its address, its state and its load, and who sees it sees when an attack has an effect.",
                "Take the 'stats' lines off the frontends of visitors, serve the page on loopback, and give it 'stats auth'.",
                "HAProxy Configuration Manual, 4.2 stats enable, stats auth"),
            StatsPageJudge.Shown),
        new(
            Info(
                "LB-014", Severity.Critical,
                "HAProxy's statistics page takes orders from operators only",
                "With 'stats admin' whoever reaches the page drains or stops the servers of every backend, the database's among them.",
                "Take off 'stats admin'; or serve the page on loopback, and give it 'stats auth'.",
                "HAProxy Configuration Manual, 4.2 stats admin"),
            StatsPageJudge.Ordered),
    ];

    internal static ControlInfo Info(string id, Severity severity, string title, string rationale, string remediation, string? reference) =>
        new(id, title, Area.LoadBalancing, severity, rationale, remediation, reference);

    private static IEnumerable<Verdict> JudgeSocket(ServerCase<LoadBalancerFacts> server)
    {
        string target = server.Site.Policy.LoadBalancing.AdminSocket;
        return !server.Facts.Process.TryGet(out HaproxyProcess? process)
            ? [Verdict.Fail(target, "an answer to 'show info'", server.Facts.Process.Failure ?? "none", server.Facts.Process.Source)]
            : server.Facts.SocketLevel.Judge(
                level => [level == "admin"
                    ? Verdict.Pass(target, $"HAProxy {process.Version}, process {process.ProcessId}, level {level}")
                    : Verdict.Fail(
                        target, "level admin", $"level {level}: it may look, and not change servers", HaproxySocket.LevelCommand)],
                target);
    }

    private static IEnumerable<Verdict> JudgeStatistics(
        ServerCase<LoadBalancerFacts> server, Func<ProxyStatistics, Site, IEnumerable<Verdict>> judge) =>
        server.Facts.Statistics.Judge(statistics => judge(statistics, server.Site));

    private static IEnumerable<Verdict> JudgeConnections(HaproxyProcess process) =>
        [Left("maxconn", process.CurrentConnections, process.MaximumConnections, "show info: CurrConns, Maxconn")];

    // A frontend's own limit, where it comes before the process's.
    private static IEnumerable<Verdict> JudgeSessions(ProxyStatistics statistics) => statistics.Frontends
        .Where(static frontend => frontend.MaximumSessions > 0)
        .Select(static frontend => Left(
            $"{frontend.Name} maxconn", frontend.CurrentSessions, frontend.MaximumSessions!.Value, "show stat: scur, slim"))
        .Where(static verdict => verdict.Status != FindingStatus.Pass);

    private static Verdict Left(string target, long current, long maximum, string evidence)
    {
        double percent = maximum == 0 ? 0 : 100.0 * current / maximum;
        string actual = FormattableString.Invariant($"{current} of {maximum}");
        return percent > ConnectionWarnPercent
            ? Verdict.Warning(target, FormattableString.Invariant($"at most {ConnectionWarnPercent:0} % of maxconn"), actual, evidence)
            : Verdict.Pass(target, actual);
    }
}
