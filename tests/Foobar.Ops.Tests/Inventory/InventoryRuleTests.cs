using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests.Inventory;

/// <summary>One change of a good inventory a row, and the problem that it must give.</summary>
public sealed class InventoryRuleTests
{
    [Theory]
    [InlineData("\"site\": \"www.foobar.com\",", "", "$", "the key \"site\" is missing", null)]
    [InlineData("\"site\": \"www.foobar.com\"", "\"site\": 5", "$.site", "5 stands where", null)]
    [InlineData("\"site\": \"www.foobar.com\"", "\"site\": null", "$.site", "null stands where", null)]
    [InlineData("\"sshConfig\": \"ssh_config\"", "\"sshConfig\": \"a\\u0000b\"", "$.sshConfig", "control character", null)]
    [InlineData("\"sshConfig\": \"ssh_config\"", "\"sshConfig\": \"-F\"", "$.sshConfig", "does not fit", null)]
    [InlineData("\"sshConfig\":", "\"ssh_config\":", "$.ssh_config", "unknown key", "sshConfig")]
    [InlineData("\"description\": \"A site", "\"description\": \"\\ud800", "$.description", "surrogate", null)]
    [InlineData("\"public\":", "\"internet\":", "$.networks.internet", "word of their own", null)]
    [InlineData("\"public\":", "\"web\":", "$.networks.web", "word of their own", null)]
    [InlineData("\"public\":", "\"192.0.2.1\":", "$.networks['192.0.2.1']", "which is an address", null)]
    [InlineData("\"public\":", "\"Operator\":", "$.networks.operator", "differ only in case", null)]
    [InlineData("\"public\":", "\"web-01\":", "$.servers['web-01']", "name of a network", null)]
    [InlineData("\"198.51.100.0/24\"", "\"198.51.100.7/24\"", "$.networks.public[0]", "bits set beyond", "198.51.100.0/24")]
    [InlineData("\"198.51.100.0/24\"", "\"198.51.100.0\"", "$.networks.public[0]", "does not fit", null)]
    [InlineData("\"198.51.100.0/24\"", "\"0.0.0.0/0\"", "$.networks.public[0]", "every address there is", null)]
    [InlineData("\"198.51.100.0/24\"", "\"198.51.100.0/33\"", "$.networks.public[0]", "does not fit", null)]
    [InlineData("[\"198.51.100.0/24\"]", "[]", "$.networks.public", "the list is empty", null)]
    [InlineData("\"web-02\":", "\"web 02\":", "$.servers['web 02']", "cannot be the name", null)]
    [InlineData("\"web-02\":", "\"$(reboot)\":", "$.servers['$(reboot)']", "cannot be the name", null)]
    [InlineData("\"web-02\":", "\"WEB-01\":", "$.servers['WEB-01']", "differ only in case", null)]
    [InlineData(
        "\"roles\": [\"load-balancer\"]",
        "\"roles\": [\"loadbalancer\"]",
        "$.servers['lb-01'].roles[0]",
        "not known here",
        "load-balancer")]
    [InlineData(
        "\"roles\": [\"load-balancer\"]",
        "\"roles\": [\"load-balancer\", \"load-balancer\"]",
        "$.servers['lb-01'].roles[1]",
        "already",
        null)]
    [InlineData("\"192.0.2.12\"", "\"192.0.2.11\"", "$.servers['web-02'].addresses[0]", "is an address of web-01 already", null)]
    [InlineData("\"ssh\": \"web-01\"", "\"ssh\": \"WEB-02\"", "$.servers['web-02']", "web-02 is logged in to as web-01 is", null)]
    [InlineData("\"192.0.2.12\"", "\"192.0.2\"", "$.servers['web-02'].addresses[0]", "does not fit", null)]
    [InlineData("\"192.0.2.12\"", "\"::ffff:192.0.2.12\"", "$.servers['web-02'].addresses[0]", "does not fit", null)]
    [InlineData("\"192.0.2.12\"", "\"fe80::1%eth0\"", "$.servers['web-02'].addresses[0]", "does not fit", null)]
    [InlineData(
        "\"198.51.100.9\"", "\"192.0.2.11\"", "$.policy.loadBalancing.virtualAddresses[0]", "is an address of web-01 already", null)]
    [InlineData("\"/srv/shop\"", "\"srv/shop\"", "$.policy.topology.appFiles[0]", "does not fit", null)]
    [InlineData("\"failoverDrillDays\": 30", "\"failoverDrillDays\": 0", "$.policy.topology.failoverDrillDays", "does not fit", null)]
    [InlineData(
        "\"kind\": \"sumo-logic-source\"",
        "\"kind\": \"sumo-logic-source\", \"url\": \"https://x.example/a\"",
        "$.policy.monitoring.services.sumo.url",
        "is its key",
        null)]
    [InlineData("\"kind\": \"sumo-logic-source\"", "\"kind\": \"otlp\"", "$.policy.monitoring.services.sumo", "has no address", null)]
    [InlineData(
        "\"kind\": \"sumo-logic-source\"",
        "\"kind\": \"new-relic\", \"url\": \"https://x.example\"",
        "$.policy.monitoring.services.sumo",
        "no account",
        null)]
    [InlineData(
        "\"kind\": \"sumo-logic-source\"",
        "\"kind\": \"webhook\", \"queries\": { \"a\": { \"expression\": \"b\" } }",
        "$.policy.monitoring.services.sumo.queries",
        "can't be asked",
        null)]
    [InlineData(
        "\"kind\": \"sumo-logic-source\"",
        "\"kind\": \"sumologic\"",
        "$.policy.monitoring.services.sumo.kind",
        "not known here",
        "sumo-logic")]
    [InlineData(
        "\"kind\": \"sumo-logic-source\"",
        "\"kind\": \"webhook\", \"url\": \"https://u:p@x.example\"",
        "$.policy.monitoring.services.sumo.url",
        "looks like a secret",
        null)]
    [InlineData(
        "\"kind\": \"sumo-logic-source\"",
        "\"kind\": \"webhook\", \"token\": \"x\"",
        "$.policy.monitoring.services.sumo.token",
        "looks like a secret",
        null)]
    [InlineData(
        "[\"mimir-reader\", \"other\"]",
        "[\"a\", \"b\", \"c\"]",
        "$.policy.monitoring.services.mimir.vaultEntries",
        "3 vault entries",
        null)]
    [InlineData("\"mimir\": {", "\"mi mir\": {", "$.policy.monitoring.services['mi mir']", "name of a monitoring service", null)]
    [InlineData("\"ssh\": \"web-01\"", "\"ssh\": \"-oProxyCommand=reboot\"", "$.servers['web-01'].ssh", "does not fit", null)]
    [InlineData("\"ssh\": \"web-01\"", "\"ssh\": \"ops@web-01\"", "$.servers['web-01'].ssh", "does not fit", null)]
    [InlineData("\"ssh\": \"web-01\"", "\"ssh\": \"web-01\\nreboot\"", "$.servers['web-01'].ssh", "control character", null)]
    [InlineData("\"ssh\": \"web-01\"", "\"ssh\": [\"web-01\"]", "$.servers['web-01'].ssh", "an array stands where", null)]
    [InlineData("\"host\": \"lb.foobar.com\", ", "", "$.servers['lb-01'].ssh", "\"host\" is missing", null)]
    [InlineData("\"user\": \"ops\"", "\"user\": \"-l\"", "$.servers['lb-01'].ssh.user", "does not fit", null)]
    [InlineData("\"transport\": \"sshnet\"", "\"transport\": \"telnet\"", "$.servers['lb-01'].ssh.transport", "is not known here", null)]
    [InlineData("\"port\": 2222", "\"port\": 0", "$.servers['lb-01'].ssh.port", "does not fit", null)]
    [InlineData("\"port\": 2222", "\"port\": \"2222\"", "$.servers['lb-01'].ssh.port", "does not fit", null)]
    [InlineData("\"proxyJump\": \"jump\"", "\"proxyJump\": \"jump;reboot\"", "$.servers['lb-01'].ssh.proxyJump", "does not fit", null)]
    [InlineData("\"from\": \"internet\"", "\"from\": \"internetz\"", "$.policy.flows[0].from", "names nothing", "internet")]
    [InlineData("\"from\": \"internet\"", "\"from\": \"monitoring\"", "$.policy.flows[0].from", "no server has the role", null)]
    [InlineData("\"203.0.113.99\"", "\"203.0.113.99/24\"", "$.policy.flows[1].from[1]", "names nothing", "203.0.113.0/24")]
    [InlineData(
        "\"addresses\": [\"192.0.2.12\"]",
        "\"description\": \"x\"",
        "$.policy.flows[1].to",
        "names the server web-02, which has no addresses",
        null)]
    [InlineData("\"name\": \"operators\"", "\"name\": \"Visitors\"", "$.policy.flows[1].name", "another flow", null)]
    [InlineData("\"tcp/80\"", "\"tcp/0\"", "$.policy.flows[0].ports[0]", "does not fit", null)]
    [InlineData("\"tcp/80\"", "\"TCP:80\"", "$.policy.flows[0].ports[0]", "does not fit", "tcp/80")]
    [InlineData("\"tcp/80\"", "\"tcp/90-80\"", "$.policy.flows[0].ports[0]", "does not fit", null)]
    [InlineData("\"until\": \"2027-01-31\"", "\"until\": \"2027-02-31\"", "$.policy.suppressions[0].until", "does not fit", null)]
    [InlineData("\"until\": \"2027-01-31\"", "\"until\": \"31.1.2027\"", "$.policy.suppressions[0].until", "does not fit", null)]
    [InlineData(", \"until\": \"2027-01-31\"", "", "$.policy.suppressions[0]", "\"until\" is missing", null)]
    [InlineData("\"reason\": \"Ticket 4711\", ", "", "$.policy.suppressions[1]", "\"reason\" is missing", null)]
    [InlineData("\"control\": \"FW-003\"", "\"control\": \"FW 003\"", "$.policy.suppressions[1].control", "does not fit", null)]
    [InlineData("\"unknown\": true", "\"unknown\": \"yes\"", "$.policy.suppressions[1].unknown", "does not fit", null)]
    [InlineData("\"server\": \"web-*\"", "\"server\": \"web-1\"", "$.policy.suppressions[0].server", "no server is named", "web-01")]
    [InlineData(
        "{ \"web\": [\"nginx.service\"]", "{ \"webb\": [\"nginx.service\"]", "$.policy.servers.units.webb", "not known here", "web")]
    [InlineData("\"nginx.service\"", "\"nginx\"", "$.policy.servers.units.web[0]", "does not fit", null)]
    [InlineData(
        "\"diskWarnPercent\": 70", "\"diskWarnPercent\": 99", "$.policy.servers.diskWarnPercent", "would fail before it warns", null)]
    [InlineData("\"warnDays\": 40", "\"warnDays\": 10", "$.policy.tls.failDays", "would fail before it warns", null)]
    [InlineData("\"warnDays\": 40", "\"warnDays\": 4.5", "$.policy.tls.warnDays", "does not fit", null)]
    [InlineData("\"endsAt\": \"load-balancer\"", "\"endsAt\": \"web\"", "$.policy.tls.backends", "nothing encrypts it again", null)]
    [InlineData("\"endsAt\": \"load-balancer\"", "\"endsAt\": \"database\"", "$.policy.tls.endsAt", "not known here", null)]
    [InlineData("\"profile\": \"modern\"", "\"profile\": \"moderne\"", "$.policy.tls.profile", "not known here", "modern")]
    [InlineData("\"members\": \"app\"", "\"members\": \"monitoring\"", "$.policy.database.members", "no server has the role", null)]
    [InlineData("\"writers\": 2", "\"writers\": 3", "$.policy.database.writers", "3 writers are wanted of 2 members", null)]
    [InlineData(
        "\"topology\": \"galera\"",
        "\"topology\": \"replication\"",
        "$.policy.database.writers",
        "plain replication would lose some",
        null)]
    [InlineData(
        "\"kind\": \"haproxy\", \"server\": \"lb-01\"",
        "\"kind\": \"haproxy\", \"server\": \"lb-1\"",
        "$.policy.database.writeEndpoint.server",
        "no server is named",
        "lb-01")]
    [InlineData("\"backend\": \"mysql-write\", ", "", "$.policy.database.writeEndpoint", "\"backend\" is missing", null)]
    [InlineData("\"192.0.2.10:3306\"", "\"192.0.2.10\"", "$.policy.database.writeEndpoint.address", "does not fit", null)]
    [InlineData("\"192.0.2.10:3306\"", "\"192.0.2.10:99999\"", "$.policy.database.writeEndpoint.address", "does not fit", null)]
    [InlineData("\"semiSync\": true", "\"semiSync\": \"yes\"", "$.policy.database.semiSync", "does not fit", null)]
    [InlineData("\"/run/lb/admin.sock\"", "\"/run/lb/$(reboot)\"", "$.policy.loadBalancing.adminSocket", "does not fit", null)]
    [InlineData("\"datadog\"", "\"datadogg\"", "$.policy.monitoring.agents[1]", "not known here", "datadog")]
    [InlineData("{ \"datadog\": [", "{ \"datadogg\": [", "$.policy.monitoring.reportTo.datadogg", "not known here", "datadog")]
    [InlineData("\"http://192.0.2.30:9090\"", "\"ftp://192.0.2.30\"", "$.policy.monitoring.prometheus", "does not fit", null)]
    [InlineData("\"outside\":", "\"lb-01\":", "$.vantages['lb-01']", "name of a network or a server", null)]
    [InlineData("\"outside\":", "\"web\":", "$.vantages.web", "word of their own", null)]
    [InlineData("\"outside\":", "\"OFFICE\":", "$.vantages.office", "differ only in case", null)]
    [InlineData("\"standsFor\": \"operator\"", "\"standsFor\": \"opertor\"", "$.vantages.office.standsFor", "is no network", "operator")]
    [InlineData("\"standsFor\": \"operator\"", "\"standsFor\": \"web\"", "$.vantages.office.standsFor", "is no network", null)]
    [InlineData(
        "\"standsFor\": \"internet\"", "\"standsFor\": \"public\"", "$.vantages.outside.addresses[0]", "is no address of 'public'", null)]
    [InlineData("[\"203.0.113.200\"]", "[\"203.0.113.3\"]", "$.vantages.outside.addresses[0]", "is no address of 'internet'", null)]
    [InlineData("[\"203.0.113.200\"]", "[\"192.0.2.11\"]", "$.vantages.outside.addresses[0]", "is an address of web-01 already", null)]
    [InlineData("\"ssh\": \"office-01\"", "\"ssh\": \"-oProxyCommand=reboot\"", "$.vantages.office.ssh", "does not fit", null)]
    [InlineData("\"ssh\": \"office-01\"", "\"roles\": []", "$.vantages.office.roles", "unknown key", null)]
    [InlineData("\"policy\": {", "\"polcy\": {", "$.polcy", "unknown key", "policy")]
    public void A_breach_is_reported_at_its_place(string old, string replacement, string path, string message, string? suggestion)
    {
        IReadOnlyList<InventoryProblem> problems = Full.ProblemsAfter(old, replacement);

        InventoryProblem problem = Assert.Single(
            problems, problem => problem.Path == path && problem.Message.Contains(message, StringComparison.Ordinal));
        Assert.Equal(suggestion, problem.Suggestion);
        Assert.True(problem.Line > 0);
    }

