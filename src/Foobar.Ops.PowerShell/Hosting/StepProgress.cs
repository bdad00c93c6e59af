using Foobar.Ops.Planning;

namespace Foobar.Ops.PowerShell.Hosting;

/// <summary>Tells of a plan's steps as they end: on the progress bar, and with -Verbose where and for how long each ran.</summary>
internal sealed class StepProgress(CmdletOutput output) : IProgress<StepResult>
{
    public void Report(StepResult value)
    {
        output.Verbose(
            $"{value.Step}: {value.Outcome} after {value.Duration.TotalMilliseconds:F1} "
                + $"ms{(value.Server is null ? "" : $" ({value.Server})")}");
        output.Progress.Report(value.Description);
    }
}
