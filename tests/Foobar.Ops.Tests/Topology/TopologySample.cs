using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.LoadBalancing;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Servers;
using Foobar.Ops.Tests.Database;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Topology;
using Foobar.Ops.Topology.Collection;

namespace Foobar.Ops.Tests.Topology;

/// <summary>
/// The site of <see cref="SmallSite"/> with all that its topology is made of and nothing wrong, for tests to break one thing of.
/// </summary>
internal sealed record TopologySample
{
    public const string Directory = "/srv/shop";

    public Site Site { get; init; } = SmallSite.Site;

    public DateTimeOffset Time { get; init; } = TestSite.Now;

    public Dictionary<string, Reading<ServerFacts>> Servers { get; } = new()
    {
        ["fw-01"] = Facts("nftables.service"),
        ["lb-01"] = Facts("haproxy.service"),
        ["web-01"] = Facts("nginx.service", "mariadb.service", "shop.service"),
        ["web-02"] = Facts("nginx.service", "mariadb.service", "shop.service"),
    };

    public Dictionary<string, Reading<FirewallFacts>> Firewalls { get; } = new(SmallSite.Case().Facts);

    public Dictionary<string, Reading<ReplicationFacts>> Databases { get; } = new()
    {
        ["web-01"] = Reading.Of(HealthySite.Primary with { LastOperation = Reading.Of<IReadOnlyList<OperationMark>>([]) }),
        ["web-02"] = Reading.Of(HealthySite.Replica with { LastOperation = Reading.Of<IReadOnlyList<OperationMark>>([]) }),
    };

    public Dictionary<string, Reading<LoadBalancerFacts>> Balancers { get; } = new() { ["lb-01"] = Reading.Of(Balancer("web-01")) };

    public Dictionary<string, Reading<AgentFacts>> Agents { get; } = Each(static server =>
        new AgentFacts { Agents = Reading.Of<IReadOnlyList<MonitoringAgent>>([Agent(server)]) });

    public Dictionary<string, Reading<LegFacts>> Legs { get; } = new()
    {
        ["lb-01"] = Reading.Of(new LegFacts { Balancer = Reading.Of(Haproxy()) }),
    };

    public Dictionary<string, Reading<TopologyFacts>> Own { get; } = Each(server => Sockets(server));

    /// <summary>What a control says of it.</summary>
    public Finding[] Judge(string id)
    {
        TopologyCase site = Case;
        return [.. TopologyControls.All.Single(control => control.Info.Id == id).Apply(site, null, Time)];
    }

    /// <summary>The same without what passes and what it does not concern.</summary>
    public Finding[] Trouble(string id) =>
        [.. Judge(id).Where(static finding => finding.Status is not (FindingStatus.Pass or FindingStatus.NotApplicable))];

    public SiteTopology Found => Case.Found;

    public TopologyCase Case
    {
        get
        {
            TopologyInput input = new()
            {
                Site = Site, Time = Time, Servers = Servers, Firewalls = Firewalls, Databases = Databases, Balancers = Balancers,
                Agents = Agents, Legs = Legs, Own = Own,
            };
            return new TopologyCase(input, TopologyBuilder.Of(input));
        }
    }

    public static Conversation Conversation(bool incoming, string local, string peer, int port, string holder = "program") => new()
    {
        Protocol = TransportProtocol.Tcp, IsIncoming = incoming, LocalAddress = IPAddress.Parse(
            local), PeerAddress = IPAddress.Parse(peer), Port = port, Count = 2,
        Holders = [new SocketHolder(holder, $"{holder}.service", null)],
    };

    public static Listener Listener(string process, int port, string address = "0.0.0.0", string? container = null) => new()
    {
        Socket = new ListeningSocket { Protocol = TransportProtocol.Tcp, Address = address, Port = port, Processes = [process] },
        Holders = [new SocketHolder(process, container is null ? $"{process}.service" : null, container)],
    };

    /// <summary>Changes what a server's sockets show.</summary>
    public TopologySample With(string server, Func<SocketFacts, SocketFacts> change)
    {
        TopologyFacts own = Own[server].Value!;
        Own[server] = Reading.Of(own with { Sockets = Reading.Of(change(own.Sockets.Value!)) });
        return this;
    }

