using System.Net;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>The kinds of keys that a certificate request may be made for.</summary>
public enum CertificateKeyAlgorithm : long
{
    /// <summary>ECDSA on the curve P-256 (FIPS 186-5).</summary>
    EcdsaP256,

    /// <summary>ECDSA on the curve P-384.</summary>
    EcdsaP384,

    /// <summary>RSA of 2048 bits.</summary>
    Rsa2048,

    /// <summary>RSA of 3072 bits.</summary>
    Rsa3072,

    /// <summary>RSA of 4096 bits.</summary>
    Rsa4096,

    /// <summary>Ed25519 (RFC 8032). No public authority issues certificates for it.</summary>
    Ed25519,

    /// <summary>ML-DSA-44 (FIPS 204): safe from quantum computers; OpenSSL 3.5 and later.</summary>
    MlDsa44,

    /// <summary>ML-DSA-65.</summary>
    MlDsa65,

    /// <summary>ML-DSA-87.</summary>
    MlDsa87,
}

/// <summary>What a certificate request asks for, and where its key lies.</summary>
public sealed record CertificateRequestOptions
{
    /// <summary>Host names, wildcards and internationalized ones too.</summary>
    public IReadOnlyList<string> DnsNames { get; init; } = [];

    /// <summary>Addresses.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>The subject as a distinguished name; <see langword="null"/> for the first name as the common name.</summary>
    public string? Subject { get; init; }

    /// <summary>The kind of key.</summary>
    public CertificateKeyAlgorithm KeyAlgorithm { get; init; }

    /// <summary>Whether it asks that an OCSP response must be stapled (RFC 7633).</summary>
    public bool MustStaple { get; init; }

    /// <summary>The key's path on the server; <see langword="null"/> for one by the first name.</summary>
    public string? KeyPath { get; init; }

    /// <summary>Whether a key that is there is used, and none made.</summary>
    public bool ReuseKey { get; init; }

    /// <summary>Whether a key that is there is replaced; it stays beside the new one as <c>KEY.old</c>.</summary>
    public bool ReplaceKey { get; init; }

    /// <summary>Whether a key that the server's OpenSSL can't make is made on this machine and sent there.</summary>
    public bool AcceptLocalKey { get; init; }
}

/// <summary>A certificate request, whose own signature was checked.</summary>
public sealed record NewCertificateRequest
{
    /// <summary>The server that has the key.</summary>
    public required string Server { get; init; }

    /// <summary>The subject as a distinguished name.</summary>
    public required string Subject { get; init; }

    /// <summary>The host names, as A-labels.</summary>
    public required IReadOnlyList<string> DnsNames { get; init; }

    /// <summary>The addresses.</summary>
    public required IReadOnlyList<string> IpAddresses { get; init; }

    /// <summary>The kind of key.</summary>
    public required CertificateKeyAlgorithm KeyAlgorithm { get; init; }

    /// <summary>The path of the key on the server.</summary>
    public required string KeyPath { get; init; }

    /// <summary>Whether the key was made on this machine and sent there.</summary>
    public bool KeyMadeHere { get; init; }

    /// <summary>Whether it asks that an OCSP response must be stapled.</summary>
    public bool MustStaple { get; init; }

    /// <summary>The SHA-256 fingerprint of the public key (SubjectPublicKeyInfo in DER), in upper case hexadecimal.</summary>
    public required string PublicKeySha256 { get; init; }

    /// <summary>The request (PKCS#10, RFC 2986) in PEM: what the authority gets.</summary>
    public required string Request { get; init; }
}
