using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Foobar.Ops.Operations.CertificateChange;

/// <summary>One block of a PEM file (RFC 7468, and the older form with headers: RFC 1421).</summary>
/// <param name="Label">What stands behind <c>BEGIN</c>.</param>
/// <param name="Text">The whole block.</param>
internal sealed partial record PemBlock(string Label, string Text)
{
    /// <summary>Whether it is a certificate.</summary>
    public bool IsCertificate => Label is "CERTIFICATE" or "X509 CERTIFICATE";

    /// <summary>Whether it is a private key, encrypted or not.</summary>
    public bool IsKey => Label.EndsWith("PRIVATE KEY", StringComparison.Ordinal);
}

/// <summary>Reads and writes PEM files.</summary>
internal static partial class PemBlocks
{
    /// <summary>The blocks of a text, in order; what stands between them is passed over.</summary>
    public static IReadOnlyList<PemBlock> Read(string text) =>
        [.. Block().Matches(text).Select(static match => new PemBlock(match.Groups[1].Value, match.Value))];

    /// <summary>The content of a block; <see langword="null"/> if it is not base 64.</summary>
    public static byte[]? Content(PemBlock block)
    {
        try
        {
            return PemEncoding.TryFind(block.Text, out PemFields fields) ? Convert.FromBase64String(block.Text[fields.Base64Data]) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Writes a block with a line end behind it.</summary>
    public static string Write(string label, byte[] content) => PemEncoding.WriteString(label, content) + "\n";

    [GeneratedRegex(
        "-----BEGIN ([A-Z0-9 .#-]+?)-----\\s.*?-----END \\1-----", RegexOptions.Singleline | RegexOptions.CultureInvariant, 2000)]
    private static partial Regex Block();
}
