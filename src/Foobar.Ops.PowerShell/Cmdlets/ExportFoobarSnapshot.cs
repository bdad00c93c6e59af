using System.Management.Automation;
using Foobar.Ops.Auditing;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.PowerShell.Sites;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Reads all facts of the site and saves them in a file, to judge offline or to compare.</summary>
[Cmdlet(VerbsData.Export, "FoobarSnapshot", SupportsShouldProcess = true)]
[OutputType(typeof(Snapshot))]
public sealed class ExportFoobarSnapshot : SnapshotCmdlet
{
    private string _path = string.Empty;

    /// <summary>The file to write.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <inheritdoc/>
    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ServerNameTransformation]
    [ArgumentCompleter(typeof(ServerNameCompleter))]
    public override string[]? Server { get; set; }

    /// <summary>Whether the endpoints of the site are scanned too, so that a comparison tells of grades.</summary>
    [Parameter]
    public SwitchParameter IncludeTlsScan { get; set; }

    /// <summary>Whether an existing file is replaced.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        _path = Try(() => SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path));
        if (ShouldProcess(_path, "Save a snapshot"))
        {
            Try(() =>
            {
                SnapshotFile.EnsureFree(_path, Force);
                return true;
            });
            base.EndProcessing();
        }
    }

    private protected override bool ScansTls => IncludeTlsScan;

    private protected override void Take(Snapshot snapshot, AuditScope scope, CmdletOutput output)
    {
        SnapshotFile.Save(snapshot, _path, Force);
        output.Write(snapshot);
    }
}
