using Foobar.Ops.Drivers.Ssh.Channels;
using Foobar.Ops.Remoting.Ssh.HostKeys;

namespace Foobar.Ops.Tests.Remoting.Ssh;

/// <summary>known_hosts judges host keys as OpenSSH does.</summary>
public sealed class HostKeyJudgeTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Signatures = ["ssh-ed25519", "rsa-sha2-512"];

    [Theory]
    [InlineData("web-01", "web-01", 22, true)]
    [InlineData("WEB-01", "web-01", 22, true)]
    [InlineData("web-01", "web-01", 2222, true)]
    [InlineData("[web-01]:2222", "web-01", 2222, true)]
    [InlineData("[web-01]:2222", "web-01", 22, false)]
    [InlineData("web-*", "web-01", 22, true)]
    [InlineData("web-0?", "web-01", 22, true)]
    [InlineData("web-0?", "web-011", 22, false)]
    [InlineData("*,!web-01", "web-01", 22, false)]
    [InlineData("db-01,web-01", "web-01", 22, true)]
    [InlineData("[*]:2222", "web-01", 2222, true)]
    public void Names_are_matched(string hosts, string host, int port, bool known) =>
        Assert.Equal(
            known ? HostKeyStatus.Known : HostKeyStatus.Unknown, Judge($"{hosts} ssh-ed25519 {Text(1)}", Key(1), host, port).Status);

    [Theory, InlineData(false), InlineData(true)]
    public void A_new_key_that_several_connections_accept_is_kept_once(bool hashed)
    {
        string file = Path.GetTempFileName();
        try
        {
            KnownHostName name = KnownHostName.Of("web-01", 2222);
            KnownHostsStore.Add(file, name, hashed, Key(1));
            KnownHostsStore.Add(file, name, hashed, Key(1));
            KnownHostsStore.Add(file, name, hashed, Key(2));
            Assert.Equal([Key(1), Key(2)], KnownHostsStore.Read([file]).Select(line => line.Key));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_hashed_name_is_matched_by_OpenSSH_s_own_digest()
    {
        Assert.Equal(HostKeyStatus.Known, Judge($"{HostPattern.Hash("web-01")} ssh-ed25519 {Text(1)}", Key(1)).Status);
        Assert.Equal(HostKeyStatus.Unknown, Judge($"{HostPattern.Hash("web-02")} ssh-ed25519 {Text(1)}", Key(1)).Status);
        Assert.Equal(HostKeyStatus.Unknown, Judge($"|1|no base64|no ssh-ed25519 {Text(1)}", Key(1)).Status);
    }

    [Fact]
    public void Another_key_of_the_host_is_a_change_and_names_the_line()
    {
        HostKeyVerdict verdict = Judge($"# first\n\nweb-01 ssh-ed25519 {Text(2)}", Key(1));
        Assert.Equal((HostKeyStatus.Changed, 3, "f"), (verdict.Status, verdict.Line!.Line, verdict.Line.File));
        Assert.Equal(HostKeyStatus.Known, Judge($"web-01 ssh-ed25519 {Text(2)}\nweb-01 ssh-ed25519 {Text(1)}", Key(1)).Status);
    }

    [Fact]
    public void Another_key_at_the_host_s_own_port_is_no_change()
    {
        Assert.Equal(HostKeyStatus.Unknown, Judge($"web-01 ssh-ed25519 {Text(2)}", Key(1), port: 2222).Status);
        Assert.Equal(HostKeyStatus.Changed, Judge($"[web-01]:2222 ssh-ed25519 {Text(2)}", Key(1), port: 2222).Status);
        Assert.Equal(HostKeyStatus.Revoked, Judge($"@revoked web-01 ssh-ed25519 {Text(1)}", Key(1), port: 2222).Status);
    }

    [Fact]
    public void Revoked_comes_first_whatever_else_is_known()
    {
        Assert.Equal(HostKeyStatus.Revoked, Judge($"web-01 ssh-ed25519 {Text(1)}\n@revoked * ssh-ed25519 {Text(1)}", Key(1)).Status);
        Assert.Equal(
            HostKeyStatus.Revoked,
            Judge($"@cert-authority * ssh-ed25519 {Text(9)}\n@revoked * ssh-ed25519 {Text(9)}", Key(1), certificate: Certificate()).Status);
        Assert.Equal(HostKeyStatus.Known, Judge($"web-01 ssh-ed25519 {Text(1)}\n@revoked web-02 ssh-ed25519 {Text(1)}", Key(1)).Status);
    }

    [Fact]
    public void A_valid_certificate_of_a_known_authority_counts()
    {
        Assert.Equal(HostKeyStatus.Known, Ca(Certificate()).Status);
        Assert.Equal(HostKeyStatus.Known, Ca(Certificate() with { Principals = [] }).Status);
        Assert.Equal(HostKeyStatus.Known, Ca(Certificate() with { Principals = ["web-*"] }).Status);
        Assert.Equal(HostKeyStatus.Unknown, Judge($"web-02 ssh-ed25519 {Text(9)}", Key(1), certificate: Certificate()).Status);
        Assert.Equal(HostKeyStatus.Unknown, Judge($"@cert-authority * ssh-ed25519 {Text(8)}", Key(1), certificate: Certificate()).Status);
    }

    [Fact]
    public void A_certificate_that_is_not_valid_says_why()
    {
        Assert.Contains("of a user", Ca(Certificate() with { IsOfHost = false }).Reason!, StringComparison.Ordinal);
        Assert.Contains(
            "valid until 2026-05-31",
            Ca(Certificate() with { ValidBefore = (ulong)Now.AddDays(-1).ToUnixTimeSeconds() }).Reason!,
            StringComparison.Ordinal);
        Assert.Contains(
            "only from 2026-06-02",
            Ca(Certificate() with { ValidAfter = (ulong)Now.AddDays(1).ToUnixTimeSeconds() }).Reason!,
            StringComparison.Ordinal);
        Assert.Contains("for db-01, not for web-01", Ca(Certificate() with { Principals = ["db-01"] }).Reason!, StringComparison.Ordinal);
        Assert.Contains("signed with ssh-rsa", Ca(Certificate() with { SignatureType = "ssh-rsa" }).Reason!, StringComparison.Ordinal);
        Assert.Contains(
            "critical option 'force'", Ca(Certificate() with { CriticalOptions = ["force"] }).Reason!, StringComparison.Ordinal);

        // The key within may be known by itself.
        Assert.Equal(
            HostKeyStatus.Known,
            Judge(
                $"@cert-authority * ssh-ed25519 {Text(9)}\nweb-01 ssh-ed25519 {Text(1)}",
                Key(1),
                certificate: Certificate() with { IsOfHost = false }).Status);
    }

    [Fact]
    public void A_line_that_says_nothing_is_passed_over() =>
        Assert.Equal(
            HostKeyStatus.Unknown,
            Judge(
                $"web-01\nweb-01 ssh-ed25519\nweb-01 ssh-rsa {Text(1)}\n@other web-01 ssh-ed25519 {Text(1)}\nweb-01 ssh-ed25519 %%%",
                Key(1)).Status);

    [Fact]
    public void Known_types_are_offered_first()
    {
        string[] all =
        [
            "ssh-ed25519-cert-v01@openssh.com",
            "rsa-sha2-512-cert-v01@openssh.com",
            "ssh-ed25519",
            "ecdsa-sha2-nistp256",
            "rsa-sha2-512",
            "rsa-sha2-256",
        ];
        Assert.Equal("rsa-sha2-512 rsa-sha2-256 ssh-ed25519-cert-v01@openssh.com", First($"web-01 ssh-rsa {Text(1, "ssh-rsa")}"));
        Assert.Equal(
            "ssh-ed25519-cert-v01@openssh.com rsa-sha2-512-cert-v01@openssh.com ssh-ed25519",
            First($"@cert-authority web-* ssh-rsa {Text(1, "ssh-rsa")}"));
        Assert.Equal(string.Join(' ', all.Take(3)), First(""));

        string First(string text) =>
            string.Join(
                ' ',
                new HostKeyJudge([.. KnownHost.Parse(text.Split('\n'), "f")], KnownHostName.Of("web-01", 22), Signatures)
                    .Order(all)
                    .Take(3));
    }

    private static HostKeyVerdict Ca(HostCertificate certificate) =>
        Judge($"@cert-authority web-* ssh-ed25519 {Text(9)}", Key(1), certificate: certificate);

    private static HostKeyVerdict Judge(
        string text, byte[] key, string host = "web-01", int port = 22, HostCertificate? certificate = null) =>
        new HostKeyJudge([.. KnownHost.Parse(text.Split('\n'), "f")], KnownHostName.Of(host, port), Signatures)
            .Judge(new HostKeyOffer(key, certificate), Now);

    private static HostCertificate Certificate() => new(true, "id", ["web-01"], 0, ulong.MaxValue, [], Key(9), "ssh-ed25519");

    private static byte[] Key(byte seed, string type = "ssh-ed25519") =>
        [.. WireText.Text(type), .. WireText.Text(new string((char)('a' + seed), 32))];

    private static string Text(byte seed, string type = "ssh-ed25519") => Convert.ToBase64String(Key(seed, type));
}
