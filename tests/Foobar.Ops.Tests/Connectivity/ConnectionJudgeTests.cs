using System.Net;
using Foobar.Ops.Connectivity;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;
using Foobar.Ops.Tests.Topology;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Tests.Connectivity;

/// <summary>Which probes are chosen, and what is said of what comes of them.</summary>
public sealed class ConnectionJudgeTests
{
    private static readonly SiteMap Map = SmallSite.Map(SmallSite.Case());

    [Fact]
    public void The_policys_flows_are_probed_where_a_route_leads_and_a_sample_of_others()
    {
        IReadOnlyList<PlannedProbe> plan = Plan(Operator, new ConnectionTestOptions { SampleSize = 2 });

        Assert.Equal(
            ["198.51.100.10 tcp/22", "198.51.100.10 tcp/443", "198.51.100.10 tcp/80"],
            plan.Where(static probe => probe.Declared == Declared.Open).Select(static probe => probe.Probe.ToString()).Order());
        Assert.Equal(2, plan.Count(static probe => probe.Target.Name == "lb-01" && probe.Declared == Declared.Closed));
        Assert.DoesNotContain(plan, static probe => probe.Target.Name == "web-01");
    }

    [Fact]
    public void What_the_whole_internet_may_reach_is_neither_asked_nor_forbidden_to_servers() =>
        Assert.Equal(
            Declared.Either,
            Assert.Single(
                Plan(Vantage("fw-01"), new ConnectionTestOptions { Ports = [ProbePorts.Parse("443")] }),
                static probe => probe.Probe.Address.ToString() == "198.51.100.10").Declared);

    [Fact]
    public void Ports_that_are_asked_for_replace_those_of_the_policy()
    {
        IReadOnlyList<PlannedProbe> plan = Plan(
            Operator, new ConnectionTestOptions { Ports = [ProbePorts.Parse("8000-8002"), ProbePorts.Parse("udp/53")] });
        Assert.Equal(
            ["tcp/8000", "tcp/8001", "tcp/8002", "udp/53"],
            plan.Where(static probe => probe.Target.Name == "lb-01").Select(static probe => probe.Probe.ToString().Split(' ')[1]));
    }

    [Theory]
    [InlineData(443, ProbeState.Open, FindingStatus.Pass, FindingStatus.Pass)]
    [InlineData(443, ProbeState.Filtered, FindingStatus.Fail, FindingStatus.Fail)]
    [InlineData(443, ProbeState.Refused, FindingStatus.Warning, FindingStatus.Fail)]
    [InlineData(443, ProbeState.Unknown, FindingStatus.Unknown, FindingStatus.Unknown)]
    [InlineData(3306, ProbeState.Open, FindingStatus.Fail, FindingStatus.Fail)]
    [InlineData(3306, ProbeState.Filtered, FindingStatus.Pass, FindingStatus.Pass)]
    [InlineData(3306, ProbeState.Refused, FindingStatus.Pass, FindingStatus.Fail)]
    [InlineData(25, ProbeState.Unreachable, FindingStatus.Pass, FindingStatus.Pass)]
    public void A_probe_is_held_against_the_policy_and_against_the_model(
        int port, ProbeState state, FindingStatus policy, FindingStatus model)
    {
        Finding[] findings = Judge(Map, port, state);
        Assert.Equal(
            (policy, model),
            (findings.Single(
                static finding => finding.ControlId != "FW-022").Status, findings.Single(
                    static finding => finding.ControlId == "FW-022").Status));
        Assert.All(findings, static finding => Assert.Equal("lb-01", finding.Server));
    }

