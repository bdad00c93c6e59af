using Foobar.Ops.Errors;
using Foobar.Ops.Remoting.Ssh.HostKeys;
using Foobar.Ops.Remoting.Ssh.Hops;
using Renci.SshNet;
using Renci.SshNet.Common;
using Renci.SshNet.Security;

namespace Foobar.Ops.Drivers.Ssh;

/// <summary>
/// Decides on one machine's host key, at every key exchange of its connection. SSH.NET trusts a key unless somebody says
/// no: so each key is refused until it is judged, and a later exchange must show the key of the first.
/// </summary>
/// <param name="server">The server that the connection is for.</param>
/// <param name="hop">The machine.</param>
/// <param name="isJump">Whether it is a jump host on the way.</param>
/// <param name="acceptNew">Whether the key of a host nothing is known of is accepted and kept.</param>
internal sealed class HostKeyGate(string server, SshHop hop, bool isJump, bool acceptNew)
{
    private const string CertificateSuffix = "-cert-v01@openssh.com";
    private readonly HostKeyJudge _judge = new(KnownHostsStore.Read(hop.KnownHostsFiles), hop.KnownAs, hop.Algorithms.CertificateAuthority);
    private Certificate? _outOfDate;

    /// <summary>Why the key was refused; <see langword="null"/> if none was.</summary>
    public FoobarException? Refusal { get; private set; }

    /// <summary>How many keys were judged: one a key exchange.</summary>
    public int Judged { get; private set; }

    /// <summary>The key that the first exchange showed.</summary>
    internal byte[]? Pinned { get; set; }

    /// <summary>Offers the right algorithms, and judges what comes of them.</summary>
    public void Guard(ConnectionInfo connection, Session session)
    {
        Dictionary<string, Func<byte[], KeyHostAlgorithm>> all = connection.HostKeyAlgorithms.ToDictionary(
            pair => pair.Key, pair => pair.Value);
        Dictionary<string, Func<byte[], KeyHostAlgorithm>> authorities = all.Where(
            pair => hop.Algorithms.CertificateAuthority.Contains(pair.Key)).ToDictionary();
        connection.HostKeyAlgorithms.Clear();
        foreach (string name in _judge.Order([.. hop.Algorithms.HostKey.Where(all.ContainsKey)]))
        {
            connection.HostKeyAlgorithms.Add(
                name,
                name.EndsWith(CertificateSuffix, StringComparison.Ordinal) ? blob => Certified(name, blob, all, authorities) : all[name]);
        }

        session.HostKeyReceived += (_, e) => e.CanTrust = Decide(e);
    }

    /// <summary>
    /// SSH.NET checks a certificate's dates and signature before anybody hears of the key, and says nothing of why it
    /// fails. A certificate out of its dates is therefore checked as a bare key, and judged by what it says.
    /// </summary>
    private KeyHostAlgorithm Certified(
        string name,
        byte[] blob,
        Dictionary<string, Func<byte[], KeyHostAlgorithm>> all,
        Dictionary<string, Func<byte[], KeyHostAlgorithm>> authorities)
    {
        CertificateHostAlgorithm algorithm = (CertificateHostAlgorithm)all[name](blob);
        ulong now = (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        if (now >= algorithm.Certificate.ValidAfterUnixSeconds && now < algorithm.Certificate.ValidBeforeUnixSeconds)
        {
            return new CertificateHostAlgorithm(name, algorithm.Certificate, algorithm.DigitalSignature, authorities);
        }

        _outOfDate = algorithm.Certificate;
        return new KeyHostAlgorithm(name[..^CertificateSuffix.Length], algorithm.Key, algorithm.DigitalSignature);
    }

    private bool Decide(HostKeyEventArgs e)
    {
        Judged++;
        try
        {
            Refusal ??= Judge(e);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Refusal = HostKeyErrors.NotKept(server, hop.NewKeysFile ?? "known_hosts", error);
        }

        return Refusal is null;
    }

    private FoobarException? Judge(HostKeyEventArgs e)
    {
        HostKeyOffer offer = new(e.HostKey, (e.Certificate ?? _outOfDate) is { } certificate ? Read(certificate) : null);
        string where = HostKeyErrors.Where(server, hop.Alias, isJump);
        if (Pinned is not null)
        {
            return Pinned.AsSpan().SequenceEqual(e.HostKey) ? null : HostKeyErrors.ChangedMidway(server, where, offer, Pinned);
        }

        if (HostKeyText.TypeOf(e.HostKey) == "ssh-rsa" && e.KeyLength < hop.RequiredRsaBits)
        {
            return HostKeyErrors.TooShort(server, where, e.KeyLength, hop.RequiredRsaBits);
        }

        HostKeyVerdict verdict = _judge.Judge(offer, DateTimeOffset.UtcNow);
        if (verdict.Status == HostKeyStatus.Unknown && acceptNew && hop.NewKeysFile is string file)
        {
            KnownHostsStore.Add(file, hop.KnownAs, hop.HashKnownHosts, e.HostKey);
            verdict = new HostKeyVerdict(HostKeyStatus.Known);
        }

        if (verdict.Status == HostKeyStatus.Known)
        {
            Pinned = e.HostKey;
            return null;
        }

        return HostKeyErrors.Of(server, where, offer, verdict);
    }

    private static HostCertificate Read(Certificate certificate) => new(
        certificate.Type == Certificate.CertificateType.Host,
        certificate.KeyId,
        [.. certificate.ValidPrincipals],
        certificate.ValidAfterUnixSeconds,
        certificate.ValidBeforeUnixSeconds,
        [.. certificate.CriticalOptions.Keys],
        certificate.CertificateAuthorityKey,
        HostKeyText.TypeOf(certificate.Signature) ?? "");
}
