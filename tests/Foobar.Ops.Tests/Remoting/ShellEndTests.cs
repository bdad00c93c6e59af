using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>Whatever ends a command or a session leaves nothing on the server: no process, no file.</summary>
public class ShellEndTests
{
    /// <summary>Scripts that hang in ways that are hard to end; <c>$1</c> is a number of seconds that marks their processes.</summary>
    public static TheoryData<string, string> Hangs()
    {
        string[] scripts =
        [
            "sleep $1",
            "sleep $1 & sleep $1 & wait",
            "trap '' TERM; while :; do sleep $1; done",
            "nohup sleep $1 >/dev/null 2>&1 & sleep $1",
            "(setsid sleep $1 >/dev/null 2>&1 9>&- &); sleep $1",
            "( (while sleep $1; do :; done) & ); sleep $1",
            "env -i sleep $1 9>&-",
            "sleep $1 | cat; true",
        ];
        TheoryData<string, string> data = [];
        foreach (string shell in new[] { "dash", "bash --posix", "busybox sh" })
        {
            // busybox runs its own programs without an exec, so one that closed our mark keeps no trace of us.
            foreach (string script in scripts.Where(
                script => !(shell.StartsWith("busybox", StringComparison.Ordinal) && script.Contains("setsid", StringComparison.Ordinal))))
            {
                data.Add(shell, script);
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(Hangs))]
    public async Task A_cancelled_command_ends_with_all_it_started(string shell, string script)
    {
        await using ServerSession session = await ShellTests.OpenAsync(shell);
        string mark = NewMark();
        using CancellationTokenSource cancel = new();
        Task<CommandResult> hung = session.RunAsync(RemoteCommand.FromScript(script, mark), cancel.Token);
        await WaitForAsync(() => Running(mark).Count > 0, "the command to run");
        Stopwatch watch = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hung);
        await WaitForAsync(() => Running(mark).Count == 0, "its processes to end");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"processes gone after {watch.Elapsed}");
        Assert.Equal("alive\n", (await session.RunAsync(RemoteCommand.FromScript("echo alive"))).OutputText);
    }

    [Fact]
    public async Task A_time_limit_names_the_command_and_the_server()
    {
        await using ServerSession session = await ShellTests.OpenAsync("sh");
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() =>
            session.RunAsync(RemoteCommand.FromScript("sleep 1000") with { TimeLimit = TimeSpan.FromMilliseconds(300) }));
        Assert.Equal(("CommandTimeout", "here", ErrorKind.Timeout), (error.ErrorId, error.Server, error.Kind));
        Assert.Contains("sleep 1000", error.Message, StringComparison.Ordinal);
        Assert.Contains("0.3 s", error.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("dash"), InlineData("bash --posix"), InlineData("busybox sh")]
    public async Task The_end_of_the_session_ends_its_commands_and_leaves_no_file(string shell)
    {
        string mark = NewMark();
        ServerSession session = await ShellTests.OpenAsync(shell);
        string directory = await SpoolAsync(session);
        Task<CommandResult> hung = session.RunAsync(RemoteCommand.FromScript("trap '' TERM; sleep $1; sleep $1", mark));
        await WaitForAsync(() => Running(mark).Count > 0, "the command to run");
        await session.DisposeAsync();
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => hung);
        Assert.Equal("ConnectionLost", error.ErrorId);
        await WaitForAsync(() => Running(mark).Count == 0 && !Directory.Exists(directory), "the command and the files to go");
    }

    // dash ran the action of a signal that came while it read its input as the first thing of its end, in place of all the rest.
    [Theory, InlineData("dash"), InlineData("bash --posix"), InlineData("busybox sh")]
    public async Task A_signal_to_the_runner_just_before_the_end_of_the_session_changes_nothing(string shell)
    {
        string mark = NewMark();
        ServerSession session = await ShellTests.OpenAsync(shell);
        string directory = await SpoolAsync(session);
        Task<CommandResult> hung = session.RunAsync(RemoteCommand.FromScript("sleep $1", mark));
        await WaitForAsync(() => Running(mark).Count > 0, "the command to run");
        string[] processes = (await File.ReadAllTextAsync(Path.Combine(directory, "m"))).Split(' ');

        // Without its guard, so that the runner's own end is what is seen.
        await session.RunAsync(RemoteCommand.FromScript("kill -s KILL $1", processes[1].Trim()));
        await Task.Delay(200);
        await Process.Start("kill", ["-s", "TERM", processes[0]]).WaitForExitAsync();
        await session.DisposeAsync();
        await Assert.ThrowsAsync<FoobarException>(() => hung);
        await WaitForAsync(() => Running(mark).Count == 0 && !Directory.Exists(directory), "the command and the files to go");
    }

    [Fact]
    public async Task What_a_finished_command_left_running_is_not_ours_to_end()
    {
        string mark = NewMark();
        ServerSession session = await ShellTests.OpenAsync("sh");
        await session.RunAsync(RemoteCommand.FromScript("nohup sleep $1 >/dev/null 2>&1 &", mark));
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => session.RunAsync(RemoteCommand.FromScript("sleep 1000"), cancel.Token));
        await session.DisposeAsync();
        List<int> left = Running(mark);
        Assert.Single(left);
        Process.GetProcessById(left[0]).Kill();
    }

    [Fact]
    public async Task A_thousand_commands_leave_few_files_behind_while_the_session_lasts()
    {
        await using ServerSession session = await ShellTests.OpenAsync("sh");
        string directory = await SpoolAsync(session);
        for (int number = 0; number < 1000; number++)
        {
            await session.RunAsync(RemoteCommand.FromScript("echo hello"));
        }

        Assert.InRange(Directory.GetFiles(directory).Length, 1, 300);
    }

    // What belongs to the runner holds its token: the shell that waits for a command does, the command does not.
    [Theory, InlineData("dash"), InlineData("bash --posix"), InlineData("busybox sh")]
    public async Task A_long_command_costs_no_process_beside_its_own(string shell)
    {
        await using ServerSession session = await ShellTests.OpenAsync(shell);
        string directory = "";
        for (int worker = 0; worker < 3; worker++)
        {
            directory = await SpoolAsync(session);
        }

        await Task.Delay(300);
        int before = await UsuallyAsync();
        Task<CommandResult> command = session.RunAsync(RemoteCommand.FromScript("sleep 3"));
        await Task.Delay(TimeSpan.FromSeconds(1.2));
        Assert.Equal(before - 1, await UsuallyAsync());
        await command;

        // A program that looks at files comes and goes.
        async Task<int> UsuallyAsync()
        {
            List<int> counts = [];
            for (int look = 0; look < 9; look++)
            {
                counts.Add(TokenHolders(directory));
                await Task.Delay(70);
            }

            counts.Sort();
            return counts[4];
        }
    }

    private static int TokenHolders(string directory) => Directory.EnumerateDirectories("/proc")
        .Where(process => char.IsAsciiDigit(Path.GetFileName(process)[0]))
        .Count(process => Link(process, 8) == Path.Combine(directory, "t"));

    private static string? Link(string process, int descriptor)
    {
        try
        {
            return File.ResolveLinkTarget($"{process}/fd/{descriptor}", returnFinalTarget: false)?.FullName;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static async Task<string> SpoolAsync(ServerSession session) =>
        Path.GetDirectoryName((await session.RunAsync(RemoteCommand.FromScript("readlink /proc/self/fd/1"))).OutputText.Trim())!;

    private static string NewMark() =>
        string.Create(CultureInfo.InvariantCulture, $"{RandomNumberGenerator.GetInt32(1_000_000, 9_999_999)}.5");

    private static List<int> Running(string mark)
    {
        List<int> found = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc").Where(name => char.IsAsciiDigit(Path.GetFileName(name)[0])))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(directory, "cmdline")).Split('\0').Contains(mark))
                {
                    found.Add(int.Parse(Path.GetFileName(directory), CultureInfo.InvariantCulture));
                }
            }
            catch (IOException)
            {
                // It has just ended.
            }
        }

        return found;
    }

    private static async Task WaitForAsync(Func<bool> condition, string what)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"waited 20 s for {what}");
            await Task.Delay(10);
        }
    }
}
