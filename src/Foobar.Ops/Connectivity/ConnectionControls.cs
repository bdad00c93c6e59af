using Foobar.Ops.Findings;

namespace Foobar.Ops.Connectivity;

/// <summary>The controls over real connections. They are judged by <see cref="ConnectionTest"/> alone: an audit sends no probe.</summary>
public static class ConnectionControls
{
    /// <summary>FW-020.</summary>
    public static ControlInfo DeclaredConnects { get; } = new(
        "FW-020",
        "Each declared flow reaches its server",
        Area.Firewall,
        Severity.High,
        "A rule that allows a flow is worth nothing where a cable, a route, another table or a firewall that is not the site's stops it: "
            + "only a connection proves it.",
        "Follow the way that the finding names with Test-FoobarFirewall; see links and routes where the computed firewalls let it pass.");

    /// <summary>FW-021.</summary>
    public static ControlInfo OthersDoNot { get; } = new(
        "FW-021",
        "What no flow declares does not connect",
        Area.Firewall,
        Severity.Critical,
        "What answers a stranger's connection is what an attacker finds, whatever the rules were meant to do.",
        "Close it in the firewall that the finding names (Test-FoobarFirewall -Control FW-001 shows the rule), or declare the flow in the "
            + "inventory's policy.");

    /// <summary>FW-022.</summary>
    public static ControlInfo AgreesWithModel { get; } = new(
        "FW-022",
        "Real connections do what the firewalls' rules say",
        Area.Firewall,
        Severity.High,
        "Where a probe and the computed firewalls disagree, something decides that no ruleset shows: a broken link, a route, a filter "
            + "outside the packet filter, or a mistake in what was read. Every judgement of the rules is then in doubt.",
        "Look at links (ip link), routes (ip route get), traffic control (tc filter show), bridges and the hoster's own filters on the "
            + "way; report a mistake of the module's where nothing of these explains it.");

    /// <summary>All controls, in the order of their ids.</summary>
    public static IReadOnlyList<ControlInfo> All { get; } = [DeclaredConnects, OthersDoNot, AgreesWithModel];
}
