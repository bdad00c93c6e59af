using System.Net;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Inventory;

public sealed class InventoryLoaderTests
{
    [Fact]
    public void Every_key_arrives_in_the_site()
    {
        Site site = InventoryLoader.Parse(Full.Text, Full.Path);

        Assert.Equal("www.foobar.com", site.Name);
        Assert.Equal("A site with everything", site.Description);
        Assert.Equal("/srv/site/ssh_config", site.SshConfig);
        Assert.Equal([IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("2001:db8::/64")], site.Networks["internal"]);
        Assert.Equal(["lb-01", "web-01", "web-02"], site.Servers.Select(server => server.Name));
        Assert.Equal(
            new SshEndpoint
            {
                Host = "lb.foobar.com",
                User = "ops",
                Port = 2222,
                ProxyJump = "jump",
                IdentityFile = "~/.ssh/ops",
                Transport = SshTransport.SshNet,
            },
            site.Servers[0].Ssh);
        Assert.Equal("The load balancer", site.Servers[0].Description);
        Assert.Equal(new SshEndpoint { Host = "web-02" }, site.Servers[2].Ssh);
        Assert.Equal([Role.Web, Role.App, Role.Database], site.Servers[1].Roles);
        Assert.Equal([IPAddress.Parse("192.0.2.11"), IPAddress.Parse("2001:db8::11")], site.Servers[1].Addresses);
    }

    [Fact]
    public void Every_key_of_the_policy_arrives()
    {
        Policy policy = InventoryLoader.Parse(Full.Text, Full.Path).Policy;

        Assert.Equal(("visitors", "Everybody"), (policy.Flows[0].Name, policy.Flows[0].Description));
        Assert.Equal(["internet"], policy.Flows[0].From);
        Assert.Equal([new PortRange(TransportProtocol.Tcp, 80, 80), new PortRange(TransportProtocol.Tcp, 443, 443)], policy.Flows[0].Ports);
        Assert.Equal(["operator", "203.0.113.99"], policy.Flows[1].From);
        Assert.Equal(["foobar-app.service", "docker.service"], policy.Servers.Units[Role.App]);
        Assert.Equal(
            (70, 85.5, 10, 0.5),
            (
                policy.Servers.DiskWarnPercent, policy.Servers.DiskFailPercent, policy.Servers.MemoryAvailableFailPercent,
                policy.Servers.MaxClockOffsetSeconds));
        Assert.Equal((BackendEncryption.MutualTls, true), (policy.Tls.Database, policy.Tls.ApplicationVerifies));
        Assert.Equal(
            (Role.LoadBalancer, BackendEncryption.MutualTls, "modern", 40, 20, 8443),
            (policy.Tls.EndsAt, policy.Tls.Backends, policy.Tls.Profile, policy.Tls.WarnDays, policy.Tls.FailDays, policy.Tls.Port));
        Assert.Equal("/srv/site/tls/ca.pem", policy.Tls.TrustedAuthorities);
        Assert.Equal(["foobar.com"], policy.Tls.Names);
        DatabasePolicy database = policy.Database!;
        Assert.Equal(
            (Role.App, DatabaseTopology.Galera, 2, 3307, "/run/db/db.sock", 1.5, true),
            (
                database.Members, database.Topology, database.Writers, database.Port, database.Socket, database.MaxLagSeconds,
                database.SemiSync));
        Assert.Equal(["web-02"], database.Preferred);
        Assert.Equal(["web-01"], database.NeverPromote);
        Assert.Equal(
            new WriteEndpoint { Kind = WriteEndpointKind.Haproxy, Server = "lb-01", Backend = "mysql-write", Address = "192.0.2.10:3306" },
            database.WriteEndpoint);
        Assert.Equal(new ReadEndpoint { Server = "lb-01", Backend = "mysql-read", Address = "[2001:db8::10]:3307" }, database.ReadEndpoint);
        Assert.Equal(("/run/lb/admin.sock", "nginx"), (policy.LoadBalancing.AdminSocket, policy.LoadBalancing.WebBackend));
        Assert.Equal([IPAddress.Parse("198.51.100.9")], policy.LoadBalancing.VirtualAddresses);
        Assert.Equal(
            [
                new Suppression
                {
                    Control = "TLS-*",
                    Server = "web-*",
                    Target = "*:8443",
                    Reason = "Replaced with the new balancer",
                    Until = new DateOnly(2027, 1, 31),
                },
                new Suppression { Control = "FW-003", AcceptsUnknown = true, Reason = "Ticket 4711", Until = new DateOnly(2027, 2, 28) },
            ],
            policy.Suppressions);
        Assert.Equal(["prometheus-node-exporter", "datadog"], policy.Monitoring.Agents);
        Assert.Equal(["datadoghq.eu", "192.0.2.31"], policy.Monitoring.ReportTo["datadog"]);
        Assert.Equal(new Uri("http://192.0.2.30:9090"), policy.Monitoring.Prometheus);
        Assert.Equal((30, 12.5), (policy.Topology.FailoverDrillDays, policy.Topology.MaxStalledPercent));
        Assert.Equal(["/srv/shop"], policy.Topology.AppFiles);
        Assert.Equal(["uploads/*", "*.log"], policy.Topology.AppFilesExcept);
    }

