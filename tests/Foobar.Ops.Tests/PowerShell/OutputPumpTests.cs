using Foobar.Ops.PowerShell.Hosting;

namespace Foobar.Ops.Tests.PowerShell;

public sealed class OutputPumpTests
{
    private readonly List<CmdletRecord> _written = [];
    private readonly HashSet<int> _threads = [];

    [Fact]
    public void Records_are_written_on_the_calling_thread_only()
    {
        Pump().Run(
            async (output, _) =>
            {
                await Parallel.ForEachAsync(Enumerable.Range(0, 200), async (number, token) =>
                {
                    await Task.Yield();
                    output.Write(number);
                });
                return 0;
            },
            TestContext.Current.CancellationToken);

        Assert.Equal([Environment.CurrentManagedThreadId], _threads);
        Assert.Equal(Enumerable.Range(0, 200), _written.Cast<CmdletRecord.Result>().Select(record => (int)record.Value!).Order());
    }

    [Fact]
    public void Records_keep_the_order_of_their_worker_and_all_are_written_before_the_result()
    {
        int result = Pump().Run(
            async (output, _) =>
            {
                output.Verbose("a");
                output.Write("b");
                await Task.Delay(5, CancellationToken.None);
                output.Warn("c");
                output.Fail(new IOException("d"));
                return 42;
            },
            CancellationToken.None);

        Assert.Equal(42, result);
        Assert.Equal(["Verbose", "Result", "Warning", "Failure"], _written.Select(record => record.GetType().Name));
    }

    [Fact]
    public void What_work_throws_comes_out_as_it_is_after_what_it_wrote()
    {
        IOException thrown = Assert.Throws<IOException>(() => Pump().Run<int>(
            async (output, _) =>
            {
                output.Write("before");
                await Task.Yield();
                throw new IOException("broken");
            },
            CancellationToken.None));

        Assert.Equal("broken", thrown.Message);
        Assert.Single(_written);
    }

    [Fact]
    public void Stopping_cancels_the_work_and_returns_when_it_has_ended()
    {
        using CancellationTokenSource stopping = new();
        bool ended = false;

        Assert.ThrowsAny<OperationCanceledException>(() => Pump().Run(
            async (_, token) =>
            {
                try
                {
                    // From within: on a busy machine the work may begin late, and is not begun at all once it is stopped.
                    stopping.CancelAfter(TimeSpan.FromMilliseconds(100));
                    await Task.Delay(Timeout.Infinite, token);
                }
                finally
                {
                    await Task.Delay(100, CancellationToken.None);
                    ended = true;
                }

                return 0;
            },
            stopping.Token));

        Assert.True(ended);
    }

    [Fact]
    public void Work_that_still_puts_back_is_waited_for_before_its_sessions_are_closed()
    {
        Guid runspace = Guid.NewGuid();
        using CancellationTokenSource stopping = new();
        bool isBack = false;

        Assert.ThrowsAny<OperationCanceledException>(() => new OutputPump(
            "Test", _ => { }, work => StoppedWork.Keep(runspace, work)).Run(
            async (_, token) =>
            {
                stopping.CancelAfter(TimeSpan.FromMilliseconds(50));
                await Task.Delay(Timeout.Infinite, token).ContinueWith(static _ => { }, TaskScheduler.Default);
                await Task.Delay(OutputPump.Grace * 3, CancellationToken.None);
                Volatile.Write(ref isBack, true);
                return 0;
            },
            stopping.Token));
        bool wasBack = Volatile.Read(ref isBack);
        StoppedWork.Wait(Guid.NewGuid());
        bool wasBackForAnother = Volatile.Read(ref isBack);
        StoppedWork.Wait(runspace);

        Assert.Equal((false, false, true), (wasBack, wasBackForAnother, Volatile.Read(ref isBack)));
    }

    [Fact]
    public async Task Work_that_ignores_stopping_is_left_behind_and_what_it_writes_is_dropped()
    {
        using CancellationTokenSource stopping = new();
        using ManualResetEventSlim go = new();
        Task? late = null;

        Assert.ThrowsAny<OperationCanceledException>(() => Pump().Run(
            async (output, _) =>
            {
                late = Task.Run(
                    () =>
                    {
                        go.Wait();
                        output.Write("too late");
                    },
                    CancellationToken.None);
                stopping.CancelAfter(TimeSpan.FromMilliseconds(50));
                await late;
                return 0;
            },
            stopping.Token));

        Assert.False(late!.IsCompleted);
        go.Set();
        await late;
        Assert.Empty(_written);
    }

    [Fact]
    public void A_write_that_throws_cancels_the_work()
    {
        CancellationToken seen = default;
        OutputPump pump = new("Test", _ => throw new InvalidOperationException("downstream has had enough"));

        Assert.Throws<InvalidOperationException>(() => pump.Run(
            async (output, token) =>
            {
                seen = token;
                output.Write(1);
                await Task.Delay(Timeout.Infinite, token);
                return 0;
            },
            CancellationToken.None));

        Assert.True(seen.IsCancellationRequested);
    }

    private OutputPump Pump() => new("Test", record =>
    {
        _threads.Add(Environment.CurrentManagedThreadId);
        _written.Add(record);
    });
}
