using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.LoadBalancing.Haproxy;

namespace Foobar.Ops.Topology;

/// <summary>The control over where the load balancer leads writes, beside which member takes them.</summary>
internal static class WriteEndpointControls
{
    private const string Evidence = "show stat";

    /// <summary>LB-011.</summary>
    public static ControlInfo LeadsToPrimary { get; } = new(
        "LB-011",
        "The write endpoint leads to the primary and to no other member",
        Area.LoadBalancing,
        Severity.Critical,
        "Led to a replica every write is refused; led to two members, a part of them is, "
        + "or they contradict each other where both take writes.",
        "Take every other member out of the write backend and bring the primary in: Set-FoobarBackend -State Maint, "
        + "then -State Ready, both with -Persist. Let each frontend on the write endpoint's address lead to that backend alone. "
        + "Declare which backend is for writes in policy.database.writeEndpoint.",
        "HAProxy Management Guide, 9.1; HAProxy Configuration Manual, 4.2 use_backend");

    /// <summary>
    /// Judges the load balancer's backend for writes by the roles of the members that it leads to, now and after a restart
    /// of it.
    /// </summary>
    /// <param name="site">The site as declared.</param>
    /// <param name="balancer">What was read from a load balancer: the one that the write endpoint is on, and the others of a pair,
    /// which take its place with a backend of their own.</param>
    /// <param name="databases">What was read from the database members.</param>
    public static IEnumerable<Verdict> Judge(
        Site site, Func<string, Reading<LoadBalancerFacts>> balancer, SiteCase<ReplicationFacts> databases)
    {
        if (site.Policy.Database is { Writers: 1, WriteEndpoint: null } database && site.WithRole(Role.LoadBalancer).Any())
        {
            return JudgeUndeclared(site, database, balancer, ReplicationTopology.Of(databases));
        }

        if (site.Policy.Database is not { Writers: 1, WriteEndpoint: { Kind: WriteEndpointKind.Haproxy, Backend: { } name } endpoint })
        {
            return [Verdict.NotApplicable(actual: "no write endpoint at HAProxy for one writer is declared")];
        }

        ReplicationTopology topology = ReplicationTopology.Of(databases);
        IEnumerable<string> pair = site.WithRole(Role.LoadBalancer)
            .Select(server => server.Name)
            .Where(server => server != endpoint.Server);
        return
        [
            .. from server in pair.Prepend(endpoint.Server)
               from verdict in balancer(server)
                   .Judge(
                       facts => facts.Statistics.Judge(
                           statistics => Judge(statistics, facts.Starts, name, topology, isDeclared: server == endpoint.Server)
                               .Concat(JudgeRoutes(statistics, facts.Configuration, site, endpoint, topology)),
                           name),
                       name)
               select verdict with { Server = verdict.Server ?? server },
        ];
    }

    // Without a declaration nothing tells a backend for writes from one for reads, nor that no application writes by either.
    private static IEnumerable<Verdict> JudgeUndeclared(
        Site site, DatabasePolicy database, Func<string, Reading<LoadBalancerFacts>> balancer, ReplicationTopology topology) =>
        from server in site.WithRole(Role.LoadBalancer)
        from verdict in balancer(server.Name).Judge(
            facts => facts.Statistics.Judge(
                statistics => statistics.Backends
                    .Where(backend => backend.Name != database.ReadEndpoint?.Backend)
                    .Where(backend => backend.Servers.Any(each => IsDatabase(backend, each, database, topology)))
                    .Select(
                        static backend => Verdict.Unknown(
                            backend.Name,
                            "It leads to members of the database, and which backend is for writes is not declared "
                                + "(policy.database.writeEndpoint).",
                            Evidence))
                    .DefaultIfEmpty(
                        Verdict.NotApplicable(actual: "no write endpoint is declared, and no other backend leads to the database")),
                "write endpoint"),
            "write endpoint")
        select verdict with { Server = verdict.Server ?? server.Name };

