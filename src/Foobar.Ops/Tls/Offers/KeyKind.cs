namespace Foobar.Ops.Tls.Offers;

/// <summary>
/// A kind of key that an endpoint may have a certificate for, with what a client offers that can verify no other. A server
/// chooses its certificate by the client's signature algorithms (RFC 8446, 4.4.2.2) and, in TLS 1.2, cipher suites.
/// </summary>
/// <param name="Name">The name, as <see cref="Certificate.KeyAlgorithm"/> begins.</param>
/// <param name="SignatureAlgorithms">The signature schemes (IANA, TLS SignatureScheme).</param>
/// <param name="Suites">The cipher suites of TLS 1.2 (IANA, TLS Cipher Suites), forward secret ones first.</param>
internal sealed record KeyKind(string Name, ushort[] SignatureAlgorithms, ushort[] Suites)
{
    /// <summary>RSA keys, with either kind of identifier in the certificate.</summary>
    public static KeyKind Rsa { get; } = new(
        "RSA", [0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501, 0x0601, 0x0201],
        [0xC02F, 0xC030, 0xCCA8, 0xC027, 0xC028, 0xC013, 0xC014, 0x009C, 0x009D, 0x003C, 0x003D, 0x002F, 0x0035]);

    /// <summary>Keys on the curves of NIST.</summary>
    public static KeyKind Ecdsa { get; } = new(
        "ECDSA", [0x0403, 0x0503, 0x0603, 0x0203], [0xC02B, 0xC02C, 0xCCA9, 0xC023, 0xC024, 0xC009, 0xC00A]);

    /// <summary>Ed25519 and Ed448 (RFC 8422, 5.1.3).</summary>
    public static KeyKind Edwards { get; } = new("Ed", [0x0807, 0x0808], [0xC02B, 0xC02C, 0xCCA9]);

    /// <summary>ML-DSA, in TLS 1.3 alone (draft-ietf-tls-mldsa).</summary>
    public static KeyKind MlDsa { get; } = new("ML-DSA", [0x0904, 0x0905, 0x0906], []);

    /// <summary>
    /// The kinds that are asked for. Certificates with keys of other kinds (DSA) are seen only where they are the endpoint's
    /// first choice.
    /// </summary>
    public static IReadOnlyList<KeyKind> All { get; } = [Rsa, Ecdsa, Edwards, MlDsa];

    /// <summary>Tells whether a certificate is of this kind.</summary>
    public bool Is(Certificate certificate) =>
        certificate.KeyAlgorithm.StartsWith(Name, StringComparison.Ordinal);
}
