using System.Globalization;
using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Topology.Collection;

namespace Foobar.Ops.Topology;

/// <summary>Controls over the known weak points of the design.</summary>
internal static class DesignControls
{
    /// <summary>TOP-005.</summary>
    public static Control<TopologyCase> EncryptedBehindBalancer { get; } = new(
        TopologyControls.Info(
            "TOP-005", Severity.Medium, "Requests are encrypted behind the load balancer too",
            "Where TLS ends at the balancer, whoever listens on the internal network reads passwords and sessions of every visitor.",
            "Encrypt again to the web servers (server ... ssl verify required ca-file ... in HAProxy, listen ... ssl in nginx), or pass "
                + "TLS through.",
            "NIST SP 800-52r2, 3.1; PCI DSS 4.0.1, 4.2.1"),
        JudgeEncryption);

    /// <summary>TOP-006.</summary>
    public static Control<TopologyCase> FailoverIsTested { get; } = new(
        TopologyControls.Info(
            "TOP-006", Severity.High, "The failover of the single writer has been tried lately",
            "One server takes all writes. Whether another can take over in an outage shows only by doing it before: rights, rules, "
            + "endpoints and habits change meanwhile.",
            "Invoke-FoobarFailover moves the writes to another member in a planned way; policy.topology.failoverDrillDays says how often."),
        JudgeFailover);

    /// <summary>TOP-007.</summary>
    public static Control<TopologyCase> TiersAreApart { get; } = new(
        TopologyControls.Info(
            "TOP-007", Severity.Medium, "Web server, application and database do not fight for one server",
            "On a shared server a burst of visitors takes the processors and disks that the database needs for all servers, and a "
            + "fault of one component takes the others along.",
            "Move the database to servers of its own, or keep components apart in containers with limits; Get-FoobarMetric shows who uses what.",
            "Linux, Documentation/accounting/psi.rst"),
        static site => site.Found.Servers.Select(server => JudgeServer(site, server)));

    /// <summary>TOP-009.</summary>
    public static Control<TopologyCase> ReplicaCanTakeOver { get; } = new(
        TopologyControls.Info(
            "TOP-009", Severity.Critical, "At least one replica could take over from the primary now",
            "With no replica that follows the primary in full, the loss of one server is the loss of data, or an outage until a backup is "
                + "restored.",
            "See Get-FoobarReplication and Test-FoobarReplication; Repair-FoobarReplication brings a member back."),
        JudgeReplicas);

    /// <summary>TOP-010.</summary>
    public static Control<TopologyCase> PathIsWatched { get; } = new(
        TopologyControls.Info(
            "TOP-010", Severity.High, "Every server on the way of a request is watched",
            "A server on the visitors' way that nobody watches fails unseen, and its part of an outage is guessed.",
            "Install and start a monitoring agent there; Get-FoobarMonitoringAgent shows what there is."),
        static site => OnTheWay(site).Select(server => JudgeWatch(site.Input, server)));

    private static Verdict[] JudgeEncryption(TopologyCase site)
    {
        IEnumerable<Verdict> behind = LegSurvey.Of(site.Input.Case(site.Input.Legs)).Where(
            static leg => leg.Kind == LegKind.BalancerToWeb)
            .Select(
                static leg =>
                    (leg.Rating switch
                    {
                        LegRating.Plain => Verdict.Warning(leg.ToString(), "TLS", $"plain text: {leg.Seen}", leg.ConfiguredBy),
                        LegRating.Unknown => Verdict.Unknown(leg.ToString(), leg.ConfiguredBy, leg.Seen),
                        _ => Verdict.Pass(leg.ToString(), leg.Rating.ToString()),
                    }) with { Server = leg.Server });
        IEnumerable<Verdict> further =
            from server in site.Input.Site.Servers
            from verdict in site.Input.Own.Of(server.Name)
                .Part(static facts => facts.Proxies)
                .Judge(proxies => JudgeProxies(server, proxies), "where nginx passes requests on to")
            select verdict with { Server = server.Name };
        Verdict[] all = [.. behind, .. further];
        return all.Length > 0 ? all : [Verdict.NotApplicable(actual: "nothing stands behind a load balancer")];
    }

