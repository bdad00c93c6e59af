using System.Management.Automation;
using Foobar.Ops.Errors;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>The base of every cmdlet, in a real pipeline: streams, preferences, errors.</summary>
public sealed class AsyncCmdletTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public void Objects_of_one_worker_keep_their_order()
    {
        _shell.Work(async (output, _) =>
        {
            for (int i = 0; i < 500; i++)
            {
                output.Write(i);
                if (i % 100 == 0)
                {
                    await Task.Yield();
                }
            }
        });

        Assert.Equal(Enumerable.Range(0, 500).Cast<object>(), _shell.Run("Invoke-Work $work").Output);
    }

    // PowerShell refuses what another thread than the pipeline's writes: that all arrives shows that none did.
    [Fact]
    public void Every_stream_takes_what_workers_write_from_any_thread()
    {
        _shell.Work((output, _) => Parallel.ForEachAsync(Enumerable.Range(0, 100), async (number, token) =>
        {
            await Task.Yield();
            output.Write(number);
            output.Verbose($"v{number}");
            output.Debug($"d{number}");
            output.Warn($"w{number}");
            output.Inform($"i{number}", "test");
            output.Fail(new IOException($"e{number}"), number);
        }));

        ShellRun run = _shell.Run("$DebugPreference = 'Continue'; Invoke-Work $work -Verbose");

        Assert.Null(run.Ended);
        Assert.Equal(Numbered(""), run.Output.Select(number => $"{number}").Order(StringComparer.Ordinal));
        Assert.Equal(Numbered("v"), run.Verbose.Order(StringComparer.Ordinal));
        Assert.Equal(Numbered("d"), run.Debug.Order(StringComparer.Ordinal));
        Assert.Equal(Numbered("w"), run.Warnings.Order(StringComparer.Ordinal));
        Assert.Equal(Numbered("i"), run.Information.Select(record => $"{record.MessageData}").Order(StringComparer.Ordinal));
        Assert.Equal(Numbered("e"), run.Errors.Select(record => record.Exception.Message).Order(StringComparer.Ordinal));

        static IEnumerable<string> Numbered(string letter) =>
            Enumerable.Range(0, 100).Select(number => $"{letter}{number}").Order(StringComparer.Ordinal);
    }

    [Fact]
    public void A_collection_is_one_object_and_null_is_one_too()
    {
        _shell.Work((output, _) =>
        {
            output.Write(new[] { 1, 2 });
            output.Write(null);
            return Task.CompletedTask;
        });

        Assert.Equal([new[] { 1, 2 }, null], _shell.Run("Invoke-Work $work").Output);
    }

    [Fact]
    public void Each_record_of_the_pipeline_is_worked_on_before_the_next()
    {
        int count = 0;
        _shell.Work(async (output, _) =>
        {
            int mine = Interlocked.Increment(ref count);
            await Task.Delay(5, CancellationToken.None);
            output.Write($"{mine} a");
            output.Write($"{mine} b");
        });

        Assert.Equal(["1 a", "1 b", "2 a", "2 b", "3 a", "3 b"], _shell.Run("'x', 'y', 'z' | Invoke-Work $work").Output);
    }

    [Fact]
    public void What_is_not_asked_for_is_not_shown()
    {
        Speaking();

        ShellRun run = _shell.Run("Invoke-Work $work");

        Assert.Empty(run.Verbose);
        Assert.Empty(run.Debug);
        Assert.Equal(["look out"], run.Warnings);
    }

    [Fact]
    public void WarningAction_silences_and_WarningVariable_keeps()
    {
        Speaking();

        ShellRun run = _shell.Run("Invoke-Work $work -WarningAction SilentlyContinue -WarningVariable said; \"kept: $said\"");

        Assert.Empty(run.Warnings);
        Assert.Equal(["before", "after", "kept: look out"], run.Output);
    }

    [Theory]
    [InlineData("Invoke-Work $work -WarningAction Stop")]
    [InlineData("$WarningPreference = 'Stop'; Invoke-Work $work")]
    public void WarningAction_Stop_ends_the_cmdlet_at_the_warning(string script)
    {
        Speaking();

        ShellRun run = _shell.Run(script);

        Assert.IsType<ActionPreferenceStopException>(run.Ended);
        Assert.Equal(["before"], run.Output);
    }

    [Fact]
    public void An_error_of_one_target_ends_nothing()
    {
        Failing();

        ShellRun run = _shell.Run("Invoke-Work $work; 'next'");

        Assert.Null(run.Ended);
        Assert.Equal(["before", "after", "next"], run.Output);
        ErrorRecord error = Assert.Single(run.Errors);
        Assert.Equal(("web-01", ErrorCategory.OperationTimeout), (error.TargetObject, error.CategoryInfo.Category));
        Assert.StartsWith("TooSlow,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("Look.", error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void ErrorAction_silences_and_ErrorVariable_keeps()
    {
        Failing();

        ShellRun run = _shell.Run("Invoke-Work $work -ErrorAction SilentlyContinue -ErrorVariable said; $said.FullyQualifiedErrorId");

        Assert.Empty(run.Errors);
        Assert.Equal(["before", "after", "TooSlow,Foobar.Ops.Tests.PowerShell.Hosted.InvokeWork"], run.Output);
    }

    [Theory]
    [InlineData("Invoke-Work $work -ErrorAction Stop; 'next'")]
    [InlineData("$ErrorActionPreference = 'Stop'; Invoke-Work $work; 'next'")]
    public void ErrorAction_Stop_ends_the_script_at_the_first_error_and_cancels_the_work(string script)
    {
        CancellationToken seen = default;
        _shell.Work(async (output, token) =>
        {
            seen = token;
            output.Write("before");
            output.Fail(Slow());
            await Task.Delay(Timeout.Infinite, token);
        });

        ShellRun run = _shell.Run(script);

        Assert.StartsWith(
            "TooSlow,",
            Assert.IsType<ActionPreferenceStopException>(run.Ended).ErrorRecord.FullyQualifiedErrorId,
            StringComparison.Ordinal);
        Assert.Equal(["before"], run.Output);
        Assert.True(seen.IsCancellationRequested);
    }

    [Theory]
    [InlineData("Invoke-Work $work")]
    [InlineData("Invoke-Try $act")]
    public void What_work_throws_ends_its_statement_and_can_be_caught(string call)
    {
        Throwing();

        ShellRun run = _shell.Run(
            $"try {{ {call} }} catch {{ $_.FullyQualifiedErrorId -replace ',.*'; $_.CategoryInfo.Category; $_.TargetObject; "
                + "$_.ErrorDetails.RecommendedAction }");

        Assert.Empty(run.Errors);
        Assert.Equal(["TooSlow", ErrorCategory.OperationTimeout, "web-01", "Look."], run.Output);
    }

    [Theory]
    [InlineData("Invoke-Work $work")]
    [InlineData("Invoke-Try $act")]
    public void What_work_throws_is_one_error_and_the_script_goes_on(string call)
    {
        Throwing();

        ShellRun run = _shell.Run($"{call}; 'next'");

        Assert.Null(run.Ended);
        Assert.Equal(["next"], run.Output);
        Assert.StartsWith("TooSlow,", Assert.Single(run.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Invoke-Work $work")]
    [InlineData("Invoke-Try $act")]
    public void What_work_throws_ends_a_script_that_is_to_stop(string call)
    {
        Throwing();

        ShellRun run = _shell.Run($"{call} -ErrorAction Stop; 'next'");

        Assert.StartsWith(
            "TooSlow,",
            Assert.IsType<ActionPreferenceStopException>(run.Ended).ErrorRecord.FullyQualifiedErrorId,
            StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public void Long_work_shows_how_far_it_is_and_takes_the_bar_away()
    {
        _shell.Work(async (output, token) =>
        {
            output.Progress.Report("reading");
            await Task.Delay(TimeSpan.FromSeconds(2.6), token);
        });

        ShellRun run = _shell.Run("Invoke-Work $work");

        Assert.Equal(
            ("Invoke-Work", "reading", ProgressRecordType.Processing),
            (run.Progress[0].Activity, run.Progress[0].StatusDescription, run.Progress[0].RecordType));
        Assert.Equal(ProgressRecordType.Completed, run.Progress[^1].RecordType);
    }

    private void Speaking() => _shell.Work((output, _) =>
    {
        output.Write("before");
        output.Verbose("detail");
        output.Debug("more detail");
        output.Warn("look out");
        output.Write("after");
        return Task.CompletedTask;
    });

    private void Failing() => _shell.Work((output, _) =>
    {
        output.Write("before");
        output.Fail(Slow());
        output.Write("after");
        return Task.CompletedTask;
    });

    private void Throwing()
    {
        _shell.Work(async (_, _) =>
        {
            await Task.Yield();
            throw Slow();
        });
        _shell.Set("act", new Func<object>(() => throw Slow()));
    }

    private static FoobarException Slow() =>
        new("TooSlow", ErrorKind.Timeout, "web-01: too slow") { Server = "web-01", Recommendation = "Look." };
}
