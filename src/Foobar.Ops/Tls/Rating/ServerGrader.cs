using System.Globalization;
using Foobar.Ops.Tls.Http;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tls.Rating;

/// <summary>
/// Grades a scan by the SSL Labs SSL Server Rating Guide, version 2009r. Pure. What the guide tests by exploiting it
/// (Heartbleed, ROBOT, padding oracles, ticketbleed) or by simulating browsers is not looked at: a suite that is offered counts.
/// </summary>
public sealed class ServerGrader
{
    private static readonly string[] Order = ["A+", "A", "A-", "B", "C", "D", "E", "F"];

    private readonly TlsScan _scan;
    private readonly ServedCertificate? _served;
    private readonly string? _untold;
    private readonly List<(string Best, string Reason)> _caps = [];

    private ServerGrader(TlsScan scan, ServedCertificate? served, string? untold) => (_scan, _served, _untold) = (scan, served, untold);

    private IEnumerable<ProtocolOffer> Offered => _scan.Offered;

    private CipherSuite[] Suites => [.. Offered.SelectMany(static protocol => protocol.Suites).Distinct()];

    /// <summary>Grades a scan.</summary>
    /// <param name="scan">The scan, with what the endpoint answers over HTTP.</param>
    /// <param name="served">The certificate as it was served, with its chain; <see langword="null"/> if it was not looked at.</param>
    /// <param name="untold">Why the certificate was not looked at.</param>
    /// <returns>The grade; <see langword="null"/> with the reason where too little is known.</returns>
    public static (ServerGrade? Grade, string? Problem) Grade(TlsScan scan, ServedCertificate? served, string? untold = null)
    {
        ProtocolOffer? unknown = scan.Protocols.FirstOrDefault(static protocol => protocol.Offered.Support == Support.Unknown);
        return unknown is not null ? (null, $"{unknown.Version.Text()}: it {unknown.Offered.Detail}")
            : scan.Protocols.FirstOrDefault(static protocol => protocol.SuitesIncomplete is not null) is { } incomplete
                ? (null, $"{incomplete.Version.Text()}: it {incomplete.SuitesIncomplete}")
            : (served?.Leaf ?? scan.Certificate) is not { } leaf ? (null, "no certificate was seen")
            : !scan.Offered.Any() ? (null, "no version is offered")
            : (new ServerGrader(scan, served, untold).Make(leaf), null);
    }

    private ServerGrade Make(Certificate leaf)
    {
        int weakest = WeakestExchange(leaf);
        ServerGrade grade = new()
        {
            Letter = "F",
            Protocols = (ScoreOf(Offered.First().Version) + ScoreOf(Offered.Last().Version)) / 2,
            KeyExchange = Suites.Any(static suite => suite.IsAnonymous) ? 0 : ExchangeScore(weakest),
            Ciphers = (CipherScore(Suites.Max(Bits)) + CipherScore(Suites.Min(Bits))) / 2,
        };
        Protocols();
        Exchange(weakest, leaf);
        Ciphers();
        Extras();
        string letter = LetterOf(grade.Score);
        bool hasWarning = _caps.Exists(static cap => cap.Best == "A-");
        bool isExceptional = letter == "A" && !hasWarning && Hsts() is { MaxAge: >= StrictTransport.LongAge };
        string best = isExceptional ? "A+" : letter;
        string capped = _caps.Select(static cap => cap.Best).Append(best).MaxBy(static each => Array.IndexOf(Order, each))!;
        (string? instead, string? why) = Trust(leaf);
        return grade with
        {
            Letter = instead ?? capped,
            Reasons =
            [
                .. why is null ? Array.Empty<string>() : [instead is null ? why : $"{instead}: {why}; without that it were {capped}"],
                .. _caps.OrderByDescending(static cap => Array.IndexOf(Order, cap.Best))
                    .Select(static cap => $"{cap.Best} at best: {cap.Reason}"),
                .. letter == "A" ? Array.Empty<string>()
                    : [string.Create(CultureInfo.InvariantCulture, $"{letter} by the score {grade.Score}")],
            ],
        };
    }

    // Table 1.
    private static string LetterOf(int score) =>
        score switch { >= 80 => "A", >= 65 => "B", >= 50 => "C", >= 35 => "D", >= 20 => "E", _ => "F" };

    // Table 3.
    private static int ScoreOf(TlsVersion version) => version switch
    {
        TlsVersion.Ssl20 => 0,
        TlsVersion.Ssl30 => 80,
        TlsVersion.Tls10 => 90,
        TlsVersion.Tls11 => 95,
        _ => 100,
    };

