using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Monitoring.Agents;

namespace Foobar.Ops.Tests.Monitoring;

public sealed class FlowTests
{
    private static readonly DateTimeOffset Now = TestSite.Now;

    private static readonly AgentConnection Open = new("tcp", "ESTAB", "192.0.2.11:40000", "203.0.113.9:443", false, 3, 4096);

    private static readonly MonitoringAgent Telegraf = new() { Server = "web-01", Name = "telegraf", ProcessCount = 1,
        Since = Now.AddHours(-1) };

    private static readonly MonitoringAgent Zabbix = Telegraf with { Name = "zabbix", LogAgeSeconds = 60,
        Endpoints = [new AgentEndpoint { Address = "192.0.2.51:10051", Host = "192.0.2.51", Source = "x" }] };

    private static readonly MonitoringAgent Exporter = Telegraf with { Name = "prometheus-node-exporter",
        Answer = Reading.Of(new ExporterAnswer("u", 100, 1)) };

    private static readonly AgentConnection Asked = Open with { Local = "192.0.2.11:9100", Remote = "[::ffff:192.0.2.10]:40000",
        IsIncoming = true };

    /// <summary>An agent and what must be said of it.</summary>
    public static TheoryData<string, DataFlow, string> Cases => new()
    {
        { "not running", DataFlow.Stopped, "does not run" },
        { "suspended", DataFlow.Stopped, "signal" },
        { "sends", DataFlow.Flowing, "last sent to 203.0.113.9:443 3 s ago" },
        { "idle connection", DataFlow.Unknown, "neither" },
        { "nothing acknowledged", DataFlow.Unknown, "neither" },
        { "to itself only", DataFlow.Unknown, "neither" },
        { "unanswered", DataFlow.Stopped, "does not answer" },
        { "unacknowledged", DataFlow.Stopped, "does not acknowledge" },
        { "connecting beside an open one", DataFlow.Flowing, "3 s ago" },
        { "log sent", DataFlow.Flowing, "sent 30 s ago" },
        { "log sent long ago", DataFlow.Unknown, "neither" },
        { "log failed", DataFlow.Stopped, "sending failed" },
        { "log failed, then sent", DataFlow.Flowing, "sent 30 s ago" },
        { "log failed, then open", DataFlow.Flowing, "3 s ago" },
        { "log failed before the start", DataFlow.Unknown, "neither" },
        { "datagrams", DataFlow.Unknown, "datagrams" },
        { "zabbix silent", DataFlow.Flowing, "of none since it started" },
        { "zabbix just started", DataFlow.Unknown, "neither" },
        { "zabbix failed an hour ago", DataFlow.Stopped, "nothing better since" },
        { "zabbix recovered", DataFlow.Flowing, "of none since" },
        { "zabbix unread", DataFlow.Unknown, "not understood" },
        { "alloy fresh", DataFlow.Flowing, "5 s old" },
        { "alloy stale", DataFlow.Stopped, "900 s old" },
        { "exporter asked", DataFlow.Flowing, "192.0.2.10 asked" },
        { "exporter unasked", DataFlow.Asked, "nobody" },
        { "exporter refuses", DataFlow.Stopped, "refused" },
        { "collectd asked", DataFlow.Flowing, "192.0.2.10 asked" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_latest_sign_decides(string name, DataFlow flow, string reason)
    {
        MonitoringAgent agent = Make(name);
        Survey survey = new()
        {
            Time = Now, Units = [], Packages = new Dictionary<string, string>(), Processes = [], Sockets = [], Containers = [], Files = [],
            Logs = name == "zabbix unread" ? [new SurveyedLog("zabbix", "x", Now, null, null) { HasUnreadFailure = true }] : [],
        };

        MonitoringAgent judged = FlowJudge.Judge(agent, KnownAgent.All[agent.Name], Now, survey);

        Assert.Equal(flow, judged.Flow);
        Assert.Contains(reason.Replace("nobody", "anybody", StringComparison.Ordinal), judged.FlowReason, StringComparison.Ordinal);
    }

    private static MonitoringAgent Make(string name) => name switch
    {
        "not running" => Telegraf with { ProcessCount = 0, Connections = [Open] },
        "suspended" => Telegraf with { IsSuspended = true, Connections = [Open] },
        "sends" => Telegraf with { Connections = [Open] },
        "idle connection" => Telegraf with { Connections = [Open with { LastSentSeconds = 500 }] },
        "nothing acknowledged" => Telegraf with { Connections = [Open with { AcknowledgedBytes = null }] },
        "to itself only" => Telegraf with { Connections = [Open with { Remote = "127.0.0.1:8081" }, Open with { Remote = "[::1]:3306" },
            Open with { Remote = "[::ffff:127.0.0.1]:1" }] },
        "unanswered" => Telegraf with { Connections = [Open with { State = "SYN-SENT", AcknowledgedBytes = null }] },
        "unacknowledged" => Telegraf with { Connections = [Open with { Retries = 3 }] },
        "connecting beside an open one" => Telegraf with { Connections = [Open, Open with { State = "SYN-SENT",
            Remote = "203.0.113.10:443" }] },
        "log sent" => Telegraf with { LastSent = Now.AddSeconds(-30) },
        "log sent long ago" => Telegraf with { LastSent = Now.AddHours(-2) },
        "log failed" => Telegraf with { LastFailure = Now.AddSeconds(-30), LastSent = Now.AddSeconds(-60) },
        "log failed, then sent" => Telegraf with { LastFailure = Now.AddSeconds(-60), LastSent = Now.AddSeconds(-30) },
        "log failed, then open" => Telegraf with { LastFailure = Now.AddSeconds(-60), Connections = [Open] },
        "log failed before the start" => Telegraf with { LastFailure = Now.AddSeconds(-60), Since = Now.AddSeconds(-30) },
        "datagrams" => Telegraf with { Connections = [Open with { Protocol = "udp", AcknowledgedBytes = null, LastSentSeconds = null }] },
        "zabbix silent" => Zabbix,
        "zabbix just started" => Zabbix with { Since = Now.AddSeconds(-5) },
        "zabbix failed an hour ago" => Zabbix with { LastFailure = Now.AddMinutes(-50) },
        "zabbix recovered" => Zabbix with { LastFailure = Now.AddMinutes(-50), LastSent = Now.AddMinutes(-40) },
        "zabbix unread" => Zabbix,
        "alloy fresh" => Telegraf with { Name = "alloy", Answer = Reading.Of(new ExporterAnswer("u", 1,
            1) { LastSent = Now.AddSeconds(-5) }) },
        "alloy stale" => Telegraf with { Name = "alloy", Answer = Reading.Of(new ExporterAnswer("u", 1,
            1) { LastSent = Now.AddSeconds(-900) }), Connections = [Open] },
        "exporter asked" => Exporter with { Connections = [Asked] },
        "exporter unasked" => Exporter,
        "exporter refuses" => Exporter with { Answer = Reading.Unreadable<ExporterAnswer>("connection refused"), Connections = [Asked] },
        "collectd asked" => Telegraf with { Name = "collectd", Connections = [Asked], Answer = Reading.Of(new ExporterAnswer("u", 1, 1)) },
        _ => throw new ArgumentException(name),
    };

    [Fact]
    public void What_is_scraped_flows_and_what_can_t_be_scraped_does_not()
    {
        Site site = TestSite.Create(new Policy { Monitoring = new MonitoringPolicy { Prometheus = new Uri("http://198.51.100.10:9090") } });
        MonitoringAgent agent = Exporter with { Flow = DataFlow.Asked, Sockets = [new ListeningSocket { Protocol = TransportProtocol.Tcp,
            Address = "*", Port = 9100 }] };
        ScrapeTarget target = new() { Job = "node", Url = "http://192.0.2.11:9100/metrics", Instance = "web-01:9100", IsUp = true,
            LastScrape = Now.AddSeconds(-4) };

        MonitoringAgent Join(ScrapeTarget scraped) => Assert.Single(AgentScrapes.Join([agent], site.Find("web-01")!, site,
            ServiceControlTests.Facts([scraped])));

        Assert.Equal((DataFlow.Flowing, "Prometheus scraped it 4 s ago"), (Join(target).Flow, Join(target).FlowReason));
        Assert.Equal(DataFlow.Stopped, Join(target with { IsUp = false, LastError = "refused" }).Flow);
        Assert.Equal(DataFlow.Asked, Join(target with { Url = "http://192.0.2.12:9100/metrics", Instance = "web-02" }).Flow);
        Assert.Equal(DataFlow.Asked, Join(target with { Url = "http://192.0.2.12:9100/metrics" }).Flow);
        Assert.Equal((DataFlow.Stopped, "Prometheus scrapes http://192.0.2.11:9100/metrics and keeps none of its samples"),
            (Join(target with { Samples = 0 }).Flow, Join(target with { Samples = 0 }).FlowReason));
        Assert.Equal(DataFlow.Asked, Join(target with { Url = "http://192.0.2.11:9104/metrics" }).Flow);
    }
}
