namespace Foobar.Ops.Remoting.Ssh.HostKeys;

/// <summary>The host key that a server proved to hold.</summary>
/// <param name="Key">The public key, encoded (RFC 4253, 6.6); of a certificate the key within.</param>
/// <param name="Certificate">The certificate it came in; <see langword="null"/> for a bare key.</param>
internal sealed record HostKeyOffer(byte[] Key, HostCertificate? Certificate = null)
{
    /// <summary>The fingerprint as OpenSSH writes it.</summary>
    public string Fingerprint => HostKeyText.Fingerprint(Key);
}

/// <summary>What an OpenSSH certificate says (OpenSSH's PROTOCOL.certkeys). Its signature has been checked.</summary>
/// <param name="IsOfHost">Whether it is a certificate of a host, not of a user.</param>
/// <param name="KeyId">The name its authority gave it.</param>
/// <param name="Principals">The host names it is for; empty for any.</param>
/// <param name="ValidAfter">From when it counts, in seconds since 1970.</param>
/// <param name="ValidBefore">Until when it counts, in seconds since 1970.</param>
/// <param name="CriticalOptions">Options that must be understood; none is defined for hosts.</param>
/// <param name="Authority">The key that signed it.</param>
/// <param name="SignatureType">The algorithm it was signed with.</param>
internal sealed record HostCertificate(
    bool IsOfHost,
    string KeyId,
    IReadOnlyList<string> Principals,
    ulong ValidAfter,
    ulong ValidBefore,
    IReadOnlyList<string> CriticalOptions,
    byte[] Authority,
    string SignatureType);
