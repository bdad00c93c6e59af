using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>Short commands that run in one job are each as if run alone, on a real shell.</summary>
public sealed class JoinedCommandsTests
{
    private static readonly string[] Scripts =
    [
        "echo out; echo err >&2; exit 3",
        "cd /; name=x; pwd; printf 'no line feed'",
        "printf '%s.' \"$#\" \"${name-unset}\"; pwd",
        "set -- a 'b c'; printf '%s,' \"$@\"",
        "cat; printf 'x\\000y\\n\\nz\\n\\n'",
        "if then",
        "true",
        "printf last >&2; false",
    ];

    [Fact]
    public async Task Each_has_its_own_output_error_and_exit_code()
    {
        await using ServerSession session = await LocalShell.OpenAsync(new LocalShell("sh"));
        RemoteCommand[] commands = [.. Scripts.Select(static script => RemoteCommand.FromScript(script))];
        CommandResult[] alone = await Task.WhenAll(
            commands.Select(command => session.RunAsync(command, TestContext.Current.CancellationToken)));
        Activities log = new(session);
        JoinedCommands joined = new(log, TestContext.Current.CancellationToken);

        CommandResult[] together = await Task.WhenAll(commands.Select(joined.RunAsync));

        Assert.Equal(alone.Select(Shown), together.Select(Shown));
        Assert.InRange(log.Count, 1, 2);
    }

    [Fact]
    public async Task One_that_hangs_costs_the_others_seconds_and_itself_its_limit()
    {
        await using ServerSession session = await LocalShell.OpenAsync(new LocalShell("sh"));
        JoinedCommands joined = new(session, TestContext.Current.CancellationToken);
        RemoteCommand hung = RemoteCommand.FromScript("sleep 60") with { TimeLimit = TimeSpan.FromSeconds(1) };

        Task<CommandResult> first = joined.RunAsync(
            RemoteCommand.FromScript("echo 1")), second = joined.RunAsync(
                hung), third = joined.RunAsync(RemoteCommand.FromScript("echo 3"));

        Assert.Equal("CommandTimeout", (await Assert.ThrowsAsync<FoobarException>(() => second)).ErrorId);
        Assert.Equal(["1\n", "3\n"], [(await first).OutputText, (await third).OutputText]);
    }

    [Fact]
    public async Task What_loses_the_connection_is_everybody_s_error()
    {
        FakeServerSession server = new FakeSiteSession(TestSite.Create())
            .Server("web-01")
            .Fail("echo", new FoobarException("ConnectionLost", ErrorKind.Connection, "lost"));
        JoinedCommands joined = new(server, TestContext.Current.CancellationToken);

        Task<CommandResult>[] all =
        [
            joined.RunAsync(RemoteCommand.FromScript("echo 1")), joined.RunAsync(RemoteCommand.FromScript("echo 2")),
        ];

        foreach (Task<CommandResult> each in all)
        {
            Assert.Equal("ConnectionLost", (await Assert.ThrowsAsync<FoobarException>(() => each)).ErrorId);
        }
    }

    private static string Shown(CommandResult result) =>
        $"{result.Command}|{result.ExitCode}|{result.OutputText}|{result.ErrorText.Contains("err", StringComparison.Ordinal)}{result.ErrorText.Contains("last", StringComparison.Ordinal)}";

    /// <summary>Counts the jobs of a session.</summary>
    private sealed class Activities(IServerSession session) : IServerSession
    {
        private int _count;

        public int Count => _count;

        public Foobar.Ops.Inventory.Server Server => session.Server;

        public Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _count);
            return session.RunAsync(command, cancellationToken);
        }

        public Task<Stream> ConnectAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<IForward> ForwardAsync(RemoteEndpoint endpoint, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
