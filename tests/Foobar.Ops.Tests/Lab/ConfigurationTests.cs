using Foobar.Ops.Inventory;
using Foobar.Ops.Lab.Access;
using Foobar.Ops.Lab.Certificates;
using Foobar.Ops.Lab.Configuration;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Tests.Lab;

public sealed class ConfigurationTests
{
    public static TheoryData<string, string> Variants => new(
        from database in Enum.GetNames<DatabaseFlavour>()
        from tls in Enum.GetNames<TlsVariant>()
        select (database, tls));

    [Theory]
    [MemberData(nameof(Variants))]
    public void The_inventory_is_one_that_the_loader_takes(string database, string tls)
    {
        LabPlan plan = Plan(database, tls);

        Site site = InventoryLoader.Parse(InventoryWriter.Write(InventoryFile.Site(plan)), "/lab/foobar.json");

        Assert.Equal(plan.Servers.Select(server => server.Name), site.Servers.Select(server => server.Name));
        Assert.Equal(LabPolicy.Flows(plan.Options).Select(flow => flow.Name), site.Policy.Flows.Select(flow => flow.Name));
        Assert.Equal("/lab/ssh_config", site.SshConfig);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Passwords_stand_only_where_a_service_reads_them(string database, string tls)
    {
        LabPlan plan = Plan(database, tls);
        LabAuthority authority = LabAuthority.Create();

        foreach (LabServer server in plan.Servers)
        {
            foreach (ServerFile file in ServerConfiguration.For(plan, server, authority, "ssh-ed25519 AAAA", "key"))
            {
                bool secret = file.Content.Contains("-password", StringComparison.Ordinal) || file.Content.Contains("PRIVATE KEY", StringComparison.Ordinal);
                Assert.False(secret && (file.Mode & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0, file.Path);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Each_flow_has_a_rule_on_the_servers_it_ends_on_and_no_other_rule_accepts(string database, string tls)
    {
        LabPlan plan = Plan(database, tls);

        foreach (LabServer server in plan.Servers)
        {
            string[] accepting = [.. FirewallFiles.Ruleset(plan, server).Split('\n').Where(line => line.Contains(" accept comment \"flow ", StringComparison.Ordinal))];
            IEnumerable<string> named = accepting.Select(line => line.Split("\"flow ")[1].TrimEnd('"')).Distinct();
            IEnumerable<string> wanted = LabPolicy.Flows(plan.Options)
                .Where(flow => flow.To.Any(end => server.Roles.Any(role => InventoryWord.Of(role) == end)) || (server.Is(Role.NetworkFirewall) && flow.Name == "visitors"))
                .Select(flow => flow.Name);

            Assert.Equal(wanted.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
            Assert.All(accepting, line => Assert.Contains("iifname", line, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Only_the_replica_follows_and_refuses_writes()
    {
        LabPlan plan = LabPlans.Of(DatabaseFlavour.MariaDb);
        DatabaseDialect dialect = DatabaseDialect.Of(DatabaseFlavour.MariaDb);

        Assert.Contains("CHANGE MASTER", dialect.SetUp(plan, plan.Replica), StringComparison.Ordinal);
        Assert.DoesNotContain("CHANGE MASTER", dialect.SetUp(plan, plan.Primary), StringComparison.Ordinal);
        Assert.Contains("read_only", dialect.Configuration(plan, plan.Replica), StringComparison.Ordinal);
        Assert.DoesNotContain("read_only", dialect.Configuration(plan, plan.Primary), StringComparison.Ordinal);
    }

    [Fact]
    public void The_jump_leads_through_the_load_balancer_only_to_the_web_servers()
    {
        string config = OperatorAccess.SshConfig(LabPlans.Of());

        Assert.Equal(2, config.Split("ProxyJump lb-01").Length - 1);
        Assert.Contains("StrictHostKeyChecking yes", config, StringComparison.Ordinal);
    }

    private static LabPlan Plan(string database, string tls) => LabPlans.Of(Enum.Parse<DatabaseFlavour>(database), Enum.Parse<TlsVariant>(tls));
}
