using System.Text.Json;
using System.Text.RegularExpressions;
using Foobar.Ops.Inventory;
using Foobar.Ops.Monitoring.Agents;
using Foobar.Ops.Monitoring.Alerts;

namespace Foobar.Ops.Tests.Monitoring;

/// <summary>The tables of agents and of alert topics are data: what a compiler would see in code is held here.</summary>
public sealed class AgentTableTests
{
    private static readonly string[] Formats = ["yaml", "toml", "ini", "properties", "blocks", "alloy", "haproxy"];

    [Fact]
    public void Every_agent_of_the_table_can_be_declared_and_no_other()
    {
        Assert.Equal(MonitoringPolicy.KnownAgents.Order(StringComparer.Ordinal), KnownAgent.All.Keys.Order(StringComparer.Ordinal));
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Repository.File("docs", "foobar.schema.json")));
        JsonElement policy = schema.RootElement.GetProperty("$defs").GetProperty("monitoringPolicy").GetProperty("properties");
        JsonElement[] lists = [policy.GetProperty("agents").GetProperty("items").GetProperty("enum"), policy.GetProperty("reportTo")
            .GetProperty("propertyNames").GetProperty("enum")];
        Assert.All(lists, list => Assert.Equal(MonitoringPolicy.KnownAgents.Order(StringComparer.Ordinal), list.EnumerateArray()
            .Select(one => one.GetString()).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Every_row_is_of_its_form() => Assert.All(KnownAgent.All.Values, agent =>
    {
        Assert.NotEmpty(agent.Title);
        Assert.True(agent.Source.Length > 20, agent.Name);
        Assert.NotEmpty(agent.Units);
        Assert.All(agent.Units, unit => Assert.EndsWith(".service", unit, StringComparison.Ordinal));
        Assert.NotEmpty(agent.Processes);
        Assert.All(agent.Processes, name => Assert.InRange(name.Length, 1, 15));
        Assert.All(agent.Configurations, place => Assert.Contains(place.Format, Formats));
        Assert.All(agent.Configurations.Select(place => place.Path).Concat(agent.CredentialFiles).Concat(agent.Logs.Select(log =>
            log.Path)), path => Assert.Matches("^/[A-Za-z0-9/_.*-]+$", path));
        Assert.All(agent.Roles, role => Assert.True(InventoryWord.TryParse(role, out Role _), role));
        Assert.All(agent.Logs.SelectMany(log => (string?[])[log.Sent, log.Failed]).Append(agent.JournalSent).Append(agent.JournalFailed)
            .OfType<string>(), pattern =>
        {
            _ = new Regex(pattern, RegexOptions.None, TimeSpan.FromSeconds(1));
            Assert.DoesNotContain('\t', pattern);
        });
        Assert.True(agent.Status is null or { Path: ['/', ..], Format: "prometheus" or "json" }, agent.Name);
        Assert.InRange(agent.IntervalSeconds, 1, 3600);
    });

    [Fact]
    public void No_value_of_a_credential_may_leave_a_server()
    {
        string[] taken = [.. KnownAgent.All.Values.SelectMany(SurveyScript.Keys).Distinct()];
        string[] credentials = [.. KnownAgent.All.Values.SelectMany(agent => agent.Credentials)];

        Assert.DoesNotContain(taken, key => credentials.Any(credential => Wildcards.Matches(credential, key)));
        Assert.DoesNotContain(taken, key => Regex.IsMatch(key, "pass|secret|token|key|credential|auth", RegexOptions.IgnoreCase));
    }

    [Fact]
    public void A_key_that_no_row_has_is_an_error() =>
        Assert.Throws<JsonException>(
            () => KnownAgent.Parse("""{ "agents": [{ "name": "a", "title": "b", "source": "c", "processes": ["d"], "unit": ["e"] }] }"""));

    [Fact]
    public void Every_topic_and_component_is_of_its_form()
    {
        Assert.Equal(["traffic", "errors", "replication-lag", "certificates", "disks"], AlertTopic.Table.Topics.Select(topic =>
            topic.Name));
        Assert.All(AlertTopic.Table.Topics.SelectMany(topic => topic.Metrics), metric => Assert.Matches("^[a-zA-Z_*][a-zA-Z0-9_*]+$",
            metric.Name));
        Assert.All(AlertTopic.Table.Components, component =>
        {
            Assert.NotEmpty(component.Metrics);
            Assert.True(component.Role is null || InventoryWord.TryParse(component.Role, out Role _), component.Role);
        });
    }
}
