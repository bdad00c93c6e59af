using System.Diagnostics;
using System.Globalization;
using System.Text;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Shell;
using Foobar.Ops.Testing;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>Whatever ends a session under work, nothing of it is left on the server a minute later: no process, no file.</summary>
[RunsFirst]
public sealed class LostSessionTests(LocalSshd sshd) : IClassFixture<LocalSshd>
{
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(60);

    /// <summary>Work of every kind: it waits, resists its end, writes much, ends at once.</summary>
    private static readonly string[] Work =
        ["sleep 1000", "trap '' TERM; while :; do sleep 1000; done", "seq 1 2000000", "echo short", "(setsid sleep 1000 &); sleep 1000"];

    private static int Rounds => Sample.IsAll ? 50 : 1;

    public static TheoryData<string> Shells => ["dash", "bash --posix", "busybox sh"];

    [Theory, MemberData(nameof(Shells))]
    public async Task A_client_whose_pipes_closed_leaves_nothing(string shell)
    {
        Raw raw = await Raw.StartAsync(shell);
        await raw.WorkAsync();
        raw.ClosePipes();
        await NothingLeftAsync(raw.Directory);
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task A_runner_that_was_killed_leaves_nothing(string shell)
    {
        Raw raw = await Raw.StartAsync(shell);
        await raw.WorkAsync();
        raw.Kill();
        await NothingLeftAsync(raw.Directory);
    }

    // Both take as long as the guards' patience, so they wait side by side.
    [Fact]
    public Task A_session_stays_as_long_as_its_client_gives_signs_of_life() => Task.WhenAll(SilentAsync(), PingingAsync());

    [Fact]
    public async Task Nothing_is_left_after_the_client_sshds_session_or_the_network_died()
    {
        sshd.Needed();
        for (int round = 0; round < Rounds; round++)
        {
            string[] names = [$"client-{round}", $"sshd-{round}", $"network-{round}"];
            Site site = sshd.Site(names: names);
            SiteSession sessions = new(site, new SessionOptions { ConnectTimeLimit = Minute });
            string[] directories = await Task.WhenAll(names.Select(name => BeginAsync(sessions, name)));
            foreach (int client in Clients(names[0]))
            {
                Signal("KILL", client);
            }

            foreach (int client in Clients(names[2]))
            {
                Signal("STOP", client);
            }

            await Task.WhenAll(directories.Select(NothingLeftAsync));
            foreach (int client in Clients(names[2]))
            {
                Signal("KILL", client);
            }

            await sessions.DisposeAsync();
        }
    }

    // As a client that hangs, or one whose network stalls: nobody asks any more whether the output has outgrown its cap.
    [Fact]
    public Task A_command_whose_output_outgrows_its_cap_is_ended_though_its_client_is_silent() =>
        Task.WhenAll(Shells.Select(shell => OutgrowAsync(shell)));

    private static async Task OutgrowAsync(string shell)
    {
        Raw raw = await Raw.StartAsync(shell);
        RemoteCommand command = RemoteCommand.FromScript("while :; do echo 0123456789; sleep 0.05; done") with { OutputCap = 110 };
        await raw.SayAsync(RunnerText.Job(new Job(1, asRoot: false, worker: 1, command)));

        string end = await raw.HearAsync("x 1 ").WaitAsync(TimeSpan.FromSeconds(25));

        Assert.Equal("1", end.Split(' ')[3]);
        raw.ClosePipes();
        await NothingLeftAsync(raw.Directory);
    }

    // The pipes stay open, as sshd's do when the network is gone.
    private static async Task SilentAsync()
    {
        Raw[] all = await Task.WhenAll(Shells.Select(shell => Raw.StartAsync(shell)));
        await Task.WhenAll(all.Select(raw => raw.WorkAsync()));
        await Task.WhenAll(all.Select(raw => NothingLeftAsync(raw.Directory)));
    }

    private static async Task PingingAsync()
    {
        Raw raw = await Raw.StartAsync("sh");
        for (int number = 1; number <= 6; number++)
        {
            await raw.SayAsync(RunnerText.Ping(number));
            await Task.Delay(Heartbeat.Interval, TestContext.Current.CancellationToken);
        }

        Assert.True(Directory.Exists(raw.Directory));
        raw.ClosePipes();
        await NothingLeftAsync(raw.Directory);
    }

    // Starts work; on the server named after sshd the last piece of it kills sshd's session process.
    private static async Task<string> BeginAsync(SiteSession sessions, string name)
    {
        IServerSession session = await sessions.GetServerAsync(name);
        string directory =
            Path.GetDirectoryName((await session.RunAsync(RemoteCommand.FromScript("readlink /proc/self/fd/1"))).OutputText.Trim())!;
        foreach (string script in Work)
        {
            _ = session.RunAsync(RemoteCommand.FromScript(script) with { TimeLimit = TimeSpan.FromMinutes(10) })
                .ContinueWith(static task => task.Exception, TaskScheduler.Default);
        }

        await Task.Delay(Random.Shared.Next(100, 1500));
        if (name.StartsWith("sshd", StringComparison.Ordinal))
        {
            _ = session.RunAsync(RemoteCommand.FromScript(
                "p=$$; while [ \"$p\" -gt 1 ]; do read -r c </proc/$p/comm; case $c in sshd*) kill -9 $p; exit ;; esac; p=$(sed -n "
                    + "'s/^PPid:[[:space:]]*//p' /proc/$p/status); done"))
                    .ContinueWith(
                        static task => task.Exception, TaskScheduler.Default);
        }

        return directory;
    }

    private static List<int> Clients(string name) => [.. Processes(process =>
    {
        string[] words = Read(process, "cmdline").Split('\0');
        return Path.GetFileName(words[0]) == "ssh" && words.Contains(name);
    })];

    private static async Task NothingLeftAsync(string directory)
    {
        Stopwatch watch = Stopwatch.StartNew();
        string mark = $"FOOBAR_JOB={Path.GetFileName(directory)["foobar-".Length..]}-";
        while (Directory.Exists(directory) || Left(directory, mark).Any())
        {
            Assert.True(
                watch.Elapsed < Minute,
                "a minute later there are still: "
                    + $"{string.Join("; ", Left(directory, mark).Select(process => $"{process} {Read($"/proc/{process}", "cmdline").Replace('\0', ' ')}"))} {(Directory.Exists(directory) ? directory : "")}");
            await Task.Delay(250);
        }
    }

    private static IEnumerable<int> Left(string directory, string mark) =>
        Processes(
            process =>
                Read(process, "environ").Split('\0').Any(word => word.StartsWith(mark, StringComparison.Ordinal))
                    || Opens(process, directory));

    private static IEnumerable<int> Processes(Func<string, bool> which) => Directory.EnumerateDirectories("/proc")
        .Where(process => char.IsAsciiDigit(Path.GetFileName(process)[0]) && which(process))
        .Select(process => int.Parse(Path.GetFileName(process), CultureInfo.InvariantCulture));

    private static bool Opens(string process, string directory)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd"))
                .Any(
                    file =>
                        File.ResolveLinkTarget(
                            file, returnFinalTarget: false)?.FullName.StartsWith(directory, StringComparison.Ordinal) == true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Read(string process, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static void Signal(string signal, int process) => Process.Start("kill", ["-s", signal, $"{process}"]).WaitForExit();

    /// <summary>A runner that is spoken to by hand, so that no sign of life is given unless the test gives it.</summary>
    private sealed class Raw
    {
        private readonly Process _process;

        private Raw(Process process) => _process = process;

        public string Directory { get; private set; } = "";

        public static async Task<Raw> StartAsync(string shell)
        {
            if (shell != "sh")
            {
                Needs.Programs(shell.Split(' ')[0]);
            }

            string nonce = Guid.NewGuid().ToString("N")[..16];
            Raw raw = new(
                Process.Start(new ProcessStartInfo(
                    "sh", ["-c", ShellEnvironment.Login(shell)]) { RedirectStandardInput = true, RedirectStandardOutput = true })!);
            await raw.SayAsync(RunnerText.ForLogin(nonce));
            raw.Directory = (await raw.HearAsync($"FOOBAR {nonce} ")).Split(' ')[3];
            return raw;
        }

        public async Task<string> HearAsync(string beginning)
        {
            while (true)
            {
                string line = await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the runner ended");
                if (line.StartsWith(beginning, StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }

        public async Task WorkAsync()
        {
            for (int id = 1; id <= Work.Length; id++)
            {
                RemoteCommand command = RemoteCommand.FromScript(Work[id - 1]);
                Job job = new(id, asRoot: false, worker: id, command);
                await SayAsync(RunnerText.Job(job));
                await SayAsync(RunnerText.Look([job], deep: true));
            }

            await SayAsync(RunnerText.Kill(1));
            await Task.Delay(Random.Shared.Next(100, 1500));
        }

        public async Task SayAsync(string text)
        {
            await _process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(text));
            await _process.StandardInput.BaseStream.FlushAsync();
        }

        // Output first: what is written then meets a broken pipe before the runner sees the end of its input.
        public void ClosePipes()
        {
            _process.StandardOutput.Close();
            _process.StandardInput.Close();
        }

        public void Kill() => _process.Kill();
    }
}
