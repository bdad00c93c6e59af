namespace Foobar.Ops.Findings;

/// <summary>What a control said of one target, with what shows it.</summary>
public sealed record Finding
{
    /// <summary>The id of the control: <c>FW-003</c>.</summary>
    public required string ControlId { get; init; }

    /// <summary>The control's rule as a sentence that is true of a healthy site.</summary>
    public required string Title { get; init; }

    /// <summary>The part of the site the control is about.</summary>
    public required Area Area { get; init; }

    /// <summary>How much harm a failure can do.</summary>
    public required Severity Severity { get; init; }

    /// <summary>What the control said.</summary>
    public required FindingStatus Status { get; init; }

    /// <summary>
    /// The name of the site, as its inventory has it; <see langword="null"/> for what is of no site, a host that was named by address.
    /// </summary>
    public string? Site { get; init; }

    /// <summary>The name of the server, or <see langword="null"/> where the finding is of the site as a whole.</summary>
    public string? Server { get; init; }

    /// <summary>What on the server: a unit, a socket, an endpoint, a rule, a mount point.</summary>
    public string? Target { get; init; }

    /// <summary>
    /// A digest of all that the finding is about, where its target alone does not tell: of the packets that a rule opens. A baseline
    /// knows a finding only with the digest that it had. <see langword="null"/> where the target tells.
    /// </summary>
    public string? Extent { get; init; }

    /// <summary>What the policy or the control wants.</summary>
    public string? Expected { get; init; }

    /// <summary>What was found.</summary>
    public string? Actual { get; init; }

    /// <summary>The command or packet, and the excerpt of what it gave, that show it.</summary>
    public string? Evidence { get; init; }

    /// <summary>Why it could not be decided; set exactly when <see cref="Status"/> is <see cref="FindingStatus.Unknown"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>How to put it right.</summary>
    public string? Remediation { get; init; }

    /// <summary>
    /// Why the finding is accepted for a while, by a suppression of the inventory; <see langword="null"/> if it is not. It fails nothing
    /// then.
    /// </summary>
    public Acceptance? Suppressed { get; init; }

    /// <summary>What became of it since the baseline; <see langword="null"/> without one.</summary>
    public FindingChange? Change { get; init; }

    /// <summary>When the facts were read, in UTC.</summary>
    public required DateTimeOffset Time { get; init; }
}
