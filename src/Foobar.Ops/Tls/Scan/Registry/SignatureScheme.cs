namespace Foobar.Ops.Tls.Scan.Registry;

/// <summary>A signature algorithm of handshakes.</summary>
/// <param name="Number">The number by IANA, TLS SignatureScheme; those of TLS 1.2 are a hash and a signature (RFC 5246, 7.4.1.4.1).</param>
/// <param name="Name">The name: <c>ecdsa_secp256r1_sha256</c>; of one that is not known, its number.</param>
public sealed record SignatureScheme(int Number, string Name)
{
    /// <summary>All that are asked for.</summary>
    internal static IReadOnlyList<SignatureScheme> All { get; } =
    [
        new(0x0403, "ecdsa_secp256r1_sha256"), new(0x0503, "ecdsa_secp384r1_sha384"), new(0x0603, "ecdsa_secp521r1_sha512"),
        new(0x0807, "ed25519"), new(0x0808, "ed448"),
        new(0x0904, "mldsa44"), new(0x0905, "mldsa65"), new(0x0906, "mldsa87"),
        new(0x0804, "rsa_pss_rsae_sha256"), new(0x0805, "rsa_pss_rsae_sha384"), new(0x0806, "rsa_pss_rsae_sha512"),
        new(0x0809, "rsa_pss_pss_sha256"), new(0x080A, "rsa_pss_pss_sha384"), new(0x080B, "rsa_pss_pss_sha512"),
        new(0x081A, "ecdsa_brainpoolP256r1tls13_sha256"), new(0x081B, "ecdsa_brainpoolP384r1tls13_sha384"),
        new(0x081C, "ecdsa_brainpoolP512r1tls13_sha512"), new(0x0708, "sm2sig_sm3"),
        new(0x0401, "rsa_pkcs1_sha256"), new(0x0501, "rsa_pkcs1_sha384"), new(0x0601, "rsa_pkcs1_sha512"),
        new(0x0402, "dsa_sha256"), new(0x0502, "dsa_sha384"), new(0x0602, "dsa_sha512"),
        new(0x0303, "ecdsa_sha224"), new(0x0301, "rsa_pkcs1_sha224"), new(0x0302, "dsa_sha224"),
        new(0x0203, "ecdsa_sha1"), new(0x0201, "rsa_pkcs1_sha1"), new(0x0202, "dsa_sha1"), new(0x0101, "rsa_pkcs1_md5"),
    ];

    /// <summary>Whether it hashes with SHA-1 or MD5 (deprecated by RFC 9155).</summary>
    public bool IsWeak => Name.EndsWith("_sha1", StringComparison.Ordinal) || Name.EndsWith("_md5", StringComparison.Ordinal);

    /// <summary>Whether a quantum computer can't forge it (FIPS 204).</summary>
    public bool IsQuantumSafe => Name.StartsWith("mldsa", StringComparison.Ordinal);

    /// <summary>The algorithm of a number.</summary>
    public static SignatureScheme Of(int number) =>
        All.FirstOrDefault(scheme => scheme.Number == number) ?? new(number, FormattableString.Invariant($"0x{number:X4}"));

    /// <inheritdoc/>
    public override string ToString() => Name;
}
