using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.Replication;
using Foobar.Ops.Operations.Replication.Switchover;
using Foobar.Ops.Planning;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.LabTests.Replication;

/// <summary>A failover in a process of its own that stops itself (SIGSTOP) at a chosen moment, until it is let go on.</summary>
internal sealed partial class PausedOperation : IDisposable
{
    /// <summary>The first argument of such a process.</summary>
    public const string Word = "paused-failover";

    /// <summary>The moment between taking the locks and the first step.</summary>
    public const string Locked = "lock";

    private const int Continue = 18;
    private const int Stop = 19;

    private readonly Process _process;
    private readonly Task<string> _said;

    private PausedOperation(Process process)
    {
        _process = process;
        _said = process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>Starts one, and waits until it is stopped.</summary>
    /// <param name="bed">The lab.</param>
    /// <param name="state">Where it keeps its journal.</param>
    /// <param name="confirmed">What its operator was shown, old primary first.</param>
    /// <param name="step">The step after whose end it stops.</param>
    public static async Task<PausedOperation> StartAsync(FailoverBed bed, string state, ConfirmedMove confirmed, string step)
    {
        ProcessStartInfo start = new(
            Environment.ProcessPath!, [Word, bed.Lab.Inventory, state, confirmed.OldPrimary, confirmed.NewPrimary, step])
            {
                RedirectStandardOutput = true,
            };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Insert(0, typeof(PausedOperation).Assembly.Location);
        }

        PausedOperation paused = new(Process.Start(start)!);
        while (State(paused._process.Id) != 'T')
        {
            Assert.False(
                paused._process.HasExited, paused._process.HasExited ? $"It ended without stopping at {step}: {await paused._said}" : "");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken);
        }

        return paused;
    }

    /// <summary>Lets it go on, and gives what it says at its end: its outcome, or the id of its error.</summary>
    public async Task<string> GoOnAsync()
    {
        _ = Kill(_process.Id, Continue);
        string said = await _said;
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return said.Trim();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    /// <summary>What the process does.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        Site site = InventoryLoader.Load(args[1]);
        await using SiteSession session = new(site);
        FailoverOptions options = new() { Confirmed = new(args[3], args[4]) };
        try
        {
            SwitchoverOperation operation = new(session, new OperationStore(site.Name, args[2]), args[5] == Locked ? new Clock() : null);
            FailoverResult result = await operation.RunAsync(options, new Pause(args[5]), CancellationToken.None);
            Console.WriteLine($"{result.Outcome} {result.Error}");
        }
        catch (FoobarException error)
        {
            Console.WriteLine($"{error.ErrorId} {error.Message}");
        }

        return 0;
    }

    private static char State(int process) =>
        File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat")) is var stat
            ? stat[stat.LastIndexOf(')') + 2]
            : ' ';

    private static void StopSelf() => _ = Kill(Environment.ProcessId, Stop);

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);

    private sealed class Pause(string step) : IProgress<StepResult>
    {
        public void Report(StepResult value)
        {
            if (value.Step == step && value.Outcome == StepOutcome.Done)
            {
                StopSelf();
            }
        }
    }

    // Asked for the time when it begins, and again for the journal's first line, when it has the locks.
    private sealed class Clock : TimeProvider
    {
        private int _asked;

        public override DateTimeOffset GetUtcNow()
        {
            if (Interlocked.Increment(ref _asked) == 2)
            {
                StopSelf();
            }

            return base.GetUtcNow();
        }
    }
}
