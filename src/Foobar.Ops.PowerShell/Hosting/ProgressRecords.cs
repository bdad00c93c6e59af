using System.Management.Automation;

namespace Foobar.Ops.PowerShell.Hosting;

/// <summary>Turns progress into PowerShell's record of it.</summary>
internal static class ProgressRecords
{
    // One bar a cmdlet: nested cmdlets have their own ids by PowerShell's source id.
    private const int ActivityId = 1;

    public static ProgressRecord ToProgressRecord(this CmdletRecord.Progress progress) =>
        new(ActivityId, progress.Activity, progress.Status)
        {
            PercentComplete = progress.Percent,
            RecordType = progress.Completed ? ProgressRecordType.Completed : ProgressRecordType.Processing,
        };
}
