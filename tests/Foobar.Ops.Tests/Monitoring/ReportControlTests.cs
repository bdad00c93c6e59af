using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring;

namespace Foobar.Ops.Tests.Monitoring;

public sealed class ReportControlTests
{
    private static readonly AgentEndpoint Endpoint = new() { Address = "https://es.foobar.com:9200", Host = "es.foobar.com", Port = 9200,
        Encryption = EndpointEncryption.Encrypted, Source = "/etc/metricbeat/metricbeat.yml: output.elasticsearch/hosts" };

    private static readonly CredentialFile Key = new() { Path = "/etc/metricbeat/metricbeat.yml", Mode = 0x1A0, Owner = "root",
        Group = "root", Settings = ["output.elasticsearch/password"] };

    private static readonly MonitoringAgent Agent = new()
    {
        Server = "web-01",
        Name = "metricbeat",
        IsExpected = true,
        ProcessCount = 1,
        Unit = new Unit { Name = "metricbeat.service", Load = "loaded", Active = "active", Sub = "running", FileState = "enabled" },
        Configuration = "/etc/metricbeat/metricbeat.yml",
        IsConfigured = true,
        LogAgeSeconds = 10,
        Endpoints = [Endpoint],
        CredentialFiles = [Key],
        Flow = DataFlow.Flowing,
        FlowReason = "it last sent to 192.0.2.60:9200 3 s ago",
    };

