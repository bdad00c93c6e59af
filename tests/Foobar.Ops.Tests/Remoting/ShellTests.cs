using System.Diagnostics;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;
using Foobar.Ops.Testing;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>What a session promises of commands, on each shell that a server may have as its <c>sh</c>.</summary>
public class ShellTests
{
    public static TheoryData<string> Shells => ["dash", "bash --posix", "busybox sh", "sh"];

    [Theory, MemberData(nameof(Shells))]
    public async Task Output_error_and_exit_code_stay_apart(string shell)
    {
        await using ServerSession session = await OpenAsync(shell);
        CommandResult result = await session.RunAsync(RemoteCommand.FromScript("echo out; printf err >&2; exit 7"));
        Assert.Equal("out\n", result.OutputText);
        Assert.Equal("err", result.ErrorText);
        Assert.Equal(7, result.ExitCode);
        Assert.False(result.Truncated);
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task Every_byte_survives_in_every_size(string shell)
    {
        await using ServerSession session = await OpenAsync(shell);
        Random random = new(1);
        foreach (int size in new[] { 1, 10, 255, 1023, 1024, 1025, 5000, 36 * 1024, (36 * 1024) + 1, 262144, 262145, 1_000_000 })
        {
            byte[] bytes = new byte[size];
            random.NextBytes(bytes);
            CommandResult result = await session.RunAsync(RemoteCommand.FromScript("tee /dev/fd/2") with { Input = bytes });
            Assert.True(bytes.AsSpan().SequenceEqual(result.Output.Span), $"output of {size} bytes");
            Assert.True(bytes.AsSpan().SequenceEqual(result.Error.Span), $"error of {size} bytes");
        }
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task Short_text_of_every_byte_but_NUL_survives(string shell)
    {
        await using ServerSession session = await OpenAsync(shell);
        byte[] bytes =
        [
            .. Enumerable.Range(1, 255).Select(value => (byte)value),
            (byte)'\\',
            (byte)'n',
            (byte)'%',
            (byte)'s',
            (byte)'\n',
            (byte)'\n',
            0x81,
            0x88,
        ];

        // One rotation of 23: bytes of every kind (control, ASCII, each part of UTF-8) come first and last in some.
        for (int start = 0; start < bytes.Length; start += 23)
        {
            byte[] input = [.. bytes[start..], .. bytes[..start]];
            CommandResult result = await session.RunAsync(RemoteCommand.FromScript("cat") with { Input = input });
            Assert.Equal(Convert.ToHexString(input), Convert.ToHexString(result.Output.Span));
        }
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task Several_commands_run_at_once(string shell)
    {
        await using ServerSession session = await OpenAsync(shell);
        Stopwatch watch = Stopwatch.StartNew();
        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, 20).Select(number =>
            session.RunAsync(RemoteCommand.FromScript("sleep 0.5; seq 1 20000; echo \"$1\" >&2; exit \"$1\"", $"{number}"))));
        Assert.All(results.Index(), each =>
        {
            Assert.Equal(each.Index, each.Item.ExitCode);
            Assert.Equal($"{each.Index}\n", each.Item.ErrorText);
            Assert.EndsWith("\n19999\n20000\n", each.Item.OutputText, StringComparison.Ordinal);
        });
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(8), $"20 commands of half a second took {watch.Elapsed}");
    }

