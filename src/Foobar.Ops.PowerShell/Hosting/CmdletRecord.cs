using System.Management.Automation;
using Foobar.Ops.PowerShell.Failures;

namespace Foobar.Ops.PowerShell.Hosting;

/// <summary>One thing a worker hands to the pipeline thread, which alone may write it.</summary>
internal abstract record CmdletRecord
{
    private CmdletRecord()
    {
    }

    /// <summary>An object for the pipeline.</summary>
    public sealed record Result(object? Value) : CmdletRecord;

    /// <summary>An error that ends nothing but the work on its target.</summary>
    public sealed record Failure(ErrorDescription Description) : CmdletRecord;

    /// <summary>A line for <c>-Verbose</c>.</summary>
    public sealed record Verbose(string Text) : CmdletRecord;

    /// <summary>A line for <c>-Debug</c>.</summary>
    public sealed record Debug(string Text) : CmdletRecord;

    /// <summary>A warning.</summary>
    public sealed record Warning(string Text) : CmdletRecord;

    /// <summary>An information record.</summary>
    public sealed record Information(object Data, string Source) : CmdletRecord;

    /// <summary>An event for <c>Register-EngineEvent</c>.</summary>
    public sealed record Event(string Source, object Data) : CmdletRecord;

    /// <summary>How far the work is.</summary>
    /// <param name="Activity">What is being done.</param>
    /// <param name="Status">How far it is, in words.</param>
    /// <param name="Percent">How far it is, 0 to 100; -1 if nobody knows.</param>
    /// <param name="Completed">Whether it is over and its bar goes away.</param>
    public sealed record Progress(string Activity, string Status, int Percent, bool Completed) : CmdletRecord;

    /// <summary>Writes the record to a cmdlet's streams; to be called on the pipeline thread only.</summary>
    public void WriteTo(Cmdlet cmdlet)
    {
        switch (this)
        {
            case Result result: cmdlet.WriteObject(IndexedLists.Of(result.Value)); break;
            case Failure failure: cmdlet.WriteError(failure.Description.ToErrorRecord()); break;
            case Verbose verbose: cmdlet.WriteVerbose(verbose.Text); break;
            case Debug debug: cmdlet.WriteDebug(debug.Text); break;
            case Warning warning: cmdlet.WriteWarning(warning.Text); break;
            case Information information: cmdlet.WriteInformation(new InformationRecord(information.Data, information.Source)); break;
            case Event raised: (cmdlet as PSCmdlet)?.Events.GenerateEvent(
                raised.Source, cmdlet, [raised.Data], PSObject.AsPSObject(raised.Data)); break;
            case Progress progress: cmdlet.WriteProgress(progress.ToProgressRecord()); break;
        }
    }
}
