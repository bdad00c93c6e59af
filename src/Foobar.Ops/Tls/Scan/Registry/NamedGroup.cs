namespace Foobar.Ops.Tls.Scan.Registry;

/// <summary>A group of the key exchange.</summary>
/// <param name="Number">The number by IANA, TLS Supported Groups.</param>
/// <param name="Name">The name there: <c>X25519MLKEM768</c>; of one that is not known, its number.</param>
public sealed record NamedGroup(int Number, string Name)
{
    /// <summary>All groups that are asked for. The draft ones were deployed under these numbers before ML-KEM was final.</summary>
    internal static IReadOnlyList<NamedGroup> All { get; } =
    [
        new(29, "x25519"), new(23, "secp256r1"), new(24, "secp384r1"), new(25, "secp521r1"), new(30, "x448"),
        new(4588, "X25519MLKEM768"), new(4587, "SecP256r1MLKEM768"), new(4589, "SecP384r1MLKEM1024"), new(4590, "curveSM2MLKEM768"),
        new(512, "MLKEM512"), new(513, "MLKEM768"), new(514, "MLKEM1024"),
        new(25497, "X25519Kyber768Draft00"), new(25498, "SecP256r1Kyber768Draft00"),
        new(256, "ffdhe2048"), new(257, "ffdhe3072"), new(258, "ffdhe4096"), new(259, "ffdhe6144"), new(260, "ffdhe8192"),
        new(31, "brainpoolP256r1tls13"), new(32, "brainpoolP384r1tls13"), new(33, "brainpoolP512r1tls13"), new(41, "curveSM2"),
        new(26, "brainpoolP256r1"), new(27, "brainpoolP384r1"), new(28, "brainpoolP512r1"),
        new(22, "secp256k1"), new(21, "secp224r1"), new(20, "secp224k1"), new(19, "secp192r1"), new(18, "secp192k1"),
        new(17, "secp160r2"), new(16, "secp160r1"), new(15, "secp160k1"),
        new(14, "sect571r1"), new(13, "sect571k1"), new(12, "sect409r1"), new(11, "sect409k1"), new(10, "sect283r1"), new(9, "sect283k1"),
        new(8, "sect239k1"), new(7, "sect233r1"), new(6, "sect233k1"), new(5, "sect193r2"), new(4, "sect193r1"), new(3, "sect163r2"),
        new(2, "sect163r1"), new(1, "sect163k1"),
    ];

    /// <summary>Whether a quantum computer can't open what is recorded today: ML-KEM (FIPS 203) or its draft is part of it.</summary>
    public bool IsQuantumSafe => Name.Contains("MLKEM", StringComparison.Ordinal) || Name.Contains("Kyber", StringComparison.Ordinal);

    /// <summary>Whether TLS 1.2 and older know it: curves, and the finite fields of RFC 7919.</summary>
    internal bool IsOfTls12 => Number <= 30;

    /// <summary>The group of a number.</summary>
    public static NamedGroup Of(int number) =>
        All.FirstOrDefault(group => group.Number == number) ?? new(number, FormattableString.Invariant($"0x{number:X4}"));

    /// <inheritdoc/>
    public override string ToString() => Name;
}
