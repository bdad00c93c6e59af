using System.IO.Enumeration;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>Which places of a server a certificate is for. Pure.</summary>
internal static class PlaceChoice
{
    /// <summary>
    /// Chooses: a place whose certificate shares a name with the new one, is of the same kind of key where there are several,
    /// or is named by the operator.
    /// </summary>
    /// <param name="leaf">The new certificate.</param>
    /// <param name="places">All places of a server.</param>
    /// <param name="wanted">The paths that the operator named, wildcards too; none for all.</param>
    public static IReadOnlyList<CertificatePlace> Choose(
        Certificate leaf, IReadOnlyList<CertificatePlace> places, IReadOnlyList<string> wanted)
    {
        if (wanted.Count > 0)
        {
            return
            [
                .. places.Where(
                    place => wanted.Any(
                        path =>
                            FileSystemName.MatchesSimpleExpression(path, place.File.Path, ignoreCase: false)
                                || path == place.File.RealPath)),
            ];
        }

        CertificatePlace[] related = [.. places.Where(place => Names(place.Leaf).Any(name => Covers(leaf, name)))];
        CertificatePlace[] same = [.. related.Where(place => place.Leaf.KeyAlgorithm == leaf.KeyAlgorithm)];

        // A site with a certificate of each kind keeps the other one; one with a single certificate may change its kind.
        return same.Length > 0 ? same : related;
    }

    /// <summary>The names of a certificate that another one does not have.</summary>
    public static IReadOnlyList<string> Lost(Certificate old, Certificate young) => [.. Names(old).Where(name => !Covers(young, name))];

    /// <summary>All names of a certificate.</summary>
    public static IEnumerable<string> Names(Certificate certificate) => certificate.DnsNames.Concat(certificate.IpAddresses);

    /// <summary>The names to ask for in handshakes: the site's own first, and few.</summary>
    public static IReadOnlyList<string> ServerNames(Certificate leaf, string site)
    {
        const int Most = 3;
        string[] names =
        [
            .. HostNames.Covers(leaf, site) ? (string[])[site] : [],
            .. leaf.DnsNames.Where(static name => !name.StartsWith("*.", StringComparison.Ordinal)),
            .. leaf.DnsNames.Where(static name => name.StartsWith("*.", StringComparison.Ordinal))
                .Select(static name => "foobar-ops" + name[1..]),
        ];
        return names.Length == 0 ? [""] : [.. names.Distinct(StringComparer.OrdinalIgnoreCase).Take(Most)];
    }

    // A wildcard stands for what it stands for: only the same one covers it.
    private static bool Covers(Certificate certificate, string name) => name.StartsWith("*.", StringComparison.Ordinal)
        ? certificate.DnsNames.Contains(name, StringComparer.OrdinalIgnoreCase)
        : HostNames.Covers(certificate, name);
}