    // A socket in the file system has no host, and leaves its server as little as loopback does.
    private static IEnumerable<Verdict> JudgeProxies(Server server, IReadOnlyList<ProxyTarget> proxies) =>
        from proxy in proxies
        where proxy.Doubt is not null || (proxy.Host.Length > 0 && !IsOwn(proxy.Host, server))
        let target = string.Create(CultureInfo.InvariantCulture, $"{server.Name} -> {proxy.Host}:{proxy.Port}")
        select proxy.Doubt is { } doubt
            ? (proxy.IsTls
                ? Verdict.Pass(doubt, "TLS, wherever it leads")
                : Verdict.Unknown(proxy.Directive, $"Whether it leaves the server in plain text can't be told: {doubt}."))
            : proxy.IsTls ? Verdict.Pass(target, "TLS")
            : Verdict.Warning(target, "TLS", "plain text", $"nginx: {proxy.Directive}");

    private static bool IsOwn(string host, Server server) =>
        host == "localhost"
            || (IPAddress.TryParse(host, out IPAddress? address) && (IPAddress.IsLoopback(address) || server.Addresses.Contains(address)));

    private static IEnumerable<Verdict> JudgeFailover(TopologyCase site)
    {
        if (site.Input.Site.Policy.Database is null)
        {
            return [Verdict.NotApplicable(actual: "the site has no database")];
        }

        ReplicationTopology replication = site.Input.Replication;
        ClusterFacts[] clusters = [.. Clusters(replication)];
        if (clusters.Length > 0)
        {
            return [JudgeCluster(replication, clusters)];
        }

        Reading<IReadOnlyList<OperationMark>>[] marks =
        [
            .. replication.Members.Select(member => site.Input.Databases.Of(member.Name).Part(static facts => facts.LastOperation)),
        ];
        OperationMark? last = marks.SelectMany(static mark => mark.Value ?? [])
            .Where(static mark => mark.LastMove is not null)
            .OrderByDescending(static mark => mark.LastMove)
            .FirstOrDefault();
        double days = last is null ? double.PositiveInfinity : (site.Input.Time - last.LastMove!.Value).TotalDays;
        string wanted = string.Create(
            CultureInfo.InvariantCulture, $"a failover or switchover in the last {site.Input.Site.Policy.Topology.FailoverDrillDays} days");
        return
        [
            last is not null && days <= site.Input.Site.Policy.Topology.FailoverDrillDays
                ? Verdict.Pass(
                    "database",
                    last.LastMove == last.Since
                        ? last.ToString()
                        : string.Create(CultureInfo.InvariantCulture, $"writes were moved last at {last.LastMove:u}; {last}"))
                : marks.FirstOrDefault(static mark => !mark.TryGet(out _)) is { } unread ? unread.ToUnknown("database")
                : Verdict.Warning(
                    "database", wanted,
                    last is null
                        ? "none is recorded on any member"
                        : string.Create(CultureInfo.InvariantCulture, $"the last one was {days:0} days ago"),
                    last?.ToString() ?? "foobar_ops.operation"),
        ];
    }

    // By the part that has the quorum: a member that fell out of it says nothing of the others.
    private static Verdict JudgeCluster(ReplicationTopology replication, ClusterFacts[] clusters)
    {
        const string Wanted = "a cluster with a majority left when one member fails";
        IReadOnlyList<IReadOnlyList<string>> parts = ClusterParts.WithQuorum(replication);
        if (parts is not [[string first, ..]])
        {
            return Verdict.Fail(
                "database", Wanted,
                parts.Count == 0 ? "no member is in a majority" : $"{parts.Count} parts, each with a majority of its own",
                "the members' own view of the cluster");
        }

        ClusterFacts part = clusters.First(cluster => ReferenceEquals(cluster, replication.Facts(first)!.Cluster.Value));
        (long left, long total) = ClusterParts.WithoutHeaviest(replication, part);
        string seen = string.Create(CultureInfo.InvariantCulture, $"{part.Kind} of {part.Members} members, {part.Online} online");
        return left * 2 > total
            ? Verdict.Pass("database", $"{seen}: it goes on by itself without one of them")
            : Verdict.Warning("database", Wanted, seen, "the members' own view of the cluster");
    }

    private static IEnumerable<ClusterFacts> Clusters(ReplicationTopology replication) =>
        replication.Members.Select(member => replication.Facts(member.Name)?.Cluster.Value)
            .OfType<ClusterFacts>()
            .Where(static cluster => cluster.Kind != ClusterKind.None);

