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
        + "then -State Ready, both with -Persist.",
        "HAProxy Management Guide, 9.1");

    /// <summary>
    /// Judges the load balancer's backend for writes by the roles of the members that it leads to, now and after a restart
    /// of it.
    /// </summary>
    /// <param name="site">The site as declared.</param>
    /// <param name="balancer">What was read from the load balancer that the write endpoint is on.</param>
    /// <param name="databases">What was read from the database members.</param>
    public static IEnumerable<Verdict> Judge(
        Site site, Func<string, Reading<LoadBalancerFacts>> balancer, SiteCase<ReplicationFacts> databases)
    {
        if (site.Policy.Database is not { Writers: 1, WriteEndpoint: { Kind: WriteEndpointKind.Haproxy, Backend: { } name } endpoint })
        {
            return [Verdict.NotApplicable(actual: "no write endpoint at HAProxy for one writer is declared")];
        }

        return balancer(endpoint.Server)
            .Judge(facts => facts.Statistics.Judge(statistics => Judge(statistics, facts.Starts, name, ReplicationTopology.Of(databases)), name), name)
            .Select(verdict => verdict with { Server = verdict.Server ?? endpoint.Server });
    }

    private static IEnumerable<Verdict> Judge(
        ProxyStatistics statistics, Reading<IReadOnlyList<ServerStart>> starts, string name, ReplicationTopology topology)
    {
        if (statistics.Backends.FirstOrDefault(backend => backend.Name == name) is not { } backend)
        {
            yield return Verdict.Fail(
                name, "a backend of that name", $"backends: {string.Join(", ", statistics.Backends.Select(each => each.Name))}", Evidence);
            yield break;
        }

        BackendServer[] active = [.. backend.Servers.Where(server => server is { State: BackendServerState.Up, IsBackup: false })];
        BackendServer[] taking = active.Length > 0 ? active : [.. backend.Servers.Where(server => server.State == BackendServerState.Up)];
        yield return JudgeNow(backend, taking, topology);
        if (starts.TryGet(out IReadOnlyList<ServerStart>? all))
        {
            ServerStart[] later = [.. all.Where(start => start.Backend == name && start is { TakesTraffic: true, IsBackup: false })];
            BackendServer[] led = [.. backend.Servers.Where(server => later.Any(start => start.Name == server.Name))];
            if (later.Length > 1 && all.Where(start => start.Backend == name).All(start => start.Doubts.Count == 0))
            {
                yield return Verdict.Fail($"{name} after a restart", "the primary alone", Names(led, topology), HaproxyFiles.Source);
            }
        }
    }

    private static Verdict JudgeNow(Backend backend, BackendServer[] taking, ReplicationTopology topology)
    {
        string actual = Names(taking, topology);
        Server?[] members = [.. taking.Select(server => MemberOf(server, topology))];
        BackendServer? strange = backend.Servers.FirstOrDefault(server => server.State == BackendServerState.Unknown);
        MemberRole[] roles = [.. members.Select(member => member is null ? MemberRole.Unknown : topology.RoleOf(member.Name))];
        return taking.Length > 1 ? Verdict.Fail(backend.Name, "the primary alone", actual, Evidence)
            : roles is [MemberRole.Replica or MemberRole.Fenced] ? Verdict.Fail(
                backend.Name, "the primary", $"{actual}, which refuses writes", Evidence)
            : roles is [MemberRole.WritableReplica] ? Verdict.Fail(
                backend.Name, "the primary", $"{actual}, a replica that takes writes", Evidence)
            : strange is not null ? Verdict.Unknown(
                backend.Name, $"'{strange.Status}' of {strange.Name} is no state of a server that is known.", Evidence)
            : taking.Length == 0 ? Verdict.Fail(backend.Name, "the primary", "no server takes traffic", Evidence)
            : members is [null] ? Verdict.Unknown(
                backend.Name, $"'{taking[0].Name}' at {taking[0].Address} is no declared member of the database.", Evidence)
            : roles is [MemberRole.Unknown] ? Verdict.Unknown(backend.Name, $"Whether {members[0]!.Name} takes writes could not be read: {topology.Failure(members[0]!.Name) ?? "its role is not known"}.", Evidence)
            : Verdict.Pass(backend.Name, actual);
    }

    private static string Names(BackendServer[] servers, ReplicationTopology topology) =>
        string.Join(", ", servers.Select(server => MemberOf(server, topology) is { } member ? $"{server.Name} ({topology.RoleOf(member.Name)})" : server.Name));

    private static Server? MemberOf(BackendServer server, ReplicationTopology topology) =>
        IPEndPoint.TryParse(server.Address, out IPEndPoint? address)
            ? topology.Members.FirstOrDefault(member => member.Addresses.Contains(address.Address))
            : topology.Members.FirstOrDefault(member => string.Equals(member.Name, server.Name, StringComparison.OrdinalIgnoreCase));
}
