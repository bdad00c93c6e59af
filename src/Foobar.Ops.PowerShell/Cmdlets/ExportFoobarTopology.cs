using System.Management.Automation;
using Foobar.Ops.Auditing;
using Foobar.Ops.Findings;
using Foobar.Ops.PowerShell.Binding;
using Foobar.Ops.PowerShell.Hosting;
using Foobar.Ops.Topology;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>Draws a topology into a file: a picture (SVG), or a Mermaid flowchart for Markdown.</summary>
[Cmdlet(VerbsData.Export, "FoobarTopology", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportFoobarTopology : AsyncCmdlet
{
    /// <summary>The file to write.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = string.Empty;

    /// <summary>What Get-FoobarTopology gave.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public SiteTopology? Topology { get; set; }

    /// <summary>What was found of the site; the worst on each server and flow gives its colour.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [FindingTransformation]
    public Finding[] Finding { get; set; } = [];

    /// <summary>The format; told by the file's name unless given.</summary>
    [Parameter]
    public TopologyFormat? Format { get; set; }

    /// <summary>Whether an existing file is replaced.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string path = Try(() => SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path));
        TopologyFormat format = Try(() => Format ?? TopologyFile.FormatOf(path));
        if (ShouldProcess(path, $"Draw the topology of {Topology!.Site} as {format}"))
        {
            Try(() =>
            {
                TopologyFile.Save(Topology, Finding ?? [], path, format, Force);
                return true;
            });
            WriteFile(path);
        }
    }
}
