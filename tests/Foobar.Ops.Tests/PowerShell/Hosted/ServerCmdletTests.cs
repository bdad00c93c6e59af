using System.Management.Automation;
using Foobar.Ops.Errors;
using Foobar.Ops.Tests.Remoting;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>Cmdlets that work on several servers: which are meant, what is asked before, and one error a failed server.</summary>
public sealed class ServerCmdletTests : IDisposable
{
    private readonly Shell _shell = new();

    public ServerCmdletTests() => _shell.Set("site", new FakeSiteSession(TestSite.Small));

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("Set-Thing", "lb-01", "web-01", "web-02")]
    [InlineData("Set-Thing web-02, lb-01", "lb-01", "web-02")]
    [InlineData("Set-Thing WEB-*", "web-01", "web-02")]
    [InlineData("Set-Thing web-0[2-9]", "web-02")]
    [InlineData("Set-Thing -Role web", "web-01", "web-02")]
    [InlineData("Set-Thing -Role load-balancer", "lb-01")]
    [InlineData("Set-Thing -Role Database, LoadBalancer", "lb-01", "web-01")]
    [InlineData("Set-Thing web-* -Role Database", "web-01")]
    [InlineData("'web-02', 'web-01' | Set-Thing", "web-01", "web-02")]
    [InlineData("Get-FoobarServer -Session $site -Role Web | Set-Thing", "web-01", "web-02")]
    [InlineData("[pscustomobject] @{ Server = 'web-02'; LagSeconds = 3 } | Set-Thing", "web-02")]
    [InlineData("Set-Thing ([pscustomobject] @{ Server = 'web-02' }), lb-01", "lb-01", "web-02")]
    [InlineData("@() | Set-Thing")]
    public void The_servers_meant_are_worked_on_once_each(string call, params string[] servers)
    {
        ShellRun run = _shell.Set("log", new ThingLog()).Run(Whole(call));

        Assert.Null(run.Ended);
        Assert.Empty(run.Errors);
        Assert.Equal(servers, run.Output.Cast<string>().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_servers_are_those_of_the_session_that_is_opened()
    {
        ThingLog log = new();
        ShellRun run = _shell.Set("log", log).Set("inventory", Repository.PathOf("tests", "Pester", "Data", "foobar.json"))
            .Run("Set-Thing -Inventory $inventory -Log $log -Role Web -Confirm:$false");

        Assert.Empty(run.Errors);
        Assert.Equal(
            ["work web-01", "work web-02"],
            log.Events.Where(what => what.StartsWith("work", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_name_the_inventory_does_not_hold_is_an_error_of_its_own_and_the_others_are_worked_on()
    {
        ShellRun run = _shell.Set("log", new ThingLog()).Run(Whole("Set-Thing web-01, web-77"));

        Assert.Equal(["web-01"], run.Output);
        ErrorRecord error = Assert.Single(run.Errors);
        Assert.StartsWith("ServerNotFound,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(("web-77", ErrorCategory.ObjectNotFound), (error.TargetObject, error.CategoryInfo.Category));
        Assert.Contains("lb-01, web-01, web-02", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Set-Thing $null")]
    [InlineData("Set-Thing ''")]
    [InlineData("Set-Thing @()")]
    [InlineData("Set-Thing 42")]
    [InlineData("Set-Thing -MustName")]
    public void A_word_that_names_no_server_is_never_all_of_them(string call)
    {
        ThingLog log = new();

        ShellRun run = _shell.Set("log", log).Run(Whole(call));

        Assert.Single(run.Errors);
        Assert.Empty(log.Events);
    }

    [Fact]
    public void One_server_s_failure_is_one_error_and_the_others_go_on()
    {
        ThingLog log = new()
        {
            Work = (server, _, _) => server.Name == "web-01"
                ? throw new FoobarException(
                    "HostKeyChanged", ErrorKind.Authentication, "web-01: the host key has changed")
                    {
                        Server = "web-01",
                        Recommendation = "Compare the fingerprint.",
                    }
                : Task.CompletedTask,
        };

        ShellRun run = _shell.Set("log", log).Run(Whole("Set-Thing"));

        Assert.Equal(["lb-01", "web-02"], run.Output.Cast<string>().Order(StringComparer.Ordinal));
        ErrorRecord error = Assert.Single(run.Errors);
        Assert.StartsWith("HostKeyChanged,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(("web-01", ErrorCategory.AuthenticationError), (error.TargetObject, error.CategoryInfo.Category));
        Assert.Equal("web-01: the host key has changed", error.ErrorDetails.Message);
        Assert.Equal("Compare the fingerprint.", error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void A_server_that_takes_too_long_is_a_timeout_of_that_server()
    {
        ThingLog log = new()
        {
            Work = (server, _, token) => server.Name == "web-01" ? Task.Delay(Timeout.Infinite, token) : Task.CompletedTask,
        };

        ShellRun run = _shell.Set("log", log).Run(Whole("Set-Thing -TimeoutSeconds 1"));

        Assert.Equal(["lb-01", "web-02"], run.Output.Cast<string>().Order(StringComparer.Ordinal));
        ErrorRecord error = Assert.Single(run.Errors);
        Assert.StartsWith("ServerTimeout,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(("web-01", ErrorCategory.OperationTimeout), (error.TargetObject, error.CategoryInfo.Category));
    }

    [Fact]
    public async Task ErrorAction_Stop_cancels_the_work_on_the_other_servers()
    {
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ThingLog log = new()
        {
            Work = async (server, _, token) =>
            {
                using CancellationTokenRegistration registration = token.Register(() => cancelled.TrySetResult());
                await (server.Name == "web-01" ? throw new IOException("broken") : Task.Delay(Timeout.Infinite, token));
            },
        };

        ShellRun run = _shell.Set("log", log).Run(Whole("Set-Thing web-* -ErrorAction Stop"));

        Assert.StartsWith(
            "InputOutputFailed,",
            Assert.IsType<ActionPreferenceStopException>(run.Ended).ErrorRecord.FullyQualifiedErrorId,
            StringComparison.Ordinal);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Ctrl_C_cancels_the_work_on_every_server_without_an_error()
    {
        using CountdownEvent begun = new(3);
        int ended = 0;
        ThingLog log = new()
        {
            Work = async (_, _, token) =>
            {
                begun.Signal();
                try
                {
                    await Task.Delay(Timeout.Infinite, token);
                }
                finally
                {
                    Interlocked.Increment(ref ended);
                }
            },
        };
        ShellRun run = _shell.Set("log", log).Start(Whole("Set-Thing"));
        Assert.True(await Task.Run(() => begun.Wait(TimeSpan.FromSeconds(30))));

        run.Stop();

        Assert.Equal(3, ended);
        Assert.Empty(run.Errors);
        Assert.Empty(run.Output);
    }

    [Fact]
    public void WhatIf_names_each_server_and_does_nothing()
    {
        ThingLog log = new();

        ShellRun run = _shell.Set("log", log).Run(Whole("Set-Thing -WhatIf"));

        Assert.Empty(run.Output);
        Assert.Equal(["ask lb-01", "ask web-01", "ask web-02"], log.Events);
        Assert.Equal(3, _shell.Host.Lines.Count(line => line.Contains("Change the thing", StringComparison.Ordinal)));
    }

    [Fact]
    public void Questions_are_asked_on_the_pipeline_s_thread_before_any_work()
    {
        ThingLog log = new();
        _shell.Host.Answer("Yes", "No", "Yes");

        ShellRun run = _shell.Set("log", log).Run(Whole("Set-Thing -Confirm") + "; [Environment]::CurrentManagedThreadId");

        Assert.Null(run.Ended);
        Assert.Equal(3, _shell.Host.Questions.Count);
        Assert.Equal(["ask lb-01", "ask web-01", "ask web-02"], log.Events.Take(3));
        Assert.Equal(["work lb-01", "work web-02"], log.Events.Skip(3).Order(StringComparer.Ordinal));
        Assert.Equal([(int)run.Output[^1]!], log.AskingThreads);
    }

    [Fact]
    public void No_to_all_asks_no_more_and_does_nothing()
    {
        ThingLog log = new();
        _shell.Host.Answer("No to All");

        ShellRun run = _shell.Set("log", log).Run(Whole("Set-Thing -Confirm"));

        Assert.Single(_shell.Host.Questions);
        Assert.DoesNotContain(log.Events, what => what.StartsWith("work", StringComparison.Ordinal));
        Assert.Empty(run.Output);
    }

    [Fact]
    public void No_more_servers_are_worked_on_at_once_than_ThrottleLimit()
    {
        int now = 0, most = 0;
        ThingLog log = new()
        {
            Work = async (_, _, token) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref now));
                await Task.Delay(20, token);
                Interlocked.Decrement(ref now);
            },
        };

        _shell.Set("log", log).Run(Whole("Set-Thing -ThrottleLimit 1"));

        Assert.Equal(1, most);
    }

    private static string Whole(string call) => call.Replace("Set-Thing", "Set-Thing -Log $log -Session $site", StringComparison.Ordinal);
}