    private static bool IsDatabase(Backend backend, BackendServer server, DatabasePolicy database, ReplicationTopology topology) =>
        MemberOf(server, topology) is not null
        && (IPEndPoint.TryParse(server.Address, out IPEndPoint? place) ? place.Port == database.Port : backend.Mode == "tcp");

    private static IEnumerable<Verdict> Judge(
        ProxyStatistics statistics, Reading<IReadOnlyList<ServerStart>> starts, string name, ReplicationTopology topology, bool isDeclared)
    {
        if (statistics.Backends.FirstOrDefault(backend => backend.Name == name) is not { } backend)
        {
            // Another load balancer need not lead writes at all.
            if (isDeclared)
            {
                yield return Verdict.Fail(
                    name,
                    "a backend of that name",
                    $"backends: {string.Join(", ", statistics.Backends.Select(each => each.Name))}",
                    Evidence);
            }

            yield break;
        }

        BackendServer? strange = backend.Servers.FirstOrDefault(server => server.State == BackendServerState.Unknown);
        BackendServer[] up = [.. backend.Servers.Where(server => server.State == BackendServerState.Up)];
        yield return Judge(name, Used(up, static server => server.IsBackup), topology, strange, Evidence);

        string restart = $"{name} after a restart";
        foreach (Verdict verdict in starts.Judge(all => [JudgeRestart(restart, backend, all, topology)], restart))
        {
            yield return verdict;
        }
    }

    /// <summary>What else than the declared backend a connection to the write endpoint may be led to.</summary>
    private static IEnumerable<Verdict> JudgeRoutes(
        ProxyStatistics statistics,
        Reading<ProxyConfiguration> configuration,
        Site site,
        WriteEndpoint endpoint,
        ReplicationTopology topology)
    {
        string name = endpoint.Backend!;
        if (statistics.Backends.All(backend => backend.Name != name))
        {
            return [];
        }

        string target = $"frontends of {name}";
        return configuration.Judge(
            read =>
            {
                ProxyRoute[] routes = [.. WriteRoutes.Of(read.Routes, site, endpoint)];
                return routes.Length == 0
                    ? [Verdict.Fail(target, $"a frontend that leads to {name}", "none does", HaproxyFiles.Source)]
                    : routes.SelectMany(route => JudgeRoute(route, statistics, name, topology))
                        .OrPass($"{string.Join(", ", routes.Select(static route => route.Name))} to {name} alone")
                        .Select(verdict => verdict with { Target = verdict.Target ?? target });
            },
            target);
    }

    private static IEnumerable<Verdict> JudgeRoute(ProxyRoute route, ProxyStatistics statistics, string name, ReplicationTopology topology)
    {
        foreach (ProxyLead lead in route.Leads.Where(lead => lead.Backend != name).DistinctBy(static lead => lead.Backend))
        {
            string target = $"{route.Name} to {lead.Backend}";
            string evidence = $"frontend {route.Name}: {lead.Line}";
            if (statistics.Backends.FirstOrDefault(backend => backend.Name == lead.Backend) is not { } backend)
            {
                yield return Verdict.Unknown(target, "HAProxy does not know that backend yet.", evidence);
                continue;
            }

            BackendServer[] up = [.. backend.Servers.Where(static server => server.State == BackendServerState.Up)];
            BackendServer? strange = backend.Servers.FirstOrDefault(static server => server.State == BackendServerState.Unknown);
            Verdict verdict = Judge(target, Used(up, static server => server.IsBackup), topology, strange, evidence);
            yield return verdict.Status != FindingStatus.Pass
                ? verdict
                : Verdict.Warning(
                    target, $"{name} alone, which a switchover and a failover move",
                    $"{verdict.Actual}, by a backend that they do not move", evidence);
        }

        if (route.Doubts.Count > 0)
        {
            yield return Verdict.Unknown(
                $"frontend {route.Name}", $"Where else it leads can't be told: {string.Join("; ", route.Doubts)}.", HaproxyFiles.Source);
        }
    }

