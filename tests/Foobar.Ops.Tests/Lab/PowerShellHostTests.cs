using Foobar.Ops.Lab.Host;

namespace Foobar.Ops.Tests.Lab;

public sealed class PowerShellHostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-pwsh-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_first_that_is_new_enough_is_taken()
    {
        string[] directories =
        [
            Path.Combine(_folder, "missing"),
            Make("old", "PowerShell 7.4.11"),
            Make("early", "PowerShell 7.6.0-preview.4"),
            Make("other", "pwsh, a game"),
            Make("new", "PowerShell 7.6.2"),
            Make("newer", "PowerShell 8.0.0"),
        ];

        PowerShellHost found = await PowerShellHost.FindAsync(directories, TestContext.Current.CancellationToken);

        Assert.Equal(new PowerShellHost(Path.Combine(_folder, "new", "pwsh"), new Version(7, 6, 2)), found);
    }

    [Fact]
    public async Task Without_one_the_error_says_where_it_was_looked_for()
    {
        LabException error = await Assert.ThrowsAsync<LabException>(
            () => PowerShellHost.FindAsync([Make("old", "PowerShell 7.5.1")], TestContext.Current.CancellationToken));

        Assert.Equal("LabNotFound", error.ErrorId);
        Assert.Contains(Path.Combine(_folder, "old"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_one_of_this_machine_runs_anywhere_and_nothing_of_it_outlives_its_end()
    {
        PowerShellHost shell = await PowerShellHost.FindAsync(TestContext.Current.CancellationToken);
        string mark = Path.Combine(_folder, "started");
        System.Diagnostics.ProcessStartInfo start = shell.Prepare(
            "-Command", $"Set-Content '{mark}' $PSVersionTable.PSVersion; sh -c 'sleep 600; : {_folder}'");
        start.WorkingDirectory = "/";
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task<ToolResult> running = Tool.TryAsync(start, limit: TimeSpan.FromMinutes(5), cancel: stop.Token);
        while (!running.IsCompleted && !Processes().Any(command => command.Contains("\0-c\0", StringComparison.Ordinal)))
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Equal(shell.Version.ToString(), (await File.ReadAllTextAsync(mark, TestContext.Current.CancellationToken)).Trim());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        for (int attempt = 0; attempt < 100 && Processes().Any(); attempt++)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Empty(Processes());
    }

    [Fact]
    public void What_is_missing_is_told_with_its_package() => Assert.Equal(
        "no-such-a and no-such-b (package one), no-such-c (package two)",
        HostSetup.DescribeMissing([new("sh", "dash"), new("no-such-a", "one"), new("no-such-b", "one"), new("no-such-c", "two")]));

    // All processes of this machine that name the folder in their command line.
    private IEnumerable<string> Processes()
    {
        foreach (string process in Directory.GetDirectories("/proc").Where(static one => char.IsAsciiDigit(Path.GetFileName(one)[0])))
        {
            string command;
            try
            {
                command = File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (IOException)
            {
                continue;
            }

            if (command.Contains(_folder, StringComparison.Ordinal))
            {
                yield return command;
            }
        }
    }

    private string Make(string name, string version)
    {
        string program = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, name)).FullName, "pwsh");
        File.WriteAllText(program, $"#!/bin/sh\necho '{version}'\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Path.GetDirectoryName(program)!;
    }
}
