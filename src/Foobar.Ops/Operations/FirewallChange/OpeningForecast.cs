using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>
/// Says before a change whether the new rules let in what the policy does not name, or names for senders that are met
/// elsewhere.
/// </summary>
internal static class OpeningForecast
{
    private const int ShownBoxes = 3;

    /// <summary>
    /// What the new rules would not surely keep out, in words; nothing if they let in first packets of the policy's flows
    /// alone, by the interfaces that lead to their senders, and control messages.
    /// </summary>
    /// <param name="site">The site.</param>
    /// <param name="targets">The servers to be changed.</param>
    public static IEnumerable<string> Openings(Site site, IEnumerable<ChangeTarget> targets) =>
        from target in targets
        where target is { After: not null, Facts: not null }
        let analysis = FirewallAnalysis.Of(
            new ServerCase<FirewallFacts>(target.Server, site, target.Facts!, DateTimeOffset.UnixEpoch), target.After!)
        from opening in Openings(analysis)
        select $"the new rules of {target.Server.Name} would let {opening}";

    /// <summary>The packets that the new rules would not surely keep out: those for the server, and those for others.</summary>
    /// <param name="analysis">The new rules on their server.</param>
    public static (int Here, int Through) Beyond(FirewallAnalysis analysis)
    {
        int named = analysis.Policy.Allowed(analysis.Own);
        int through = analysis.Server.Is(Role.NetworkFirewall) ? analysis.Policy.Allowed() : Diagram.False;
        return (
            Beyond(analysis, analysis.ArrivingHere(), named, analysis.Model.Delivered()),
            Beyond(analysis, analysis.ArrivingForOthers(), through, analysis.Model.Forwarded()));
    }

    private static IEnumerable<string> Openings(FirewallAnalysis analysis)
    {
        (int here, int through) = Beyond(analysis);
        return ((string?[])[Words("in", here), Words("pass", through)]).OfType<string>();

        string? Words(string way, int beyond) => beyond == Diagram.False ? null
            : $"{way} {analysis.Text.Text(beyond, ShownBoxes)}, such as {analysis.Text.Text(analysis.AnyPacket(beyond))}";
    }

    private static int Beyond(FirewallAnalysis analysis, int space, int named, int function)
    {
        Diagram diagram = analysis.Diagram;
        int wanted = diagram.Or(analysis.Policy.Essential(), diagram.And(named, analysis.ByTheirWay()));
        return diagram.Except(diagram.And(space, analysis.Real(), analysis.Model.Passing(function).May), wanted);
    }
}