    [Fact]
    public void All_errors_come_at_once_in_the_order_of_the_document()
    {
        const string Text =
            """
            {
              "site": "www foobar",
              "servers": {
                "web-01": { "roles": ["wbe"], "adresses": ["192.0.2.300"] },
                "web-01": { "roles": [], "ssh": "-oProxyCommand=x" }
              },
              "policy": { "flows": [
                { "name": "a", "from": "internet", "to": "wbe", "ports": ["tcp/99999"] },
                { "name": "A", "from": [], "to": "web-01" } ] }
            }
            """;

        IReadOnlyList<InventoryProblem> problems = Full.Problems(Text);

        Assert.Equal(
            [
                (2, 11, "$.site"),
                (4, 27, "$.servers['web-01'].roles[0]"),
                (4, 35, "$.servers['web-01'].adresses"),
                (5, 5, "$.servers['web-01']"),
                (8, 46, "$.policy.flows[0].to"),
                (8, 63, "$.policy.flows[0].ports[0]"),
                (9, 5, "$.policy.flows[1]"),
                (9, 15, "$.policy.flows[1].name"),
                (9, 28, "$.policy.flows[1].from"),
                (9, 38, "$.policy.flows[1].to"),
            ],
            problems.Select(problem => (problem.Line, problem.Column, problem.Path)));
        Assert.Equal("web", problems[1].Suggestion);
        Assert.Equal("addresses", problems[2].Suggestion);
        Assert.Contains("in line 4", problems[3].Message, StringComparison.Ordinal);
        Assert.All(problems, problem => Assert.NotNull(problem.Expected));
    }

    [Fact]
    public void The_error_names_file_line_place_and_what_was_expected()
    {
        InventoryException exception = Assert.Throws<InventoryException>(
            () => InventoryLoader.Parse(Full.Text.Replace("tcp/443", "443", StringComparison.Ordinal), Full.Path));

        Assert.Equal("InventoryInvalid", exception.ErrorId);
        Assert.Equal(ErrorKind.InvalidInput, exception.Kind);
        Assert.Equal(
            "The inventory is not valid: /srv/site/foobar.json:23:122: $.policy.flows[0].ports[1]: '443' does not fit here; expected ports "
                + "such as tcp/443 or udp/6000-6010, from 1 to 65535; did you mean 'tcp/443'?",
            exception.Message);
    }

    [Fact]
    public void Columns_count_characters_as_editors_do()
    {
        IReadOnlyList<InventoryProblem> problems = Full.ProblemsAfter(
            "\"description\": \"Everybody\", \"from\"", "\"description\": \"\u00E9\U0001F600\", \"fromm\"");

        Assert.Equal("$.policy.flows[0].fromm", problems[1].Path);
        Assert.Equal(51, problems[1].Column);
    }

    [Theory]
    [InlineData("", "$")]
    [InlineData("{", "$")]
    [InlineData("nul", "$")]
    [InlineData("{ \"site\": \"a\", }", "$")]
    [InlineData("{ \"site\": 01 }", "$")]
    [InlineData("[] []", "$")]
    public void What_is_not_JSON_says_where(string text, string path)
    {
        InventoryProblem problem = Assert.Single(Full.Problems(text));

        Assert.Equal(path, problem.Path);
        Assert.StartsWith("this is not JSON: ", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", problem.Message, StringComparison.Ordinal);
        Assert.True(problem.Line >= 1 && problem.Column >= 1);
    }

    [Fact]
    public void Comments_are_reported_each_beside_the_other_errors()
    {
        IReadOnlyList<InventoryProblem> problems = Full.Problems(
            "// one\n" + Full.Text.Replace("\"warnDays\": 40", "/* two */ \"warnDays\": 4000", StringComparison.Ordinal));

        Assert.Equal(3, problems.Count);
        Assert.Contains("comments are not allowed", problems[0].Message, StringComparison.Ordinal);
        Assert.Contains("comments are not allowed", problems[1].Message, StringComparison.Ordinal);
        Assert.Equal("$.policy.tls.warnDays", problems[2].Path);
    }

    [Fact]
    public void A_file_that_is_missing_has_its_own_id()
    {
        FoobarException exception = Assert.Throws<FoobarException>(() => InventoryLoader.Load("/nonexistent/foobar.json"));

        Assert.Equal("InventoryNotFound", exception.ErrorId);
        Assert.Contains("/nonexistent/foobar.json does not exist", exception.Message, StringComparison.Ordinal);
        Assert.Contains("FOOBAR_INVENTORY", exception.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_read_with_its_byte_order_mark_and_refused_when_it_is_not_UTF_8()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Full.Text, new UTF8Encoding(true));
            Assert.Equal("www.foobar.com", InventoryLoader.Load(file).Name);
            File.WriteAllText(file, Full.Text, Encoding.Unicode);
            Assert.Contains(
                "not UTF-8", Assert.Throws<InventoryException>(() => InventoryLoader.Load(file)).Message, StringComparison.Ordinal);
            File.WriteAllBytes(file, new byte[InventoryLoader.MaxBytes + 1]);
            Assert.Contains(
                "too large", Assert.Throws<InventoryException>(() => InventoryLoader.Load(file)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("site.json", "env.json", "/here/site.json")]
    [InlineData("/abs/site.json", null, "/abs/site.json")]
    [InlineData(null, "env.json", "/here/env.json")]
    [InlineData(" ", "/abs/env.json", "/abs/env.json")]
    [InlineData(null, "", "/here/foobar.json")]
    public void The_inventory_is_the_one_given_else_the_environments_else_the_default(string? path, string? environment, string expected) =>
        Assert.Equal(expected, InventoryLoader.Locate(path, environment, "/here"));
}
