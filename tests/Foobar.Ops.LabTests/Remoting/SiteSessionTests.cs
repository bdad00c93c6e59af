using System.Diagnostics;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Remoting;

/// <summary>Sessions to real servers: an unprivileged login, a jump host, a network that breaks.</summary>
[Collection(OtherLabCollection.Name)]
public sealed class SiteSessionTests(LabFixture labs)
{
    [Fact]
    public async Task All_servers_are_connected_at_once()
    {
        await using SiteSession site = await OpenAsync();
        IReadOnlyList<ConnectOutcome> outcomes = await site.ConnectAllAsync();
        Assert.All(outcomes, outcome => Assert.Null(outcome.Error));
        foreach (Server server in site.Site.Servers)
        {
            IServerSession session = await site.GetServerAsync(server.Name);
            Assert.Equal($"{server.Name}\n", (await session.RunAsync(RemoteCommand.FromScript("hostname"))).OutputText);
        }
    }

    [Fact]
    public async Task Privileged_commands_share_one_sudo_and_carry_input_and_output()
    {
        RaisedLab lab = await LabAsync();
        await using SiteSession site = await OpenAsync();
        IServerSession session = await site.GetServerAsync("web-01");
        byte[] bytes = new byte[300_000];
        new Random(2).NextBytes(bytes);
        Task<CommandResult>[] many =
        [
            .. Enumerable.Range(0, 10).Select(
                _ => session.RunAsync(RemoteCommand.FromScript("id -u; cat >&2") with { Privileged = true, Input = bytes })),
        ];
        foreach (CommandResult result in await Task.WhenAll(many))
        {
            Assert.Equal("0\n", result.OutputText);
            Assert.True(bytes.AsSpan().SequenceEqual(result.Error.Span));
        }

        Assert.NotEqual("0\n", (await session.RunAsync(RemoteCommand.FromScript("id -u"))).OutputText);
        Assert.Equal("1", (await lab.RunAsync("web-01", "ps -C sudo -o pid= | wc -l")).Trim());
    }

    [Fact]
    public async Task A_hung_privileged_command_is_ended_and_the_end_of_the_session_leaves_nothing()
    {
        RaisedLab lab = await LabAsync();
        await using (SiteSession site = await OpenAsync())
        {
            IServerSession session = await site.GetServerAsync("web-01");
            using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(500));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => session.RunAsync(
                    RemoteCommand.FromScript("sleep 98761 & (sleep 98761 &) ; trap '' TERM; sleep 98761; sleep 98761") with
                    {
                        Privileged = true,
                    },
                    cancel.Token));
            await EventuallyAsync(async () => (await lab.RunAsync("web-01", "pgrep -fc '[s]leep 98761' || true")).Trim() == "0");

