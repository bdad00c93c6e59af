using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Foobar.Ops.Tls;

/// <summary>
/// Names of key and signature algorithms by their object identifiers: the platform names only those that its own library
/// knows (RFC 4055, 5758, 8410, 8017; NIST CSOR for ML-DSA and SLH-DSA: RFC 9881, RFC 9909).
/// </summary>
internal static class AlgorithmNames
{
    /// <summary>id-RSASSA-PSS, of keys and of signatures (RFC 4055, 3.1).</summary>
    public const string RsaPss = "1.2.840.113549.1.1.10";

    private const string NistSignatures = "2.16.840.1.101.3.4.3.";

    private static readonly string[] SlhDsa =
    [
        "SHA2-128s", "SHA2-128f", "SHA2-192s", "SHA2-192f", "SHA2-256s", "SHA2-256f",
        "SHAKE-128s", "SHAKE-128f", "SHAKE-192s", "SHAKE-192f", "SHAKE-256s", "SHAKE-256f",
    ];

    /// <summary>Those whose public keys have one size each, in bits.</summary>
    private static readonly Dictionary<string, (string Name, int Bits)> SizedKeys = new(StringComparer.Ordinal)
    {
        ["1.3.101.112"] = ("Ed25519", 256),
        ["1.3.101.113"] = ("Ed448", 456),
        [NistSignatures + "17"] = ("ML-DSA-44", 1312 * 8),
        [NistSignatures + "18"] = ("ML-DSA-65", 1952 * 8),
        [NistSignatures + "19"] = ("ML-DSA-87", 2592 * 8),
    };

    private static readonly Dictionary<string, string> Hashes = new(StringComparer.Ordinal)
    {
        ["1.2.840.113549.2.5"] = "md5",
        ["1.3.14.3.2.26"] = "sha1",
        ["2.16.840.1.101.3.4.2.1"] = "sha256",
        ["2.16.840.1.101.3.4.2.2"] = "sha384",
        ["2.16.840.1.101.3.4.2.3"] = "sha512",
        ["2.16.840.1.101.3.4.2.4"] = "sha224",
    };

    private static readonly Dictionary<string, string> Signatures = new(StringComparer.Ordinal)
    {
        ["1.2.840.113549.1.1.2"] = "md2RSA",
        ["1.2.840.113549.1.1.4"] = "md5RSA",
        ["1.2.840.113549.1.1.5"] = "sha1RSA",
        ["1.3.14.3.2.29"] = "sha1RSA",
        ["1.2.840.113549.1.1.14"] = "sha224RSA",
        ["1.2.840.113549.1.1.11"] = "sha256RSA",
        ["1.2.840.113549.1.1.12"] = "sha384RSA",
        ["1.2.840.113549.1.1.13"] = "sha512RSA",
        ["1.2.840.10045.4.1"] = "sha1ECDSA",
        ["1.2.840.10045.4.3.1"] = "sha224ECDSA",
        ["1.2.840.10045.4.3.2"] = "sha256ECDSA",
        ["1.2.840.10045.4.3.3"] = "sha384ECDSA",
        ["1.2.840.10045.4.3.4"] = "sha512ECDSA",
        ["1.2.840.10040.4.3"] = "sha1DSA",
        [NistSignatures + "1"] = "sha224DSA",
        [NistSignatures + "2"] = "sha256DSA",
    };

    /// <summary>A key's algorithm whose public keys have one size, in bits; <see langword="null"/> for others.</summary>
    public static (string Name, int Bits)? SizedKey(string oid) =>
        SizedKeys.TryGetValue(oid, out (string Name, int Bits) known) ? known
        : SlhDsaOf(oid) is { } name
            ? (name, name.Contains("128", StringComparison.Ordinal) ? 256 : name.Contains("192", StringComparison.Ordinal) ? 384 : 512)
        : null;

    /// <summary>A signature's algorithm by name, with its hash; the identifier of one that is not known.</summary>
    public static string Signature(X509Certificate2 certificate)
    {
        string oid = certificate.SignatureAlgorithm.Value ?? "unknown";
        return oid == RsaPss ? PssHash(certificate) + "RSA-PSS" : Signature(oid);
    }

    /// <summary>Whether only a library that knows post-quantum signatures can verify one of an algorithm.</summary>
    public static bool IsQuantumSafe(string name) =>
        name.StartsWith("ML-DSA", StringComparison.Ordinal) || name.StartsWith("SLH-DSA", StringComparison.Ordinal);

    private static string Signature(string oid) =>
        Signatures.TryGetValue(oid, out string? name) ? name : SizedKey(oid)?.Name ?? oid;

    // 20 to 31: RFC 9909, 3.
    private static string? SlhDsaOf(string oid) =>
        oid.StartsWith(NistSignatures, StringComparison.Ordinal)
            && int.TryParse(oid.AsSpan(NistSignatures.Length), System.Globalization.CultureInfo.InvariantCulture, out int last)
            && last is >= 20 and <= 31
            ? $"SLH-DSA-{SlhDsa[last - 20]}" : null;

    /// <summary>The hash that the parameters name; SHA-1 where they leave it out (RFC 4055, 3.1).</summary>
    private static string PssHash(X509Certificate2 certificate)
    {
        const string Default = "sha1";
        try
        {
            AsnReader outer = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.BER).ReadSequence();
            outer.ReadEncodedValue();
            AsnReader identifier = outer.ReadSequence();
            identifier.ReadObjectIdentifier();
            AsnReader parameters = identifier.ReadSequence();
            Asn1Tag hash = new(TagClass.ContextSpecific, 0);
            if (!parameters.HasData || !parameters.PeekTag().HasSameClassAndValue(hash))
            {
                return Default;
            }

            string oid = parameters.ReadSequence(hash).ReadSequence().ReadObjectIdentifier();
            return Hashes.TryGetValue(oid, out string? name) ? name : oid;
        }
        catch (AsnContentException)
        {
            return "unknown";
        }
    }
}
