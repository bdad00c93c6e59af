using System.Globalization;

namespace Foobar.Ops.Remoting.Ssh.HostKeys;

/// <summary>What <c>known_hosts</c> says of a host key.</summary>
internal enum HostKeyStatus
{
    /// <summary>It is known: the key itself, or the authority of its valid certificate.</summary>
    Known,

    /// <summary>Nothing is known of the host.</summary>
    Unknown,

    /// <summary>Other keys of the host are known, this one is not.</summary>
    Changed,

    /// <summary>The key, or the authority of its certificate, is marked as revoked.</summary>
    Revoked,

    /// <summary>A known authority signed the certificate, but it is not valid, and the key within is not known.</summary>
    CertificateInvalid,
}

/// <summary>A judgement.</summary>
/// <param name="Status">What it came to.</param>
/// <param name="Line">The line that decided; <see langword="null"/> if none did.</param>
/// <param name="Reason">Why a certificate is not valid.</param>
internal sealed record HostKeyVerdict(HostKeyStatus Status, KnownHost? Line = null, string? Reason = null);

/// <summary>
/// Judges host keys by <c>known_hosts</c> as OpenSSH does (hostfile.c, sshconnect.c, sshkey.c): revoked first, then certificates, then
/// keys.
/// </summary>
/// <param name="known">The lines of all files.</param>
/// <param name="name">What the host is known by.</param>
/// <param name="authorityAlgorithms">The algorithms that an authority may have signed with (ssh_config(5), CASignatureAlgorithms).</param>
internal sealed class HostKeyJudge(IReadOnlyList<KnownHost> known, KnownHostName name, IReadOnlyList<string> authorityAlgorithms)
{
    private const string CertificateSuffix = "-cert-v01@openssh.com";

    /// <summary>Judges a key.</summary>
    /// <param name="offer">The key with its certificate.</param>
    /// <param name="now">The time that certificates are held against.</param>
    public HostKeyVerdict Judge(HostKeyOffer offer, DateTimeOffset now)
    {
        HostKeyVerdict verdict = JudgeAs(name.Names[0], offer, now);
        if (verdict.Status == HostKeyStatus.Unknown && name.Names.Count > 1)
        {
            // The host's own port may have another server's key: without the port, a match counts and a difference does not.
            HostKeyVerdict withoutPort = JudgeAs(name.Names[1], offer, now);
            return withoutPort.Status is HostKeyStatus.Known or HostKeyStatus.Revoked ? withoutPort : verdict;
        }

        return verdict;
    }

    /// <summary>
    /// The host key algorithms in the order to offer them: those of known keys first, since a server's other key would be
    /// taken for a changed one (sshconnect2.c, order_hostkeyalgs).
    /// </summary>
    public IReadOnlyList<string> Order(IReadOnlyList<string> algorithms)
    {
        KnownHost[] lines =
        [
            .. known.Where(
                line => name.Names.Any(lookup => HostPattern.Matches(line.Hosts, lookup)) && line.Marker != KnownHostMarker.Revoked),
        ];
        bool authority = lines.Any(line => line.Marker == KnownHostMarker.CertificateAuthority);
        HashSet<string> types = [.. lines.Where(line => line.Marker == KnownHostMarker.None).Select(line => line.KeyType)];
        bool IsFirst(string algorithm) => IsCertificate(algorithm) ? authority : types.Contains(KeyType(algorithm));
        return [.. algorithms.Where(IsFirst), .. algorithms.Where(algorithm => !IsFirst(algorithm))];
    }

    private HostKeyVerdict JudgeAs(string lookup, HostKeyOffer offer, DateTimeOffset now) =>
        Judge([.. known.Where(line => HostPattern.Matches(line.Hosts, lookup))], offer, now);

    private static bool IsCertificate(string algorithm) => algorithm.EndsWith(CertificateSuffix, StringComparison.Ordinal);

    /// <summary>The type of the key that an algorithm signs with (RFC 8332: RSA keys have one type and several algorithms).</summary>
    private static string KeyType(string algorithm)
    {
        string plain = IsCertificate(algorithm) ? algorithm[..^CertificateSuffix.Length] : algorithm;
        return plain.StartsWith("rsa-sha2-", StringComparison.Ordinal) ? "ssh-rsa" : plain;
    }

    private HostKeyVerdict Judge(KnownHost[] lines, HostKeyOffer offer, DateTimeOffset now)
    {
        if (Array.Find(
            lines,
            line =>
                line.Marker == KnownHostMarker.Revoked
                    && (Same(line, offer.Key) || (offer.Certificate is { } signed && Same(line, signed.Authority)))) is KnownHost revoked)
        {
            return new HostKeyVerdict(HostKeyStatus.Revoked, revoked);
        }

        KnownHost? authority = offer.Certificate is { } certificate
            ? Array.Find(lines, line => line.Marker == KnownHostMarker.CertificateAuthority && Same(line, certificate.Authority))
            : null;
        string? invalid = authority is null ? null : Invalid(offer.Certificate!, now);
        if (authority is not null && invalid is null)
        {
            return new HostKeyVerdict(HostKeyStatus.Known, authority);
        }

        KnownHost[] keys = [.. lines.Where(line => line.Marker == KnownHostMarker.None)];
        return Array.Find(keys, line => Same(line, offer.Key)) is KnownHost same ? new HostKeyVerdict(HostKeyStatus.Known, same)
            : invalid is not null ? new HostKeyVerdict(HostKeyStatus.CertificateInvalid, authority, invalid)
            : keys.Length > 0 ? new HostKeyVerdict(HostKeyStatus.Changed, keys[^1])
            : new HostKeyVerdict(HostKeyStatus.Unknown);
    }

    private string? Invalid(HostCertificate certificate, DateTimeOffset now)
    {
        ulong seconds = (ulong)Math.Max(0, now.ToUnixTimeSeconds());
        return !certificate.IsOfHost ? "it is a certificate of a user, not of a host"
            : seconds < certificate.ValidAfter ? $"it is valid only from {Time(certificate.ValidAfter)}"
            : seconds >= certificate.ValidBefore ? $"it was valid until {Time(certificate.ValidBefore)}"
            : certificate.CriticalOptions.Count > 0
                ? $"it has the critical option '{certificate.CriticalOptions[0]}', which no host certificate may have"
            : !authorityAlgorithms.Contains(certificate.SignatureType)
                ? $"it is signed with {certificate.SignatureType}, which is not allowed"
            : certificate.Principals.Count > 0 && !certificate.Principals.Any(principal => HostPattern.MatchesPattern(principal, name.Host))
                ? $"it is for {string.Join(", ", certificate.Principals)}, not for {name.Host}"
            : null;
    }

    private static string Time(ulong seconds) => seconds > (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds()
        ? "for ever"
        : DateTimeOffset.FromUnixTimeSeconds((long)seconds).ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static bool Same(KnownHost line, byte[] key) => line.Key.AsSpan().SequenceEqual(key);
}
