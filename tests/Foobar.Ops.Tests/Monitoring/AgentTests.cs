using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Monitoring.Agents;

namespace Foobar.Ops.Tests.Monitoring;

public sealed class AgentTests
{
    private static readonly MonitoringAgent Exporter = new()
    {
        Server = "web-01",
        Name = "prometheus-node-exporter",
        IsExpected = true,
        Unit = new Unit
        {
            Name = "prometheus-node-exporter.service",
            Load = "loaded",
            Active = "active",
            Sub = "running",
            FileState = "enabled",
        },
        Answer = Reading.Of(new ExporterAnswer("http://127.0.0.1:9100/metrics", 900, 12)),
    };

    private static readonly MonitoringAgent Datadog = Exporter with
    {
        Name = "datadog",
        Answer = null,
        IsConfigured = true,
        Configuration = "/etc/datadog-agent/datadog.yaml",
        LogAgeSeconds = 20,
    };

    [Fact]
    public void A_working_agent_passes()
    {
        Assert.Equal(
            [
                ("MON-001", FindingStatus.Pass),
                ("MON-002", FindingStatus.Pass),
                ("MON-003", FindingStatus.NotApplicable),
                ("MON-004", FindingStatus.Pass),
                ("MON-005", FindingStatus.NotApplicable),
            ],
            JudgeAll(Exporter, "prometheus-node-exporter").Take(5));
        Assert.All(JudgeAll(Datadog, "datadog").Take(4), finding => Assert.Equal(FindingStatus.Pass, finding.Status));
    }

    [Fact]
    public void Each_flaw_fails_its_own_control()
    {
        Unit unit = Exporter.Unit!;
        (string Control, MonitoringAgent Agent)[] flaws =
        [
            ("MON-001", Exporter with { Unit = unit with { Active = "inactive", Sub = "dead" } }),
            ("MON-002", Exporter with { Answer = Reading.Unreadable<ExporterAnswer>("connection refused") }),
            ("MON-002", Exporter with { Answer = null }),
            ("MON-003", Exporter with { IsConfigured = false }),
            ("MON-004", Exporter with { Unit = unit with { FileState = "disabled" } }),
        ];

        foreach ((string control, MonitoringAgent agent) in flaws)
        {
            Assert.Equal(
                [control],
                JudgeAll(agent, agent.Name).Where(finding => finding.Status == FindingStatus.Fail).Select(finding => finding.Id));
        }
    }

    [Fact]
    public void An_agent_that_another_unit_must_start_is_not_decided() =>
        Assert.Contains(
            ("MON-004", FindingStatus.Unknown),
            JudgeAll(Exporter with { Unit = Exporter.Unit! with { FileState = "static" } }, Exporter.Name));

    [Fact]
    public void An_agent_that_is_not_installed_fails_once() =>
        Assert.Equal(
            ["MON-001"],
            JudgeAll(Exporter with { Unit = null, Answer = null }, Exporter.Name)
                .Where(finding => finding.Status == FindingStatus.Fail)
                .Select(finding => finding.Id));

    [Fact]
    public void An_agent_that_may_be_in_a_container_that_can_t_be_seen_is_not_decided() =>
        Assert.Contains(
            ("MON-001", FindingStatus.Unknown),
            JudgeAll(Exporter with { Unit = null, Answer = null, Unread = "containers could not be read: x" }, Exporter.Name));

    [Fact]
    public void A_log_that_stands_still_is_a_warning() =>
        Assert.Contains(("MON-002", FindingStatus.Warning), JudgeAll(Datadog with { LogAgeSeconds = 3600 }, "datadog"));

    [Fact]
    public void A_server_nobody_watches_fails_where_the_policy_names_no_agent()
    {
        Assert.Contains(("MON-005", FindingStatus.Pass), JudgeAll(Exporter));
        Assert.Contains(("MON-005", FindingStatus.Fail), JudgeAll(Exporter with { Unit = null }));
    }

    [Fact]
    public void What_could_not_be_read_is_unknown()
    {
        AgentFacts facts = new() { Agents = Reading.Unreadable<IReadOnlyList<MonitoringAgent>>("no systemd") };

        Assert.All(
            AgentControls.All.Take(4),
            control => Assert.Equal(
                FindingStatus.Unknown,
                Assert.Single(TestSite.Judge(AgentControls.All, control.Info.Id, facts, site: Expecting("datadog"))).Status));
        Assert.Equal(FindingStatus.Unknown, Assert.Single(TestSite.Judge(AgentControls.All, "MON-005", facts)).Status);
    }

    [Fact]
    public void Samples_are_counted_and_a_page_is_none()
    {
        Assert.Equal(
            4,
            ExporterText.Parse("# HELP a b\n# TYPE a gauge\na 1\nb{c=\"d e\"} +Inf\nf_total 1.5e+09\ng{h=\"}\"} 1 1700000000000\n").Count);
        Assert.Throws<ParseException>(() => ExporterText.Parse("<html>\n<body>Not Found</body>\n"));
    }

    [Fact]
    public void Any_text_is_taken_or_refused() => ParserProperties.TakesOrRefusesAnyText(ExporterText.Parse, "a 1\nb{c=\"d\"} 2\n");

    private static Site Expecting(params string[] agents) =>
        TestSite.Create(new Policy { Monitoring = new MonitoringPolicy { Agents = agents } });

    private static IEnumerable<(string Id, FindingStatus Status)> JudgeAll(MonitoringAgent agent, params string[] expected) =>
        AgentControls.All
            .SelectMany(
                control => TestSite.Judge(
                    AgentControls.All, control.Info.Id,
                    new AgentFacts { Agents = Reading.Of<IReadOnlyList<MonitoringAgent>>([agent]) },
                    site: Expecting(expected)))
            .Select(finding => (finding.ControlId, finding.Status));
}
