using System.Diagnostics;
using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Traffic.Sources;

namespace Foobar.Ops.Tests.Traffic;

/// <summary>The script that counts lines, run by the shell of this machine on real files.</summary>
public sealed class AccessLogTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("foobar-log");

    private string Log => Path.Combine(_directory.FullName, "access.log");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Appended_lines_are_counted_by_the_class_of_their_status()
    {
        Append(Log, 5);
        AccessLogState first = Assert.Single(await ReadAsync(0, 0));
        Append(Log, 3);
        Append(Log, 2, 503);

        AccessLogState second = Assert.Single(await ReadAsync(first.Inode, first.Size));
        AccessLogState classes = Assert.Single(await ReadAsync(first.Inode, first.Size, "status"));

        Assert.Equal((0L, "same"), (first.Total, first.State));
        Assert.Equal((5L, "same"), (second.Total, second.State));
        Assert.Equal([0, 0, 3, 0, 0, 2], classes.Lines);
    }

    [Fact]
    public async Task A_rotation_loses_no_line_and_the_old_file_is_read_further()
    {
        Append(Log, 5);
        AccessLogState first = Assert.Single(await ReadAsync(0, 0));
        Append(Log, 3);
        File.Move(Log, Log + ".1");
        Append(Log, 2);

        IReadOnlyList<AccessLogState> second = await ReadAsync(first.Inode, first.Size);
        Append(Log + ".1", 4);
        AccessLogState old = Assert.Single(await ReadAsync(first.Inode, second[0].Size, "old"));

        Assert.Equal([(3L, "moved"), (2L, "rotated")], second.Select(state => (state.Total, state.State)));
        Assert.Equal((4L, "old"), (old.Total, old.State));
    }

    [Fact]
    public async Task A_log_that_is_compressed_when_it_is_rotated_is_read_all_the_same()
    {
        Append(Log, 5);
        AccessLogState first = Assert.Single(await ReadAsync(0, 0));
        Append(Log, 3);
        File.Move(Log, Log + ".1");
        Append(Log, 2);
        await using (System.IO.Compression.GZipStream packed = new(
            File.Create(Log + ".1.gz"), System.IO.Compression.CompressionLevel.Fastest))
        {
            packed.Write(await File.ReadAllBytesAsync(Log + ".1", TestContext.Current.CancellationToken));
        }

        File.Delete(Log + ".1");

        Assert.Equal(
            [(3L, "packed"), (2L, "rotated")], (await ReadAsync(first.Inode, first.Size)).Select(state => (state.Total, state.State)));
    }

    [Fact]
    public async Task A_truncated_a_lost_or_a_vanished_log_is_told()
    {
        Append(Log, 5);
        AccessLogState first = Assert.Single(await ReadAsync(0, 0));
        await File.WriteAllTextAsync(Log, "one\n", TestContext.Current.CancellationToken);

        AccessLogState cut = Assert.Single(await ReadAsync(first.Inode, first.Size));
        IReadOnlyList<AccessLogState> replaced = await ReadAsync(first.Inode + 1000, first.Size);
        File.Delete(Log);

        Assert.Equal((1L, "truncated"), (cut.Total, cut.State));
        Assert.Equal([(0L, "lost"), (1L, "rotated")], replaced.Select(state => (state.Total, state.State)));
        Assert.Equal(["lost", "missing"], (await ReadAsync(first.Inode, first.Size)).Select(state => state.State));
    }

    [Fact]
    public async Task A_link_is_followed_and_so_is_the_rotation_of_its_target()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no POSIX shell on this machine.");
        string target = Path.Combine(_directory.CreateSubdirectory("data").FullName, "access.log");
        File.CreateSymbolicLink(Log, target);
        Append(target, 5);
        AccessLogState first = Assert.Single(await ReadAsync(0, 0));
        Append(target, 3);

        AccessLogState second = Assert.Single(await ReadAsync(first.Inode, first.Size));
        Append(target, 1);
        File.Move(target, target + ".1");
        Append(target, 2);
        IReadOnlyList<AccessLogState> third = await ReadAsync(second.Inode, second.Size);

        Assert.Equal((3L, "same"), (second.Total, second.State));
        Assert.Equal([(1L, "moved", Log), (2L, "rotated", Log)], third.Select(state => (state.Total, state.State, state.Path)));
    }

    [Fact]
    public async Task A_rotation_to_another_name_beside_it_is_found()
    {
        Append(Log, 5);
        AccessLogState first = Assert.Single(await ReadAsync(0, 0));
        Append(Log, 3);
        File.Move(Log, Path.Combine(_directory.FullName, "old-access.log"));
        Append(Log, 2);

        Assert.Equal([3L, 2L], (await ReadAsync(first.Inode, first.Size)).Select(state => state.Total));
    }

    [Fact]
    public async Task A_link_to_a_device_is_no_file_that_grows()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no POSIX shell on this machine.");
        File.CreateSymbolicLink(Log, "/dev/null");

        Assert.Equal((0L, "special"), Assert.Single(await ReadAsync(0, 0)) is { } state ? (state.Total, state.State) : default);
    }

    [Theory]
    [InlineData("clock 100.00 100.25 101.50", 1.24)]
    [InlineData("1 2 0:0:0:0:0:0 same /a\nclock 100.00 101.50 101.50", 0.0)]
    [InlineData("clock 100.00 99.00 101.50", null)]
    [InlineData("clock 100.00 x 101.50", null)]
    [InlineData("1 2 0:0:0:0:0:0 same /clock 1 2 3", null)]
    public void How_long_it_counted_after_it_took_the_sizes_is_told(string text, double? seconds)
    {
        if (seconds is { } expected)
        {
            Assert.Equal(TimeSpan.FromSeconds(expected), AccessLogScript.AfterSizes(text));
        }
        else
        {
            Assert.Throws<ParseException>(() => AccessLogScript.AfterSizes(text));
        }
    }

    private static void Append(string path, int lines, int status = 200)
    {
        for (int line = 0; line < lines; line++)
        {
            File.AppendAllText(path, $"192.0.2.10 - - \"GET / HTTP/1.1\" {status}\n");
        }
    }

    private async Task<IReadOnlyList<AccessLogState>> ReadAsync(long inode, long size, string kind = "plain")
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no POSIX shell on this machine.");
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardOutput = true };
        foreach (string argument in (string[])
        [
            "-c",
            AccessLogScript.Text,
            "sh",
            Log,
            inode.ToString(CultureInfo.InvariantCulture),
            size.ToString(CultureInfo.InvariantCulture),
            kind,
        ])
        {
            start.ArgumentList.Add(argument);
        }

        using Process shell = Process.Start(start)!;
        string output = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.InRange(AccessLogScript.AfterSizes(output), TimeSpan.Zero, TimeSpan.FromSeconds(30));
        return AccessLogScript.Parse(output);
    }
}
