using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting.SshNet;

/// <summary>The logins that only the SSH.NET transport has, against a real sshd.</summary>
public sealed class LoginTests(PasswordSshd sshd) : IClassFixture<PasswordSshd>
{
    [Fact]
    public async Task A_password_logs_in_and_a_wrong_one_is_refused_without_being_shown()
    {
        Site site = sshd.Needed().Site(sshd.Start(pam: false, "PasswordAuthentication yes"));
        Assert.Equal(sshd.User, await WhoAsync(site, sshd.Login()));
        FoobarException error = await RefusedAsync(site, sshd.Login("wr0ng-one"));
        Assert.Equal(("AuthenticationRefused", ErrorKind.Authentication, "web-01"), (error.ErrorId, error.Kind, error.Server));
        Assert.Contains(sshd.User, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng-one", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_passphrase_unlocks_the_key_and_a_wrong_one_is_named()
    {
        Site site = sshd.Needed().Site(sshd.Start(pam: false, "PasswordAuthentication no"), identity: "locked");
        Assert.Equal(sshd.User, await WhoAsync(site, sshd.Login()));
        FoobarException error = await RefusedAsync(site, sshd.Login("wr0ng-one"));
        Assert.Equal("AuthenticationRefused", error.ErrorId);
        Assert.Contains(sshd.At("locked"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_and_the_password_together_log_in_where_both_are_wanted()
    {
        Site site = sshd.Needed().Site(
            sshd.Start(pam: false, "PasswordAuthentication yes", "AuthenticationMethods publickey,password"), identity: "id");
        Assert.Equal(sshd.User, await WhoAsync(site, sshd.Login()));
    }

    [Fact]
    public async Task Two_factors_are_asked_for_and_answered()
    {
        Site site = sshd.NeededWithCodes().Site(sshd.Start(pam: true, "PasswordAuthentication no"));
        List<string> asked = [];
        SessionOptions options = sshd.Login() with
        {
            AnswerSshPrompt = prompt =>
            {
                asked.Add($"{prompt.Server} {prompt.User} {prompt.IsEchoed}");
                return new Secret(PasswordSshd.Code);
            },
        };
        Assert.Equal(sshd.User, await WhoAsync(site, options));
        Assert.Equal([$"web-01 {sshd.User} False"], asked);
    }

    [Fact]
    public async Task A_second_factor_that_nobody_can_give_is_named()
    {
        Site site = sshd.NeededWithCodes().Site(sshd.Start(pam: true, "PasswordAuthentication no"));
        FoobarException error = await RefusedAsync(site, sshd.Login());
        Assert.Equal("AuthenticationRefused", error.ErrorId);
        Assert.Contains("which the SSH credential does not answer", error.Message, StringComparison.Ordinal);

        // What helps a user of the cmdlets, which put no question in an interactive session either.
        Assert.Contains("leave the credential out", error.Recommendation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_certificate_logs_in()
    {
        int port = sshd.Needed().Start(
            pam: false, "PasswordAuthentication no", $"TrustedUserCAKeys {sshd.At("ca.pub")}", "AuthorizedKeysFile none");
        PasswordSshd.Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", sshd.At("certified"));
        PasswordSshd.Run("ssh-keygen", "-q", "-s", sshd.At("ca"), "-I", "operator", "-n", sshd.User, sshd.At("certified.pub"));
        Assert.Equal(sshd.User, await WhoAsync(sshd.Site(port, identity: "certified"), sshd.Login()));
    }

    [Fact]
    public async Task Without_a_key_and_a_credential_the_error_says_so()
    {
        Site site = sshd.Needed().Site(sshd.Start(pam: false, "PasswordAuthentication yes"));
        FoobarException error = await RefusedAsync(site, new SessionOptions { Transport = SshTransport.SshNet });
        Assert.Equal("AuthenticationRefused", error.ErrorId);
        Assert.Contains("nothing to log in with", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_jump_host_that_nothing_logs_in_to_is_named()
    {
        int outer = sshd.Needed().Start(pam: false, "PasswordAuthentication yes");
        Site site = sshd.Site(1, Through(outer));
        FoobarException error = await RefusedAsync(site, new SessionOptions { Transport = SshTransport.SshNet });
        Assert.Equal("AuthenticationRefused", error.ErrorId);
        Assert.Contains("the jump host outer on the way", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_jump_hosts_lead_there_and_each_key_is_verified()
    {
        int outer = sshd.Needed().Start(pam: false, "PasswordAuthentication yes");
        int inner = sshd.Start(pam: false, "PasswordAuthentication yes");
        int target = sshd.Start(pam: false, "PasswordAuthentication yes");
        string Way(string last) =>
            $"Host outer\n  Port {outer}\n  UserKnownHostsFile {sshd.KnownHosts(outer)}\nHost inner\n  Port {inner}\n  UserKnownHostsFile "
                + $"{last}\nHost web-01\n  ProxyJump outer,inner\n";

        Assert.Equal(sshd.User, await WhoAsync(sshd.Site(target, Way(sshd.KnownHosts(inner))), sshd.Login()));
        FoobarException error = await RefusedAsync(sshd.Site(target, Way(sshd.KnownHosts(inner, key: "ca"))), sshd.Login());
        Assert.Equal("HostKeyChanged", error.ErrorId);
        Assert.Contains("the jump host inner on the way", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_jump_host_that_is_lost_is_named()
    {
        int outer = sshd.Needed().Start(pam: false, "PasswordAuthentication yes");
        int jump = sshd.Last.Id;
        int target = sshd.Start(pam: false, "PasswordAuthentication yes");
        Site site = sshd.Site(target, Through(outer));
        await using SiteSession session = new(site, sshd.Login());
        IServerSession server = await session.GetServerAsync("web-01");
        Task<CommandResult> running = server.RunAsync(RemoteCommand.FromScript("sleep 60"));

        PasswordSshd.Run("sh", "-c", """
            children() { grep -lx "PPid:[[:space:]]*$1" /proc/[0-9]*/status 2>/dev/null | tr -dc '0-9\n'; }
            end() { for child in $(children "$1"); do (end $child); kill -KILL $child 2>/dev/null || :; done; }
            end "$1"
            """, "sh", $"{jump}");

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => running.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("ConnectionLost", error.ErrorId);
        Assert.Contains("the jump host outer on the way", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ProxyCommand nc %h %p", "ProxyCommand")]
    [InlineData("KnownHostsCommand /bin/false", "KnownHostsCommand")]
    [InlineData("RevokedHostKeys /etc/krl", "RevokedHostKeys")]
    [InlineData("BindAddress 127.0.0.1", "BindAddress")]
    public async Task A_setting_that_can_t_be_served_is_refused_by_name(string line, string name)
    {
        FoobarException error = await RefusedAsync(sshd.Needed().Site(1, $"Host web-01\n  {line}\n"), sshd.Login());
        Assert.Equal("SshSettingUnsupported", error.ErrorId);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_OpenSSH_client_the_inventory_alone_leads_there()
    {
        int port = sshd.Needed().Start(pam: false, "PasswordAuthentication yes");
        Site site = sshd.Site(port) with { SshConfig = null };
        site = site with { Servers = [site.Servers[0] with { Ssh = new SshEndpoint { Host = "127.0.0.1", Port = port } }] };
        FoobarException error = await RefusedAsync(site, sshd.Login() with { SshProgram = "no-such-ssh" });

        // It came as far as the host key: nobody's own known_hosts knows this sshd.
        Assert.Equal("HostKeyUnknown", error.ErrorId);
    }

    [Fact]
    public async Task An_ssh_config_that_nothing_here_can_read_is_refused_with_what_to_do()
    {
        FoobarException error = await RefusedAsync(sshd.Needed().Site(1), sshd.Login() with { SshProgram = "no-such-ssh" });
        Assert.Equal("SshSettingUnsupported", error.ErrorId);
        Assert.Contains("no 'no-such-ssh' on this machine", error.Message, StringComparison.Ordinal);
        Assert.Contains("Install the OpenSSH client", error.Recommendation, StringComparison.Ordinal);
    }

    private string Through(int port) =>
        $"Host outer\n  Port {port}\n  UserKnownHostsFile {sshd.KnownHosts(port)}\nHost web-01\n  ProxyJump outer\n";

    private static async Task<string> WhoAsync(Site site, SessionOptions options)
    {
        await using SiteSession session = new(site, options);
        IServerSession server = await session.GetServerAsync("web-01");
        return (await server.RunAsync(RemoteCommand.FromScript("id -un"))).OutputText.Trim();
    }

    private static async Task<FoobarException> RefusedAsync(Site site, SessionOptions options)
    {
        await using SiteSession session = new(site, options);
        return await Assert.ThrowsAsync<FoobarException>(() => session.GetServerAsync("web-01"));
    }
}
