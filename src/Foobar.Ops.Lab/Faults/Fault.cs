using Foobar.Ops.Findings;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Faults;

/// <summary>One thing that can be broken on a lab: a real change on its servers, and its undo.</summary>
/// <param name="Name">The name on the command line: lower case with hyphens, what is wrong and where.</param>
/// <param name="Area">The part of the site it breaks.</param>
/// <param name="Control">The id of the control that must see it.</param>
/// <param name="Description">One line that says what is wrong.</param>
internal abstract record Fault(string Name, Area Area, string Control, string Description)
{
    /// <summary>What can't be judged of a web server that ends TLS and does not answer.</summary>
    protected internal static IReadOnlyList<string> OfSilentEndpoint { get; } =
    [
        "TLS-001", "TLS-002", "TLS-003", "TLS-004", "TLS-005", "TLS-006", "TLS-007", "TLS-009", "TLS-010", "TLS-011", "TLS-012",
        "TLS-013", "TLS-014",
    ];

    /// <summary>The kinds of lab it can be made on; all unless told.</summary>
    public Func<LabOptions, bool> AppliesTo { get; init; } = _ => true;

    /// <summary>Other controls that rightly see it too: what a stopped service leaves without a listener, for one.</summary>
    public IReadOnlyList<string> AlsoSeenBy { get; init; } = [];

    /// <summary>
    /// What the control's finding must show of it, in its target, what was found or its evidence: the packet, the rule, the
    /// file. Parts between <c>|</c> must all be there.
    /// </summary>
    public string? Witness { get; init; }

    /// <summary>A command that succeeds on a server once the damage shows, where that takes a moment.</summary>
    public string? ShowsWhen { get; init; }

    /// <summary>The server on which <see cref="ShowsWhen"/> is asked.</summary>
    public string? ShowsOn { get; init; }

    /// <summary>
    /// What it changes, as <c>SERVER:THING</c>: two faults that change the same thing can't be in force together, since
    /// the undo of one would undo or keep the other.
    /// </summary>
    public abstract IEnumerable<string> Changes(LabPlan plan);

    /// <summary>Breaks it, and returns when the damage shows.</summary>
    public abstract Task BreakAsync(RaisedLab lab, CancellationToken cancel);

    /// <summary>Undoes the change; also where it was made only in part.</summary>
    public abstract Task HealAsync(RaisedLab lab, CancellationToken cancel);
}
