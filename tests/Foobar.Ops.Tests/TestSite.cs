using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Tests;

/// <summary>The site of the founding design, for tests of controls.</summary>
internal static class TestSite
{
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static Site Create(Policy? policy = null) => new()
    {
        Name = "www.foobar.com",
        Networks = new Dictionary<string, IReadOnlyList<IPNetwork>>
        {
            ["internal"] = [IPNetwork.Parse("192.0.2.0/24")],
            ["operator"] = [IPNetwork.Parse("203.0.113.0/28")],
        },
        Servers =
        [
            Make("lb-01", [Role.LoadBalancer], "198.51.100.10", "192.0.2.10"),
            Make("web-01", [Role.Web, Role.App, Role.Database], "192.0.2.11"),
            Make("web-02", [Role.Web, Role.App, Role.Database], "192.0.2.12"),
        ],
        Policy = policy ?? new Policy { Flows = DefaultFlows },
    };

    public static IReadOnlyList<Flow> DefaultFlows { get; } =
    [
        MakeFlow("visitors", "internet", "load-balancer", "tcp/80", "tcp/443"),
        MakeFlow("backends", "load-balancer", "web", "tcp/80"),
        MakeFlow("replication", "database", "database", "tcp/3306"),
        MakeFlow("operators", "operator", "*", "tcp/22"),
        MakeFlow("metrics", "internal", "192.0.2.0/24", "tcp/9100"),
    ];

    public static Flow MakeFlow(string name, string from, string to, params string[] ports) => new()
    {
        Name = name,
        From = [from],
        To = [to],
        Ports = [.. ports.Select(port => PortRange.TryParse(port, out PortRange range) ? range : throw new ArgumentException(port))],
    };

    /// <summary>Judges one server's facts with a control.</summary>
    public static IReadOnlyList<Finding> Judge<TFacts>(
        IEnumerable<Control<ServerCase<TFacts>>> controls, string id, TFacts facts, string server = "web-01", Site? site = null)
    {
        Site declared = site ?? Create();
        return
        [
            .. controls.Single(control => control.Info.Id == id)
                .Apply(new ServerCase<TFacts>(declared.Find(server)!, declared, facts, Now), server, Now),
        ];
    }

    /// <summary>The findings as status and target, for comparison.</summary>
    public static IEnumerable<(FindingStatus Status, string? Target)> Brief(this IEnumerable<Finding> findings) =>
        findings.Select(finding => (finding.Status, finding.Target));

    private static Server Make(string name, Role[] roles, params string[] addresses) => new()
    {
        Name = name,
        Roles = roles,
        Ssh = new SshEndpoint { Host = name },
        Addresses = [.. addresses.Select(IPAddress.Parse)],
    };
}
