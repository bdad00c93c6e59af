namespace Foobar.Ops.Findings;

/// <summary>What is known of one control without running it: its rule, why it matters and how to put things right.</summary>
/// <param name="Id">The stable id: the area's prefix and three digits, <c>FW-003</c>. Never reused.</param>
/// <param name="Title">The rule as a sentence that is true of a healthy site.</param>
/// <param name="Area">The part of the site it is about.</param>
/// <param name="Severity">How much harm a failure can do.</param>
/// <param name="Rationale">Why it matters.</param>
/// <param name="Remediation">How to put it right.</param>
/// <param name="Reference">The source of the rule (RFC, manual page, specification), where it has one.</param>
public sealed record ControlInfo(
    string Id,
    string Title,
    Area Area,
    Severity Severity,
    string Rationale,
    string Remediation,
    string? Reference = null)
{
    /// <summary>The requirements of published frameworks (CIS, PCI DSS, NIST, MITRE ATT&amp;CK) that it gives evidence for.</summary>
    public IReadOnlyList<ControlReference> References => ControlReferences.Of(Id);
}
