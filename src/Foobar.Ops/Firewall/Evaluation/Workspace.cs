using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>What models that are compared or chained have in common: one store of functions and one numbering of interfaces.</summary>
internal sealed class Workspace
{
    /// <summary>Makes a workspace for rulesets and the networks of their servers.</summary>
    public Workspace(IEnumerable<Ruleset> rulesets, IEnumerable<HostNetwork> networks)
    {
        Atoms = new InterfaceAtoms(rulesets.SelectMany(InterfacesOf).Concat(networks.SelectMany(InterfacesOf)).Append("lo"));
    }

    /// <summary>The store of functions and spaces.</summary>
    public Diagram Diagram { get; } = new();

    /// <summary>The numbering of interfaces.</summary>
    public InterfaceAtoms Atoms { get; }

    /// <summary>The algebra of functions.</summary>
    public OutcomeAlgebra Algebra => field ??= new OutcomeAlgebra(Diagram);

    /// <summary>The tests of connections' original addresses and ports.</summary>
    public OriginTests Origin => field ??= new OriginTests(Diagram);

    private static IEnumerable<string> InterfacesOf(HostNetwork network) =>
    [
        .. network.Interfaces,
        .. network.Programs.Select(static program => program.Interface),
        .. network.Links.SelectMany(static link => (string[])[link.Upper, link.Lower]),
        .. network.Addresses.Select(static address => address.Interface),
        .. network.Routes.Select(static route => route.Interface ?? string.Empty),
    ];

    private static IEnumerable<string> InterfacesOf(Ruleset ruleset) =>
        ruleset.Rules.SelectMany(rule => rule.Statements).SelectMany(NamesIn)
            .Concat(ruleset.Chains.SelectMany(chain => chain.Devices))
            .Concat(ruleset.Sets.SelectMany(set => NamesIn(set.Elements)));

    private static IEnumerable<string> NamesIn(Statement statement) => statement switch
    {
        Statement.Test test => NamesIn(test.Condition),
        Statement.Lookup { Elements: { } elements } => NamesIn(elements),
        _ => [],
    };

    private static IEnumerable<string> NamesIn(Condition condition) => condition switch
    {
        Condition.In { Elements: { } elements } => NamesIn(elements),
        Condition.RouteLeads leads => leads.Interfaces,
        Condition.Any any => any.Conditions.SelectMany(NamesIn),
        _ => [],
    };

    private static IEnumerable<string> NamesIn(IReadOnlyList<SetElement> elements) =>
        elements.Count == 0 || !elements[0].Parts.Any(part => part.Name is not null)
            ? []
            : elements.SelectMany(element => element.Parts).Select(part => part.Name).OfType<string>();
}
