using System.Security.Cryptography.X509Certificates;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>Puts the certificates that stand with a leaf in the order in which a server sends them (RFC 8446, 4.4.2). Pure.</summary>
internal static class ChainOrder
{
    private const int Longest = 10;

    /// <summary>Puts a chain in order.</summary>
    /// <param name="leaf">The leaf in DER.</param>
    /// <param name="all">All certificates that were given, in their order.</param>
    /// <returns>Leaf and intermediates, each issued by the next; and what was put right. A root is left out.</returns>
    public static (IReadOnlyList<byte[]> Chain, IReadOnlyList<string> Notes) Of(byte[] leaf, IReadOnlyList<byte[]> all)
    {
        List<X509Certificate2> pool = [.. all.Where(one => !Same(one, leaf)).Select(X509CertificateLoader.LoadCertificate)];
        List<X509Certificate2> path = [X509CertificateLoader.LoadCertificate(leaf)];
        try
        {
            while (path.Count < Longest && !IsSelfIssued(path[^1]) && Issuer(path[^1], pool.Except(path)) is { } issuer)
            {
                path.Add(issuer);
            }

            List<string> notes = [];
            if (path.Count > 1 && IsSelfIssued(path[^1]))
            {
                notes.Add($"the root '{path[^1].Subject}' was left out: clients have their own");
                path.RemoveAt(path.Count - 1);
            }

            notes.AddRange(
                pool.Except(path)
                    .Where(static one => !IsSelfIssued(one))
                    .Select(static one => $"'{one.Subject}' was left out: it is no part of the chain"));
            IReadOnlyList<byte[]> chain = [.. path.Select(static one => one.RawData)];
            if (!chain.SequenceEqual(
                all.Where(one => chain.Any(part => Same(part, one))).DistinctBy(Convert.ToHexString), ByteComparer.Instance))
            {
                notes.Insert(0, $"the chain was put in order: {string.Join(", ", path.Select(static one => $"'{one.Subject}'"))}");
            }

            return (chain, notes);
        }
        finally
        {
            pool.Concat(path).ToList().ForEach(static one => one.Dispose());
        }
    }

    // Of several with that name (cross-signed, renewed) the one whose key the certificate names, and that is valid longest.
    private static X509Certificate2? Issuer(X509Certificate2 certificate, IEnumerable<X509Certificate2> pool)
    {
        X509Certificate2[] named = [.. pool.Where(one => one.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))];
        string? wanted = Hex(certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier);
        return named.OrderByDescending(one => wanted is not null && Key(one) == wanted)
            .ThenBy(static one => IsSelfIssued(one))
            .ThenByDescending(static one => one.NotAfter)
            .FirstOrDefault();
    }

    private static string? Key(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifier;

    private static string? Hex(ReadOnlyMemory<byte>? bytes) => bytes is { } known ? Convert.ToHexString(known.Span) : null;

    private static bool IsSelfIssued(X509Certificate2 one) => one.SubjectName.RawData.AsSpan().SequenceEqual(one.IssuerName.RawData);

    private static bool Same(byte[] one, byte[] other) => one.AsSpan().SequenceEqual(other);
}
