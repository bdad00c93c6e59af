using System.Net;
using System.Text.Json.Nodes;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>Listings that real tools wrote, and the server they are taken to be of.</summary>
internal static class Fixture
{
    /// <summary>The text of a fixture.</summary>
    public static string Text(string name)
    {
        using Stream stream = typeof(Fixture).Assembly.GetManifestResourceStream(name) ?? throw new ArgumentException(name);
        return new StreamReader(stream).ReadToEnd();
    }

    /// <summary>The ruleset of web-01 as its policy wants it.</summary>
    public static string Clean => Text("web-clean.json");

    /// <summary>web-01's addresses and routes.</summary>
    public static HostNetwork Network { get; } = new()
    {
        Interfaces = ["lo", "eth0"],
        Addresses =
        [
            new("lo", IPAddress.Loopback, 8), new("lo", IPAddress.IPv6Loopback, 128),
            new("eth0", IPAddress.Parse("192.0.2.11"), 24), new("eth0", IPAddress.Parse("2001:db8:b::11"), 64),
        ],
        Routes =
        [
            new(IPAddress.Any, 0, "eth0"), new(IPAddress.Parse("192.0.2.0"), 24, "eth0"),
            new(IPAddress.IPv6Any, 0, "eth0"), new(IPAddress.Parse("2001:db8:b::"), 64, "eth0"),
        ],
    };

    /// <summary>The site web-01 is of.</summary>
    public static Site Site { get; } = TestSite.Create(new Policy
    {
        Flows =
        [
            TestSite.MakeFlow("backends", "load-balancer", "web", "tcp/80"),
            TestSite.MakeFlow("replication", "database", "database", "tcp/3306"),
            TestSite.MakeFlow("operators", "operator", "*", "tcp/22"),
            TestSite.MakeFlow("metrics", "internal", "web", "tcp/9100"),
        ],
        Database = new DatabasePolicy(),
    }) with
    {
        Networks = new Dictionary<string, IReadOnlyList<IPNetwork>>
        {
            ["internal"] = [IPNetwork.Parse("192.0.2.0/24")],
            ["internal-six"] = [IPNetwork.Parse("2001:db8:b::/64")],
            ["operator"] = [IPNetwork.Parse("203.0.113.0/28")],
        },
        Servers =
        [
            Make("lb-01", [Role.LoadBalancer], "192.0.2.10", "2001:db8:b::10"),
            Make("web-01", [Role.Web, Role.Database], "192.0.2.11", "2001:db8:b::11"),
            Make("web-02", [Role.Web, Role.Database], "192.0.2.12", "2001:db8:b::12"),
        ],
    };

    /// <summary>Facts of web-01 with a ruleset that is persisted too.</summary>
    public static FirewallFacts Facts(
        string nftables,
        string? persisted = null,
        RulesetText? running = null,
        bool forwarding = false,
        params ListeningSocket[] sockets) => new()
    {
        Running = Reading.Of(running ?? new RulesetText { Nftables = nftables }, "nft -j list ruleset"),
        Persisted = Reading.Of(new PersistedFirewall
        {
            Mechanisms = ["nftables"],
            Ruleset = persisted is null ? running ?? new RulesetText { Nftables = nftables } : new RulesetText { Nftables = persisted },
        }),
        Network = Reading.Of(Network),
        Sockets = Reading.Of<IReadOnlyList<ListeningSocket>>(sockets),
        Forwarding = Reading.Of(new ForwardingSettings(forwarding, forwarding)),
    };

    /// <summary>What a control says of web-01's facts.</summary>
    public static IReadOnlyList<Finding> Judge(string id, FirewallFacts facts) =>
        TestSite.Judge(FirewallControls.All, id, facts, site: Site);

    /// <summary>A listing with its objects changed.</summary>
    public static string Edit(string listing, Action<JsonArray> edit)
    {
        JsonNode root = JsonNode.Parse(listing)!;
        edit(root["nftables"]!.AsArray());
        return root.ToJsonString();
    }

    /// <summary>The clean listing with a rule put before all others of a chain.</summary>
    public static string WithFirst(string chain, string expr) => Edit(Clean, objects =>
    {
        int at = Enumerable.Range(0, objects.Count).First(index => (string?)objects[index]!["rule"]?["chain"] == chain);
        objects.Insert(
            at,
            JsonNode.Parse($$$"""{"rule":{"family":"inet","table":"filter","chain":"{{{chain}}}","handle":99,"expr":[{{{expr}}}] } }"""));
    });

    private static Server Make(string name, Role[] roles, params string[] addresses) => new()
    {
        Name = name,
        Roles = roles,
        Ssh = new SshEndpoint { Host = name },
        Addresses = [.. addresses.Select(IPAddress.Parse)],
    };
}
