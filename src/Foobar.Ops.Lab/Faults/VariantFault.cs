using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>A fault that is made in another way on another kind of lab.</summary>
/// <param name="One">The way where it applies.</param>
/// <param name="Other">The way everywhere else; of the same name, area, control and description.</param>
internal sealed record VariantFault(Fault One, Fault Other) : Fault(One.Name, One.Area, One.Control, One.Description)
{
    /// <inheritdoc/>
    public override IEnumerable<string> Changes(LabPlan plan) => On(plan).Changes(plan);

    /// <inheritdoc/>
    public override Task BreakAsync(RaisedLab lab, CancellationToken cancel) => On(lab.Plan).BreakAsync(lab, cancel);

    /// <inheritdoc/>
    public override Task HealAsync(RaisedLab lab, CancellationToken cancel) => On(lab.Plan).HealAsync(lab, cancel);

    private Fault On(LabPlan plan) => One.AppliesTo(plan.Options) ? One : Other;
}