    [Fact]
    public async Task Callers_that_keep_the_threads_their_results_came_on_hold_up_nobody()
    {
        await using ServerSession session = await LocalShell.OpenAsync(new LocalShell("sh"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(NestAsync))
            .WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        async Task NestAsync(int number)
        {
            await session.RunAsync(RemoteCommand.FromScript("true")).ConfigureAwait(false);
            for (int again = 0; again < 5; again++)
            {
                Assert.Equal($"{number}\n", Blocking(session, $"echo {number}"));
            }
        }

        static string Blocking(ServerSession session, string script) =>
            session.RunAsync(RemoteCommand.FromScript(script)).GetAwaiter().GetResult().OutputText;
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task A_script_is_alone_with_its_arguments(string shell)
    {
        await using ServerSession session = await OpenAsync(shell);
        CommandResult first = await session.RunAsync(
            RemoteCommand.FromScript("x=1; cd /; umask 000; trap 'echo bye' EXIT; echo \"$#:$1\"", "a b"));
        CommandResult second = await session.RunAsync(RemoteCommand.FromScript("echo \"${x-unset} $# $(umask)\"; set | grep -c '^__fb' "));
        Assert.Equal("1:a b\nbye\n", first.OutputText);
        Assert.StartsWith("unset 0 00", second.OutputText, StringComparison.Ordinal);
        Assert.DoesNotContain("unset 0 0000", second.OutputText, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task A_broken_script_harms_only_itself(string shell)
    {
        await using ServerSession session = await OpenAsync(shell);
        CommandResult broken = await session.RunAsync(RemoteCommand.FromScript("echo 'never closed"));
        Assert.NotEqual(0, broken.ExitCode);
        Assert.NotEmpty(broken.ErrorText);
        Assert.Equal(127, (await session.RunAsync(RemoteCommand.FromScript("no-such-program"))).ExitCode);
        Assert.Equal(137, (await session.RunAsync(RemoteCommand.FromScript("kill -9 $(sh -c 'echo $PPID')"))).ExitCode);
        Assert.Equal("alive\n", (await session.RunAsync(RemoteCommand.FromScript("echo alive"))).OutputText);
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task Standard_error_may_be_opened_by_name(string shell)
    {
        await using ServerSession session = await OpenAsync(shell);
        CommandResult result = await session.RunAsync(RemoteCommand.FromScript("echo a | tee /dev/stderr | tr a b"));
        Assert.Equal(("b\n", "a\n"), (result.OutputText, result.ErrorText));
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task Output_beyond_the_cap_ends_its_command_which_is_an_error(string shell)
    {
        await using ServerSession session = await OpenAsync(shell);
        RemoteCommand command = RemoteCommand.FromScript("echo x >&2; cat /dev/zero") with { OutputCap = 1_000_000 };
        CommandResult result = await session.RunAsync(command with { TakesBeginning = true });
        Assert.True(result.Truncated);
        Assert.Equal(1_000_000, result.Output.Length);
        Assert.Equal("x\n", result.ErrorText);
        Assert.NotNull(result.Signal);
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => session.RunAsync(command));
        Assert.Equal(("OutputTruncated", "here"), (error.ErrorId, error.Server));
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task A_command_that_kills_its_shell_ends_alone_and_the_signal_is_told(string shell)
    {
        await using ServerSession session = await OpenAsync(shell);
        CommandResult killed = await session.RunAsync(RemoteCommand.FromScript("echo before; kill -9 $$"));
        Assert.Equal(("before\n", 137, "KILL"), (killed.OutputText, killed.ExitCode, killed.Signal));
        Assert.Equal("TERM", (await session.RunAsync(RemoteCommand.FromScript("kill $$"))).Signal);
        CommandResult next = await session.RunAsync(RemoteCommand.FromScript("echo alive; exit 3"));
        Assert.Equal(("alive\n", 3, null), (next.OutputText, next.ExitCode, next.Signal));
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task A_command_whose_reporter_was_killed_is_an_error_and_not_a_hang(string shell)
    {
        await using ServerSession session = await OpenAsync(shell);
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => session.RunAsync(RemoteCommand.FromScript("kill -9 $PPID; sleep 1000")));
        Assert.Equal("CommandLost", error.ErrorId);
        Assert.Equal("alive\n", (await session.RunAsync(RemoteCommand.FromScript("echo alive"))).OutputText);
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task Nothing_of_the_servers_environment_reaches_a_command(string shell)
    {
        Dictionary<string, string> server = new()
        {
            ["LANGUAGE"] = "de_DE:de", ["LC_MESSAGES"] = "de_DE.UTF-8", ["LC_NUMERIC"] = "de_DE.UTF-8", ["LANG"] = "de_DE.UTF-8",
            ["TZ"] = "Asia/Tokyo",
            ["ENV"] = "/nonexistent", ["BASH_ENV"] = "/nonexistent", ["CDPATH"] = "/", ["GREP_OPTIONS"] = "-v", ["TERM"] = "xterm",
            ["IFS"] = "x", ["POSIXLY_CORRECT"] = "1",
            ["SHELLOPTS"] = "noglob", ["BASH_FUNC_cat%%"] = "() { echo no; }", ["LD_LIBRARY_PATH"] = "/nonexistent", ["COLUMNS"] = "10",
            ["BLOCK_SIZE"] = "1", ["MYSQL_HOST"] = "elsewhere",
            ["PATH"] = $"relative::.:/opt/odd:{Environment.GetEnvironmentVariable("PATH")}",
        };
        await using ServerSession session = await LocalShell.OpenAsync(new LocalShell(shell, server));
        string[] names = (await session.RunAsync(RemoteCommand.FromScript("env | sed 's/=.*//' | sort"))).OutputText.Split(
            '\n', StringSplitOptions.RemoveEmptyEntries);
        string[] ours =
        [
            "FOOBAR_JOB",
            "HOME",
            "LC_ALL",
            "LOGNAME",
            "LVM_SUPPRESS_FD_WARNINGS",
            "PATH",
            "PWD",
            "OLDPWD",
            "SHLVL",
            "SSH_AUTH_SOCK",
            "SSH_CONNECTION",
            "TMPDIR",
            "TZ",
            "USER",
            "XDG_RUNTIME_DIR",
            "_",
        ];
        Assert.Empty(names.Except(ours));
        CommandResult result = await session.RunAsync(
            RemoteCommand.FromScript(
                "echo $LC_ALL $TZ; date -d @0 +%H 2>/dev/null || date -u +00; echo \"$PATH\"; echo a:b | { IFS=: read -r a b; echo $b; }; "
                    + "echo x | cat"));
        string[] lines = result.OutputText.Split('\n');
        Assert.Equal(("C.UTF-8 UTC0", "00", "b", "x"), (lines[0], lines[1], lines[3], lines[4]));
        Assert.StartsWith("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:", lines[2], StringComparison.Ordinal);
        Assert.Contains(":/opt/odd", lines[2], StringComparison.Ordinal);
        Assert.All(lines[2].Split(':'), directory => Assert.StartsWith("/", directory, StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task A_program_that_the_caller_needs_and_is_missing_is_an_error(string shell)
    {
        await using ServerSession session = await OpenAsync(shell);
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => session.RunAsync(RemoteCommand.FromScript("no-such-program") with { Requires = "no-such-program" }));
        Assert.Equal("CommandNotFound", error.ErrorId);
        Assert.Equal("here", error.Server);
    }

    internal static Task<ServerSession> OpenAsync(string shell)
    {
        string[] words = shell.Split(' ');
        if (words[0] != "sh")
        {
            Needs.Programs(words[0]);
        }

        return LocalShell.OpenAsync(new LocalShell(shell));
    }
}
