using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Foobar.Ops.Tls.Issuance;

/// <summary>Who signed an OCSP response (RFC 6960, 4.2.2.2): the certificate's issuer, or a responder whom it charged with that.</summary>
internal static class OcspSignature
{
    private const string OcspSigning = "1.3.6.1.5.5.7.3.9";

    private static readonly Dictionary<string, HashAlgorithmName> Hashes = new(StringComparer.Ordinal)
    {
        ["1.2.840.113549.1.1.5"] = HashAlgorithmName.SHA1,
        ["1.2.840.113549.1.1.11"] = HashAlgorithmName.SHA256,
        ["1.2.840.113549.1.1.12"] = HashAlgorithmName.SHA384,
        ["1.2.840.113549.1.1.13"] = HashAlgorithmName.SHA512,
        ["1.2.840.10045.4.3.2"] = HashAlgorithmName.SHA256,
        ["1.2.840.10045.4.3.3"] = HashAlgorithmName.SHA384,
        ["1.2.840.10045.4.3.4"] = HashAlgorithmName.SHA512,
    };

    /// <summary>Whether it did; <see langword="null"/> where this can't be told.</summary>
    /// <param name="signed">What is signed.</param>
    /// <param name="algorithm">The signature's algorithm.</param>
    /// <param name="signature">The signature.</param>
    /// <param name="responders">The certificates that came in the response, in DER.</param>
    /// <param name="leaf">The certificate that it is about.</param>
    /// <param name="issuers">Certificates that may be its issuer's.</param>
    public static bool? IsOfIssuer(
        ReadOnlyMemory<byte> signed, string algorithm, byte[] signature, IReadOnlyList<byte[]> responders, X509Certificate2 leaf,
        IReadOnlyList<X509Certificate2> issuers)
    {
        X509Certificate2[] candidates =
        [
            .. issuers.Where(issuer => issuer.SubjectName.RawData.AsSpan().SequenceEqual(leaf.IssuerName.RawData)),
        ];
        if (candidates.Length == 0 || !Hashes.TryGetValue(algorithm, out HashAlgorithmName hash))
        {
            return null;
        }

        if (candidates.Any(issuer => Verifies(issuer, signed.Span, signature, hash) == true))
        {
            return true;
        }

        foreach (byte[] encoded in responders)
        {
            using X509Certificate2 responder = X509CertificateLoader.LoadCertificate(encoded);
            if (IsCharged(responder)
                && candidates.Any(issuer => IsIssuedBy(responder, issuer))
                && Verifies(responder, signed.Span, signature, hash) == true)
            {
                return true;
            }
        }

        return candidates.Any(issuer => Verifies(issuer, signed.Span, signature, hash) is null) ? null : false;
    }

    private static bool IsCharged(X509Certificate2 responder) =>
        responder.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(usage => usage.EnhancedKeyUsages[OcspSigning] is not null);

    private static bool IsIssuedBy(X509Certificate2 responder, X509Certificate2 issuer)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(issuer);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;

        // The issuer itself need be no root here.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid
            | X509VerificationFlags.AllowUnknownCertificateAuthority;
        chain.Build(responder);
        return chain.ChainElements.Count > 1
            && chain.ChainElements[1].Certificate.RawData.AsSpan().SequenceEqual(issuer.RawData)
            && chain.ChainElements[0].ChainElementStatus.All(status => status.Status != X509ChainStatusFlags.NotSignatureValid);
    }

    /// <summary>
    /// Whether a signature is of a certificate's key; <see langword="null"/> for a kind of key that this system does not know.
    /// </summary>
    private static bool? Verifies(X509Certificate2 certificate, ReadOnlySpan<byte> signed, byte[] signature, HashAlgorithmName hash)
    {
        try
        {
            using RSA? rsa = certificate.GetRSAPublicKey();
            using ECDsa? ecdsa = certificate.GetECDsaPublicKey();
            return rsa?.VerifyData(signed, signature, hash, RSASignaturePadding.Pkcs1)
                ?? ecdsa?.VerifyData(signed, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
