using System.Management.Automation;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>Ctrl+C, and a pipeline that has had enough: the work is cancelled, and late words of it do no harm.</summary>
public sealed class StoppingTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly Shell _shell = new();
    private readonly TaskCompletionSource<CancellationToken> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Ctrl_C_cancels_the_work_and_keeps_what_was_written()
    {
        bool ended = false;
        _shell.Work(async (output, token) =>
        {
            output.Write("before");
            _begun.SetResult(token);
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                ended = true;
            }
        });
        ShellRun run = _shell.Start("Invoke-Work $work; 'next'");
        CancellationToken token = await _begun.Task.WaitAsync(Long);
        await WrittenAsync(run, 1);

        run.Stop();

        Assert.Equal(PSInvocationState.Stopped, run.State);
        Assert.True(token.IsCancellationRequested);
        Assert.True(ended);
        Assert.Equal(["before"], run.Output);
        Assert.Empty(run.Errors);
    }

    [Fact]
    public async Task The_shell_is_usable_after_Ctrl_C()
    {
        _shell.Work(async (_, token) =>
        {
            _begun.TrySetResult(token);
            await Task.Delay(Timeout.Infinite, token);
        });
        ShellRun run = _shell.Start("Invoke-Work $work");
        await _begun.Task.WaitAsync(Long);
        run.Stop();

        Assert.Equal(["here"], _shell.Work((output, _) =>
        {
            output.Write("here");
            return Task.CompletedTask;
        }).Run("Invoke-Work $work").Output);
    }

    // The worker outlives its cmdlet: its token must stay usable, and what it writes goes nowhere.
    [Fact]
    public async Task Work_that_ignores_Ctrl_C_is_left_behind_and_meets_nothing_disposed()
    {
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource<string> late = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _shell.Work(async (output, token) =>
        {
            _begun.SetResult(token);
            await go.Task;
            late.SetResult(Late(() =>
            {
                output.Write("too late");
                output.Warn("too late");
                output.Fail(new IOException("too late"));
                output.Progress.Done("too late");
                token.Register(() => { }).Dispose();
                token.WaitHandle.WaitOne(0);
            }));
        });
        ShellRun run = _shell.Start("Invoke-Work $work");
        await _begun.Task.WaitAsync(Long);

        run.Stop();

        Assert.False(late.Task.IsCompleted);
        go.SetResult();
        Assert.Equal("well", await late.Task.WaitAsync(Long));
        Assert.Empty(run.Output);
        Assert.Empty(run.Errors);
    }

    [Theory]
    [InlineData("Invoke-Work $work | Select-Object -First 1")]
    [InlineData("foreach ($i in 1) { Invoke-Work $work | ForEach-Object { $_; break } }")]
    [InlineData("try { Invoke-Work $work | ForEach-Object { $_; throw 'enough' } } catch { }")]
    public async Task A_pipeline_that_has_had_enough_cancels_the_work(string script)
    {
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _shell.Work(async (output, token) =>
        {
            // A registration that the work itself disposes of may be gone before it is called.
            _ = token.Register(() => cancelled.TrySetResult());
            output.Write("first");
            output.Write("second");
            await Task.Delay(Timeout.Infinite, token);
        });

        ShellRun run = _shell.Run(script + "; 'next'");

        Assert.Equal(["first", "next"], run.Output);
        Assert.Empty(run.Errors);
        await cancelled.Task.WaitAsync(Long);
    }

    [Fact]
    public async Task Closing_the_runspace_stops_the_work()
    {
        _shell.Work(async (_, token) =>
        {
            _begun.SetResult(token);
            await Task.Delay(Timeout.Infinite, token);
        });
        _shell.Start("Invoke-Work $work");
        CancellationToken token = await _begun.Task.WaitAsync(Long);

        _shell.Dispose();

        Assert.True(token.IsCancellationRequested);
    }

    private static string Late(Action act)
    {
        try
        {
            act();
            return "well";
        }
        catch (Exception exception) when (exception is ObjectDisposedException or InvalidOperationException)
        {
            return exception.ToString();
        }
    }

    private static async Task WrittenAsync(ShellRun run, int count)
    {
        using CancellationTokenSource limit = new(Long);
        while (run.Output.Count < count)
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
