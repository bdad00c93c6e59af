using Foobar.Ops.Errors;
using Foobar.Ops.Operations.Guard;

namespace Foobar.Ops.Tests.Operations.Guard;

public sealed class CommandNotifierTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("notify-");

    private static readonly WatchEvent Event = new()
    {
        Time = DateTimeOffset.UnixEpoch,
        Site = "www.foobar.com",
        Kind = WatchEventKind.Dead,
        Primary = "web-01",
        Message = "It's \"dead\"; $(touch x) & <b>\nanother line",
    };

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_program_reads_one_line_and_no_secret_of_the_environment()
    {
        Environment.SetEnvironmentVariable("FOOBAR_TEST_SECRET", "hidden");
        string program = Program($"cat > {Path("line")}; env > {Path("env")}");
        await new CommandNotifier(program).NotifyAsync(Event, TestContext.Current.CancellationToken);

        string[] lines = await File.ReadAllLinesAsync(Path("line"), TestContext.Current.CancellationToken);
        using System.Text.Json.JsonDocument read = System.Text.Json.JsonDocument.Parse(Assert.Single(lines));
        Assert.Equal(
            ("Dead", Event.Message),
            (read.RootElement.GetProperty("kind").GetString(), read.RootElement.GetProperty("message").GetString()));
        Assert.DoesNotContain(
            "hidden", await File.ReadAllTextAsync(Path("env"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_fails_is_tried_again()
    {
        string program = Program($"cat > /dev/null; echo x >> {Path("tries")}; [ $(wc -l < {Path("tries")}) -ge 2 ]");
        await new CommandNotifier(program).NotifyAsync(Event, TestContext.Current.CancellationToken);
        Assert.Equal(2, (await File.ReadAllLinesAsync(Path("tries"), TestContext.Current.CancellationToken)).Length);
    }

    [Fact]
    public async Task One_that_is_not_there_is_an_error_that_names_it()
    {
        FoobarException error = await Assert.ThrowsAsync<FoobarException>(
            () => new CommandNotifier(Path("missing")).NotifyAsync(Event, TestContext.Current.CancellationToken));
        Assert.Equal("NotifyFailed", error.ErrorId);
        Assert.Contains(Path("missing"), error.Message, StringComparison.Ordinal);
    }

    private string Path(string name) => System.IO.Path.Combine(_directory.FullName, name);

    private string Program(string script)
    {
        string path = Path("program");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
