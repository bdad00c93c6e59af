using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Evaluation;

namespace Foobar.Ops.Firewall;

/// <summary>What the firewalls of the servers must be like.</summary>
public static class FirewallControls
{
    /// <summary>All controls of this area, in the order of their ids.</summary>
    public static IReadOnlyList<Control<ServerCase<FirewallFacts>>> All { get; } =
    [
        FlowControls.OnlyDeclared,
        FlowControls.DeclaredOpen,
        FlowControls.SixAsClosedAsFour,
        DefaultControls.DropsByDefault,
        DefaultControls.TakesReplies,
        RuleControls.NoneShadowed,
        RuleControls.NoneDead,
        PersistenceControls.SameAfterBoot,
        ExposureControls.ListensAsNeeded,
        ExposureControls.NoSshOrDatabase,
        ForwardingControls.OnlyWhereDeclared,
        ForwardingControls.NoBypass,
        RuleControls.OneFilter,
        SourceControls.NoneForged,
    ];

    // What takes longest of what needs no more than the rules, the addresses and the policy.
    internal static IReadOnlyList<Func<FirewallAnalysis, IEnumerable<Verdict>>> ByRules { get; } =
        [FlowControls.JudgeOpen, RuleControls.JudgeIdle, FlowControls.JudgeFamilies];

    internal static ControlInfo Info(
        string id, Severity severity, string title, string rationale, string remediation, string? reference = null) =>
        new(id, title, Area.Firewall, severity, rationale, remediation, reference);
}
