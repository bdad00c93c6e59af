using Foobar.Ops.Tls.Issuance;

namespace Foobar.Ops.Tls;

/// <summary>What an X.509 certificate says (RFC 5280).</summary>
public sealed record Certificate
{
    /// <summary>The subject as a distinguished name (RFC 4514).</summary>
    public required string Subject { get; init; }

    /// <summary>The issuer as a distinguished name.</summary>
    public required string Issuer { get; init; }

    /// <summary>The host names of the subject alternative name extension (dNSName), as written, wildcards too.</summary>
    public IReadOnlyList<string> DnsNames { get; init; } = [];

    /// <summary>The addresses of that extension (iPAddress).</summary>
    public IReadOnlyList<string> IpAddresses { get; init; } = [];

    /// <summary>The serial number, in hexadecimal.</summary>
    public required string SerialNumber { get; init; }

    /// <summary>From when it is valid, in UTC.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Until when it is valid, in UTC.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>
    /// The kind of key: <c>RSA</c>, <c>RSASSA-PSS</c>, <c>ECDSA</c>, <c>Ed25519</c>, <c>Ed448</c>, <c>ML-DSA-65</c>,
    /// <c>SLH-DSA-SHA2-128s</c>, <c>DSA</c>, or the object identifier of another.
    /// </summary>
    public required string KeyAlgorithm { get; init; }

    /// <summary>The size of the key, in bits: of the modulus, of the curve, else of the public key; 0 if not known for its kind.</summary>
    public required int KeySizeBits { get; init; }

    /// <summary>The signature algorithm: <c>sha256RSA</c>, <c>sha256RSA-PSS</c>, <c>sha256ECDSA</c>, <c>ML-DSA-65</c> ...</summary>
    public required string SignatureAlgorithm { get; init; }

    /// <summary>The SHA-256 fingerprint, in upper case hexadecimal without colons.</summary>
    public required string Sha256Fingerprint { get; init; }

    /// <summary>The SHA-1 fingerprint, which some tools still show, in the same form.</summary>
    public string Sha1Fingerprint { get; init; } = "";

    /// <summary>The timestamps of logs that are in it (RFC 6962).</summary>
    public IReadOnlyList<SignedTimestamp> Timestamps { get; init; } = [];

    /// <summary>Whether clients refuse it without an OCSP response that is sent along (must-staple; RFC 7633).</summary>
    public bool MustStaple { get; init; }

    /// <summary>Whether it may sign other certificates.</summary>
    public bool IsAuthority { get; init; }

    /// <summary>Whether subject and issuer are the same.</summary>
    public bool IsSelfIssued => string.Equals(Subject, Issuer, StringComparison.Ordinal);

    /// <summary>How long it is valid in all.</summary>
    public TimeSpan Lifetime => NotAfter - NotBefore;

    /// <summary>Tells which share of its lifetime is left at a time: 1 at its beginning, 0 from its end on.</summary>
    public double ShareLeftAt(DateTimeOffset time) => Lifetime <= TimeSpan.Zero ? 0 : Math.Clamp((NotAfter - time) / Lifetime, 0, 1);

    /// <summary>Tells whether it is valid at a time.</summary>
    public bool IsValidAt(DateTimeOffset time) => time >= NotBefore && time <= NotAfter;
}
