using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.FirewallChange;
using Foobar.Ops.Tests.Topology;

namespace Foobar.Ops.Tests.Operations;

/// <summary>What a change of rules opens and closes, in the words of the inventory.</summary>
public sealed class TrafficForecastTests
{
    [Fact]
    public void A_flow_is_named_with_the_ports_that_change_for_it()
    {
        (IReadOnlyList<string> opens, IReadOnlyList<string> closes, _) =
            Forecast("lb-01", "-A INPUT -i public -p tcp --dport 80 -j ACCEPT", "-A INPUT -i public -p tcp --dport 443 -j ACCEPT");
        Assert.Contains("flow visitors: internet, operator -> tcp/443 by public", opens);
        Assert.Contains("flow visitors: internet, operator -> tcp/80 by public", closes);
    }

    [Fact]
    public void Who_no_flow_names_is_told_by_network_and_server_and_way()
    {
        (IReadOnlyList<string> opens, IReadOnlyList<string> closes, IReadOnlyList<string> beyond) = Forecast(
            "web-01", "",
            "-A INPUT -s 192.0.2.12/32 -p tcp --dport 9100 -j ACCEPT\n-A INPUT -s 192.0.2.0/24 -p udp --dport 161:162 -j ACCEPT");
        Assert.Equal(
            ["lb-01, internal -> udp/161-162 by internal", "web-02 -> tcp/9100, udp/161-162 by internal"],
            opens.Where(static line => !line.StartsWith("sources", StringComparison.Ordinal)));
        Assert.Empty(closes);
        Assert.Equal(opens, beyond);
    }

    [Fact]
    public void What_is_open_to_all_is_told_in_few_lines()
    {
        (_, IReadOnlyList<string> closes, IReadOnlyList<string> beyond) = Forecast("lb-01", "-A INPUT -j ACCEPT", "");
        Assert.Equal(
            [
                "flow visitors: internet, operator -> tcp/80, tcp/443 by public",
                "flow writes: app -> tcp/3306 by internal",
                "flow operators: operator -> tcp/22 by public",
            ], closes.Take(3));
        Assert.Contains(closes, static line => line.StartsWith("control messages", StringComparison.Ordinal));
        Assert.Contains(closes, static line => line.Contains("-> everything by ", StringComparison.Ordinal));
        Assert.InRange(closes.Count, 3, 12);
        Assert.Empty(beyond);
    }

    [Fact]
    public void A_forged_source_is_told_apart()
    {
        (IReadOnlyList<string> opens, _, _) = Forecast("lb-01", "", "-A INPUT -s 203.0.113.7/32 -p tcp --dport 22 -j ACCEPT");
        Assert.Equal(
            ["flow operators: operator -> tcp/22 by public", "forged sources, by an interface that does not lead to them: tcp/22"], opens);
    }

    [Fact]
    public void Forged_sources_that_the_kernel_drops_are_not_told()
    {
        ReversePathSetting[] strict = [new("all", 1), new("public", 0), new("internal", 0)];
        (IReadOnlyList<string> opens, _, _) = Forecast(
            "lb-01", "", "-A INPUT -s 203.0.113.7/32 -p tcp --dport 22 -j ACCEPT", reversePath: strict);
        Assert.Equal(["flow operators: operator -> tcp/22 by public"], opens);
    }

    [Fact]
    public void What_comes_by_an_interface_without_an_address_is_told_and_by_one_that_is_not_there_is_not()
    {
        const string Rules = "-A INPUT -i spare -p tcp --dport 25 -j ACCEPT\n-A INPUT -i gone -p tcp --dport 26 -j ACCEPT";
        (IReadOnlyList<string> opens, _, _) = Forecast("lb-01", "", Rules, unaddressed: "spare");
        Assert.Contains(opens, static line => line.Contains("tcp/25 by spare", StringComparison.Ordinal));
        Assert.DoesNotContain(opens, static line => line.Contains("tcp/26", StringComparison.Ordinal));
    }