            using CancellationTokenSource second = new(TimeSpan.FromMilliseconds(500));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => session.RunAsync(RemoteCommand.FromScript("sudo -n sleep 98762"), second.Token));
            await EventuallyAsync(async () => (await lab.RunAsync("web-01", "pgrep -fc '[s]leep 98762' || true")).Trim() == "0");

            _ = session.RunAsync(RemoteCommand.FromScript("trap '' TERM; sleep 98763; sleep 98763") with { Privileged = true });
            await EventuallyAsync(async () => (await lab.RunAsync("web-01", "pgrep -fc '[s]leep 98763' || true")).Trim() != "0");
        }

        const string Left = "pgrep -fa '[s]leep 98763'; ls -d /dev/shm/foobar-*; pgrep -xau operator sh";
        await EventuallyAsync(
            async () => (await lab.ExecAsync("web-01", Left)).Output.Length == 0,
            async () => (await lab.ExecAsync("web-01", Left + "; ps -ef --forest")).Output);
    }

    [Fact]
    public async Task Sudo_that_wants_a_password_gets_it_or_refuses_with_its_own_words()
    {
        RaisedLab lab = await LabAsync();
        const string Password = "s3cr3t'; $(id) \"x";
        await lab.RunAsync(
            "web-02",
            "cat >/tmp/pw; printf 'operator:%s\\n' \"$(cat /tmp/pw)\" | chpasswd; rm /tmp/pw; mkdir -p /root/kept; mv /etc/sudoers.d/* "
                + "/root/kept/; echo 'operator ALL=(ALL) ALL' >/etc/sudoers.d/asks; chmod 440 /etc/sudoers.d/asks",
            Password);
        try
        {
            FoobarException refused = await Assert.ThrowsAsync<FoobarException>(() => PrivilegedAsync(null));
            Assert.Equal(("SudoRefused", ErrorKind.Permission, "web-02"), (refused.ErrorId, refused.Kind, refused.Server));
            Assert.Contains("a password is required", refused.Message, StringComparison.Ordinal);
            using Secret wrong = new("wrong-one");
            FoobarException denied = await Assert.ThrowsAsync<FoobarException>(() => PrivilegedAsync(wrong));
            Assert.Equal("SudoRefused", denied.ErrorId);
            Assert.DoesNotContain("wrong-one", denied.ToString(), StringComparison.Ordinal);
            using Secret right = new(Password);
            Assert.Equal("0\nin\n", (await PrivilegedAsync(right)).OutputText);
        }
        finally
        {
            await lab.RunAsync(
                "web-02", "rm -f /etc/sudoers.d/asks; mv /root/kept/* /etc/sudoers.d/; rmdir /root/kept; passwd -l operator >/dev/null");
        }

        async Task<CommandResult> PrivilegedAsync(Secret? password)
        {
            await using SiteSession site = new(InventoryLoader.Load(lab.Inventory), new SessionOptions { SudoPassword = password });
            IServerSession session = await site.GetServerAsync("web-02");
            return await session.RunAsync(
                RemoteCommand.FromScript("id -u; cat") with { Privileged = true, Input = Encoding.UTF8.GetBytes("in\n") });
        }
    }

    [Fact]
    public async Task A_server_that_vanishes_gives_one_clear_error_in_time_and_the_others_answer()
    {
        RaisedLab lab = await LabAsync();
        await using SiteSession site = await OpenAsync();
        await site.ConnectAllAsync();
        await lab.CutAsync("web-02");
        try
        {
            Stopwatch watch = Stopwatch.StartNew();
            Task<CommandResult> lost = RunAsync("web-02");
            Task<CommandResult> others = RunAsync("web-01");
            Assert.Equal(0, (await others).ExitCode);
            FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => lost);
            Assert.Equal(("ConnectionLost", "web-02", ErrorKind.Connection), (error.ErrorId, error.Server, error.Kind));
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"after {watch.Elapsed}");
        }
        finally
        {
            await lab.ReconnectAsync("web-02");
            await lab.ReadyAsync(CancellationToken.None);
        }

        Assert.Equal(0, (await RunAsync("web-02")).ExitCode);

        async Task<CommandResult> RunAsync(string server) =>
            await (await site.GetServerAsync(server))
                .RunAsync(RemoteCommand.FromScript("hostname") with { TimeLimit = TimeSpan.FromSeconds(5) });
    }

    [Fact]
    public async Task Output_survives_a_full_disk()
    {
        RaisedLab lab = await LabAsync();
        await using SiteSession site = await OpenAsync();
        await lab.ExecAsync(
            "web-01", "fallocate -l $(( $(df --output=avail -B1 / | tail -1) - 1048576 )) /filler; dd if=/dev/zero of=/filler2 bs=1k");
        try
        {
            IServerSession session = await site.GetServerAsync("web-01");
            CommandResult result = await session.RunAsync(
                RemoteCommand.FromScript("seq 1 100000; sh -c 'echo x >/var/tmp/x'") with { Privileged = true });
            Assert.EndsWith("\n100000\n", result.OutputText, StringComparison.Ordinal);
        }
        finally
        {
            await lab.RunAsync("web-01", "rm -f /filler /filler2");
            await lab.ReadyAsync(CancellationToken.None);
        }
    }

    private static async Task EventuallyAsync(Func<Task<bool>> holds, Func<Task<string>>? what = null)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!await holds())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(20))
            {
                Assert.Fail($"does not come about within 20 s: {(what is null ? "" : await what())}");
            }

            await Task.Delay(100);
        }
    }

    private Task<RaisedLab> LabAsync() => labs.RequireAsync(DatabaseFlavour.MariaDb);

    private async Task<SiteSession> OpenAsync() => new(InventoryLoader.Load((await LabAsync()).Inventory));
}
