using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;

namespace Foobar.Ops.LoadBalancing;

/// <summary>Judges backends and their servers.</summary>
internal static class BackendJudge
{
    private const string Evidence = "show stat";

    // Visitors meet a server that died for some such times.
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(1);

    /// <summary>One verdict a server; in the backend of the database's write endpoint all but the writer are out on purpose.</summary>
    public static IEnumerable<Verdict> ServersUp(ProxyStatistics statistics, Site site) =>
        statistics.Backends.Where(backend => backend.Name != WriteBackend(site))
            .SelectMany(backend => backend.Servers)
            .Select(JudgeUp)
            .OrNone();

    /// <summary>One verdict for the web backend, and one for each other that visitors are led to and that has fewer than two
    /// servers.</summary>
    public static IEnumerable<Verdict> Redundant(ProxyStatistics statistics, ServerCase<LoadBalancerFacts> server) =>
        WithWebBackend(statistics, server, backend =>
            [Count(backend) >= 2
                ? Verdict.Pass(backend.Name, $"{Count(backend)} servers")
                : Verdict.Fail(backend.Name, "two servers or more", $"{Count(backend)}", Evidence)])
            .Concat(VisitedBackends.Others(statistics, server).Where(static backend => Count(backend) < 2)
                .Select(static backend => Verdict.Warning(backend.Name, "two servers or more", $"{Count(backend)}", Evidence)));

    // Several lines may name one server.
    private static int Count(Backend backend) => backend.Servers.Where(static server => !server.IsBackup)
        .DistinctBy(static server => server.Address.Length == 0 ? server.Name : server.Address).Count();

    /// <summary>One verdict a server. A check tells of an HTTP server only if it asks for an answer of HTTP where the traffic
    /// goes.</summary>
    public static IEnumerable<Verdict> Checked(ProxyStatistics statistics, Reading<ProxyConfiguration> configuration) =>
        (from backend in statistics.Backends
         from server in backend.Servers
         select server.IsChecked
                ? backend.Mode == "http" ? JudgeCheck(server, configuration) : JudgeTcpCheck(server, configuration)
                : server.State == BackendServerState.Maintenance
                    ? Verdict.NotApplicable(Target(server), "in maintenance, where no check runs")
                : Verdict.Fail(Target(server), "a health check", server.Status, Evidence)).OrNone();

    // Of a database a program beside it may tell, which answers by HTTP on a port of its own.
    private static Verdict JudgeTcpCheck(BackendServer server, Reading<ProxyConfiguration> configuration) =>
        CheckOf(server, configuration.Value) is { Elsewhere: { } place, IsHttp: false, Doubts.Count: 0 } check
            ? JudgeElsewhere(server, check, place)
            : Verdict.Pass(Target(server), server.CheckStatus);

    // A page for checks may stand on a port of its own; that another port opens says nothing of the one that takes the traffic.
    private static Verdict JudgeElsewhere(BackendServer server, HealthCheck check, string place)
    {
        const string Expected = "a check of the port that takes the traffic";
        string actual = $"{server.CheckStatus}, by {place}";
        return check.IsHttp || check.Doubts.Count > 0
            ? Verdict.Warning(Target(server), Expected, actual, HaproxyFiles.Source)
            : Verdict.Fail(Target(server), Expected, $"{actual}, which asks for no answer of HTTP", HaproxyFiles.Source);
    }

    private static HealthCheck? CheckOf(BackendServer server, ProxyConfiguration? read) =>
        read?.Checks.FirstOrDefault(each => each.Backend == server.Backend && each.Name == server.Name);

    private static Verdict JudgeCheck(BackendServer server, Reading<ProxyConfiguration> configuration)
    {
        if (!configuration.TryGet(out ProxyConfiguration? read))
        {
            return configuration.ToUnknown(Target(server));
        }

        HealthCheck? check = CheckOf(server, read);
        return check is null ? Verdict.Unknown(
                Target(server),
                "The configuration has no line of its own for it, so what its check asks can't be told.",
                HaproxyFiles.Source)
            : check.Elsewhere is { } place ? JudgeElsewhere(server, check, place)
            : !check.IsHttp && check.Doubts.Count == 0 ? Verdict.Warning(
                Target(server), "a check of an answer (option httpchk)", $"{server.CheckStatus}, without option httpchk",
                HaproxyFiles.Source)
            : check.Doubts.Count > 0 ? Verdict.Unknown(
                Target(server), $"What its check asks can't be told: {string.Join("; ", check.Doubts)}.", HaproxyFiles.Source)
            : check.Lenient is { } lenient ? Verdict.Warning(
                Target(server), "a check that an error fails", $"{server.CheckStatus}, by {lenient}", HaproxyFiles.Source)
            : check.Interval > LongestInterval ? Verdict.Warning(
                Target(server), FormattableString.Invariant($"a check every {LongestInterval.TotalSeconds:0} s or more often"),
                FormattableString.Invariant($"{server.CheckStatus}, every {check.Interval.TotalSeconds:0} s"), HaproxyFiles.Source)
            : Verdict.Pass(Target(server), server.CheckStatus);
    }

    public static IEnumerable<Verdict> Served(ProxyStatistics statistics, Site site) =>
        statistics.Backends.Where(backend => backend.Servers.Count > 0).Select(JudgeServed).OrNone();