    // Table 4.
    private static int ExchangeScore(int bits) => bits switch { < 512 => 20, < 1024 => 40, < 2048 => 80, < 4096 => 90, _ => 100 };

    // Table 5.
    private static int CipherScore(int bits) => bits switch { 0 => 0, < 128 => 20, < 256 => 80, _ => 100 };

    private void Protocols()
    {
        Cap(Speaks(TlsVersion.Ssl20), "F", "SSL 2.0 is offered");
        Cap(Speaks(TlsVersion.Ssl30), "B", "SSL 3.0 is offered");
        Cap(Speaks(TlsVersion.Ssl30) && _scan.Of(TlsVersion.Ssl30).Suites.Any(static suite => suite.IsCbc), "C",
            "SSL 3.0 with CBC is offered (POODLE)");
        Cap(Speaks(TlsVersion.Tls10) || Speaks(TlsVersion.Tls11), "B", "TLS 1.0 or 1.1 is offered");
        Cap(!Speaks(TlsVersion.Tls12) && !Speaks(TlsVersion.Tls13), "C", "neither TLS 1.2 nor TLS 1.3 is offered");
        Cap(!Speaks(TlsVersion.Tls13), "A-", "TLS 1.3 is not offered");
    }

    private void Exchange(int weakest, Certificate leaf)
    {
        int key = Strength(leaf.KeyAlgorithm, leaf.KeySizeBits);
        Cap(key < 1024, "F", $"the certificate's key is too short: {leaf.KeyAlgorithm} {leaf.KeySizeBits}");
        Cap(key < 2048, "B", $"the certificate's key is short: {leaf.KeyAlgorithm} {leaf.KeySizeBits}");
        Cap(weakest <= 512, "F", "keys of 512 bits are exchanged");
        Cap(_scan.PrimeBits.Any(static bits => bits < 2048), "B",
            "a prime of Diffie-Hellman is short: " + string.Join(", ", _scan.PrimeBits));
        Cap(_scan.SecureRenegotiation.Support == Support.No, "A-", "renegotiation is not bound to the handshake before");
        Cap(Suites.Any(static suite => suite.IsAnonymous), "F", "a suite without authentication is offered");
    }

    private void Ciphers()
    {
        CipherSuite[] suites = Suites;
        CipherSuite[] modern =
            [.. Offered.Where(static protocol => protocol.Version >= TlsVersion.Tls11).SelectMany(static protocol => protocol.Suites)];
        Cap(suites.Any(static suite => Has(suite, "EXPORT")), "F", "a suite of export grade is offered");
        Cap(suites.Any(static suite => Bits(suite) < 112), "F", "a cipher of less than 112 bits is offered");
        Cap(suites.All(static suite => Has(suite, "RC4")), "F", "RC4 alone is offered");
        Cap(modern.Any(static suite => Has(suite, "RC4")), "C", "RC4 is offered with TLS 1.1 or later");
        Cap(suites.Any(static suite => Has(suite, "RC4")), "B", "RC4 is offered");
        Cap(modern.Any(static suite => suite.Weakness is "3DES" or "DES" or "IDEA" or "RC2"), "C",
            "a cipher with blocks of 64 bits is offered with TLS 1.1 or later");
        Cap(!suites.Any(static suite => suite.IsForwardSecret), "B", "no suite is forward secret");
        Cap(!suites.Any(static suite => suite.IsAead), "B", "no suite is AEAD");
        Cap(_scan.Compression.Support == Support.Yes, "C", "TLS compresses (CRIME)");
    }

    private void Extras()
    {
        if (_scan.Http is null)
        {
            return;
        }

        string? problem = _scan.Http.Secure.Value is null ? "HSTS could not be looked at"
            : Hsts() switch
            {
                null => "no HSTS",
                { MaxAge: null or 0 } => "HSTS is not valid",
                { MaxAge: < StrictTransport.LongAge } => "HSTS is shorter than half a year",
                _ => null,
            };

        // A max-age that is short is valid, and no warning: it only keeps from A+.
        Cap(problem is not null, problem == "HSTS is shorter than half a year" ? "A" : "A-", problem ?? "");
    }

    private StrictTransport? Hsts() =>
        _scan.Http?.Secure.Value?.StrictTransportSecurity is { } header ? StrictTransport.Parse(header) : null;

