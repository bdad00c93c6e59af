using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Discovery;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Discovery.Proposing;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Tls.Files;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.Tests.Discovery;

/// <summary>What three servers of a small site show, by texts as the servers print them; each part can be replaced.</summary>
internal sealed class DiscoveredSite
{
    public const string Haproxy = """
        global
            stats socket /run/haproxy/admin.sock mode 660 level admin
        frontend www-http
            mode http
            bind 198.51.100.10:80
            http-request redirect scheme https code 301
        frontend www-https
            mode http
            bind 198.51.100.10:443 ssl crt /etc/haproxy/site.pem
            default_backend pages
        backend pages
            mode http
            server web-01 192.0.2.11:80 check
            server web-02 192.0.2.12:80 check
        frontend mysql
            mode tcp
            bind 192.0.2.10:3306
            default_backend mysql-write
        backend mysql-write
            mode tcp
            server web-01 192.0.2.11:3306 check
            server web-02 192.0.2.12:3306 check disabled
        frontend metrics
            mode http
            bind 127.0.0.1:8405
            http-request use-service prometheus-exporter

        """;

    public const string Nginx = """
        http {
            upstream app { server 127.0.0.1:8080; }
            server {
                listen ADDRESS:80;
                server_name www.foobar.com;
                location / { proxy_pass http://app; }
            }
        }

        """;

    private readonly Dictionary<string, ServerDiscovery> _servers = [];

    public DiscoveredSite()
    {
        _servers["lb-01"] = Server("lb-01", "203.0.113.2", Network(("public", "198.51.100.10", 24), ("internal", "192.0.2.10", 24))) with
        {
            Sockets = Sockets(
                """
                tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=7,fd=6))
                tcp LISTEN 0 128 198.51.100.10:80 0.0.0.0:* users:(("haproxy",pid=9,fd=6))
                tcp LISTEN 0 128 198.51.100.10:443 0.0.0.0:* users:(("haproxy",pid=9,fd=7))
                tcp LISTEN 0 128 192.0.2.10:3306 0.0.0.0:* users:(("haproxy",pid=9,fd=8))
                udp UNCONN 0 0 192.0.2.10:123 0.0.0.0:* users:(("chronyd",pid=8,fd=8))
                """,
                """1 in tcp 192.0.2.10:3306 192.0.2.12:0 users:(("haproxy",pid=9))""",
                "7 /system.slice/ssh.service\n9 /system.slice/haproxy.service\n8 /system.slice/chrony.service"),
            Balancer = Balancer(Haproxy),
            Time = Reading.Of(new TimeFacts([], [IPAddress.Parse("192.0.2.11"), IPAddress.Parse("192.0.2.12")])),
            Units = Units("haproxy.service"),
        };
        _servers["web-01"] = Web("web-01", "192.0.2.11");
        _servers["web-02"] = Web("web-02", "192.0.2.12") with
        {
            Database = Database(new ReplicationChannel
            {
                Name = "", SourceHost = "192.0.2.11", SourcePort = 3306, SourceServerId = 1, User = "replication", Tls = true,
                AutoPosition = true, Received = "",
                Receiver = ReplicationThread.Running, Applier = ReplicationThread.Running,
            }),
        };
    }

    public static Reading<BalancerFacts> Balancer(string configuration) =>
        Reading.Of(BalancerReader.Read(HaproxySection.Of([new HaproxyFile(HaproxyFiles.Usual, configuration)]), null));

    public static Reading<WebFacts> NginxOf(string configuration) => Reading.Of(WebReader.Read(NginxText.Parse(configuration)));

    public static SocketFacts Sockets(string listeners, string connections, string groups, string containers = "") =>
        SocketScript.Parse(
            $"==> listeners\n{listeners}\n\n==> connections\n{connections}\n\n==> groups\n{groups}\n\n==> containers\n{containers}\n");

    public static Reading<HostNetwork> Network(params (string Interface, string Address, int Prefix)[] addresses) =>
        Reading.Of(new HostNetwork
        {
            Addresses =
            [
                new InterfaceAddress("lo", IPAddress.Loopback, 8),
                .. addresses.Select(static each => new InterfaceAddress(each.Interface, IPAddress.Parse(each.Address), each.Prefix)),
            ],
        });

    public static Reading<IReadOnlyList<Unit>> Units(params string[] active) =>
        Reading.Of<IReadOnlyList<Unit>>([
            .. active.Select(static name => new Unit { Name = name, Load = "loaded", Active = "active", Sub = "running" }),
        ]);

    public static ServerDiscovery Server(string name, string client, Reading<HostNetwork> network) => new()
    {
        Name = name,
        Ssh = new SshEndpoint { Host = name },
        Host = Reading.Of(HostScript.Parse($"==> name\n{name}\n\n==> session\n{client} 50000 192.0.2.1 22\n\n==> forwarding\n0\n")),
        Network = network,
        Time = Reading.Of(new TimeFacts([], [])),
        Units = Units(),
        VirtualAddresses = Reading.Of<IReadOnlyList<IPAddress>>([]),
        Agents = Reading.Of<IReadOnlyList<MonitoringAgent>>([]),
        Certificates = Reading.Of<IReadOnlyList<CertificateFile>>([]),
        Authorities = Reading.Of<IReadOnlyList<AuthorityFile>>([]),
        Verifying = Reading.Of<IReadOnlyDictionary<string, IReadOnlyList<string>>>(new Dictionary<string, IReadOnlyList<string>>()),
        Sockets = Sockets("", "", ""),
    };

    public static DatabaseFacts Database(params ReplicationChannel[] channels) => new(
        ReplicationFacts.Unreadable("not needed here", "a test") with
        {
            Refusal = null,
            Identity = Reading.Of(new DatabaseIdentity
            {
                Flavor = DatabaseFlavor.MySql,
                Version = "8.4.6",
                ServerId = 1,
                HostName = "db",
                Port = 3306,
            }),
            Channels = Reading.Of<IReadOnlyList<ReplicationChannel>>(channels),
            Cluster = Reading.Of(new ClusterFacts()),
        },
        Reading.Unreadable<DatabaseTls>("not needed here"));

    public static ServerDiscovery Web(string name, string address, string more = "") => Server(
        name, "192.0.2.10", Network(("internal", address, 24), ("docker0", "172.17.0.1", 16))) with
    {
        Sockets = Sockets(
            $"""
            tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=7,fd=6))
            tcp LISTEN 0 128 {address}:80 0.0.0.0:* users:(("nginx",pid=9,fd=6))
            tcp LISTEN 0 128 127.0.0.1:8080 0.0.0.0:* users:(("python3",pid=10,fd=6))
            tcp LISTEN 0 128 {address}:3306 0.0.0.0:* users:(("mysqld",pid=11,fd=6))
            {more}
            """,
            "",
            "7 /system.slice/ssh.service\n9 /system.slice/nginx.service\n10 /system.slice/shop.service\n11 /system.slice/mysql.service\n"
                + "12 /system.slice/stray.service"),
        Web = NginxOf(Nginx.Replace("ADDRESS", address, StringComparison.Ordinal)),
        Database = Database(),
        Units = Units("nginx.service", "mysql.service", "shop.service"),
    };

    public DiscoveredSite With(string name, Func<ServerDiscovery, ServerDiscovery> change)
    {
        _servers[name] = change(_servers[name]);
        return this;
    }

    public DiscoveredSite Add(ServerDiscovery server)
    {
        _servers[server.Name] = server;
        return this;
    }

    public InventoryProposal Propose(ProposalOptions? options = null) => InventoryProposer.Propose([.. _servers.Values], options);
}