    public static ServerFacts Units(params (string Name, string Active)[] units) => new()
    {
        System = Not<SystemIdentity>(), BootTime = Not<DateTimeOffset>(), SystemState = Not<string>(),
        Units = Reading.Of<IReadOnlyList<Unit>>([
            .. units.Select(static unit => new Unit { Name = unit.Name, Load = "loaded", Active = unit.Active, Sub = "running" }),
        ]),
        Sockets = Not<IReadOnlyList<ListeningSocket>>(), EphemeralPorts = Not<EphemeralPorts>(),
        FileSystems = Not<IReadOnlyList<FileSystem>>(), Mounts = Not<IReadOnlyList<Mount>>(),
        Memory = Not<MemoryUse>(), ClockSync = Not<ClockSync>(), ClockOffset = Not<ClockOffset>(), PendingReboot = Not<PendingReboot>(),
        Sshd = Not<SshdSettings>(),
    };

    public static MonitoringAgent Agent(string server, bool runs = true) => new()
    {
        Server = server, Name = "prometheus-node-exporter", IsExpected = true, Flow = DataFlow.Asked,
        Unit = new Unit
        {
            Name = "prometheus-node-exporter.service",
            Load = "loaded",
            Active = runs ? "active" : "inactive",
            Sub = "running",
        },
    };

    public static BalancerTls Haproxy(bool tls = false) => new()
    {
        Listeners = [new BalancerListener { Name = "www", Address = "198.51.100.10", Port = 443, Tls = true }],
        Servers =
        [
            new BalancedServer { Backend = "web", Name = "web-01", Host = "192.0.2.11", Port = 80, Tls = tls },
            new BalancedServer { Backend = "web", Name = "web-02", Host = "192.0.2.12", Port = 80, Tls = tls },
            new BalancedServer { Backend = "mysql-write", Name = "web-01", Host = "192.0.2.11", Port = 3306, IsTcp = true },
        ],
    };

    public static LoadBalancerFacts Balancer(params string[] writers) => new()
    {
        Process = Not<HaproxyProcess>(), Http = Not<VisitorAnswer>(), Https = Not<VisitorAnswer>(),
        Statistics = Reading.Of(new ProxyStatistics
        {
            Frontends = [],
            Backends =
            [
                new Backend
                {
                    Name = "mysql-write", Mode = "tcp", Status = "UP", QueueLength = 0, CurrentSessions = 0, SessionsTotal = 0,
                    Servers =
                    [
                        .. ((string Name, string Address)[])[("web-01", "192.0.2.11:3306"), ("web-02", "192.0.2.12:3306")] is var all
                            ? all.Select(each => new BackendServer
                        {
                            Backend = "mysql-write", Name = each.Name, Address = each.Address, Status = writers.Contains(each.Name)
                                ? "UP"
                                : "MAINT",
                            Weight = 1, SinceSeconds = 1, DowntimeSeconds = 0, QueueLength = 0, CurrentSessions = 0, SessionsTotal = 0,
                        }) : [],
                    ],
                },
            ],
        }),
    };

    private static Reading<ServerFacts> Facts(params string[] active) =>
        Reading.Of(Units([.. active.Select(static name => (name, "active"))]));

    private static TopologyFacts Sockets(string server) => new()
    {
        Sockets = Reading.Of(new SocketFacts
        {
            Listeners = Reading.Of<IReadOnlyList<Listener>>(
                server.StartsWith("web", StringComparison.Ordinal)
                    ? [Listener("nginx", 80), Listener("mariadbd", 3306), Listener("shop", 8080, "127.0.0.1")]
                    : []),
            Conversations = Reading.Of<IReadOnlyList<Conversation>>([]),
            Containers = Reading.Of<IReadOnlyList<RunningContainer>>([]),
        }),
        Vrrp = Reading.Of(new VrrpFacts()),
        Proxies = Reading.Of<IReadOnlyList<ProxyTarget>>(
            server.StartsWith("web", StringComparison.Ordinal) ? [new ProxyTarget("proxy_pass", "app", "127.0.0.1", 8080, false)] : []),
        Files = Reading.Of(new AppFiles()),
        Stalls = Reading.Of<IReadOnlyList<ServiceStall>>([
            new ServiceStall("nginx.service", 1, 0, 2), new ServiceStall("mariadb.service", 3, 0, 4),
        ]),
    };

    private static Reading<T> Not<T>() => Reading.Unreadable<T>("not of interest");

    private static Dictionary<string, Reading<T>> Each<T>(Func<string, T> make) =>
        SmallSite.Site.Servers.ToDictionary(static server => server.Name, server => Reading.Of(make(server.Name)));
}
