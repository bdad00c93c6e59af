using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tls.Scan.Wire;

/// <summary>What a server answered to a ClientHello, as far as it was read.</summary>
internal sealed record ServerFlight
{
    /// <summary>Its ServerHello or HelloRetryRequest.</summary>
    public ServerHello? Hello { get; init; }

    /// <summary>The cipher kinds of a SERVER-HELLO of SSL 2.0; <see langword="null"/> for later versions.</summary>
    public IReadOnlyList<int>? Ssl20Kinds { get; init; }

    /// <summary>The certificates in DER, leaf first, where they came in clear.</summary>
    public IReadOnlyList<byte[]> Certificates { get; init; } = [];

    /// <summary>The key exchange of TLS 1.2 and older, where it could be read.</summary>
    public KeyExchange? KeyExchange { get; init; }

    /// <summary>Whether an OCSP response came along.</summary>
    public bool HasCertificateStatus { get; init; }

    /// <summary>Whether the client is asked for a certificate.</summary>
    public bool WantsClientCertificate { get; init; }

    /// <summary>Whether the server's part of the handshake was read to its end.</summary>
    public bool IsDone { get; init; }

    /// <summary>The description of the alert that ended it; <see langword="null"/> if none did.</summary>
    public byte? Alert { get; init; }

    /// <summary>The description of a warning that came before the answer; <see langword="null"/> if none did.</summary>
    public byte? Warning { get; init; }
}

/// <summary>A ServerHello (RFC 5246, 7.4.1.3; RFC 8446, 4.1.3).</summary>
/// <param name="Version">The version chosen, of the extension where it is there.</param>
/// <param name="Suite">The number of the cipher suite chosen.</param>
/// <param name="IsRetry">Whether it is a HelloRetryRequest.</param>
/// <param name="IsCompressed">Whether a compression was chosen.</param>
/// <param name="HasSession">Whether a session id was given by which to resume.</param>
/// <param name="ForbidsDowngrade">Whether its random number says that a later version was possible (RFC 8446, 4.1.3).</param>
/// <param name="Extensions">The extensions, by type.</param>
internal sealed record ServerHello(
    TlsVersion Version, int Suite, bool IsRetry, bool IsCompressed, bool HasSession, bool ForbidsDowngrade, IReadOnlyDictionary<int,
        byte[]> Extensions)
{
    /// <summary>The group of its key share, or that it asks for; <see langword="null"/> in older versions.</summary>
    public int? Group =>
        Extensions.TryGetValue(51, out byte[]? share) && share.Length >= sizeof(ushort) ? (share[0] << 8) | share[1] : null;

    /// <summary>The application protocol chosen; <see langword="null"/> if none was.</summary>
    public string? Protocol =>
        Extensions.TryGetValue(16, out byte[]? list) && list.Length > 3 && list[2] == list.Length - 3
        ? System.Text.Encoding.ASCII.GetString(list.AsSpan(3)) : null;
}

/// <summary>The parameters of a ServerKeyExchange.</summary>
/// <param name="Group">The named curve; <see langword="null"/> where it is none.</param>
/// <param name="PrimeBits">The size of the prime of Diffie-Hellman, or of the short-lived RSA key of an export suite, in bits.</param>
/// <param name="Signature">The number of the signature algorithm; <see langword="null"/> before TLS 1.2 and where nothing is
/// signed.</param>
internal sealed record KeyExchange(int? Group, int? PrimeBits, int? Signature);
