using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>A fault that needs a change on two servers: made in this order, undone in the other.</summary>
/// <param name="First">What is changed first.</param>
/// <param name="Second">What is changed then; name, area, control and description of both are the first one's.</param>
internal sealed record FaultOfTwo(Fault First, Fault Second) : Fault(First.Name, First.Area, First.Control, First.Description)
{
    /// <inheritdoc/>
    public override IEnumerable<string> Changes(LabPlan plan) => First.Changes(plan).Concat(Second.Changes(plan));

    /// <inheritdoc/>
    public override async Task BreakAsync(RaisedLab lab, CancellationToken cancel)
    {
        await First.BreakAsync(lab, cancel);
        await Second.BreakAsync(lab, cancel);
    }

    /// <inheritdoc/>
    public override async Task HealAsync(RaisedLab lab, CancellationToken cancel)
    {
        await Second.HealAsync(lab, cancel);
        await First.HealAsync(lab, cancel);
    }
}
