using Foobar.Ops.Drivers.Ssh;
using Foobar.Ops.Drivers.Ssh.Channels;
using Foobar.Ops.Drivers.Ssh.Logins;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Ssh.Hops;

namespace Foobar.Ops.Tests.Remoting.SshNet;

/// <summary>SSH.NET trusts every key where nobody says no: no key exchange goes by unjudged, a later one neither.</summary>
public sealed class RekeyTests(PasswordSshd sshd) : IClassFixture<PasswordSshd>
{
    [Fact]
    public async Task Every_key_exchange_is_judged_and_another_key_ends_the_connection()
    {
        int port = sshd.Needed().Start(pam: false, "PasswordAuthentication yes", "RekeyLimit 1M");
        using Secret password = new(PasswordSshd.Password);
        SessionOptions options = sshd.Login();
        using KeyRing ring = new(password);
        SshHop hop = new()
        {
            Alias = "web-01",
            Host = "127.0.0.1",
            Port = port,
            User = sshd.User,
            KnownHostsFiles = [sshd.KnownHosts(port)],
        };
        HopConnector connector = new("web-01", hop, isJump: false, options, ring);
        await using SshNetConnection connection = await connector.ConnectAsync(null, new Lazy<PrivateDirectory>(), CancellationToken.None);
        Assert.Equal(1, connector.Gate.Judged);

        Assert.Equal(4 << 20, await ReadAsync(connection));
        Assert.True(connector.Gate.Judged > 1, "no keys were exchanged anew");

        connector.Gate.Pinned = [1, 2, 3];
        await Assert.ThrowsAnyAsync<Exception>(() => ReadAsync(connection));
        Assert.Equal("HostKeyChanged", connector.Gate.Refusal?.ErrorId);
        await connection.Lost.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_key_that_nobody_vouches_for_is_refused_before_the_login()
    {
        int port = sshd.Needed().Start(pam: false, "PasswordAuthentication yes");
        using KeyRing ring = new(null);
        SshHop hop = new() { Alias = "web-01", Host = "127.0.0.1", Port = port, User = sshd.User };
        HopConnector connector = new("web-01", hop, isJump: false, sshd.Login(), ring);
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => connector.ConnectAsync(null, new Lazy<PrivateDirectory>(), CancellationToken.None));
        Assert.Equal("HostKeyUnknown", error.ErrorId);
    }

    private static async Task<long> ReadAsync(SshNetConnection connection)
    {
        SshChannel channel = await connection.OpenAsync(ChannelKind.Session(), CancellationToken.None);
        Assert.True(await channel.AskAsync(ChannelAsk.Exec($"head -c {4 << 20} /dev/zero")));
        byte[] buffer = new byte[64 * 1024];
        long total = 0;
        for (int read; (read = await channel.ReadAsync(buffer, CancellationToken.None)) > 0;)
        {
            total += read;
        }

        return total;
    }
}
