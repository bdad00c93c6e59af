using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.Tests.Remoting.SshNet;

/// <summary>
/// What the channels of a session hold against: much data, readers that stop, commands that hang, servers that vanish. On both transports.
/// </summary>
[RunsFirst]
public sealed class ChannelTests(LocalSshd sshd) : IClassFixture<LocalSshd>
{
    private const long Much = 400L * 1024 * 1024;

    [Theory, InlineData(SshTransport.OpenSsh), InlineData(SshTransport.SshNet)]
    public async Task A_streamed_command_gives_400_MB_in_bounded_memory(SshTransport transport)
    {
        await using SiteSession site = Open(transport);
        IServerSession session = await site.GetServerAsync("web-01");
        long before = Process.GetCurrentProcess().WorkingSet64;
        await using ICommandStream command = await session.StartAsync(
            RemoteCommand.FromScript($"head -c {Much} /dev/zero; echo done >&2; exit 3"));

        // Nobody reads for a while: the server must stop, not this process fill.
        await Task.Delay(TimeSpan.FromSeconds(2));
        byte[] buffer = new byte[64 * 1024];
        long total = 0;
        for (int read; (read = await command.Output.ReadAsync(buffer)) > 0;)
        {
            total += read;
        }

        Assert.Equal(Much, total);
        (int exitCode, string error) = await command.ExitAsync();
        Assert.Equal(3, exitCode);
        Assert.EndsWith("done", error.TrimEnd(), StringComparison.Ordinal);
        Assert.True(
            Process.GetCurrentProcess().WorkingSet64 - before < 150L * 1024 * 1024,
            $"grew by {(Process.GetCurrentProcess().WorkingSet64 - before) >> 20} MB");
    }

    [Theory, InlineData(SshTransport.OpenSsh), InlineData(SshTransport.SshNet)]
    public async Task Much_input_arrives_whole(SshTransport transport)
    {
        await using SiteSession site = Open(transport);
        IServerSession session = await site.GetServerAsync("web-01");
        await using ICommandStream command = await session.StartAsync(RemoteCommand.FromScript("wc -c"));
        byte[] part = new byte[1 << 20];
        for (int sent = 0; sent < 20; sent++)
        {
            await command.Input.WriteAsync(part);
        }

        await command.Input.DisposeAsync();
        using StreamReader reader = new(command.Output);
        Assert.Equal($"{20 << 20}", (await reader.ReadToEndAsync()).Trim());
        Assert.Equal(0, (await command.ExitAsync()).ExitCode);
    }

    [Theory, InlineData(SshTransport.OpenSsh), InlineData(SshTransport.SshNet)]
    public async Task A_reader_that_stops_holds_up_nobody_else(SshTransport transport)
    {
        await using SiteSession site = Open(transport);
        IServerSession session = await site.GetServerAsync("web-01");
        await using ICommandStream stalled = await session.StartAsync(RemoteCommand.FromScript("exec cat /dev/zero"));
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal("hi\n", (await session.RunAsync(RemoteCommand.FromScript("echo hi"))).OutputText);
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task<Socket> accepting = listener.AcceptSocketAsync();
        await using Stream stream = await session.ConnectAsync(new RemoteEndpoint.Tcp(
            "127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port));
        await stream.WriteAsync("x"u8.ToArray());
        using Socket peer = await accepting.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, await peer.ReceiveAsync(new byte[1]));
    }

    [Theory, InlineData(SshTransport.OpenSsh), InlineData(SshTransport.SshNet)]
    public async Task A_hung_command_is_ended_on_the_server(SshTransport transport)
    {
        await using SiteSession site = Open(transport);
        IServerSession session = await site.GetServerAsync("web-01");
        string mark = $"9{Random.Shared.Next(100000, 999999)}";
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => session.RunAsync(RemoteCommand.FromScript($"sleep {mark}") with { TimeLimit = TimeSpan.FromSeconds(2) }));
        Assert.Equal("CommandTimeout", error.ErrorId);
        await GoneAsync($"sleep {mark}");
        Assert.Equal(0, (await session.RunAsync(RemoteCommand.FromScript("true"))).ExitCode);
    }

    /// <summary>
    /// Those that heed a signal, those that don't, and those that neither read nor write nor stay in their process group.
    /// </summary>
    private static readonly string[] Endless =
    [
        "sleep NUMBER; sleep NUMBER",
        "trap '' TERM HUP PIPE; while :; do sleep NUMBER; done",
        "setsid sleep NUMBER & exec sleep NUMBER <&- >&- 2>&-",
    ];

    public static TheoryData<SshTransport, int> GivenUp => new(
        from transport in new[] { SshTransport.OpenSsh, SshTransport.SshNet }
        from wait in new[] { 0, 20, 1000 }
        select (transport, wait));

    [Theory, MemberData(nameof(GivenUp))]
    public async Task A_streamed_command_that_is_given_up_is_ended_on_the_server(SshTransport transport, int wait)
    {
        await using SiteSession site = Open(transport);
        IServerSession session = await site.GetServerAsync("web-01");
        string mark = $"8{Random.Shared.Next(100000, 999999)}";
        await Task.WhenAll(Endless.Select(async script =>
        {
            ICommandStream command = await session.StartAsync(
                RemoteCommand.FromScript(script.Replace("NUMBER", mark, StringComparison.Ordinal)));
            await Task.Delay(wait);
            await command.DisposeAsync();
        }));
        await GoneAsync($"sleep {mark}");

        // Nor does one start late.
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.False(IsRunning($"sleep {mark}"));
        Assert.Equal("hi\n", (await session.RunAsync(RemoteCommand.FromScript("echo hi"))).OutputText);
    }

