using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using Foobar.Ops.PowerShell.Failures;

namespace Foobar.Ops.PowerShell.Hosting;

/// <summary>
/// The base of every cmdlet: runs asynchronous work with a token that Ctrl+C (and a pipeline stopped downstream) cancels,
/// and turns exceptions into error records in the one place for that.
/// </summary>
[SuppressMessage(
    "Design",
    "CA1001",
    Justification = "A source without timer or wait handle holds nothing; disposing it could race with a worker or StopProcessing.")]
public abstract class AsyncCmdlet : PSCmdlet
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Cancelled when the cmdlet is to stop.</summary>
    protected CancellationToken StopToken => _stopping.Token;

    // What only reads leaves nothing to put back.
    private bool IsChange => GetType().GetCustomAttribute<CmdletAttribute>() is { SupportsShouldProcess: true };

    /// <inheritdoc/>
    protected override void StopProcessing() => _stopping.Cancel();

    /// <summary>Writes an object; its lists can be indexed (<see cref="IndexedLists"/>).</summary>
    protected new void WriteObject(object? value) => base.WriteObject(IndexedLists.Of(value));

    /// <inheritdoc cref="WriteObject(object?)"/>
    protected new void WriteObject(object? value, bool enumerateCollection) =>
        base.WriteObject(IndexedLists.Of(value), enumerateCollection);

    /// <summary>
    /// Whether the user asked what would happen. PowerShell sets the preference for scripts that are called with -WhatIf, not for a
    /// compiled cmdlet itself.
    /// </summary>
    private protected bool IsWhatIf() => MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? asked)
        ? LanguagePrimitives.IsTrue(asked)
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    /// <summary>Whether the user wants to be told what is done.</summary>
    private protected bool IsVerbose() => MyInvocation.BoundParameters.TryGetValue("Verbose", out object? asked)
        ? LanguagePrimitives.IsTrue(asked)
        : GetVariableValue("VerbosePreference") is { } preference && preference.ToString() is not ("SilentlyContinue" or "Ignore");

    /// <summary>Writes a file as Get-Item would: with its mode, owner and size, which views show.</summary>
    private protected void WriteFile(string path) =>
        WriteObject(
            InvokeProvider.Item.Get([$"Microsoft.PowerShell.Core\\FileSystem::{path}"], force: true, literalPath: true),
            enumerateCollection: true);

    /// <summary>Runs work off the pipeline thread, writes what it hands over, and gives its result.</summary>
    /// <remarks>Ends the cmdlet with a terminating error where the work throws.</remarks>
    private protected T Run<T>(Func<CmdletOutput, CancellationToken, Task<T>> work)
    {
        try
        {
            Guid runspace = Runspace.DefaultRunspace.InstanceId;
            Action<Task>? leave = IsChange ? work => StoppedWork.Keep(runspace, work) : null;
            return new OutputPump(MyInvocation.MyCommand.Name, record => record.WriteTo(this), leave).Run(
                (output, token) =>
                {
                    ActivityRelay.SendTo(output);
                    return work(output, token);
                },
                StopToken);
        }
        catch (Exception exception) when (IsOurs(exception))
        {
            throw Stop(exception);
        }
    }

    /// <summary>Runs work off the pipeline thread and writes what it hands over.</summary>
    private protected void Run(Func<CmdletOutput, CancellationToken, Task> work) => Run(async (output, token) =>
    {
        await work(output, token);
        return 0;
    });

    /// <summary>Does a short thing on the pipeline thread; what it throws ends the cmdlet with a terminating error.</summary>
    private protected T Try<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception exception) when (IsOurs(exception))
        {
            throw Stop(exception);
        }
    }

    /// <summary>Whether a parameter was given, be it with <see langword="null"/>.</summary>
    private protected bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    /// <summary>
    /// Sets a variable of the caller to an exit code; does nothing without a name. $LASTEXITCODE stays that of the last program.
    /// </summary>
    private protected void SetExitCode(string? variable, int exitCode)
    {
        if (!string.IsNullOrEmpty(variable))
        {
            SessionState.PSVariable.Set(variable, exitCode);
        }
    }

    /// <summary>Writes an error on the pipeline thread and goes on.</summary>
    private protected void Fail(Exception exception, object? target = null) =>
        WriteError(ErrorMapper.Describe(exception, target).ToErrorRecord());

    // PowerShell ends pipelines by exceptions of its own (stop, break, -ErrorAction Stop); they pass through untouched.
    private static bool IsOurs(Exception exception) =>
        exception is not (PipelineStoppedException or FlowControlException or ActionPreferenceStopException)
            && exception.GetType().Assembly != typeof(PSCmdlet).Assembly;

    private PipelineStoppedException Stop(Exception exception)
    {
        if (!StopToken.IsCancellationRequested)
        {
            ErrorRecord record = ErrorMapper.Describe(exception).ToErrorRecord();
            if (EndsScript)
            {
                WriteError(record);
            }

            ThrowTerminatingError(record);
        }

        return new PipelineStoppedException();
    }

    // A terminating error ends its statement only, and -ErrorAction Stop does not change that (only the preference
    // variable does); an error that is written ends the whole script then, as whoever says Stop expects.
    private bool EndsScript =>
        MyInvocation.BoundParameters.TryGetValue("ErrorAction", out object? action) && action is ActionPreference.Stop;
}
