using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Foobar.Ops.Tls;

/// <summary>Reads an X.509 certificate (RFC 5280) into a plain record.</summary>
public static class CertificateReader
{
    private static readonly Dictionary<string, string> EdwardsKeys = new(StringComparer.Ordinal)
    {
        // RFC 8410, 3.
        ["1.3.101.112"] = "Ed25519",
        ["1.3.101.113"] = "Ed448",
    };

    /// <summary>Reads a certificate.</summary>
    public static Certificate Read(X509Certificate2 certificate)
    {
        (string algorithm, int bits) = Key(certificate);
        X509SubjectAlternativeNameExtension? names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return new Certificate
        {
            Subject = certificate.SubjectName.Name,
            Issuer = certificate.IssuerName.Name,
            DnsNames = Names(() => names?.EnumerateDnsNames()),
            IpAddresses = Names(() => names?.EnumerateIPAddresses().Select(address => address.ToString())),
            SerialNumber = certificate.SerialNumber,
            NotBefore = new DateTimeOffset(certificate.NotBefore.ToUniversalTime()),
            NotAfter = new DateTimeOffset(certificate.NotAfter.ToUniversalTime()),
            KeyAlgorithm = algorithm,
            KeySizeBits = bits,
            SignatureAlgorithm = certificate.SignatureAlgorithm.FriendlyName ?? certificate.SignatureAlgorithm.Value ?? "unknown",
            Sha256Fingerprint = certificate.GetCertHashString(HashAlgorithmName.SHA256),
            IsAuthority = certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(extension => extension.CertificateAuthority),
        };
    }

    /// <summary>A name that breaks the rules of its encoding makes the whole extension unreadable: then it covers nothing.</summary>
    private static string[] Names(Func<IEnumerable<string>?> read)
    {
        try
        {
            return [.. read() ?? []];
        }
        catch (CryptographicException)
        {
            return [];
        }
    }

    private static (string Algorithm, int Bits) Key(X509Certificate2 certificate)
    {
        string oid = certificate.PublicKey.Oid.Value ?? "unknown";
        try
        {
            using RSA? rsa = certificate.GetRSAPublicKey();
            using ECDsa? ec = certificate.GetECDsaPublicKey();
            return rsa is not null ? ("RSA", rsa.KeySize)
                : ec is not null ? ("ECDSA", ec.KeySize)
                : EdwardsKeys.TryGetValue(oid, out string? name) ? (name, name == "Ed25519" ? 256 : 456)
                : (oid == "1.2.840.10040.4.1" ? "DSA" : oid, 0);
        }
        catch (CryptographicException)
        {
            // A key the platform can't load: a curve it lacks, a malformed point.
            return (oid, 0);
        }
    }
}