    [Theory]
    [InlineData("password")]
    [InlineData("db_password")]
    [InlineData("secret")]
    [InlineData("API-Key")]
    [InlineData("token")]
    [InlineData("privateKey")]
    [InlineData("licenseKey")]
    [InlineData("passphrase")]
    public void A_key_that_looks_like_a_secret_is_refused_without_its_value(string key)
    {
        foreach (string before in new[]
        {
            "\"description\": \"The load",
            "\"site\":",
            "\"endsAt\":",
            "\"writers\":",
            "\"name\": \"visitors\"",
        })
        {
            IReadOnlyList<InventoryProblem> problems = Full.ProblemsAfter(before, $"\"{key}\": \"hunter2\", {before}");

            InventoryProblem problem = Assert.Single(problems);
            Assert.Contains("looks like a secret", problem.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", problem.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXk hunter2")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\\nhunter2")]
    [InlineData("https://ops:hunter2@prometheus.foobar.com")]
    [InlineData("Server=db;Uid=ops;Pwd=hunter2")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJodW50ZXIyIjoxfQ.hunter2")]
    [InlineData("AKIAHUNTER2HUNTER2HU")]
    public void A_value_that_looks_like_a_secret_is_refused_and_not_repeated(string value)
    {
        foreach (string place in new[]
        {
            "A site with everything",
            "lb.foobar.com",
            "internet",
            "tcp/80",
            "mysql-write",
            "modern",
            "http://192.0.2.30:9090",
            "192.0.2.12",
            "foobar.com\"]",
        })
        {
            IReadOnlyList<InventoryProblem> problems = Full.ProblemsAfter($"\"{place.TrimEnd(']', '"')}\"", $"\"{value}\"");

            Assert.Contains(problems, problem => problem.Message.Contains("looks like a secret", StringComparison.Ordinal));
            Assert.DoesNotContain(problems, problem => problem.ToString().Contains("hunter2", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public void A_policy_may_be_empty_and_then_has_the_usual_thresholds()
    {
        Site site = InventoryLoader.Parse("""{ "site": "a.b", "servers": { "x": { "roles": ["web"] } }, "policy": {} }""", Full.Path);

        Assert.Null(site.Policy.Database);
        Assert.Equal(30, site.Policy.Tls.WarnDays);
        Assert.Equal("x", site.Servers[0].Ssh.Host);
    }
}
