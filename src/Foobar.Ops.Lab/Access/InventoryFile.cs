using System.Net;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Servers;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Access;

/// <summary>The lab's inventory, as an operator of the real site would write it.</summary>
internal static class InventoryFile
{
    /// <summary>Writes it.</summary>
    public static Task WriteAsync(LabPlan plan, CancellationToken cancel) =>
        File.WriteAllTextAsync(plan.Files.Inventory, InventoryWriter.Write(Site(plan)), cancel);

    /// <summary>The site that a lab is.</summary>
    public static Site Site(LabPlan plan) => new()
    {
        Name = LabPlan.SiteName,
        Description = $"The lab '{plan.Options.Name}'",
        SshConfig = Path.GetFileName(plan.Files.SshConfig),
        Networks = new Dictionary<string, IReadOnlyList<IPNetwork>>
        {
            ["public"] = Ranges(plan, LabNetworkName.Public),
            ["internal"] = Ranges(plan, LabNetworkName.Internal),
            [LabPolicy.Operator] = [new IPNetwork(plan.Addresses.Operator.V4, 32), new IPNetwork(plan.Addresses.Operator.V6, 128)],
        },
        Servers =
        [
            .. plan.Servers.Select(server => new Server
            {
                Name = server.Name,
                Roles = server.Roles,
                Ssh = new SshEndpoint { Host = server.Name },
                Addresses = [.. server.Links.SelectMany(link => new[] { link.V4, link.V6 })],
            }),
        ],
        Vantages =
        [
            new Vantage
            {
                Name = OutsideHost.Name,
                Description = "A visitor's machine beyond fw-01",
                Ssh = new SshEndpoint { Host = OutsideHost.Name },
            },
        ],
        Policy = Policy(plan),
    };

    private static Policy Policy(LabPlan plan) => new()
    {
        Flows = LabPolicy.Flows(plan.Options),
        Servers = new ServerPolicy
        {
            Units = Units(plan),
        },
        LoadBalancing = new LoadBalancingPolicy
        {
            VirtualAddresses = plan.IsPair
                ? [plan.Addresses.Virtual(LabNetworkName.Public), plan.Addresses.Virtual(LabNetworkName.Internal)]
                : [],
        },
        // Labs share one machine, and with it whatever their services stand still for.
        Topology = new TopologyPolicy { MaxStalledPercent = 100 },
        Tls = new TlsPolicy
        {
            EndsAt = plan.Options.Tls == TlsVariant.Web ? Role.Web : Role.LoadBalancer,
            Backends = plan.Options.Tls == TlsVariant.Reencrypt ? BackendEncryption.Tls : BackendEncryption.Plain,
            // The application's settings name the authority that it trusts: server/foobar-app.py, ssl_verify_cert.
            ApplicationVerifies = true,
            TrustedAuthorities = Path.GetFileName(plan.Files.RootCertificate),
        },
        Database = new DatabasePolicy
        {
            SemiSync = plan.Options.SemiSync,
            Topology = plan.Options.Cluster switch
            {
                ClusterVariant.Group => DatabaseTopology.GroupReplication,
                ClusterVariant.Galera => DatabaseTopology.Galera,
                _ => DatabaseTopology.Replication,
            },
            WriteEndpoint = new WriteEndpoint
            {
                Kind = WriteEndpointKind.Haproxy,
                Server = plan.Balancer.Name,
                Backend = "mysql-write",
                Address = $"{plan.SiteInternal.V4}:3306",
            },
        },
        Monitoring = Monitoring(plan),
    };

    private static Dictionary<Role, IReadOnlyList<string>> Units(LabPlan plan)
    {
        Dictionary<Role, IReadOnlyList<string>> units = new()
        {
            [Role.NetworkFirewall] = ["nftables.service"],
            [Role.App] = ["foobar-app.service"],
        };
        if (plan.IsPair)
        {
            units[Role.LoadBalancer] = ["haproxy.service", "keepalived.service"];
        }

        return units;
    }

    private static MonitoringPolicy Monitoring(LabPlan plan)
    {
        string[] services = [$"{plan.Addresses.BalancerInternal.V4}", $"{plan.Addresses.BalancerPublic.V4}"];
        return !plan.Options.Agents
            ? new MonitoringPolicy { Agents = ["prometheus-node-exporter"] }
            : new MonitoringPolicy
            {
                Agents = ["prometheus-node-exporter", "prometheus-mysqld-exporter", "haproxy-exporter", "collectd", "zabbix"],
                ReportTo = new Dictionary<string, IReadOnlyList<string>> { ["collectd"] = services, ["zabbix"] = services },
                Prometheus = new Uri($"http://{plan.Addresses.BalancerPublic.V4}:{Configuration.AgentFiles.PrometheusPort}"),
            };
    }

    private static IPNetwork[] Ranges(LabPlan plan, LabNetworkName network) => [plan.Addresses.V4(network), plan.Addresses.V6(network)];
}
