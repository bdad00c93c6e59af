using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Ssh.HostKeys;

namespace Foobar.Ops.Tests.Remoting.SshNet;

/// <summary>Host keys are judged by known_hosts on the SSH.NET transport as on the other: against a real sshd.</summary>
public sealed class HostKeyTests(PasswordSshd sshd) : IClassFixture<PasswordSshd>
{
    [Fact]
    public async Task Hashed_names_patterns_and_lines_without_a_port_are_found()
    {
        int port = sshd.Needed().Start(pam: false, "PasswordAuthentication yes");
        foreach (string hosts in new[] { HostPattern.Hash($"[127.0.0.1]:{port}"), $"*.example,[127.0.0.?]:{port}", "127.0.0.1" })
        {
            Assert.Null(await FailureAsync(sshd.Site(port, knownHosts: sshd.KnownHosts(port, hosts: hosts))));
        }

        Assert.Equal(
            "HostKeyUnknown",
            await FailureAsync(sshd.Site(port, knownHosts: sshd.KnownHosts(port, hosts: $"!127.0.0.1,![127.0.0.1]:{port},*"))));
    }

    [Fact]
    public async Task The_types_of_known_keys_are_asked_for_first()
    {
        // The server has an ECDSA key too, which a client that asks for any key would be shown: a false "changed".
        PasswordSshd.Run("ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", sshd.Needed().At("ecdsa"));
        int port = sshd.Start(pam: false, "PasswordAuthentication yes", $"HostKey {sshd.At("ecdsa")}");
        Assert.Null(await FailureAsync(sshd.Site(port, knownHosts: sshd.KnownHosts(port, key: "ecdsa"))));
        Assert.Null(await FailureAsync(sshd.Site(port)));
    }

    [Theory]
    [InlineData("127.0.0.1", "+1d", "host", null)]
    [InlineData("other.example", "+1d", "host", "HostKeyUnknown")]
    [InlineData("127.0.0.1", "20200101:20200201", "host", "HostKeyUnknown")]
    [InlineData("127.0.0.1", "+1d", "user", "HostKeyUnknown")]
    public async Task A_host_certificate_counts_for_its_name_its_dates_and_its_kind(
        string principal, string validity, string kind, string? errorId)
    {
        string name = $"cert-{Guid.NewGuid():N}";
        PasswordSshd.Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", sshd.Needed().At(name));
        string[] sign = ["-q", "-s", sshd.At("authority"), "-I", "web-01", "-n", principal, "-V", validity];
        PasswordSshd.Run("ssh-keygen", [.. sign, .. kind == "host" ? new[] { "-h" } : [], sshd.At(name + ".pub")]);
        string certificate = sshd.At(name + "-cert.pub");
        int port = sshd.Start(pam: false, "PasswordAuthentication yes", $"HostKey {sshd.At(name)}", $"HostCertificate {certificate}");
        string? failure = await FailureAsync(sshd.Site(port, knownHosts: sshd.KnownHosts(port, "@cert-authority ", "authority")));

        // sshd itself refuses to show a user's certificate: then the other host key is shown, which is not known.
        Assert.Equal(errorId, failure);
    }

    [Fact]
    public async Task A_revoked_authority_is_refused()
    {
        PasswordSshd.Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", sshd.Needed().At("signed"));
        PasswordSshd.Run("ssh-keygen", "-q", "-s", sshd.At("authority"), "-I", "web-01", "-h", sshd.At("signed.pub"));
        int port = sshd.Start(
            pam: false, "PasswordAuthentication yes", $"HostKey {sshd.At("signed")}", $"HostCertificate {sshd.At("signed-cert.pub")}");
        string known = sshd.KnownHosts(port, "@cert-authority ", "authority");
        await File.AppendAllTextAsync(
            known, (await File.ReadAllTextAsync(known)).Replace("@cert-authority", "@revoked", StringComparison.Ordinal));
        Assert.Equal("HostKeyRevoked", await FailureAsync(sshd.Site(port, knownHosts: known)));
    }

    private async Task<string?> FailureAsync(Site site)
    {
        await using SiteSession session = new(site, sshd.Login());
        try
        {
            await session.GetServerAsync("web-01");
            return null;
        }
        catch (FoobarException error)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{error.Message} {error.InnerException}");
            return error.ErrorId;
        }
    }
}