    private static Verdict JudgeServer(TopologyCase site, TopologyServer server)
    {
        TopologyComponent[] tiers = [.. server.Components.Where(static component => component.IsRunning && component.Container is null
            && component.Kind is ComponentKind.Web or ComponentKind.App or ComponentKind.Database)];
        string names = string.Join(", ", tiers.Select(static component => component.Name));
        Verdict verdict = tiers.All(static component => component.Kind == ComponentKind.Database)
            || tiers.All(static component => component.Kind != ComponentKind.Database)
            ? server.Unread.FirstOrDefault(
                static each =>
                    each.StartsWith("units:", StringComparison.Ordinal)
                        || each.StartsWith("sockets:", StringComparison.Ordinal)) is { } unread
                ? Verdict.Unknown(null, unread)
                : tiers.Length == 0
                    ? Verdict.NotApplicable(actual: "neither web server, application nor database runs here outside a container")
                : Verdict.Pass(actual: $"{names} alone")
            : JudgeStalls(site, server, tiers, names);
        return verdict with { Server = server.Server };
    }

    private static Verdict JudgeStalls(TopologyCase site, TopologyServer server, TopologyComponent[] tiers, string names)
    {
        double most = site.Input.Site.Policy.Topology.MaxStalledPercent;
        Reading<IReadOnlyList<ServiceStall>> reading = site.Input.Own.Of(server.Server).Part(static facts => facts.Stalls);
        ServiceStall[] own = [.. (reading.Value ?? []).Where(stall => tiers.Any(component => component.Unit == stall.Service))];
        (string Resource, Func<ServiceStall, double?> Percent)[] resources =
            [
                ("processors", static stall => stall.CpuPercent),
                ("memory", static stall => stall.MemoryPercent),
                ("disks", static stall => stall.IoPercent),
            ];
        string[] fights =
        [
            .. resources.Select(
                resource => (resource.Resource, Stalled: own.Where(stall => resource.Percent(stall) > most).ToArray(), resource.Percent))
                .Where(static each => each.Stalled.Length > 1)
                .Select(static each => $"{each.Resource}: {string.Join(", ", each.Stalled.Select(stall => Percent(stall, each.Percent)))}"),
        ];
        string measured = own.Length == 0
            ? $"how much they stood still is not known: {reading.Failure ?? "the kernel does not account pressure"}"
            : string.Join(
                "; ",
                resources.Select(
                    resource => $"{resource.Resource}: {string.Join(", ", own.Select(stall => Percent(stall, resource.Percent)))}"));
        const string Source = "cpu.pressure, memory.pressure, io.pressure of the units, avg300";
        string wanted = string.Create(
            CultureInfo.InvariantCulture, $"apart, or at most {most:0.#} % of five minutes stalled for one resource");
        return fights.Length > 0 ? Verdict.Fail(names, wanted, $"they fight for {string.Join("; ", fights)}", Source)
            : Verdict.Warning(names, "apart: tiers of their own, or containers", $"they share the server; {measured}", Source);
    }

    private static string Percent(ServiceStall stall, Func<ServiceStall, double?> percent) =>
        $"{stall.Service.Split('.')[0]} {(percent(stall) is { } value ? Judging.Measure(value, "%") : "not accounted")}";

    private static IEnumerable<Verdict> JudgeReplicas(TopologyCase site)
    {
        if (site.Input.Site.Policy.Database is not { } policy)
        {
            return [Verdict.NotApplicable(actual: "the site has no database")];
        }

        ReplicationTopology replication = site.Input.Replication;
        if (Clusters(replication).ToArray() is { Length: > 0 } clusters)
        {
            long online = clusters.Where(static cluster => cluster.HasQuorum)
                .Select(static cluster => cluster.Online)
                .DefaultIfEmpty()
                .Max();
            return
            [
                online > 1
                    ? Verdict.Pass("database", string.Create(CultureInfo.InvariantCulture, $"{online} members of the cluster are online"))
                    : Verdict.Fail(
                        "database", "a second member online",
                        online == 0 ? "none has a majority" : "the cluster has one",
                        "the members' own view of the cluster"),
            ];
        }

        (string Member, string? Why, bool IsUnread)[] members =
        [
            .. replication.Members.Where(member => replication.RoleOf(member.Name) != MemberRole.Primary)
                .Select(member => Unable(replication, member, policy)),
        ];
        string[] able = [.. members.Where(static each => each.Why is null).Select(static each => each.Member)];
        string reasons = string.Join("; ", members.Select(static each => $"{each.Member}: {each.Why}"));
        return [able.Length > 0 ? Verdict.Pass("database", string.Join(", ", able))
            : members.Any(static each => each.IsUnread) ? Verdict.Unknown("database", reasons)
            : Verdict.Fail(
                "database", "a replica that follows in full",
                members.Length == 0 ? "there is no replica" : reasons,
                "SHOW REPLICA STATUS")];
    }

