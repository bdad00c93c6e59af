using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>The packets of one hook that two rulesets treat differently.</summary>
/// <param name="Hook">The hook.</param>
/// <param name="Opened">What the second lets pass and the first does not, in boxes; empty if nothing.</param>
/// <param name="Closed">What the first lets pass and the second does not.</param>
/// <param name="Uncertain">What only one of them decides.</param>
/// <param name="Witness">A packet as it comes to the hook, of the first of these, and of what is limited, that is not empty.</param>
public sealed record HookDifference(
    string Hook, IReadOnlyList<string> Opened, IReadOnlyList<string> Closed, IReadOnlyList<string> Uncertain, string Witness)
{
    /// <summary>What both let pass, and only one of them under a limit or while a set that packets fill does not hold it.</summary>
    public IReadOnlyList<string> Limited { get; init; } = [];

    /// <summary>A digest of all packets that are treated differently.</summary>
    internal string Extent { get; init; } = string.Empty;
}

/// <summary>Compares two rulesets by what they do to packets: rules in another order, split or joined, are no difference.</summary>
public static class RulesetComparison
{
    private static readonly string[] Hooks = ["ingress", "prerouting", "input", "forward", "output", "postrouting", "egress"];

    /// <summary>The differences, one a hook that has any.</summary>
    /// <param name="before">The first ruleset.</param>
    /// <param name="after">The second ruleset.</param>
    /// <param name="networkBefore">The addresses and routes the first stands on.</param>
    /// <param name="networkAfter">The addresses and routes the second stands on.</param>
    /// <param name="limit">How many boxes of each difference are shown.</param>
    public static IReadOnlyList<HookDifference> Compare(
        Ruleset before, Ruleset after, HostNetwork? networkBefore = null, HostNetwork? networkAfter = null, int limit = 8)
    {
        networkBefore ??= new HostNetwork();
        networkAfter ??= networkBefore;
        Workspace workspace = new([before, after], [networkBefore, networkAfter]);
        FirewallModel first = new(before, networkBefore, workspace, namesRules: false);
        FirewallModel second = new(after, networkAfter, workspace, namesRules: false);
        return [.. Hooks.Select(hook => Compare(hook, first, second, limit)).OfType<HookDifference>()];
    }

    private static HookDifference? Compare(string hook, FirewallModel first, FirewallModel second, int limit)
    {
        Diagram diagram = first.Workspace.Diagram;
        Match before = Passing(first, hook);
        Match after = Passing(second, hook);
        int real = diagram.FieldIn(
            PacketField.Family, IntervalSet.From([(PacketValues.Ipv4, PacketValues.Ipv4), (PacketValues.Ipv6, PacketValues.Ipv6)]));
        int opened = diagram.And(real, diagram.Except(after.Must, before.May));
        int closed = diagram.And(real, diagram.Except(before.Must, after.May));
        int unsureBefore = diagram.Except(before.May, before.Must);
        int unsureAfter = diagram.Except(after.May, after.Must);
        int unsure = diagram.And(real, diagram.Or(diagram.Except(unsureBefore, unsureAfter), diagram.Except(unsureAfter, unsureBefore)));
        int limited = diagram.And(unsure, Limited(first, second, hook));
        unsure = diagram.Except(unsure, limited);
        int any = diagram.Or([opened, closed, limited, unsure]);
        if (any == Diagram.False)
        {
            return null;
        }

        SpaceText text = new(diagram, first.Workspace.Atoms);
        IReadOnlyList<string> Lines(int space) => space == Diagram.False ? [] : text.Lines(space, limit);
        int shown = opened != Diagram.False ? opened
            : closed != Diagram.False ? closed
            : limited != Diagram.False ? limited : unsure;
        return new HookDifference(hook, Lines(opened), Lines(closed), Lines(unsure), text.Text(Witness(hook, first, shown)))
        {
            Limited = Lines(limited),
            Extent = string.Join('-', ((int[])[opened, closed, limited, unsure]).Select(space => SpaceDigest.Of(diagram, space))),
        };
    }

    // What surely passes both, be it under a limit.
    private static int Limited(FirewallModel first, FirewallModel second, string hook)
    {
        int before = first.Passing(first.Arriving(first.Hook(hook))).Must;
        int after = second.Passing(second.Arriving(second.Hook(hook))).Must;
        return first.Workspace.Diagram.And(before, after);
    }

    private static Match Passing(FirewallModel model, string hook)
    {
        int function = model.Arriving(model.Hook(hook));
        return model.Passing(function) with { Must = model.Unlimited(function) };
    }

    // A packet that can come to the hook where the difference holds one: by the network's interfaces and between its addresses.
    private static Packet Witness(string hook, FirewallModel model, int space)
    {
        HookPackets packets = new(model);
        int possible = model.Workspace.Diagram.And(space, packets.Possible(hook));
        int preferred = model.Workspace.Diagram.And(possible, packets.Ordinary(hook));
        return model.Workspace.Diagram.Witness(
            preferred != Diagram.False ? preferred : possible != Diagram.False ? possible : space,
            packets.Wish(hook));
    }
}