    /// <summary>A control, an agent and what must be said of it.</summary>
    public static TheoryData<string, string, FindingStatus> Cases => new()
    {
        { "MON-006", "", FindingStatus.Pass },
        { "MON-006", "stopped", FindingStatus.Fail },
        { "MON-006", "unknown", FindingStatus.Unknown },
        { "MON-006", "dead", FindingStatus.NotApplicable },
        { "MON-007", "", FindingStatus.Pass },
        { "MON-007", "elsewhere", FindingStatus.Fail },
        { "MON-007", "look-alike", FindingStatus.Fail },
        { "MON-007", "reference", FindingStatus.Unknown },
        { "MON-007", "no endpoint", FindingStatus.Unknown },
        { "MON-007", "undeclared", FindingStatus.NotApplicable },
        { "MON-008", "", FindingStatus.Pass },
        { "MON-008", "plain", FindingStatus.Fail },
        { "MON-008", "plain and local", FindingStatus.Pass },
        { "MON-008", "unverified", FindingStatus.Warning },
        { "MON-008", "unsaid", FindingStatus.Unknown },
        { "MON-008", "reference", FindingStatus.Unknown },
        { "MON-008", "leg", FindingStatus.NotApplicable },
        { "MON-009", "", FindingStatus.Pass },
        { "MON-009", "own group", FindingStatus.Pass },
        { "MON-009", "others", FindingStatus.Fail },
        { "MON-009", "other group", FindingStatus.Fail },
        { "MON-009", "other owner", FindingStatus.Fail },
        { "MON-009", "none", FindingStatus.NotApplicable },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_flaw_is_judged_by_its_control(string control, string flaw, FindingStatus status)
    {
        MonitoringAgent agent = Make(flaw);
        Finding finding = Assert.Single(Judge(control, agent, new ClockSkew(0, 0.01), flaw == "undeclared" ? []
            : new() { ["metricbeat"] = ["foobar.com"] }));

        Assert.Equal(status, finding.Status);
    }

    [Theory]
    [InlineData(30, 0.1, FindingStatus.Pass)]
    [InlineData(-90, 0.1, FindingStatus.Fail)]
    [InlineData(60, 5, FindingStatus.Unknown)]
    public void The_clock_is_judged_with_its_uncertainty(double seconds, double uncertainty, FindingStatus status) =>
        Assert.Equal(status, Assert.Single(Judge("MON-010", Agent, new ClockSkew(seconds, uncertainty), [])).Status);

    [Fact]
    public void A_site_without_a_policy_is_not_concerned()
    {
        AgentFacts facts = new() { Agents = Reading.Of<IReadOnlyList<MonitoringAgent>>([Agent with { Flow = DataFlow.Stopped,
            IsExpected = false }]) };
        Assert.All(["MON-006", "MON-007", "MON-008", "MON-009", "MON-010"], id => Assert.Equal(FindingStatus.NotApplicable,
            Assert.Single(TestSite.Judge(AgentControls.All, id, facts)).Status));
    }

    [Fact]
    public void An_agent_of_another_component_is_not_expected_here()
    {
        AgentFacts facts = new() { Agents = Reading.Of<IReadOnlyList<MonitoringAgent>>([]) };
        Site site = TestSite.Create(new Policy { Monitoring = new MonitoringPolicy { Agents = ["haproxy-exporter"] } });
        Assert.Equal(FindingStatus.NotApplicable, Assert.Single(TestSite.Judge(AgentControls.All, "MON-001", facts, "web-01", site))
            .Status);
    }

    [Fact]
    public void An_exporter_that_wants_a_login_is_undecided()
    {
        MonitoringAgent exporter = Agent with { Name = "prometheus-node-exporter",
            Answer = Reading.Unreadable<ExporterAnswer>("Response status code does not indicate success: 401 (Unauthorized).") };
        Assert.Equal(FindingStatus.Unknown, Assert.Single(Judge("MON-002", exporter, new ClockSkew(0, 0), [])).Status);
    }

    [Fact]
    public void An_exporter_that_does_not_reach_what_it_watches_gives_no_figures()
    {
        MonitoringAgent exporter = Agent with { Name = "prometheus-mysqld-exporter", Answer = Reading.Of(new ExporterAnswer("u", 40,
            1) { IsHealthy = false }) };
        Assert.Equal(FindingStatus.Fail, Assert.Single(Judge("MON-002", exporter, new ClockSkew(0, 0), [])).Status);
    }

    private static MonitoringAgent Make(string flaw) => flaw switch
    {
        "stopped" => Agent with { Flow = DataFlow.Stopped, FlowReason = "x" },
        "unknown" => Agent with { Flow = DataFlow.Unknown, FlowReason = "x" },
        "dead" => Agent with { Flow = DataFlow.Stopped, ProcessCount = 0, Unit = null },
        "elsewhere" => Agent with { Endpoints = [Endpoint, Endpoint with { Host = "es.example.com" }] },
        "look-alike" => Agent with { Endpoints = [Endpoint with { Host = "notfoobar.com" }] },
        "reference" => Agent with { Endpoints = [Endpoint with { Host = null, Encryption = EndpointEncryption.Unknown }] },
        "no endpoint" => Agent with { Endpoints = [] },
        "plain" => Agent with { Endpoints = [Endpoint, Endpoint with { Encryption = EndpointEncryption.Plain }] },
        "plain and local" => Agent with { Endpoints = [Endpoint with { Host = "localhost", Encryption = EndpointEncryption.Plain }] },
        "unverified" => Agent with { Endpoints = [Endpoint with { Encryption = EndpointEncryption.Unverified }] },
        "unsaid" => Agent with { Endpoints = [Endpoint with { Encryption = EndpointEncryption.Unknown }] },
        "leg" => Agent with { Endpoints = [Endpoint with { IsLeg = true, Encryption = EndpointEncryption.Plain }] },
        "own group" => Agent with { CredentialFiles = [Key with { Group = "metricbeat" }] },
        "others" => Agent with { CredentialFiles = [Key with { Mode = 0x1A4 }] },
        "other group" => Agent with { CredentialFiles = [Key with { Group = "www-data" }] },
        "other owner" => Agent with { CredentialFiles = [Key with { Owner = "www-data" }] },
        "none" => Agent with { CredentialFiles = [] },
        _ => Agent,
    };

    private static IReadOnlyList<Finding> Judge(string control, MonitoringAgent agent, ClockSkew skew, Dictionary<string,
        IReadOnlyList<string>> reportTo) => TestSite.Judge(
            AgentControls.All,
            control,
            new AgentFacts { Agents = Reading.Of<IReadOnlyList<MonitoringAgent>>([agent]), Clock = Reading.Of(skew) },
            "web-01",
            TestSite.Create(new Policy { Monitoring = new MonitoringPolicy { Agents = [agent.Name], ReportTo = reportTo } }));
}
