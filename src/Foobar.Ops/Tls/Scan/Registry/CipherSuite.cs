using System.Collections.Frozen;
using System.Globalization;

namespace Foobar.Ops.Tls.Scan.Registry;

/// <summary>A cipher suite; what it is made of is read from its name, which IANA's registry forms by one rule.</summary>
public sealed record CipherSuite
{
    private const string With = "_WITH_";

    private static readonly FrozenDictionary<int, CipherSuite> Known = CipherSuiteTable.Text
        .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(static line => new CipherSuite
        {
            Number = int.Parse(line.AsSpan(0, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            Name = "TLS_" + line[5..],
        })
        .ToFrozenDictionary(static suite => suite.Number);

    /// <summary>All suites of TLS and SSL 3.0 that are known, by number.</summary>
    internal static IReadOnlyList<CipherSuite> All { get; } = [.. Known.Values.OrderBy(static suite => suite.Number)];

    /// <summary>The cipher kinds of SSL 2.0, whose numbers have three bytes.</summary>
    internal static IReadOnlyList<CipherSuite> Ssl20 { get; } =
    [
        new() { Number = 0x010080, Name = "SSL_CK_RC4_128_WITH_MD5" },
        new() { Number = 0x020080, Name = "SSL_CK_RC4_128_EXPORT40_WITH_MD5" },
        new() { Number = 0x030080, Name = "SSL_CK_RC2_128_CBC_WITH_MD5" },
        new() { Number = 0x040080, Name = "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5" },
        new() { Number = 0x050080, Name = "SSL_CK_IDEA_128_CBC_WITH_MD5" },
        new() { Number = 0x060040, Name = "SSL_CK_DES_64_CBC_WITH_MD5" },
        new() { Number = 0x0700C0, Name = "SSL_CK_DES_192_EDE3_CBC_WITH_MD5" },
    ];

    /// <summary>The number: two bytes, three in SSL 2.0.</summary>
    public required int Number { get; init; }

    /// <summary>The name by IANA: <c>TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256</c>; of one that is not known, its number.</summary>
    public required string Name { get; init; }

    /// <summary>Whether a key that is stolen later can't open what was recorded before.</summary>
    public bool IsForwardSecret =>
        IsTls13 || Exchange.StartsWith("DHE", StringComparison.Ordinal) || Exchange.StartsWith("ECDHE", StringComparison.Ordinal)
        || Exchange.StartsWith("ECCPWD", StringComparison.Ordinal) || IsAnonymous;

    /// <summary>Whether nobody proves who they are.</summary>
    public bool IsAnonymous =>
        Exchange.EndsWith("anon", StringComparison.Ordinal) || Exchange.EndsWith("anon_EXPORT", StringComparison.Ordinal);

    /// <summary>Whether encryption and authentication are one (AEAD).</summary>
    public bool IsAead =>
        !IsSsl20 && (
            Cipher.Contains("_GCM", StringComparison.Ordinal) || Cipher.Contains("_CCM", StringComparison.Ordinal)
            || Cipher.Contains("POLY1305", StringComparison.Ordinal) || Cipher.Contains("AEGIS", StringComparison.Ordinal)
            || Cipher.Contains("_MGM", StringComparison.Ordinal));

    /// <summary>Whether the cipher chains blocks (CBC), with a MAC apart.</summary>
    public bool IsCbc => Cipher.Contains("_CBC", StringComparison.Ordinal) || (IsSsl20 && Name.Contains("_CBC", StringComparison.Ordinal));

    /// <summary>
    /// What is broken in it: no encryption, export, no authentication, RC4, RC2, DES, 3DES, IDEA, or an MD5 MAC;
    /// <see langword="null"/> if nothing is.
    /// </summary>
    public string? Weakness =>
        Cipher.StartsWith("NULL", StringComparison.Ordinal) || Name is "TLS_SHA256_SHA256" or "TLS_SHA384_SHA384" ? "no encryption"
        : Name.Contains("EXPORT", StringComparison.Ordinal) ? "export grade"
        : IsAnonymous ? "no authentication"
        : Name.Contains("RC4", StringComparison.Ordinal) ? "RC4"
        : Name.Contains("RC2", StringComparison.Ordinal) ? "RC2"
        : Name.Contains("3DES", StringComparison.Ordinal) || Name.Contains("EDE3", StringComparison.Ordinal) ? "3DES"
        : Name.Contains("DES_", StringComparison.Ordinal) || Name.Contains("DES40", StringComparison.Ordinal) ? "DES"
        : Name.Contains("IDEA", StringComparison.Ordinal) ? "IDEA"
        : Name.EndsWith("_MD5", StringComparison.Ordinal) ? "MD5"
        : null;

    /// <summary>Whether it is one of TLS 1.3, which leaves the key exchange to the group.</summary>
    internal bool IsTls13 =>
        !IsSsl20 && !Name.Contains(With, StringComparison.Ordinal) && Name.StartsWith("TLS_", StringComparison.Ordinal);

    /// <summary>How keys are exchanged and who signs, before <c>WITH</c>: <c>ECDHE_RSA</c>; empty in TLS 1.3.</summary>
    internal string Exchange => Split(0);

    private bool IsSsl20 => Number > ushort.MaxValue;

    private string Cipher => Split(1);

    /// <summary>The suite of a number.</summary>
    public static CipherSuite Of(int number) => Known.GetValueOrDefault(number)
        ?? Ssl20.FirstOrDefault(suite => suite.Number == number)
        ?? new CipherSuite { Number = number, Name = FormattableString.Invariant($"0x{number:X4}") };

    /// <inheritdoc/>
    public override string ToString() => Name;

    private string Split(int part)
    {
        int at = IsSsl20 ? -1 : Name.IndexOf(With, StringComparison.Ordinal);
        return at < 0 ? (part == 0 ? "" : Name.Replace("TLS_", "", StringComparison.Ordinal)) : part == 0 ? Name["TLS_".Length..at]
            : Name[(at + With.Length)..];
    }
}
