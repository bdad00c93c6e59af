using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Tests.Traffic;

/// <summary>The script that counts lines, run by the shell of this machine on real files.</summary>
public sealed class AccessLogTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("foobar-log");

    private string Log => Path.Combine(_directory.FullName, "access.log");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Appended_lines_are_counted()
    {
        Append(Log, 5);
        AccessLogSource.LogState first = await ReadAsync(0, 0);
        Append(Log, 3);

        AccessLogSource.LogState second = await ReadAsync(first.Inode, first.Size);

        Assert.Equal((0L, "same"), (first.Lines, first.State));
        Assert.Equal((3L, "same"), (second.Lines, second.State));
    }

    [Fact]
    public async Task A_rotation_loses_no_line()
    {
        Append(Log, 5);
        AccessLogSource.LogState first = await ReadAsync(0, 0);
        Append(Log, 3);
        File.Move(Log, Log + ".1");
        Append(Log, 2);

        AccessLogSource.LogState second = await ReadAsync(first.Inode, first.Size);

        Assert.Equal((5L, "rotated"), (second.Lines, second.State));
    }

    [Fact]
    public async Task A_truncated_or_vanished_log_is_told()
    {
        Append(Log, 5);
        AccessLogSource.LogState first = await ReadAsync(0, 0);
        await File.WriteAllTextAsync(Log, "one\n", TestContext.Current.CancellationToken);

        Assert.Equal((1L, "truncated"), await ReadAsync(first.Inode, first.Size) is { } cut ? (cut.Lines, cut.State) : default);
        File.Delete(Log);
        Assert.Equal("missing", (await ReadAsync(first.Inode, first.Size)).State);
    }

    [Fact]
    public async Task A_link_is_followed_and_so_is_the_rotation_of_its_target()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no POSIX shell on this machine.");
        string target = Path.Combine(_directory.CreateSubdirectory("data").FullName, "access.log");
        File.CreateSymbolicLink(Log, target);
        Append(target, 5);
        AccessLogSource.LogState first = await ReadAsync(0, 0);
        Append(target, 3);

        AccessLogSource.LogState second = await ReadAsync(first.Inode, first.Size);
        Append(target, 1);
        File.Move(target, target + ".1");
        Append(target, 2);
        AccessLogSource.LogState third = await ReadAsync(second.Inode, second.Size);

        Assert.Equal((3L, "same"), (second.Lines, second.State));
        Assert.Equal((3L, "rotated", Log), (third.Lines, third.State, third.Path));
    }

    [Fact]
    public async Task A_rotation_to_another_name_beside_it_is_found()
    {
        Append(Log, 5);
        AccessLogSource.LogState first = await ReadAsync(0, 0);
        Append(Log, 3);
        File.Move(Log, Path.Combine(_directory.FullName, "old-access.log"));
        Append(Log, 2);

        Assert.Equal((5L, "rotated"), await ReadAsync(first.Inode, first.Size) is { } second ? (second.Lines, second.State) : default);
    }

    [Fact]
    public async Task A_link_to_a_device_is_no_file_that_grows()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no POSIX shell on this machine.");
        File.CreateSymbolicLink(Log, "/dev/null");

        Assert.Equal((0L, "special"), await ReadAsync(0, 0) is { } state ? (state.Lines, state.State) : default);
    }

    private static void Append(string path, int lines)
    {
        for (int line = 0; line < lines; line++)
        {
            File.AppendAllText(path, "192.0.2.10 - - \"GET / HTTP/1.1\" 200\n");
        }
    }

    private async Task<AccessLogSource.LogState> ReadAsync(long inode, long size)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no POSIX shell on this machine.");
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardOutput = true };
        foreach (string argument in (string[])["-c", AccessLogSource.Script, "sh", Log, inode.ToString(CultureInfo.InvariantCulture), size.ToString(CultureInfo.InvariantCulture)])
        {
            start.ArgumentList.Add(argument);
        }

        using Process shell = Process.Start(start)!;
        string output = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        return Assert.Single(AccessLogSource.Parse(output));
    }
}
