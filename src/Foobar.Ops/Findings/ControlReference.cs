namespace Foobar.Ops.Findings;

/// <summary>A requirement of a published framework that a control gives evidence for.</summary>
/// <param name="Framework">The framework's short name: <c>PCI DSS</c>, <c>NIST SP 800-53</c>, <c>CIS Debian 12</c>.</param>
/// <param name="Version">The version whose numbering is meant: <c>4.0.1</c>, <c>Rev. 5</c>.</param>
/// <param name="Number">The requirement's number as the framework writes it: <c>1.3.1</c>, <c>SC-7(5)</c>, <c>M1037</c>.</param>
/// <param name="Title">
/// The requirement's title in the framework's words. PCI DSS has none: there it is the requirement's text up to its list.
/// </param>
public sealed record ControlReference(string Framework, string Version, string Number, string Title)
{
    /// <summary>The framework and the number: <c>PCI DSS 1.3.1</c>.</summary>
    public override string ToString() => $"{Framework} {Number}";
}

/// <summary>A published framework that controls map to.</summary>
/// <param name="Name">Its short name: <c>PCI DSS</c>.</param>
/// <param name="FullName">Its name in full.</param>
/// <param name="Version">The version whose numbering is meant.</param>
public sealed record Framework(string Name, string FullName, string Version);
