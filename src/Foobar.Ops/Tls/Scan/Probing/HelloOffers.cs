using System.Security.Cryptography;
using Foobar.Ops.Tls.Scan.Registry;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tls.Scan.Probing;

/// <summary>The offers that are made to an endpoint: all of what is known, unless narrowed.</summary>
/// <param name="serverName">The host name asked for.</param>
internal sealed class HelloOffers(string serverName)
{
    /// <summary>The application protocols of web servers.</summary>
    public static IReadOnlyList<string> Protocols { get; } = ["h2", "http/1.1", "http/1.0", "spdy/3.1"];

    /// <summary>The suites that servers of today and yesterday have, for an endpoint that can't read a long list.</summary>
    public static IReadOnlyList<int> Common { get; } =
        [.. OfVersion(TlsVersion.Tls12).Select(CipherSuite.Of).Where(IsCommon).Take(100).Select(static suite => suite.Number)];

    private const int X25519 = 29, Secp256R1 = 23, X25519Length = 32;

    // The base point of P-256 (FIPS 186-4, D.1.2.3) is a valid share. No key is needed: no handshake gets as far as using it.
    private static readonly byte[] Secp256R1Point = Convert.FromHexString(
        "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
        + "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5");

    /// <summary>Whether TLS 1.3 is offered with key shares, for a server that refuses an offer without any.</summary>
    public bool SendsShares { get; set; }

    /// <summary>
    /// The suites that a version may have, those of today first; in TLS 1.1 and older there is no AEAD and no hash of SHA-2.
    /// </summary>
    public static IReadOnlyList<int> OfVersion(TlsVersion version) => version switch
    {
        TlsVersion.Ssl20 => [.. CipherSuite.Ssl20.Select(static suite => suite.Number)],
        TlsVersion.Tls13 =>
        [
            .. CipherSuite.All.Where(static suite => suite.IsTls13).OrderBy(static suite => suite.Number >> 8 == 0x13 ? 0 : 1)
                .Select(static suite => suite.Number),
        ],
        _ =>
        [
            .. CipherSuite.All.Where(suite => !suite.IsTls13 && (version == TlsVersion.Tls12 || IsOld(suite))).OrderBy(Rank)
                .Select(static suite => suite.Number),
        ],
    };

    /// <summary>An offer of a version.</summary>
    public HelloOffer Of(TlsVersion version, IReadOnlyList<int> suites)
    {
        HelloOffer offer = new()
        {
            Version = version,
            Suites = suites,
            Groups = GroupsOf(version),
            Signatures = [.. SignatureScheme.All.Select(static scheme => scheme.Number)],
            Protocols = Protocols,
            ServerName = serverName,
            Compression = version is > TlsVersion.Ssl20 and < TlsVersion.Tls13,
        };
        return version == TlsVersion.Tls13 && SendsShares ? offer with { KeyShares = Shares(offer.Groups) } : offer;
    }

    /// <summary>The groups that a version may have.</summary>
    public static IReadOnlyList<int> GroupsOf(TlsVersion version) =>
        [.. NamedGroup.All.Where(group => version == TlsVersion.Tls13 || group.IsOfTls12).Select(static group => group.Number)];

    /// <summary>The key shares of those groups of which a share can be made without a computation.</summary>
    public static byte[] Shares(IReadOnlyList<int> groups) =>
    [
        .. groups.Contains(X25519) ? HelloWriter.KeyShare(X25519, RandomNumberGenerator.GetBytes(X25519Length)) : [],
        .. groups.Contains(Secp256R1) ? HelloWriter.KeyShare(Secp256R1, Secp256R1Point) : [],
    ];

    private static bool IsOld(CipherSuite suite) =>
        !suite.IsAead && !suite.Name.EndsWith("_SHA256", StringComparison.Ordinal)
            && !suite.Name.EndsWith("_SHA384", StringComparison.Ordinal);

    private static int Rank(CipherSuite suite) =>
        (suite.IsForwardSecret ? 0 : 4) + (suite.IsAead ? 0 : 2) + (suite.Weakness is null ? 0 : 8) + (IsCommon(suite) ? 0 : 16)
        + (suite.Name.Contains("CHACHA", StringComparison.Ordinal) ? 1 : 0);

    private static bool IsCommon(CipherSuite suite) => suite.Exchange is "ECDHE_ECDSA" or "ECDHE_RSA" or "DHE_RSA" or "RSA"
        && !suite.Name.Contains("ARIA", StringComparison.Ordinal) && !suite.Name.Contains("CCM", StringComparison.Ordinal);
}
