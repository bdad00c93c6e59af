using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tls.Profiles;

/// <summary>
/// A profile of Mozilla's server side TLS guidelines, version 5.8 (ssl-config.mozilla.org/guidelines/5.8.json), as far as a
/// scan can tell whether it is kept.
/// </summary>
/// <param name="Name">The name: <c>modern</c>, <c>intermediate</c>, <c>old</c>.</param>
/// <param name="Versions">The versions that may be offered.</param>
/// <param name="Suites">The cipher suites that may be offered, without the prefix TLS_.</param>
/// <param name="PrimeBits">The least size of a prime of Diffie-Hellman, in bits.</param>
/// <param name="NeedsOrder">Whether the server must choose by an order of its own.</param>
/// <param name="KeyAlgorithms">The keys that its certificates may have.</param>
public sealed record MozillaProfile(
    string Name, IReadOnlyList<TlsVersion> Versions, IReadOnlySet<string> Suites, int PrimeBits, bool NeedsOrder,
        IReadOnlyList<string> KeyAlgorithms)
{
    /// <summary>The version of the guidelines.</summary>
    public const string GuidelineVersion = "5.8";

    private const int LongPrime = 2048;

    private const string Tls13Suites = "AES_128_GCM_SHA256 AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256";

    private const string IntermediateSuites = """
        ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 ECDHE_RSA_WITH_AES_128_GCM_SHA256
        ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 ECDHE_RSA_WITH_AES_256_GCM_SHA384
        ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
        """;

    private const string OldSuites = """
        ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 ECDHE_RSA_WITH_AES_128_CBC_SHA256
        ECDHE_ECDSA_WITH_AES_128_CBC_SHA ECDHE_RSA_WITH_AES_128_CBC_SHA
        ECDHE_ECDSA_WITH_AES_256_CBC_SHA384 ECDHE_RSA_WITH_AES_256_CBC_SHA384
        ECDHE_ECDSA_WITH_AES_256_CBC_SHA ECDHE_RSA_WITH_AES_256_CBC_SHA
        RSA_WITH_AES_128_GCM_SHA256 RSA_WITH_AES_256_GCM_SHA384 RSA_WITH_AES_128_CBC_SHA256 RSA_WITH_AES_256_CBC_SHA256
        RSA_WITH_AES_128_CBC_SHA RSA_WITH_AES_256_CBC_SHA RSA_WITH_3DES_EDE_CBC_SHA
        """;

    /// <summary>For clients of today alone.</summary>
    public static MozillaProfile Modern { get; } = new(
        "modern", [TlsVersion.Tls13], Set(Tls13Suites), LongPrime, NeedsOrder: false, ["ECDSA"]);

    /// <summary>For nearly all clients.</summary>
    public static MozillaProfile Intermediate { get; } =
        new("intermediate", [TlsVersion.Tls12, TlsVersion.Tls13], Set(Tls13Suites, IntermediateSuites), LongPrime, NeedsOrder: false,
            ["ECDSA", "RSA"]);

    /// <summary>For very old clients, as a last resort.</summary>
    public static MozillaProfile Old { get; } = new(
        "old",
        [TlsVersion.Tls10, TlsVersion.Tls11, TlsVersion.Tls12, TlsVersion.Tls13],
        Set(Tls13Suites, IntermediateSuites, OldSuites),
        LongPrime,
        NeedsOrder: true,
        ["ECDSA", "RSA"]);

    /// <summary>The profile of a name in a policy; that of the schema's default for an unknown one, which no inventory has.</summary>
    public static MozillaProfile Of(string name) => name.ToLowerInvariant() switch { "modern" => Modern, "old" => Old, _ => Intermediate };

    /// <summary>Whether a suite may be offered.</summary>
    public bool Allows(CipherSuite suite) => Suites.Contains(suite.Name);

    private static HashSet<string> Set(params string[] lists) =>
        [.. lists.SelectMany(static list => list.Split((char[])[' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)).Select(
            static name => "TLS_" + name)];
}