    private static Verdict JudgeRestart(string target, Backend backend, IReadOnlyList<ServerStart> all, ReplicationTopology topology)
    {
        const string Source = HaproxyFiles.Source;
        ServerStart[] starts = [.. all.Where(start => start.Backend == backend.Name)];
        string[] doubts = [.. starts.SelectMany(start => start.Doubts.Select(doubt => $"{start.Name}: {doubt}"))];
        ServerStart[] used = Used(starts.Where(static start => start.TakesTraffic), static start => start.IsBackup);
        string? absent = used.Select(start => start.Name).FirstOrDefault(name => backend.Servers.All(server => server.Name != name));
        return doubts.Length > 0 ? Verdict.Unknown(target, $"What a start makes of it can't be told: {string.Join("; ", doubts)}.", Source)
            : starts.Length == 0 ? Verdict.Unknown(target, "The configuration has no line of a server of it.", Source)
            : absent is not null ? Verdict.Unknown(target, $"The configuration names '{absent}', which HAProxy does not know yet.", Source)
            : Judge(target, [.. used.Select(start => backend.Servers.First(server => server.Name == start.Name))], topology, null, Source);
    }

    // Backups take traffic only while no other server does.
    private static T[] Used<T>(IEnumerable<T> servers, Func<T, bool> isBackup)
    {
        T[] all = [.. servers];
        T[] first = [.. all.Where(server => !isBackup(server))];
        return first.Length > 0 ? first : all;
    }

    private static Verdict Judge(
        string target, BackendServer[] taking, ReplicationTopology topology, BackendServer? strange, string evidence)
    {
        string actual = Names(taking, topology);
        Server?[] members = [.. taking.Select(server => MemberOf(server, topology))];
        MemberRole[] roles = [.. members.Select(member => member is null ? MemberRole.Unknown : topology.RoleOf(member.Name))];
        return taking.Length > 1 ? Verdict.Fail(target, "the primary alone", actual, evidence)
            : roles is [MemberRole.Replica or MemberRole.Fenced] ? Verdict.Fail(
                target, "the primary", $"{actual}, which refuses writes", evidence)
            : roles is [MemberRole.ClusterMember] && !topology.Writers.Contains(members[0]!) ? Verdict.Fail(
                target, "a member that takes writes", $"{actual}, which refuses them", evidence)
            : roles is [MemberRole.WritableReplica] ? Verdict.Fail(
                target, "the primary", $"{actual}, a replica that takes writes", evidence)
            : strange is not null ? Verdict.Unknown(
                target, $"'{strange.Status}' of {strange.Name} is no state of a server that is known.", evidence)
            : taking.Length == 0 ? Verdict.Fail(target, "the primary", "no server takes traffic", evidence)
            : members is [null] ? Verdict.Unknown(
                target, $"'{taking[0].Name}' at {taking[0].Address} is no declared member of the database.", evidence)
            : roles is [MemberRole.Unknown] ? Verdict.Unknown(target, Unread(members[0]!.Name, topology), evidence)
            : Verdict.Pass(target, actual);
    }

    private static string Unread(string member, ReplicationTopology topology) =>
        $"Whether {member} takes writes could not be read: {topology.Failure(member) ?? "its role is not known"}.";

    private static string Names(BackendServer[] servers, ReplicationTopology topology) =>
        string.Join(
            ", ",
            servers.Select(
                server => MemberOf(server, topology) is { } member ? $"{server.Name} ({topology.RoleOf(member.Name)})" : server.Name));

    /// <summary>The database member that a server of a backend is; <see langword="null"/> if it is none that is declared.</summary>
    internal static Server? MemberOf(BackendServer server, ReplicationTopology topology) =>
        IPEndPoint.TryParse(server.Address, out IPEndPoint? address)
            ? topology.Members.FirstOrDefault(member => member.Addresses.Contains(address.Address))
            : topology.Members.FirstOrDefault(member => string.Equals(member.Name, server.Name, StringComparison.OrdinalIgnoreCase));
}
