using System.Net;
using System.Net.Sockets;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>What holds for sessions to a real sshd, whatever carries them.</summary>
/// <param name="sshd">The server.</param>
/// <param name="transport">What carries them.</param>
public abstract class SshSessionContract(LocalSshd sshd, SshTransport transport)
{
    // A busy machine is no failure of what is tested here.
    private static readonly SessionOptions Patient = new() { ConnectTimeLimit = TimeSpan.FromSeconds(60) };

    [Fact]
    public async Task Commands_run_over_one_authentication()
    {
        await using SiteSession site = Open(sshd.Needed().Site());
        IServerSession session = await site.GetServerAsync("web-01");
        CommandResult[] results = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(_ => session.RunAsync(RemoteCommand.FromScript("echo $PPID-$SSH_CONNECTION"))));
        Assert.Single(results.Select(result => result.OutputText.Split('-')[1]).Distinct());
        Assert.Same(session, await site.GetServerAsync("WEB-01"));
    }

    [Fact]
    public async Task Concurrent_callers_share_one_attempt_and_a_lost_session_is_opened_again()
    {
        await using SiteSession site = Open(sshd.Needed().Site());
        IServerSession[] sessions = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => site.GetServerAsync("web-01")));
        Assert.Single(sessions.Distinct());
        string directory = Path.GetDirectoryName(
            (await sessions[0].RunAsync(RemoteCommand.FromScript("readlink /proc/self/fd/1"))).OutputText.Trim())!;
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() =>
            sessions[0].RunAsync(RemoteCommand.FromScript("kill -9 $(ps -o ppid= -p $PPID); sleep 1000")));
        Assert.Equal(("ConnectionLost", "web-01"), (error.ErrorId, error.Server));
        for (int wait = 0; Directory.Exists(directory); wait++)
        {
            Assert.True(wait < 200, "the lost session's files are still there");
            await Task.Delay(100);
        }

        IServerSession again = await site.GetServerAsync("web-01");
        Assert.NotSame(sessions[0], again);
        Assert.Equal("hi\n", (await again.RunAsync(RemoteCommand.FromScript("echo hi"))).OutputText);
    }

    [Fact]
    public async Task What_a_login_script_prints_does_not_matter()
    {
        Site site = sshd.Needed().Site(more: "Host web-01\n  SetEnv NOISE=1\n");
        await using SiteSession session = Open(
            site with { Servers = [site.Servers[0] with { Ssh = new SshEndpoint { Host = "web-01", User = Environment.UserName } }] });
        Assert.Equal(0, (await (await session.GetServerAsync("web-01")).RunAsync(RemoteCommand.FromScript("true"))).ExitCode);
    }

    [Fact]
    public async Task An_unknown_host_key_is_refused_with_its_fingerprint_unless_new_ones_are_accepted()
    {
        string empty = sshd.Needed().At("empty");
        await File.WriteAllTextAsync(empty, "");
        Site site = sshd.Site(knownHosts: empty, more: "Host *\n  StrictHostKeyChecking no\n");
        FoobarException error = await FailureAsync(site);
        Assert.Equal(("HostKeyUnknown", ErrorKind.Authentication, "web-01"), (error.ErrorId, error.Kind, error.Server));
        Assert.Contains(sshd.Fingerprint("host"), error.Message, StringComparison.Ordinal);
        Assert.Empty(await File.ReadAllTextAsync(empty));

        await using SiteSession accepting = Open(site, Patient with { AcceptNewHostKeys = true });
        await accepting.GetServerAsync("web-01");
        Assert.NotEmpty(await File.ReadAllTextAsync(empty));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_changed_host_key_is_refused_with_both_fingerprints(bool accept)
    {
        string other = sshd.Needed().WriteKnownHosts("changed", "", "other");
        FoobarException error = await FailureAsync(sshd.Site(knownHosts: other), Patient with { AcceptNewHostKeys = accept });
        Assert.Equal(("HostKeyChanged", ErrorKind.Authentication, "web-01"), (error.ErrorId, error.Kind, error.Server));
        Assert.Contains(
            $"offers {sshd.Fingerprint("host")}; known is {sshd.Fingerprint("other")} ({other}, line 2)",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_host_key_is_refused()
    {
        string revoked = sshd.Needed().WriteKnownHosts("revoked", "@revoked ", "host");
        FoobarException error = await FailureAsync(sshd.Site(knownHosts: revoked));
        Assert.Equal("HostKeyRevoked", error.ErrorId);
        Assert.Contains(sshd.Fingerprint("host"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_login_is_told_apart()
    {
        FoobarException error = await FailureAsync(sshd.Needed().Site(identity: "other"));
        Assert.Equal(("AuthenticationRefused", ErrorKind.Authentication), (error.ErrorId, error.Kind));
    }

    [Fact]
    public async Task A_closed_port_and_a_wrong_name_are_unreachable()
    {
        FoobarException closed = await FailureAsync(sshd.Needed().Site(port: LocalSshd.FreePort()));
        Assert.Equal("ServerUnreachable", closed.ErrorId);
        Assert.Contains("Connection refused", closed.Message, StringComparison.Ordinal);
        Assert.Equal("ServerUnreachable", (await FailureAsync(sshd.Site(host: "no-such-host.invalid"))).ErrorId);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_at_the_time_limit()
    {
        sshd.Needed();
        using TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        Site site = sshd.Site(port: ((IPEndPoint)silent.LocalEndpoint).Port);
        FoobarException error = await FailureAsync(site, new SessionOptions { ConnectTimeLimit = TimeSpan.FromSeconds(1) });
        Assert.Equal(("ConnectTimeout", ErrorKind.Timeout, "web-01"), (error.ErrorId, error.Kind, error.Server));
    }

    [Fact]
    public async Task A_login_without_a_shell_is_told_apart()
    {
        await File.WriteAllTextAsync(sshd.Needed().At("authorized_keys2"), "");
        string keys = sshd.At("authorized_keys");
        string before = await File.ReadAllTextAsync(keys);
        await File.WriteAllTextAsync(
            keys, before + "command=\"echo no shell here >&2; exit 3\" " + await File.ReadAllTextAsync(sshd.At("other.pub")));
        try
        {
            FoobarException error = await FailureAsync(sshd.Site(identity: "other"));
            Assert.True(error.ErrorId == "ShellUnavailable", $"{error.ErrorId}: {error.Message}");
            Assert.Contains("no shell here", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            await File.WriteAllTextAsync(keys, before);
        }
    }

    [Theory]
    [InlineData("id", "known_hosts", null)]
    [InlineData("other", "known_hosts", "AuthenticationRefused")]
    [InlineData("id", "jump_changed", "HostKeyChanged")]
    [InlineData("id", "jump_empty", "HostKeyUnknown")]
    public async Task A_jump_host_is_used_and_named_when_it_fails(string identity, string knownHosts, string? errorId)
    {
        sshd.Needed().WriteKnownHosts("jump_changed", "", "other");
        await File.WriteAllTextAsync(sshd.At("jump_empty"), "");
        Site site = sshd.Site(
            more: $"Host jump\n  IdentityFile {sshd.At(identity)}\n  UserKnownHostsFile {sshd.At(knownHosts)}\n  StrictHostKeyChecking no\n"
                + $"Host web-01\n  ProxyJump jump\n  IdentityFile {sshd.At("id")}\nMatch host jump exec true\n  IdentityFile none\n");
        site = identity == "other" ? sshd.Site(identity: "other", more: "Host web-01\n  ProxyJump jump\n") : site;
        if (errorId is null)
        {
            await using SiteSession session = Open(site);
            Assert.Equal(0, (await (await session.GetServerAsync("web-01")).RunAsync(RemoteCommand.FromScript("true"))).ExitCode);
            return;
        }

        FoobarException error = await FailureAsync(site);
        Assert.Equal((errorId, "web-01"), (error.ErrorId, error.Server));
        Assert.Contains("jump host", error.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Streams_lead_to_ports_and_sockets_of_the_server(bool share)
    {
        await using SiteSession site = Open(sshd.Needed().Site(), Patient with { ShareConnections = share });
        IServerSession session = await site.GetServerAsync("web-01");
        using TcpListener tcp = new(IPAddress.Loopback, 0);
        tcp.Start();
        string path = sshd.At($"a b:c%h'{share}");
        using Socket unix = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        unix.Bind(new UnixDomainSocketEndPoint(path));
        unix.Listen();

        await EchoAsync(() => tcp.AcceptSocketAsync(), new RemoteEndpoint.Tcp("127.0.0.1", ((IPEndPoint)tcp.LocalEndpoint).Port));
        await EchoAsync(() => unix.AcceptAsync(), new RemoteEndpoint.UnixSocket(path));
        await EchoAsync(() => unix.AcceptAsync(), new RemoteEndpoint.UnixSocket(path));

        async Task EchoAsync(Func<Task<Socket>> accept, RemoteEndpoint endpoint)
        {
            Task<Socket> accepting = accept();
            await using Stream stream = await session.ConnectAsync(endpoint);
            using Socket peer = await accepting.WaitAsync(TimeSpan.FromSeconds(5));
            await stream.WriteAsync(Encoding.UTF8.GetBytes("hello"));
            byte[] buffer = new byte[5];
            Assert.Equal(5, await peer.ReceiveAsync(buffer));
            await peer.SendAsync(buffer);
            await stream.ReadExactlyAsync(buffer);
            Assert.Equal("hello", Encoding.UTF8.GetString(buffer));
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_forward_is_private_shared_and_closed_by_its_last_holder(bool share)
    {
        await using SiteSession site = Open(sshd.Needed().Site(), Patient with { ShareConnections = share });
        IServerSession session = await site.GetServerAsync("web-01");
        RemoteEndpoint.Tcp endpoint = new("127.0.0.1", sshd.Port);
        IForward first = await session.ForwardAsync(endpoint);
        IForward second = await session.ForwardAsync(endpoint);
        Assert.Equal(first.LocalPath, second.LocalPath);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(first.LocalPath)!));
        await first.DisposeAsync();
        await first.DisposeAsync();
        Assert.True(File.Exists(second.LocalPath));
        await second.DisposeAsync();
        Assert.False(File.Exists(second.LocalPath));
        await using IForward third = await session.ForwardAsync(endpoint);
        Assert.True(File.Exists(third.LocalPath));
    }

    [Fact]
    public async Task Servers_are_connected_at_once_and_one_failure_hides_no_other()
    {
        Site site = sshd.Needed().Site(more: $"Host bad\n  Port {LocalSshd.FreePort()}\n", names: ["web-01", "bad", "web-02"]);
        await using SiteSession session = Open(site);
        IReadOnlyList<ConnectOutcome> outcomes = await session.ConnectAllAsync();
        Assert.Equal(
            ["web-01: ", "bad: ServerUnreachable", "web-02: "], outcomes.Select(outcome => $"{outcome.Server}: {outcome.Error?.ErrorId}"));
    }

    [Fact]
    public async Task An_unknown_server_is_named_with_the_known_ones()
    {
        await using SiteSession session = Open(sshd.Needed().Site());
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => session.GetServerAsync("web-09"));
        Assert.Equal("ServerUnknown", error.ErrorId);
        Assert.Contains("web-01", error.Message, StringComparison.Ordinal);
    }

    private protected SiteSession Open(Site site, SessionOptions? options = null) =>
        new(site, (options ?? Patient) with { Transport = transport });

    private protected async Task<FoobarException> FailureAsync(Site site, SessionOptions? options = null)
    {
        await using SiteSession session = Open(site, options);
        return await Assert.ThrowsAsync<FoobarException>(() => session.GetServerAsync("web-01"));
    }
}
