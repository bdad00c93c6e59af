using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>A control that needs the facts of several areas at once.</summary>
/// <param name="Control">The control, from a snapshot of the site.</param>
/// <param name="Parts">The names of the parts whose facts it judges: they are read of every server that has them.</param>
public sealed record CrossAreaControl(Control<Snapshot> Control, IReadOnlyList<string> Parts)
{
    /// <summary>What is known of the control without running it.</summary>
    public ControlInfo Info => Control.Info;
}
