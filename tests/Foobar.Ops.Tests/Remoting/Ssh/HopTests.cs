using System.Net.Sockets;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting.Ssh.Hops;
using Foobar.Ops.Remoting.Transports;

namespace Foobar.Ops.Tests.Remoting.Ssh;

/// <summary>The way to a server, as ssh -G and the inventory tell it, and the choice of what carries it.</summary>
public sealed class HopTests
{
    [Theory]
    [InlineData("jump", "jump||")]
    [InlineData("op@jump:33", "jump|op|33")]
    [InlineData("a,b@c", "a||;c|b|")]
    [InlineData("ssh://op@jump:33", "jump|op|33")]
    [InlineData("[2001:db8::1]:33", "2001:db8::1||33")]
    [InlineData("2001:db8::1", "2001:db8::1||")]
    [InlineData("none", "")]
    public void Jump_hosts_are_read(string text, string expected) =>
        Assert.Equal(expected, string.Join(';', JumpHost.ParseList(text).Select(hop => $"{hop.Host}|{hop.User}|{hop.Port}")));

    [Theory, InlineData("jump:x"), InlineData("jump:0"), InlineData(","), InlineData("-oProxyCommand=x")]
    public void What_names_no_jump_host_is_refused(string text) => Assert.Throws<FormatException>(() => JumpHost.ParseList(text));

    [Fact]
    public void The_client_s_settings_are_read()
    {
        const string Text = """
            user op
            hostname 192.0.2.1
            port 2222
            addressfamily inet6
            hashknownhosts yes
            passwordauthentication no
            preferredauthentications password,publickey,gssapi-with-mic
            identityfile ~/my key %h %r %%
            identityfile none
            userknownhostsfile /tmp/a b ~/kk
            globalknownhostsfile /etc/ssh/ssh_known_hosts
            ciphers aes128-ctr,aes256-gcm@openssh.com
            proxyjump jump
            """;
        ClientSettings settings = ClientSettings.Parse(Text, "web-01", "/home/me", "me");
        SshHop hop = settings.ToHop();
        Assert.Equal(
            ("192.0.2.1", 2222, "op", AddressFamily.InterNetworkV6, true, "jump"),
            (hop.Host, hop.Port, hop.User, hop.AddressFamily, hop.HashKnownHosts, settings.ProxyJump));
        Assert.Equal(["/home/me/my key 192.0.2.1 op %"], hop.IdentityFiles);
        Assert.Equal(["/tmp/a b", "/home/me/kk", "/etc/ssh/ssh_known_hosts"], hop.KnownHostsFiles);
        Assert.Equal(["publickey"], hop.Logins);
        Assert.Equal(["aes128-ctr", "aes256-gcm@openssh.com"], hop.Algorithms.Cipher);
        Assert.Null(settings.Unsupported(throughJump: true));
    }

    [Theory]
    [InlineData("compression yes", false, null)]
    [InlineData("newtrust none", true, null)]
    [InlineData("newtrust /etc/anchors", true, "newtrust")]
    [InlineData("newtrust none\nnewtrust other", true, "newtrust")]
    [InlineData("newerstill yes", true, "newerstill")]
    public void What_a_newer_client_prints_counts_where_somebody_set_it(string lines, bool hasUnknown, string? name)
    {
        ClientSettings settings = ClientSettings.Parse(lines, "web-01", "/home/me", "me");
        Assert.Equal(hasUnknown, settings.HasUnknown);
        Assert.Equal(name, settings.SetThoughUnknown(ClientSettings.Parse("newtrust none", "web-01", "/home/me", "me")));
    }

    [Theory]
    [InlineData("proxycommand nc %h %p", false, "ProxyCommand")]
    [InlineData("proxycommand nc %h %p", true, null)]
    [InlineData("proxycommand none", false, null)]
    [InlineData("revokedhostkeys /etc/krl", true, "RevokedHostKeys")]
    [InlineData("revokedhostkeys none", true, null)]
    public void What_can_t_be_served_is_named(string line, bool throughJump, string? name) =>
        Assert.Equal(name, ClientSettings.Parse(line, "web-01", "/home/me", "me").Unsupported(throughJump));

    [Theory]
    [InlineData(SshTransport.Auto, SshTransport.Auto, false, true, SshTransport.OpenSsh)]
    [InlineData(SshTransport.Auto, SshTransport.Auto, true, true, SshTransport.SshNet)]
    [InlineData(SshTransport.Auto, SshTransport.Auto, false, false, SshTransport.SshNet)]
    [InlineData(SshTransport.Auto, SshTransport.SshNet, false, true, SshTransport.SshNet)]
    [InlineData(SshTransport.Auto, SshTransport.OpenSsh, true, false, SshTransport.OpenSsh)]
    [InlineData(SshTransport.OpenSsh, SshTransport.SshNet, false, false, SshTransport.OpenSsh)]
    [InlineData(SshTransport.SshNet, SshTransport.OpenSsh, false, true, SshTransport.SshNet)]
    public void The_operator_s_word_counts_most_then_the_inventory_s(
        SshTransport asked, SshTransport declared, bool credential, bool openSsh, SshTransport expected) =>
        Assert.Equal(expected, TransportFactory.Choose(asked, declared, credential, () => openSsh));
}