    // The member of a chain above a replica at which it ends.
    private static ReplicationLink? Stopped(ReplicationTopology replication, string member) =>
        replication.Above(member)
            .Select(above => replication.Links.FirstOrDefault(link => link.Replica == above))
            .FirstOrDefault(static link => link is { Channel.Replicates: false });

    // Why a member could not take over; its state, not its tidiness, which the controls over replication judge.
    private static (string Member, string? Why, bool IsUnread) Unable(ReplicationTopology replication, Server member, DatabasePolicy policy)
    {
        ReplicationFacts? facts = replication.Facts(member.Name);
        if (facts is null
            || !facts.Channels.TryGet(out IReadOnlyList<ReplicationChannel>? channels)
            || !facts.Binlog.TryGet(out BinlogFacts? log))
        {
            return (member.Name, replication.Failure(member.Name)
                ?? facts?.Channels.Failure
                ?? facts?.Binlog.Failure
                ?? "it was not read", true);
        }

        ReplicationChannel? idle = channels.FirstOrDefault(static channel => !channel.Replicates);
        ReplicationChannel? filtered = channels.FirstOrDefault(static channel => channel.Filters.Count > 0);
        string? why = policy.NeverPromote.Contains(member.Name, StringComparer.OrdinalIgnoreCase) ? "the policy never promotes it"
            : channels.Count == 0 ? "it follows nobody"
            : idle is not null
                ? $"its replication does not run (receiver {idle.Receiver}, applier "
                    + $"{idle.Applier}){((idle.ReceiverError ?? idle.ApplierError) is { } error ? $": {error}" : "")}"
            : filtered is not null ? $"it leaves something out ({string.Join(", ", filtered.Filters)})"
            : Stopped(replication, member.Name) is { } stopped
                ? $"it replicates by way of {stopped.Replica}, whose replication does not run (receiver {stopped.Channel.Receiver}, "
                    + $"applier {stopped.Channel.Applier})"
            : !log.Enabled ? "it writes no binary log, so nobody could follow it"
            : !log.LogsReplicated ? "it does not log what it replicates, so nobody could follow it"
            : null;
        return (member.Name, why, false);
    }

    // The servers whose roles serve visitors, and the firewalls that their packets pass.
    private static IEnumerable<TopologyServer> OnTheWay(TopologyCase site)
    {
        HashSet<string> passed = new(
            site.Found.Links.Where(link => site.Found.Find(link.From) is null).SelectMany(static link => link.Path),
            StringComparer.OrdinalIgnoreCase);
        Role? members = site.Input.Site.Policy.Database?.Members;
        return site.Found.Servers.Where(
            server =>
                passed.Contains(server.Server)
                    || server.Roles.Any(role => role is Role.LoadBalancer or Role.Web or Role.App || role == members));
    }

    private static Verdict JudgeWatch(TopologyInput input, TopologyServer server)
    {
        Reading<IReadOnlyList<MonitoringAgent>> reading = input.Agents.Of(server.Server).Part(static facts => facts.Agents);
        if (!reading.TryGet(out IReadOnlyList<MonitoringAgent>? agents))
        {
            return reading.ToUnknown() with { Server = server.Server };
        }

        MonitoringAgent[] working =
        [
            .. agents.Where(static agent => agent is { IsRunning: true, IsSuspended: false } && agent.Flow != DataFlow.Stopped),
        ];
        MonitoringAgent? unsure = agents.FirstOrDefault(static agent => !agent.IsRunning && agent.Unread is not null);
        return (working.Length > 0 ? Verdict.Pass(actual: string.Join(", ", working.Select(static agent => agent.Name)))
            : unsure is not null ? Verdict.Unknown(unsure.Name, unsure.Unread!)
            : Verdict.Fail(
                null, "an agent that runs and reports",
                agents.Count == 0
                    ? "no agent known is there"
                    : string.Join(
                        ", ", agents.Select(static agent => $"{agent.Name} {(agent.IsRunning ? "reports nothing" : "does not run")}")),
                "units, processes and containers of the known agents")) with { Server = server.Server };
    }
}
