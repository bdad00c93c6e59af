using Foobar.Ops.Errors;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Tests.Remoting;

/// <summary>One round of reading: what several collectors ask for in the same words runs once, if it says that it may.</summary>
public sealed class ReadingRoundTests
{
    private static readonly RemoteCommand Shared = RemoteCommand.FromScript("cat /etc/nginx/nginx.conf") with
    {
        Privileged = true,
        IsShared = true,
    };

    private readonly FakeSiteSession _site = new(TestSite.Create());

    [Fact]
    public async Task What_may_be_shared_runs_once_a_server_and_everybody_is_told()
    {
        FakeServerSession server = _site.Server("web-01").On("cat", "worker_processes 4;");
        ReadingRound round = new(_site, TestContext.Current.CancellationToken);
        int ran = 0;

        CommandResult[] results = await Task.WhenAll(
            Enumerable.Range(0, 5).Select(_ => RunAsync(round.For(_ => Interlocked.Increment(ref ran)), "web-01", Shared)));

        Assert.Single(server.Commands);
        Assert.All(results, result => Assert.Equal("worker_processes 4;", result.OutputText));
        Assert.Equal(5, ran);
    }

    [Fact]
    public async Task Everything_else_runs_each_time()
    {
        FakeServerSession server = _site.Server("web-01").On("cat", "x").On("date", "1");
        ReadingRound round = new(_site, TestContext.Current.CancellationToken);
        RemoteCommand clock = RemoteCommand.FromScript("date +%s.%N");

        foreach (RemoteCommand command in (RemoteCommand[])
        [
            clock, clock, Shared, Shared with { Privileged = false }, Shared with { OutputCap = 5 },
        ])
        {
            await RunAsync(round.For(), "web-01", command);
        }

        await RunAsync(new ReadingRound(_site, TestContext.Current.CancellationToken).For(), "web-01", Shared);
        Assert.Equal(6, server.Commands.Count);
        Assert.Empty(_site.Server("web-02").Commands);
    }

    [Fact]
    public async Task Who_gives_up_waiting_does_not_end_it_for_the_others_and_the_round_s_end_does()
    {
        _site.Server("web-01").Hang("cat");
        using CancellationTokenSource limit = new();
        using CancellationTokenSource impatient = new();
        ReadingRound round = new(_site, limit.Token);
        IServerSession server = await round.For().GetServerAsync("web-01", TestContext.Current.CancellationToken);

        Task<CommandResult> first = server.RunAsync(Shared, impatient.Token);
        Task<CommandResult> second = server.RunAsync(Shared, TestContext.Current.CancellationToken);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(second.IsCompleted);
        await limit.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }

    [Fact]
    public async Task A_failure_is_everybody_s()
    {
        _site.Server("web-01").Fail("cat", new FoobarException("ConnectionLost", ErrorKind.Connection, "lost"));
        ReadingRound round = new(_site, TestContext.Current.CancellationToken);

        Assert.Equal("ConnectionLost", (await Assert.ThrowsAsync<FoobarException>(() => RunAsync(round.For(), "web-01", Shared))).ErrorId);
        Assert.Equal("ConnectionLost", (await Assert.ThrowsAsync<FoobarException>(() => RunAsync(round.For(), "web-01", Shared))).ErrorId);
    }

    private static async Task<CommandResult> RunAsync(ISiteSession session, string server, RemoteCommand command) =>
        await (await session.GetServerAsync(server, TestContext.Current.CancellationToken))
            .RunAsync(command, TestContext.Current.CancellationToken);
}