    [Fact]
    public void A_disagreement_with_the_model_names_probe_outcome_and_rule()
    {
        Finding finding = Assert.Single(Judge(Map, 3306, ProbeState.Open), static finding => finding.ControlId == "FW-022");
        Assert.Equal("operator to 198.51.100.10 tcp/3306", finding.Target);
        Assert.Contains("fw-01", finding.Expected, StringComparison.Ordinal);
        Assert.StartsWith("connected", finding.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void A_firewall_that_was_not_read_is_no_agreement() =>
        Assert.Equal(
            FindingStatus.Unknown,
            Assert.Single(
                Judge(SmallSite.Map(SmallSite.Case(unread: "lb-01")), 443, ProbeState.Open),
                static finding => finding.ControlId == "FW-022").Status);

    [Fact]
    public void Agreement_is_said_once_a_pair_unless_ports_are_asked_for()
    {
        (PlannedProbe, ProbeResult)[] silent =
        [
            .. Plan(Operator, new ConnectionTestOptions { Ports = [ProbePorts.Parse("1-5")] })
                .Where(static probe => probe.Target.Name == "lb-01")
                .Select(static probe => (probe, Result(probe, ProbeState.Filtered))),
        ];
        Assert.Equal(2, new ConnectionJudge(TestSite.Now, each: false).Judge(silent).Count());
        Assert.Equal(10, new ConnectionJudge(TestSite.Now, each: true).Judge(silent).Count());
    }

    [Fact]
    public void A_flow_between_servers_that_no_route_joins_fails()
    {
        SiteMap map = SmallSite.Map(
            SmallSite.Case(policy: new Policy { Flows = [TestSite.MakeFlow("odd", "web", "network-firewall", "tcp/9")] }));
        ConnectionPlan plan = new(map, new ConnectionTestOptions());
        IReadOnlyList<PlannedProbe> probes = plan.From(Vantage("web-01", map), new ConnectionEnds(SmallSite.Site).Targets(["fw-01"], []));
        Finding[] findings = [.. new ConnectionJudge(TestSite.Now, each: false).Judge(plan.Stranded(probes))];
        Assert.Empty(probes);
        Assert.All(
            findings,
            static finding =>
                Assert.Equal(("FW-020", FindingStatus.Fail, "no route leads there"), (finding.ControlId, finding.Status, finding.Actual)));
        Assert.Equal(2, findings.Length);
    }

    [Theory]
    [InlineData("web-*", "192.0.2.11", "192.0.2.12")]
    [InlineData("load-balancer", "198.51.100.10", "192.0.2.10")]
    [InlineData("internal", "192.0.2.10", "192.0.2.11", "192.0.2.12")]
    [InlineData("192.0.2.11", "192.0.2.11")]
    public void Targets_are_named_by_server_role_network_and_address(string word, params string[] addresses) =>
        Assert.Equal(addresses, new ConnectionEnds(SmallSite.Site).Targets([word], []).Select(static target => target.Address.ToString()));

    [Fact]
    public void Targets_are_those_that_meet_both_words_and_roles()
    {
        Assert.Equal(
            ["fw-01", "fw-01"],
            new ConnectionEnds(SmallSite.Site).Targets([], [Role.NetworkFirewall]).Select(static target => target.Server.Name));
        Assert.Equal(
            ["192.0.2.10"],
            new ConnectionEnds(SmallSite.Site)
                .Targets(["internal"], [Role.LoadBalancer])
                .Select(static target => target.Address.ToString()));
    }

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("no-such")]
    [InlineData("internet")]
    public void What_is_no_server_s_is_never_probed(string word) =>
        Assert.Equal(
            "ProbeTargetNotFound", Assert.Throws<FoobarException>(() => new ConnectionEnds(SmallSite.Site).Targets([word], [])).ErrorId);

    [Theory]
    [InlineData("operator", "operator")]
    [InlineData("internal", "lb-01", "web-01")]
    [InlineData("lb-*", "lb-01")]
    public void Vantages_are_named_like_targets(string word, params string[] names) =>
        Assert.Equal(names, Vantages(word, "203.0.113.7"));

    [Fact]
    public void The_internet_is_a_vantage_only_where_this_machine_is_in_it()
    {
        Assert.Equal(["operator"], Vantages("internet", "203.0.113.99"));
        Assert.Equal("VantageNotFound", Assert.Throws<FoobarException>(() => Vantages("internet", "203.0.113.7")).ErrorId);
    }

    [Fact]
    public void A_declared_vantage_is_the_internet_instead_of_this_machine()
    {
        Site site = SmallSite.Site with { Vantages = [Outside] };
        string[] From(params string[] words) =>
            [
                .. new ConnectionEnds(site).Vantages(
                    words, ["operator", "outside", "fw-01"],
                    ((IPAddress[])[IPAddress.Parse("203.0.113.99")]).ToLookup(static _ => "operator")),
            ];
        Assert.Equal(["outside"], From("internet"));
        Assert.Equal(["operator", "outside", "fw-01"], From());
        Assert.Equal(["outside"], new ConnectionEnds(site).Declared(["outsid*"]).Select(static vantage => vantage.Name));
        Assert.Empty(new ConnectionEnds(site).Declared(["web-01"]));
    }

    [Fact]
    public void What_comes_from_a_declared_vantage_is_judged_as_from_the_internet()
    {
        ConnectionVantage outside = RemoteVantages.Place(SmallSite.Site, Outside, Reading.Of(Network("10.1.2.3/24", "10.1.2.1")));
        PlannedProbe probe = Assert.Single(
            new ConnectionPlan(Map, new ConnectionTestOptions { Ports = [ProbePorts.Parse("443")] })
                .From(
                    outside with { SourceTo = static _ => IPAddress.Parse("203.0.113.99") },
                    new ConnectionEnds(SmallSite.Site).Targets(["198.51.100.10"], [])));
        Assert.Equal((Declared.Open, "visitors", true), (probe.Declared, probe.Flow, probe.Forecast.Passes));
        Assert.Equal("outside", outside.Machine?.Name);
    }

    [Fact]
    public void A_vantage_behind_a_translation_is_seen_under_its_declared_address()
    {
        Vantage declared = Outside with { Addresses = [IPAddress.Parse("203.0.113.99")] };
        ConnectionVantage outside = RemoteVantages.Place(SmallSite.Site, declared, Reading.Of(Network("10.1.2.3/24", "10.1.2.1")));
        Assert.Equal("203.0.113.99", outside.SourceTo(IPAddress.Parse("198.51.100.10"))?.ToString());
        Assert.Null(outside.SourceTo(IPAddress.Parse("2001:db8::1")));
    }

    [Fact]
    public void A_vantage_that_is_not_where_it_stands_for_is_an_error()
    {
        FoobarException error = Assert.Throws<FoobarException>(
            () => RemoteVantages.Place(SmallSite.Site, Outside, Reading.Of(Network("192.0.2.50/24", "192.0.2.1"))));
        Assert.Equal(("VantageMisplaced", "outside"), (error.ErrorId, error.Server));
        Assert.Contains("192.0.2.50", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            "VantageUnreadable",
            Assert.Throws<FoobarException>(
                () => RemoteVantages.Place(SmallSite.Site, Outside, Reading.Unreadable<HostNetwork>("no ip"))).ErrorId);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("70000")]
    [InlineData("icmp/8")]
    [InlineData("ssh")]
    public void A_port_that_is_none_is_an_error(string text) =>
        Assert.Equal("PortInvalid", Assert.Throws<FoobarException>(() => ProbePorts.Parse(text)).ErrorId);

    private static Vantage Outside { get; } = new() { Name = "outside", Ssh = new SshEndpoint { Host = "outside" } };

    private static HostNetwork Network(string address, string gateway) => new()
    {
        Addresses = [new InterfaceAddress("eth0", IPAddress.Parse(address.Split('/')[0]), 24)],
        Routes = [new NetworkRoute(IPAddress.Any, 0, "eth0", IPAddress.Parse(gateway))],
    };

    private static ConnectionVantage Operator { get; } = new("operator", null, static _ => IPAddress.Parse("203.0.113.7"));

    private static ConnectionVantage Vantage(string name, SiteMap? map = null) =>
        (map ?? Map).Find(name) is { } server ? new(name, server, server.Network.SourceTo) : throw new ArgumentException(name);

    private static IReadOnlyList<string> Vantages(string word, string own) =>
        new ConnectionEnds(SmallSite.Site)
            .Vantages(
                [word], ["operator", "fw-01", "lb-01", "web-01"], ((IPAddress[])[IPAddress.Parse(own)]).ToLookup(static _ => "operator"));

    private static IReadOnlyList<PlannedProbe> Plan(ConnectionVantage vantage, ConnectionTestOptions options) =>
        new ConnectionPlan(Map, options).From(vantage, new ConnectionEnds(SmallSite.Site).Targets([], []));

    private static Finding[] Judge(SiteMap map, int port, ProbeState state)
    {
        ConnectionPlan plan = new(
            map, new ConnectionTestOptions { Ports = [new PortRange(TransportProtocol.Tcp, (ushort)port, (ushort)port)] });
        PlannedProbe probe = Assert.Single(plan.From(Operator, new ConnectionEnds(SmallSite.Site).Targets(["198.51.100.10"], [])));
        return [.. new ConnectionJudge(TestSite.Now, each: true).Judge([(probe, Result(probe, state))])];
    }

    private static ProbeResult Result(PlannedProbe probe, ProbeState state) =>
        new() { Probe = probe.Probe, State = state, Source = probe.Source };
}
