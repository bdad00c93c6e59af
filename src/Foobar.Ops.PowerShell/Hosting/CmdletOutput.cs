using System.Threading.Channels;
using Foobar.Ops.PowerShell.Failures;

namespace Foobar.Ops.PowerShell.Hosting;

/// <summary>
/// What workers write to, from any thread. Nothing here touches PowerShell: records wait for the pump on the pipeline
/// thread, and what is written after the cmdlet has ended is dropped.
/// </summary>
internal sealed class CmdletOutput(ChannelWriter<CmdletRecord> records, WorkProgress progress)
{
    /// <summary>How far the work is; shown when it takes long.</summary>
    public WorkProgress Progress => progress;

    /// <summary>Writes an object.</summary>
    public void Write(object? value) => records.TryWrite(new CmdletRecord.Result(value));

    /// <summary>Writes each object of a sequence.</summary>
    public void WriteAll<T>(IEnumerable<T> values)
    {
        foreach (T value in values)
        {
            Write(value);
        }
    }

    /// <summary>Writes an error; the work on other targets goes on.</summary>
    public void Fail(Exception exception, object? target = null) =>
        records.TryWrite(new CmdletRecord.Failure(ErrorMapper.Describe(exception, target)));

    /// <summary>Writes a line for <c>-Verbose</c>.</summary>
    public void Verbose(string text) => records.TryWrite(new CmdletRecord.Verbose(text));

    /// <summary>Writes a line for <c>-Debug</c>.</summary>
    public void Debug(string text) => records.TryWrite(new CmdletRecord.Debug(text));

    /// <summary>Writes a warning.</summary>
    public void Warn(string text) => records.TryWrite(new CmdletRecord.Warning(text));

    /// <summary>Raises an event, which <c>Register-EngineEvent</c> hears.</summary>
    public void Raise(string source, object data) => records.TryWrite(new CmdletRecord.Event(source, data));

    /// <summary>Writes an information record.</summary>
    public void Inform(object data, string source) => records.TryWrite(new CmdletRecord.Information(data, source));
}
