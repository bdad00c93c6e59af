using Foobar.Ops.Errors;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Chooses controls by what they map to. Patterns may hold the wildcards <c>*</c> and <c>?</c>; an empty list does not narrow.
/// </summary>
public sealed record ReferenceFilter
{
    /// <summary>Only controls that map to one of these frameworks: <c>PCI DSS</c>, <c>CIS*</c>.</summary>
    public IReadOnlyList<string> Frameworks { get; init; } = [];

    /// <summary>
    /// Only controls that map to one of these requirements, each a number with or without its framework: <c>PCI DSS 1.*</c>, <c>M1037</c>.
    /// </summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>Tells whether a control is meant.</summary>
    public bool Holds(ControlInfo control) =>
        (Frameworks.Count == 0 && References.Count == 0)
        || control.References.Any(reference => HoldsFramework(Frameworks, reference) && HoldsNumber(References, reference));

    /// <summary>Sees to it that every pattern means something, so that a typing mistake is no empty answer.</summary>
    /// <exception cref="FoobarException"><c>ReferenceNotFound</c>.</exception>
    public void Check(IReadOnlyList<ControlInfo> controls)
    {
        ControlReference[] all = [.. controls.SelectMany(control => control.References)];
        string? unknown = Frameworks.FirstOrDefault(pattern => !all.Any(reference => HoldsFramework([pattern], reference)))
            ?? References.FirstOrDefault(pattern => !all.Any(reference => HoldsNumber([pattern], reference)));
        if (unknown is not null)
        {
            throw new FoobarException("ReferenceNotFound", ErrorKind.NotFound, $"No control maps to '{unknown}'.")
            {
                Recommendation =
                    $"Name one of {string.Join(", ", ControlReferences.Frameworks.Select(framework => framework.Name))}, or a number as "
                        + "docs/controls.md lists it.",
            };
        }
    }

    private static bool HoldsFramework(IReadOnlyList<string> patterns, ControlReference reference) =>
        patterns.Count == 0
            || Wildcard.Any(patterns, reference.Framework)
            || Wildcard.Any(patterns, $"{reference.Framework} {reference.Version}");

    private static bool HoldsNumber(IReadOnlyList<string> patterns, ControlReference reference) =>
        patterns.Count == 0
        || Wildcard.Any(patterns, reference.Number)
        || Wildcard.Any(patterns, reference.ToString())
        || Wildcard.Any(patterns, $"{reference.Framework} {reference.Version} {reference.Number}");
}
