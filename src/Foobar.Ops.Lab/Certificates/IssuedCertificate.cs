namespace Foobar.Ops.Lab.Certificates;

/// <summary>A certificate of the lab's authority, in PEM.</summary>
/// <param name="Leaf">The certificate alone.</param>
/// <param name="Intermediate">The certificate that signed it.</param>
/// <param name="Key">Its private key (PKCS#8).</param>
internal sealed record IssuedCertificate(string Leaf, string Intermediate, string Key)
{
    /// <summary>What a server sends: the leaf, then the intermediate.</summary>
    public string Chain => Leaf + Intermediate;

    /// <summary>The intermediate and the root in the wrong order behind the leaf, then the key.</summary>
    /// <param name="root">The root.</param>
    public string MisorderedAndKey(string root) => Leaf + root + Intermediate + Key;

    /// <summary>The chain and the key in one file, as HAProxy wants it.</summary>
    public string ChainAndKey => Chain + Key;
}

/// <summary>What a certificate is to say.</summary>
internal sealed record CertificateRequestDetails
{
    /// <summary>The common name.</summary>
    public required string CommonName { get; init; }

    /// <summary>The DNS names of the subject alternative name.</summary>
    public IReadOnlyList<string> DnsNames { get; init; } = [];

    /// <summary>The addresses of the subject alternative name.</summary>
    public IReadOnlyList<System.Net.IPAddress> Addresses { get; init; } = [];

    /// <summary>Whether its key is RSA; ECDSA else.</summary>
    public bool HasRsaKey { get; init; }

    /// <summary>The size of an RSA key, in bits.</summary>
    public int RsaBits { get; init; } = 2048;

    /// <summary>Whether it is signed with SHA-1.</summary>
    public bool HasOldSignature { get; init; }

    /// <summary>Whether clients refuse it without an OCSP response that is sent along (RFC 7633).</summary>
    public bool MustStaple { get; init; }

    /// <summary>From when it is valid.</summary>
    public DateTimeOffset NotBefore { get; init; } = DateTimeOffset.UtcNow.AddDays(-1);

    /// <summary>Until when it is valid.</summary>
    public DateTimeOffset NotAfter { get; init; } = DateTimeOffset.UtcNow.AddDays(90);
}
