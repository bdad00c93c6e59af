using System.Management.Automation;
using Foobar.Ops.Inventory;
using Foobar.Ops.PowerShell.Sites;
using Foobar.Ops.Traffic.Dashboards;

namespace Foobar.Ops.PowerShell.Cmdlets;

/// <summary>
/// Writes a dashboard and alerts for the site, made from its inventory, for Grafana, Prometheus, Datadog, New Relic and Sumo Logic.
/// </summary>
[Cmdlet(VerbsData.Export, "FoobarDashboard", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportFoobarDashboard : SiteCmdlet
{
    /// <summary>The folder to write to.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <summary>What the files are for; each is one file.</summary>
    [Parameter]
    public DashboardTarget[] Target { get; set; } = [DashboardTarget.Grafana, DashboardTarget.Prometheus];

    /// <summary>Whether existing files are replaced.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        Site site = FindSite();
        string folder = Try(() => SessionState.Path.GetUnresolvedProviderPathFromPSPath(Path));
        foreach (DashboardFile file in Try(() => SiteDashboard.Of(site, Target)))
        {
            if (ShouldProcess(
                System.IO.Path.Combine(folder, file.Name),
                $"Write the {(file.Target == DashboardTarget.Grafana ? "dashboard" : "alerts")} of {site.Name} for {file.Target}"))
            {
                WriteFile(Try(() => SiteDashboard.Save(file, folder, Force)));
            }
        }
    }
}
