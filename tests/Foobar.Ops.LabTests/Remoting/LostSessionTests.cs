using System.Diagnostics;
using Foobar.Ops.Inventory;
using Foobar.Ops.Lab;
using Foobar.Ops.Lab.Host;
using Foobar.Ops.Lab.Setup;
using Foobar.Ops.LabTests.Lab;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.LabTests.Remoting;

/// <summary>
/// Whatever ends a session under work, the server has no process and no file of it a minute later: the end of PowerShell, of the
/// ssh client, of sshd's session process, of the network. Root's work and streamed commands too.
/// </summary>
[Collection(OtherLabCollection.Name)]
public sealed class LostSessionTests(LabFixture labs)
{
    private const string Server = "web-01";
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(60);

    /// <summary>Work of every kind: it waits, resists its end, writes much, leaves its process group.</summary>
    private static readonly string[] Work =
        ["sleep 98771", "trap '' TERM; while :; do sleep 98771; done", "seq 1 3000000", "(setsid sleep 98771 &); sleep 98771"];

    private static int Rounds => Sample.IsAll ? 50 : 1;

    /// <summary>A lost network takes as long as the guard's patience; the unit tests try it over OpenSSH too.</summary>
    public static TheoryData<SshTransport, string> Ends =>
    [
        (SshTransport.OpenSsh, "ssh"),
        (SshTransport.OpenSsh, "sshd"),
        .. Sample.IsAll ? (TheoryDataRow<SshTransport, string>[])[(SshTransport.OpenSsh, "network")] : [],
        (SshTransport.SshNet, "sshd"),
        (SshTransport.SshNet, "network"),
    ];

    [Theory, MemberData(nameof(Ends))]
    public async Task A_session_that_is_lost_leaves_nothing_on_the_server(SshTransport transport, string end)
    {
        RaisedLab lab = await labs.RequireAsync(DatabaseFlavour.MariaDb);
        for (int round = 0; round < Rounds; round++)
        {
            SiteSession site = new(
                InventoryLoader.Load(lab.Inventory), new SessionOptions { Transport = transport, ConnectTimeLimit = Minute });
            try
            {
                await BeginAsync(await site.GetServerAsync(Server));
                await EndAsync(lab, end);
                await NothingLeftAsync(lab);
            }
            finally
            {
                await lab.ReconnectAsync(Server);

                // Its neighbours take it for gone a moment longer.
                await (end == "network" ? lab.ReadyAsync(CancellationToken.None) : Task.CompletedTask);
                await site.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_killed_PowerShell_leaves_nothing_on_the_server()
    {
        RaisedLab lab = await labs.RequireAsync(DatabaseFlavour.MariaDb);
        PowerShellHost shell = await PowerShellHost.FindAsync(TestContext.Current.CancellationToken);
        for (int round = 0; round < Rounds; round++)
        {
            ProcessStartInfo start = shell.Prepare([
                "-Command",
                $"Import-Module '{Checkout.Module}'; Invoke-FoobarCommand -Server {Server} -AsRoot -TimeoutSeconds 600 'sleep 98771'",
            ]);
            start.Environment["FOOBAR_INVENTORY"] = lab.Inventory;
            using Process client = Process.Start(start)!;
            await BegunAsync(lab);
            await Task.Delay(Random.Shared.Next(1000));
            client.Kill();
            await NothingLeftAsync(lab);
        }
    }

    private static async Task BeginAsync(IServerSession session)
    {
        foreach (bool privileged in new[] { false, true })
        {
            await session.StartAsync(RemoteCommand.FromScript("exec sleep 98771 <&- >&- 2>&-") with { Privileged = privileged });
            foreach (string script in Work)
            {
                RemoteCommand command =
                    RemoteCommand.FromScript(script) with { Privileged = privileged, TimeLimit = TimeSpan.FromMinutes(10) };
                _ = session.RunAsync(command).ContinueWith(static task => task.Exception, TaskScheduler.Default);
            }
        }

        await Task.Delay(Random.Shared.Next(100, 2000));
    }

    private static async Task EndAsync(RaisedLab lab, string end)
    {
        switch (end)
        {
            case "ssh":
                Process[] clients = [.. Process.GetProcessesByName("ssh").Where(client => IsOf(client, lab))];
                Assert.NotEmpty(clients);
                Array.ForEach(clients, client => client.Kill());
                break;
            case "sshd":
                await lab.RunAsync(Server, "pkill -KILL -f '^sshd.*: operator'");
                break;
            default:
                await lab.CutAsync(Server);
                break;
        }
    }

    // The tests of the other row have clients of this process too, to labs of their own: a client's configuration names its lab's.
    private static bool IsOf(Process client, RaisedLab lab)
    {
        try
        {
            string[] words = File.ReadAllText($"/proc/{client.Id}/cmdline").Split('\0');
            string configuration = words.SkipWhile(word => word != "-F").ElementAtOrDefault(1) ?? "none";
            return File.ReadAllText($"/proc/{client.Id}/stat").Split(") ")[1].Split(' ')[1] == $"{Environment.ProcessId}"
                && configuration != "none" && File.ReadAllText(configuration).Contains(lab.SshConfig, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task BegunAsync(RaisedLab lab)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while ((await lab.ExecAsync(Server, "pgrep -f '^sleep 98771'")).Output.Length == 0)
        {
            Assert.True(watch.Elapsed < Minute, "the command did not begin");
            await Task.Delay(250);
        }
    }

    private static async Task NothingLeftAsync(RaisedLab lab)
    {
        const string Left =
            "pgrep -fa '[s]leep 98771'; ls -d /dev/shm/foobar-*; pgrep -xau operator sh; grep -sl FOOBAR_JOB= /proc/[0-9]*/environ";
        Stopwatch watch = Stopwatch.StartNew();
        while ((await lab.ExecAsync(Server, Left)).Output is { Length: > 0 } left)
        {
            Assert.True(watch.Elapsed < Minute, $"a minute later there is still: {left}");
            await Task.Delay(500);
        }
    }
}
