using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Tls.Issuance;

namespace Foobar.Ops.Tls;

/// <summary>Reads an X.509 certificate (RFC 5280) into a plain record.</summary>
public static class CertificateReader
{
    private const string Dsa = "1.2.840.10040.4.1";

    // RFC 7633, 4.2.3.1, and the extension of TLS whose number must be in it.
    private const string TlsFeature = "1.3.6.1.5.5.7.1.24";

    private const int StatusRequest = 5;

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
            SignatureAlgorithm = AlgorithmNames.Signature(certificate),
            Sha256Fingerprint = certificate.GetCertHashString(HashAlgorithmName.SHA256),
            Sha1Fingerprint = Convert.ToHexString(CryptographicOperations.HashData(HashAlgorithmName.SHA1, certificate.RawData)),
            Timestamps = Extension(certificate, TimestampParser.CertificateExtension) is { } list
                ? TimestampParser.OfExtension(list, TimestampSource.Certificate) : [],
            MustStaple = Extension(certificate, TlsFeature) is { } features && HasStatusRequest(features),
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

    private static byte[]? Extension(X509Certificate2 certificate, string oid) => certificate.Extensions[oid]?.RawData;

    private static bool HasStatusRequest(byte[] features)
    {
        try
        {
            AsnReader numbers = new AsnReader(features, AsnEncodingRules.DER).ReadSequence();
            while (numbers.HasData)
            {
                if (numbers.ReadInteger() == StatusRequest)
                {
                    return true;
                }
            }
        }
        catch (AsnContentException)
        {
            // What can't be read asks for nothing.
        }

        return false;
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
                : oid == AlgorithmNames.RsaPss ? ("RSASSA-PSS", ModulusBits(certificate))
                : AlgorithmNames.SizedKey(oid) ?? (oid == Dsa ? "DSA" : oid, 0);
        }
        catch (CryptographicException)
        {
            // A key the platform can't load: a curve it lacks, a malformed point.
            return (oid, 0);
        }
    }

    /// <summary>The size of the modulus of an RSA key that is for PSS alone, which the platform does not load.</summary>
    private static int ModulusBits(X509Certificate2 certificate)
    {
        try
        {
            AsnReader key = new AsnReader(certificate.PublicKey.EncodedKeyValue.RawData, AsnEncodingRules.DER).ReadSequence();
            return (int)key.ReadInteger().GetBitLength();
        }
        catch (AsnContentException)
        {
            return 0;
        }
    }
}