    /// <summary>Whether the web backend holds the declared web servers, and each other that visitors are led to only servers of the
    /// site.</summary>
    public static IEnumerable<Verdict> Declared(ProxyStatistics statistics, ServerCase<LoadBalancerFacts> server) =>
        WithWebBackend(statistics, server, backend => Declared(backend, server.Site)).Concat(
            from backend in VisitedBackends.Others(statistics, server)
            from member in backend.Servers
            where !server.Site.Servers.Any(known => IsOn(member, known)) && !IsLocal(member)
            select Verdict.Fail(
                Target(member), "the address of a declared server", member.Address.Length == 0 ? "no address" : member.Address, Evidence));

    private static IEnumerable<Verdict> Declared(Backend backend, Site site)
    {
        Server[] declared = [.. site.WithRole(Role.Web)];
        IEnumerable<Verdict> missing = declared
            .Where(server => !backend.Servers.Any(member => IsOn(member, server)))
            .Select(server => Verdict.Fail(server.Name, $"a server of backend '{backend.Name}'", "not in it", Evidence));
        IEnumerable<Verdict> unknown = backend.Servers
            .Where(member => !declared.Any(server => IsOn(member, server)))
            .Select(
                member => Verdict.Fail(
                    Target(member), "the address of a declared web server",
                    member.Address.Length == 0 ? "no address" : member.Address,
                    Evidence));
        return missing.Concat(unknown).OrPass($"{declared.Length} declared web servers");
    }

    private static Verdict JudgeServed(Backend backend)
    {
        string actual = string.Join(", ", backend.Servers.Select(server => $"{server.Name} {Shown(server)}"));
        return backend.Servers.FirstOrDefault(server => server.State == BackendServerState.Up) is { } up ? Verdict.Pass(
            backend.Name, $"{up.Name} {up.Status}")
            : backend.Servers.FirstOrDefault(server => server.State == BackendServerState.Unknown) is { } unknown
                ? Unknown(unknown) with { Target = backend.Name }
            : Verdict.Fail(backend.Name, "a server that takes traffic", actual, Evidence);
    }

    private static Verdict Unknown(BackendServer server) =>
        Verdict.Unknown(Target(server), $"'{server.Status}' is no state of a server that is known.", Evidence);

    private static string Shown(BackendServer server) =>
        server is { State: BackendServerState.Drain, Weight: 0 } ? $"{server.Status}, weight 0" : server.Status;

    private static Verdict JudgeUp(BackendServer server)
    {
        string actual =
            $"{Shown(server)} since "
                + $"{TimeSpan.FromSeconds(server.SinceSeconds):g}{(server.CheckStatus is null ? "" : $", {server.CheckStatus} {server.CheckDescription}".TrimEnd())}";
        return server.State switch
        {
            BackendServerState.Up => Verdict.Pass(Target(server), actual),
            BackendServerState.Down => Verdict.Fail(Target(server), "UP", actual, Evidence),
            BackendServerState.Unknown => Unknown(server),
            BackendServerState.Maintenance when server.Status.EndsWith("(resolution)", StringComparison.Ordinal) =>
                Verdict.Fail(Target(server), "UP", $"its name is not resolved: {actual}", Evidence),
            _ when server.IsOutByItself =>
                Verdict.Warning(Target(server), "UP", $"out by its check, its agent or the server that it tracks: {actual}", Evidence),
            _ => Verdict.Warning(Target(server), "UP", $"taken out by an operator: {actual}", Evidence),
        };
    }

    private static IEnumerable<Verdict> WithWebBackend(
        ProxyStatistics statistics, ServerCase<LoadBalancerFacts> server, Func<Backend, IEnumerable<Verdict>> judge)
    {
        string name = server.Site.Policy.LoadBalancing.WebBackend;
        return statistics.Backends.FirstOrDefault(backend => backend.Name == name) is { } found
            ? VisitedBackends.IsLeftOut(name, server) ? [Verdict.Fail(
                name, "a frontend that leads visitors to it", "none does", HaproxyFiles.Source)]
                : judge(found)
            : [
                Verdict.Fail(
                    name, "a backend of that name",
                    $"backends: {string.Join(", ", statistics.Backends.Select(backend => backend.Name))}",
                    Evidence) with
                {
                    Remediation = "Name the backend that holds the web servers in policy.loadBalancing.webBackend.",
                },
            ];
    }

    private static string? WriteBackend(Site site) =>
        site.Policy.Database?.WriteEndpoint is { Kind: WriteEndpointKind.Haproxy } endpoint ? endpoint.Backend : null;

    private static bool IsOn(BackendServer member, Server server) =>
        (IPEndPoint.TryParse(member.Address, out IPEndPoint? endpoint) && server.Addresses.Contains(endpoint.Address))
            || (member.Address.Length == 0 && member.Name == server.Name);

    private static bool IsLocal(BackendServer member) =>
        IPEndPoint.TryParse(member.Address, out IPEndPoint? endpoint) && IPAddress.IsLoopback(endpoint.Address);

    private static string Target(BackendServer server) => $"{server.Backend}/{server.Name}";

    private static IEnumerable<Verdict> OrNone(this IEnumerable<Verdict> verdicts) =>
        verdicts.DefaultIfEmpty(Verdict.NotApplicable(actual: "no backend has a server"));
}
