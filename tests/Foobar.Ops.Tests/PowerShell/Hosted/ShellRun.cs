using System.Management.Automation;
using PowerShellCommand = System.Management.Automation.PowerShell;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>A script that runs or has run, and what it wrote to each stream.</summary>
internal sealed class ShellRun
{
    private readonly PowerShellCommand _shell;

    // Without this, reading what is there so far would wait for the end.
    private readonly PSDataCollection<PSObject> _output = new() { EnumeratorNeverBlocks = true };
    private readonly IAsyncResult _running;

    public ShellRun(PowerShellCommand shell)
    {
        _shell = shell;
        _running = shell.BeginInvoke<PSObject, PSObject>(null, _output);
    }

    /// <summary>What ended the script before its end; <see langword="null"/> if nothing did.</summary>
    public RuntimeException? Ended { get; private set; }

    public IReadOnlyList<object?> Output => [.. _output.Select(value => value?.BaseObject)];

    public IReadOnlyList<ErrorRecord> Errors => [.. _shell.Streams.Error];

    public IReadOnlyList<string> Warnings => [.. _shell.Streams.Warning.Select(record => record.Message)];

    public IReadOnlyList<string> Verbose => [.. _shell.Streams.Verbose.Select(record => record.Message)];

    public IReadOnlyList<string> Debug => [.. _shell.Streams.Debug.Select(record => record.Message)];

    public IReadOnlyList<InformationRecord> Information => [.. _shell.Streams.Information];

    public IReadOnlyList<ProgressRecord> Progress => [.. _shell.Streams.Progress];

    public PSInvocationState State => _shell.InvocationStateInfo.State;

    /// <summary>Waits for the end; what ends the script before its end is kept, not thrown.</summary>
    public ShellRun End()
    {
        try
        {
            _shell.EndInvoke(_running);
        }
        catch (RuntimeException ended)
        {
            Ended = ended;
        }

        return this;
    }

    /// <summary>Stops the script as Ctrl+C does; returns when PowerShell says that it has stopped.</summary>
    public ShellRun Stop()
    {
        _shell.Stop();
        return End();
    }
}