    /// <summary>The grade that stands instead of all others, or why the certificate could not be judged.</summary>
    private (string? Instead, string? Why) Trust(Certificate leaf)
    {
        string name = _scan.Endpoint.ServerName;
        bool isWeaklySigned = leaf.SignatureAlgorithm.Contains("md5", StringComparison.OrdinalIgnoreCase)
            || leaf.SignatureAlgorithm.Contains("sha1", StringComparison.OrdinalIgnoreCase);
        string? untrusted = !leaf.IsValidAt(_scan.Time)
                ? FormattableString.Invariant(
                    $"the certificate is valid from {leaf.NotBefore:yyyy-MM-dd} to {leaf.NotAfter:yyyy-MM-dd} only")
            : isWeaklySigned ? $"the certificate is signed with {leaf.SignatureAlgorithm}"
            : _served is { IsTrusted: false } ? $"the certificate is not trusted: {string.Join("; ", _served.ChainProblems)}"
            : null;
        return untrusted is not null ? ("T", untrusted)
            : name.Length > 0 && !HostNames.Covers(leaf, name) ? ("M", $"the certificate does not cover {name}")
            : (null, _served is null ? $"whether the certificate is trusted was not looked at{(_untold is null ? "" : $": {_untold}")}"
                : null);
    }

    private bool Speaks(TlsVersion version) => _scan.Of(version).Offered.Support == Support.Yes;

    private void Cap(bool applies, string best, string reason)
    {
        if (applies)
        {
            _caps.Add((best, reason));
        }
    }

    /// <summary>The weakest key that a handshake may rest on, as the length of an RSA key of the same strength.</summary>
    private int WeakestExchange(Certificate leaf)
    {
        bool isElliptic = Suites.Any(static suite => suite.IsTls13 || suite.Exchange.StartsWith("ECDHE", StringComparison.Ordinal));
        IEnumerable<int> groups = isElliptic ? _scan.Groups.Items.Select(Strength) : [];
        return groups.Concat(_scan.PrimeBits).Append(Strength(leaf.KeyAlgorithm, leaf.KeySizeBits)).Min();
    }

    // NIST SP 800-57 part 1, table 2.
    private static int Strength(string algorithm, int bits) => algorithm switch
    {
        "RSA" or "DSA" => bits,
        "ECDSA" => OfCurve(bits),
        "Ed25519" => OfCurve(256),
        "Ed448" => OfCurve(448),
        _ => 7680,
    };

    private static int Strength(NamedGroup group) => group.IsQuantumSafe ? 7680
        : group.Name.StartsWith("ffdhe", StringComparison.Ordinal)
            ? int.Parse(group.Name.AsSpan("ffdhe".Length), CultureInfo.InvariantCulture)
        : group.Name == "x25519" ? OfCurve(256)
        : group.Name == "x448" ? OfCurve(448)
        : string.Concat(group.Name.SkipWhile(static letter =>
            !char.IsAsciiDigit(letter)).TakeWhile(char.IsAsciiDigit)) is { Length: > 0 } digits
            && !group.Name.StartsWith("0x", StringComparison.Ordinal)
            ? OfCurve(int.Parse(digits, CultureInfo.InvariantCulture))
            : OfCurve(256);

    private static int OfCurve(int bits) =>
        bits switch { < 160 => 512, < 224 => 1024, < 256 => 2048, < 384 => 3072, < 512 => 7680, _ => 15360 };

    /// <summary>The length of a suite's key, in bits.</summary>
    internal static int Bits(CipherSuite suite) =>
        suite.Weakness == "no encryption" ? 0
        : Has(suite, "EXPORT") || Has(suite, "DES40") || Has(suite, "_40_") ? 40
        : Has(suite, "3DES") || Has(suite, "EDE3") ? 112
        : suite.Weakness == "DES" ? 56
        : Has(suite, "256") && !Has(suite, "128_") && !EndsAsHash(suite) || Has(suite, "CHACHA20") || Has(suite, "GOST")
            || Has(suite, "28147") || Has(suite, "KUZNYECHIK") || Has(suite, "MAGMA") ? 256
        : 128;

    // 256 may be the hash's alone: TLS_RSA_WITH_SEED_CBC_SHA256, TLS_SM4_GCM_SM3.
    private static bool EndsAsHash(CipherSuite suite) =>
        suite.Name.EndsWith("SHA256", StringComparison.Ordinal)
            && suite.Name.IndexOf("256", StringComparison.Ordinal) == suite.Name.Length - 3;

    private static bool Has(CipherSuite suite, string part) => suite.Name.Contains(part, StringComparison.Ordinal);
}
