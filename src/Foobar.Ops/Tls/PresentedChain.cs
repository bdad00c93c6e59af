using System.Security.Cryptography.X509Certificates;

namespace Foobar.Ops.Tls;

/// <summary>
/// The shape of what a server presents (RFC 5246, 7.4.2: each certificate directly certifies the one before it; RFC 8446,
/// 4.4.2 asks clients to bear another order, and not all do).
/// </summary>
/// <param name="Superfluous">What no certificate presented before it needs, each with its reason.</param>
/// <param name="IsInOrder">Whether each of the others certifies one that stands before it.</param>
/// <param name="HasRoot">Whether a root is among them, which clients have or do not trust.</param>
internal sealed record PresentedChain(IReadOnlyList<string> Superfluous, bool IsInOrder, bool HasRoot)
{
    private const string AuthorityKey = "2.5.29.35", SubjectKey = "2.5.29.14";

    /// <summary>Tells the shape.</summary>
    /// <param name="leaf">The endpoint's own certificate.</param>
    /// <param name="others">What is presented behind it, in its order.</param>
    public static PresentedChain Of(X509Certificate2 leaf, IReadOnlyList<X509Certificate2> others)
    {
        List<string> superfluous = [];
        List<X509Certificate2> kept = [leaf];
        X509Certificate2[] needed = [.. Needed(leaf, others)];
        bool isInOrder = true;
        foreach (X509Certificate2 certificate in others)
        {
            if (kept.Any(one => IsSame(one, certificate)))
            {
                superfluous.Add($"{certificate.SubjectName.Name} (twice)");
            }
            else if (!needed.Any(one => IsSame(one, certificate)))
            {
                superfluous.Add($"{certificate.SubjectName.Name} (issued none of the others)");
            }
            else
            {
                isInOrder &= kept.Any(one => Issued(certificate, one));
                kept.Add(certificate);
            }
        }

        return new(superfluous, isInOrder, kept.Skip(1).Any(IsSelfIssued));
    }

    /// <summary>Those that the leaf's chain may go through, in whatever order they came.</summary>
    private static List<X509Certificate2> Needed(X509Certificate2 leaf, IReadOnlyList<X509Certificate2> others)
    {
        List<X509Certificate2> needed = [leaf];
        for (int index = 0; index < needed.Count; index++)
        {
            needed.AddRange(
                others.Where(one => !needed.Any(known => IsSame(known, one)) && Issued(one, needed[index]))
                    .DistinctBy(static one => one.Thumbprint));
        }

        return needed;
    }

    /// <summary>Whether one may have issued another, by name and, where both tell, by the identifier of the key.</summary>
    private static bool Issued(X509Certificate2 issuer, X509Certificate2 certificate) =>
        issuer.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData)
            && (certificate.Extensions[AuthorityKey] is not X509AuthorityKeyIdentifierExtension { KeyIdentifier: { } wanted }
                || issuer.Extensions[SubjectKey] is not X509SubjectKeyIdentifierExtension own
                || own.SubjectKeyIdentifierBytes.Span.SequenceEqual(wanted.Span));

    private static bool IsSelfIssued(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    private static bool IsSame(X509Certificate2 one, X509Certificate2 other) => one.RawData.AsSpan().SequenceEqual(other.RawData);
}
