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

    /// <summary>The kind of key: <c>RSA</c>, <c>ECDSA</c>, <c>Ed25519</c>, <c>Ed448</c>, <c>DSA</c>, or the object identifier of another.</summary>
    public required string KeyAlgorithm { get; init; }

    /// <summary>The size of the key, in bits; 0 if not known for its kind.</summary>
    public required int KeySizeBits { get; init; }

    /// <summary>The signature algorithm: <c>sha256RSA</c>, <c>sha256ECDSA</c> ...</summary>
    public required string SignatureAlgorithm { get; init; }

    /// <summary>The SHA-256 fingerprint, in upper case hexadecimal without colons.</summary>
    public required string Sha256Fingerprint { get; init; }

    /// <summary>Whether it may sign other certificates.</summary>
    public bool IsAuthority { get; init; }

    /// <summary>Whether subject and issuer are the same.</summary>
    public bool IsSelfIssued => string.Equals(Subject, Issuer, StringComparison.Ordinal);

    /// <summary>Tells whether it is valid at a time.</summary>
    public bool IsValidAt(DateTimeOffset time) => time >= NotBefore && time <= NotAfter;
}
