using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Access;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Configuration;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Tests.Lab;

public sealed class ConfigurationTests
{
    public static TheoryData<string, string, int> Variants => new(
        from database in Enum.GetNames<DatabaseFlavour>()
        from tls in Enum.GetNames<TlsVariant>()
        from replicas in Enumerable.Range(1, LabOptions.MostReplicas)
        select (database, tls, replicas));

    [Theory]
    [MemberData(nameof(Variants))]
    public void The_inventory_is_one_that_the_loader_takes(string database, string tls, int replicas)
    {
        LabPlan plan = Plan(database, tls, replicas);

        Site site = InventoryLoader.Parse(InventoryWriter.Write(InventoryFile.Site(plan)), "/lab/foobar.json");

        Assert.Equal(plan.Servers.Select(server => server.Name), site.Servers.Select(server => server.Name));
        Assert.Equal(LabPolicy.Flows(plan.Options).Select(flow => flow.Name), site.Policy.Flows.Select(flow => flow.Name));
        Assert.Equal("/lab/ssh_config", site.SshConfig);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Passwords_stand_only_where_a_service_reads_them(string database, string tls, int replicas)
    {
        LabPlan plan = Plan(database, tls, replicas);
        LabAuthority authority = LabAuthority.Create();

        foreach (LabServer server in plan.Servers)
        {
            foreach (ServerFile file in ServerConfiguration.For(plan, server, authority, "ssh-ed25519 AAAA", "key"))
            {
                bool secret = file.Content.Contains("-password", StringComparison.Ordinal)
                    || file.Content.Contains("PRIVATE KEY", StringComparison.Ordinal);
                Assert.False(secret && (file.Mode & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0, file.Path);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Each_flow_has_a_rule_on_the_servers_it_ends_on_and_no_other_rule_accepts(string database, string tls, int replicas)
    {
        LabPlan plan = Plan(database, tls, replicas);

        foreach (LabServer server in plan.Servers)
        {
            string[] accepting =
            [
                .. FirewallFiles.Ruleset(plan, server)
                    .Split('\n')
                    .Where(line => line.Contains(" accept comment \"flow ", StringComparison.Ordinal)),
            ];
            IEnumerable<string> named = accepting.Select(line => line.Split("\"flow ")[1].TrimEnd('"')).Distinct();
            IEnumerable<string> wanted = LabPolicy.Flows(plan.Options)
                .Where(
                    flow =>
                        flow.To.Any(end => server.Roles.Any(role => InventoryWord.Of(role) == end))
                            || (server.Is(Role.NetworkFirewall) && flow.Name == "visitors"))
                .Select(flow => flow.Name);

            Assert.Equal(wanted.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
            Assert.All(accepting, line => Assert.Contains("iifname", line, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("Firewalld", "/etc/firewalld/zones/", "<accept/>")]
    [InlineData("Ufw", "/etc/ufw/foobar-setup.sh", "ufw allow ")]
    public void Other_keepers_of_rules_get_one_for_each_sender_of_a_flow(string firewall, string path, string accept)
    {
        LabPlan plan = LabPlans.Of(firewall: Enum.Parse<HostFirewall>(firewall));

        foreach (LabServer server in plan.Servers.Where(server => !server.Is(Role.NetworkFirewall)))
        {
            ServerFile[] files = [.. FirewallFiles.For(plan, server)];
            string[] rules =
            [
                .. files.Where(file => file.Path.StartsWith(path, StringComparison.Ordinal))
                    .SelectMany(file => file.Content.Split('\n'))
                    .Where(line => line.Contains(accept, StringComparison.Ordinal)),
            ];

            Assert.DoesNotContain(files, file => file.Path == "/etc/nftables.conf");
            foreach (Admission admission in Admission.To(plan, server))
            {
                string[] senders = admission.Others ? [] : [.. admission.Senders];
                Assert.All(senders, sender => Assert.Contains(rules, rule => rule.Contains(sender, StringComparison.Ordinal)));
                Assert.All(admission.PortNumbers, port => Assert.Contains(rules, rule => rule.Contains(port, StringComparison.Ordinal)));
            }
        }

        Assert.Contains(FirewallFiles.For(plan, plan.Firewall), file => file.Path == "/etc/nftables.conf");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Metrics_are_served_by_HTTP_whatever_defaults_stand_before(bool grown)
    {
        LabPlan plan = LabPlans.Of(grown: grown);
        LabServer balancer = plan.Servers.First(server => server.Is(Role.LoadBalancer));
        string configuration = ServerConfiguration.For(plan, balancer, LabAuthority.Create(), "ssh-ed25519 AAAA", "key")
            .Single(file => file.Path == "/etc/haproxy/haproxy.cfg").Content;

        string frontend = configuration[configuration.IndexOf("frontend metrics", StringComparison.Ordinal)..];
        Assert.Equal("mode http", frontend.Split('\n')[1].Trim());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Only_replicas_follow_and_refuse_writes(int replicas)
    {
        LabPlan plan = LabPlans.Of(DatabaseFlavour.MariaDb, replicas: replicas);
        DatabaseDialect dialect = DatabaseDialect.Of(plan.Options);

        Assert.Equal(
            plan.Members.Select(server => server.Name).Skip(1),
            plan.Members.Where(server => dialect.SetUp(plan, server).Contains("CHANGE MASTER", StringComparison.Ordinal))
                .Select(server => server.Name));
        Assert.Equal(
            replicas, plan.Members.Count(server => dialect.Configuration(plan, server).Contains("read_only", StringComparison.Ordinal)));
        Assert.DoesNotContain("read_only", dialect.Configuration(plan, plan.Primary), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Writes_lead_to_the_primary_alone_and_may_be_moved_to_each_replica(int replicas)
    {
        LabPlan plan = LabPlans.Of(replicas: replicas);

        string[] members =
        [
            .. BalancerFiles.Configuration(plan)
                .Split('\n')
                .Where(line => line.Contains(":3306", StringComparison.Ordinal) && line.Contains(" server ", StringComparison.Ordinal)),
        ];

        Assert.Equal(plan.Members.Select(server => server.Name), members.Select(line => line.Trim().Split(' ')[1]));
        Assert.Equal(members.Skip(1), members.Where(line => line.EndsWith(" disabled", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_jump_leads_through_the_load_balancer_only_to_the_servers_behind_it(int replicas)
    {
        LabPlan plan = LabPlans.Of(replicas: replicas);

        string config = OperatorAccess.SshConfig(plan);

        Assert.Equal(plan.Members.Count(), config.Split("ProxyJump lb-01").Length - 1);
        Assert.Contains("StrictHostKeyChecking yes", config, StringComparison.Ordinal);
        Assert.All(plan.Servers, server => Assert.Contains($"Host {server.Name}\n    HostName ", config, StringComparison.Ordinal));
    }

    private static LabPlan Plan(string database, string tls, int replicas) =>
        LabPlans.Of(Enum.Parse<DatabaseFlavour>(database), Enum.Parse<TlsVariant>(tls), replicas: replicas);
}
