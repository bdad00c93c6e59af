using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>A fault made and undone by a shell command as root on one server.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Area">The part of the site it breaks.</param>
/// <param name="Control">The id of the control that must see it.</param>
/// <param name="Description">One line that says what is wrong.</param>
/// <param name="Server">The server it is made on.</param>
/// <param name="Break">The command that makes it.</param>
/// <param name="Heal">The command that undoes it; it must also do no harm where the break was made only in part.</param>
internal sealed record ShellFault(string Name, Area Area, string Control, string Description, string Server, string Break, string Heal)
    : Fault(Name, Area, Control, Description)
{
    /// <summary>What it changes on its server; the fault alone unless told.</summary>
    public string? Thing { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<string> Changes(LabPlan plan) => [$"{Server}:{Thing ?? Name}"];

    /// <inheritdoc/>
    public override Task BreakAsync(RaisedLab lab, CancellationToken cancel) => lab.RunAsync(Server, Break, cancel: cancel);

    /// <inheritdoc/>
    public override Task HealAsync(RaisedLab lab, CancellationToken cancel) => lab.RunAsync(Server, Heal, cancel: cancel);
}
