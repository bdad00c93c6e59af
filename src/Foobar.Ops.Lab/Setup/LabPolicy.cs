using Foobar.Ops.Inventory;

namespace Foobar.Ops.Lab.Setup;

/// <summary>The flows of the lab's policy: the inventory declares them, and the servers' rulesets allow exactly these.</summary>
internal static class LabPolicy
{
    /// <summary>Anybody.</summary>
    public const string Internet = "internet";

    /// <summary>The network of the inventory that holds the operator's address.</summary>
    public const string Operator = "operator";

    /// <summary>The port nginx serves the load balancer on.</summary>
    public static int WebPort(TlsVariant tls) => tls == TlsVariant.Edge ? 80 : 443;

    /// <summary>All flows.</summary>
    public static IReadOnlyList<Flow> Flows(LabOptions options) =>
    [
        new Flow { Name = "visitors", From = [Internet, Operator], To = ["load-balancer"], Ports = [Tcp(80), Tcp(443)] },
        Flow("backends", "load-balancer", "web", Tcp(WebPort(options.Tls))),
        Flow("database-writes", "app", "load-balancer", Tcp(3306)),
        Flow("database-members", "load-balancer", "database", Tcp(3306)),
        Flow("replication", "database", "database", Tcp(3306)),
        .. OfCluster(options.Cluster),
        new Flow { Name = "operators", From = [Operator], To = ["network-firewall", "load-balancer"], Ports = [Tcp(22)] },
        Flow("jump", "load-balancer", Inside(options), Tcp(22)),
        Flow("time", "load-balancer", "network-firewall", Udp(123)),
        Flow("time-internal", Inside(options), "load-balancer", Udp(123)),
        .. options.Agents ? OfAgents(options) : [],
    ];

    /// <summary>The port on which members of a group talk to each other.</summary>
    public const int GroupPort = 33061;

    /// <summary>The port on which members of a Galera cluster talk to each other.</summary>
    public const int GaleraPort = 4567;

    // Galera fetches what a member missed on 4568, and a whole copy on 4444.
    private static IEnumerable<Flow> OfCluster(ClusterVariant cluster) => cluster switch
    {
        ClusterVariant.Group => [Flow("group", "database", "database", Tcp(GroupPort))],
        ClusterVariant.Galera => [Flow("galera", "database", "database", Tcp(GaleraPort), Tcp(4568), Tcp(4444))],
        _ => [],
    };

    // What the Prometheus and the receiver on lb-01 need, and the operator of Prometheus.
    private static IEnumerable<Flow> OfAgents(LabOptions options) =>
    [
        new Flow { Name = "prometheus", From = [Operator], To = ["load-balancer"], Ports = [Tcp(Configuration.AgentFiles.PrometheusPort)] },
        Flow("scrape-firewall", "load-balancer", "network-firewall", Tcp(9100), Tcp(9103)),
        Flow("scrape", "load-balancer", Inside(options), Tcp(9100), Tcp(9103), Tcp(9104), Tcp(19999)),
        Flow(
            "reports-firewall", "network-firewall", "load-balancer", Tcp(Configuration.AgentFiles.CollectorPort),
            Tcp(Configuration.AgentFiles.ZabbixPort)),
        Flow(
            "reports", Inside(options), "load-balancer", Tcp(Configuration.AgentFiles.CollectorPort),
            Tcp(Configuration.AgentFiles.ZabbixPort)),
    ];

    // The web servers have a database too: where other servers have one, that is what all of them have in common.
    private static string Inside(LabOptions options) => options.Replicas > 1 ? "database" : "web";

    private static Flow Flow(string name, string from, string to, params PortRange[] ports) =>
        new() { Name = name, From = [from], To = [to], Ports = ports };

    private static PortRange Tcp(int port) => new(TransportProtocol.Tcp, (ushort)port, (ushort)port);

    private static PortRange Udp(int port) => new(TransportProtocol.Udp, (ushort)port, (ushort)port);
}
