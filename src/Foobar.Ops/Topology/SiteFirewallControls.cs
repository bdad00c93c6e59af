using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;

namespace Foobar.Ops.Topology;

/// <summary>What the firewalls of all servers together must let through, and what not.</summary>
public static class SiteFirewallControls
{
    /// <summary>All controls that look at ways through several servers, in the order of their ids.</summary>
    public static IReadOnlyList<Control<SiteCase<FirewallFacts>>> All { get; } =
    [
        WayControls.OpenToTheEnd, WayControls.NothingElse, FailoverWayControls.HoldsAfterFailover,
    ];

    internal static ControlInfo Info(string id, Severity severity, string title, string rationale, string remediation) =>
        new(id, title, Area.Firewall, severity, rationale, remediation, null);

    /// <summary>Judges the joined facts; one at a time, for the models grow while they are asked.</summary>
    internal static IEnumerable<Verdict> Judge(SiteCase<FirewallFacts> site, Func<SiteMap, IEnumerable<Verdict>> judge)
    {
        SiteMap map = SiteMap.Of(site);
        lock (map)
        {
            return
            [
                .. map.All.Where(server => server.Unread is not null)
                    .Select(
                        server => Verdict.Unknown(server.Name, $"No way through {server.Name} can be told: {server.Unread}") with
                        {
                            Server = server.Name,
                        }),
                .. judge(map),
            ];
        }
    }
}