    [Fact]
    public void A_server_with_one_way_in_has_sources_without_a_route()
    {
        (IReadOnlyList<string> opens, _, _) = Forecast("web-01", "", "-A INPUT -s 203.0.113.7/32 -p tcp --dport 9100 -j ACCEPT");
        Assert.Equal(["sources to which no route leads: tcp/9100"], opens);
    }

    [Fact]
    public void What_passes_through_is_told_with_both_its_ends()
    {
        (IReadOnlyList<string> opens, IReadOnlyList<string> closes, _) = Forecast(
            "fw-01", SmallSite.Wall, "-A FORWARD -i outside -o public -d 198.51.100.10/32 -p tcp --dport 25 -j ACCEPT", wide: true);
        Assert.Contains("through: flow visitors: internet, operator -> load-balancer tcp/80, tcp/443 by outside", closes);
        Assert.Contains(
            opens,
            static line =>
                line.StartsWith("through: ", StringComparison.Ordinal)
                    && line.Contains("-> lb-01 tcp/25 by outside", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_said_of_rules_that_do_the_same()
    {
        (IReadOnlyList<string> opens, IReadOnlyList<string> closes, _) = Forecast(
            "lb-01", SmallSite.Balancer, string.Join('\n', SmallSite.Balancer.Split('\n').Reverse()));
        Assert.Empty(opens);
        Assert.Empty(closes);
    }

    [Fact]
    public void Many_lines_are_counted()
    {
        string rules = string.Join(
            '\n',
            Enumerable.Range(1, 30).Select(static number => $"-A INPUT -s 192.0.{number + 2}.0/24 -p tcp --dport {number} -j ACCEPT"));
        Site site = SmallSite.Site with
        {
            Networks = Enumerable.Range(1, 30).ToDictionary(
                static number => $"n{number}", static number => (IReadOnlyList<IPNetwork>)[IPNetwork.Parse($"192.0.{number + 2}.0/24")]),
        };
        (IReadOnlyList<string> opens, _, _) = Forecast("lb-01", "", rules, site: site with { Policy = new Policy() });
        Assert.Equal(12, opens.Count);
        Assert.Equal("and 20 more: see Differences and Ruleset of the preview", opens[^1]);
    }

    private static (IReadOnlyList<string> Opens, IReadOnlyList<string> Closes, IReadOnlyList<string> Beyond) Forecast(
        string server,
        string before,
        string after,
        bool wide = false,
        Site? site = null,
        IReadOnlyList<ReversePathSetting>? reversePath = null,
        string? unaddressed = null)
    {
        SiteCase<FirewallFacts> young = Case(server, after);
        FirewallFacts facts = young.Facts[server].Value!;
        if (wide)
        {
            facts = facts with
            {
                Network = Reading.Of(
                    facts.Network.Value! with { Routes = [.. facts.Network.Value!.Routes, new NetworkRoute(IPAddress.Any, 0, "outside")] }),
            };
        }

        facts = reversePath is null ? facts : facts with { ReversePath = Reading.Of(reversePath) };
        facts = unaddressed is null
            ? facts
            : facts with
            {
                Network = Reading.Of(facts.Network.Value! with { Interfaces = [.. facts.Network.Value!.Interfaces, unaddressed] }),
            };
        Site declared = site ?? SmallSite.Site;
        return TrafficForecast.Of(
            new ServerCase<FirewallFacts>(declared.Find(server)!, declared, facts, TestSite.Now),
            Case(server, before).Facts[server].Value!.Ruleset.Value!, facts.Ruleset.Value!);
    }

    private static SiteCase<FirewallFacts> Case(string server, string rules) => server switch
    {
        "fw-01" => SmallSite.Case(wall: rules),
        "lb-01" => SmallSite.Case(balancer: rules),
        _ => SmallSite.Case(first: rules),
    };
}
