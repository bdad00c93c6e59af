using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Foobar.Ops.Tls;

/// <summary>
/// Whether the certificates of a chain may be used by a TLS server. Clients refuse one whose extended key usage does not name
/// that purpose, the leaf's or an authority's, and a leaf whose key may neither sign nor take part in a key exchange
/// (RFC 5280, 4.2.1.3 and 4.2.1.12; CA/Browser Forum Baseline Requirements, 7.1.2).
/// </summary>
internal static class CertificatePurpose
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private const string AnyPurpose = "2.5.29.37.0";

    private const X509KeyUsageFlags KeyOfServer =
        X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.KeyAgreement;

    /// <summary>Why clients refuse the chain for a server, a line each; empty if they do not.</summary>
    /// <param name="path">The chain, leaf first. What a trusted root says of itself binds nobody.</param>
    public static IEnumerable<string> Problems(IReadOnlyList<X509Certificate2> path)
    {
        foreach (X509Certificate2 certificate in path.Where((one, depth) => depth == 0 || !IsSelfIssued(one)))
        {
            if (Purposes(certificate) is { Length: > 0 } purposes
                && !purposes.Any(static oid => oid.Value is ServerAuthentication or AnyPurpose))
            {
                string named = string.Join(", ", purposes.Select(static oid => oid.FriendlyName ?? oid.Value));
                yield return $"'{certificate.SubjectName.Name}' is not for TLS servers: its extended key usage is {named}";
            }
        }

        if (path.Count > 0
            && !IsAuthority(path[0])
            && path[0].Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is { } usage
            && (usage.KeyUsages & KeyOfServer) == 0)
        {
            yield return $"'{path[0].SubjectName.Name}' is not for TLS servers: its key usage is {usage.KeyUsages}";
        }
    }

    private static bool IsSelfIssued(X509Certificate2 certificate) =>
        certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    private static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(static constraints => constraints.CertificateAuthority);

    private static Oid[] Purposes(X509Certificate2 certificate) =>
        [.. certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(static usage => usage.EnhancedKeyUsages.Cast<Oid>())];
}