    [Theory, InlineData(SshTransport.OpenSsh), InlineData(SshTransport.SshNet)]
    public async Task A_streamed_command_ends_with_its_session(SshTransport transport)
    {
        string mark = $"7{Random.Shared.Next(100000, 999999)}";
        await using (SiteSession site = Open(transport))
        {
            IServerSession session = await site.GetServerAsync("web-01");
            ICommandStream command = await session.StartAsync(RemoteCommand.FromScript($"echo begun; exec sleep {mark}"));
            await command.Output.ReadExactlyAsync(new byte[6]);
        }

        await GoneAsync($"sleep {mark}");
    }

    [Theory, InlineData(SshTransport.OpenSsh), InlineData(SshTransport.SshNet)]
    public async Task A_streamed_command_that_ended_leaves_what_it_was_to_leave(SshTransport transport)
    {
        await using SiteSession site = Open(transport);
        IServerSession session = await site.GetServerAsync("web-01");
        string directory =
            Path.GetDirectoryName((await session.RunAsync(RemoteCommand.FromScript("readlink /proc/self/fd/1"))).OutputText.Trim())!;
        string mark = $"6{Random.Shared.Next(100000, 999999)}";
        await using (ICommandStream command = await session.StartAsync(
            RemoteCommand.FromScript($"sleep {mark} <&- >&- 2>&- & echo $!; exit 4")))
        {
            using StreamReader reader = new(command.Output);
            string left = (await reader.ReadToEndAsync()).Trim();
            Assert.Equal(4, (await command.ExitAsync()).ExitCode);
            await command.DisposeAsync();
            Assert.Equal(
                "there",
                (await session.RunAsync(RemoteCommand.FromScript($"[ -e /proc/{left} ] && printf there; kill {left}"))).OutputText);
        }

        Assert.Empty(Directory.EnumerateFiles(directory, "s?*"));
    }

    [Fact]
    public async Task Thirty_streams_are_open_at_once()
    {
        await using SiteSession site = Open(SshTransport.SshNet);
        IServerSession session = await site.GetServerAsync("web-01");
        string path = sshd.At("thirty");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(64);
        Stream[] streams = await Task.WhenAll(
            Enumerable.Range(0, 30).Select(_ => session.ConnectAsync(new RemoteEndpoint.UnixSocket(path))));
        for (int at = 0; at < streams.Length; at++)
        {
            using Socket peer = await listener.AcceptAsync();
            await peer.SendAsync("y"u8.ToArray());
        }

        foreach (Stream stream in streams)
        {
            Assert.Equal(1, await stream.ReadAsync(new byte[4]));
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_forward_that_leads_nowhere_is_an_error_at_once()
    {
        await using SiteSession site = Open(SshTransport.SshNet);
        IServerSession session = await site.GetServerAsync("web-01");
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => session.ConnectAsync(new RemoteEndpoint.UnixSocket("/no/such/socket")));
        Assert.Equal("ForwardFailed", error.ErrorId);
    }

    [Theory, InlineData(SshTransport.OpenSsh), InlineData(SshTransport.SshNet)]
    public async Task A_killed_sshd_is_noticed(SshTransport transport)
    {
        await using SiteSession site = Open(transport);
        IServerSession session = await site.GetServerAsync("web-01");
        Task<CommandResult> running = session.RunAsync(RemoteCommand.FromScript("sleep 30"));
        await session.RunAsync(RemoteCommand.FromScript("kill -9 $(ps -o ppid= -p $(ps -o ppid= -p $PPID))"))
            .ContinueWith(_ => { }, TaskScheduler.Default);
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => running.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal("ConnectionLost", error.ErrorId);
    }

    [Theory, InlineData(SshTransport.OpenSsh), InlineData(SshTransport.SshNet)]
    public async Task An_sshd_that_answers_nothing_any_more_is_noticed_within_the_limit(SshTransport transport)
    {
        await using SiteSession site = Open(transport);
        IServerSession session = await site.GetServerAsync("web-01");
        string id = (await session.RunAsync(RemoteCommand.FromScript("ps -o ppid= -p $(ps -o ppid= -p $PPID)"))).OutputText.Trim();
        Task<CommandResult> running = session.RunAsync(RemoteCommand.FromScript("sleep 300") with { TimeLimit = TimeSpan.FromMinutes(5) });
        Signal("-STOP", id);
        try
        {
            // Asked after 5 s of silence, three times: 20 s, and what a busy machine adds.
            FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => running.WaitAsync(TimeSpan.FromSeconds(60)));
            Assert.Equal("ConnectionLost", error.ErrorId);
        }
        finally
        {
            Signal("-KILL", id);
        }
    }

    private static void Signal(string signal, string id) => PasswordSshd.Run("/bin/kill", signal, id);

    private static async Task GoneAsync(string command)
    {
        for (int attempt = 0; IsRunning(command); attempt++)
        {
            Assert.True(attempt < 300, $"'{command}' still runs");
            await Task.Delay(100);
        }
    }

    private static bool IsRunning(string command) => Directory.EnumerateDirectories("/proc").Any(folder =>
    {
        try
        {
            return File.ReadAllText(folder + "/cmdline").Replace('\0', ' ').TrimEnd() == command;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });

    private SiteSession Open(SshTransport transport) =>
        new(sshd.Needed().Site(), new SessionOptions { Transport = transport, ConnectTimeLimit = TimeSpan.FromSeconds(60) });
}
