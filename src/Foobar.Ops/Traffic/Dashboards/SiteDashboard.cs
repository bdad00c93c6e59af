using Foobar.Ops.Auditing;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Traffic.Dashboards;

/// <summary>
/// Dashboards and alerts for a site, made from its inventory: the same alerts (requests dropped or surged, errors, replication lag,
/// certificate expiry, disk, server down) for each monitoring service.
/// </summary>
public static class SiteDashboard
{
    /// <summary>The files.</summary>
    /// <param name="site">The site as declared.</param>
    /// <param name="targets">What they are for; each target is one file.</param>
    public static IReadOnlyList<DashboardFile> Of(Site site, IReadOnlyList<DashboardTarget> targets)
    {
        ArgumentNullException.ThrowIfNull(site);
        ArgumentNullException.ThrowIfNull(targets);
        DashboardSite dashboard = DashboardSite.Of(site);
        return [.. targets.Distinct().Order().Select(target => new DashboardFile(target, NameOf(target), Write(dashboard, target)))];
    }

    /// <summary>The name of a target's file.</summary>
    public static string NameOf(DashboardTarget target) => target switch
    {
        DashboardTarget.Grafana => "grafana-dashboard.json",
        DashboardTarget.Prometheus => "prometheus-rules.yml",
        DashboardTarget.Datadog => "datadog-monitors.json",
        DashboardTarget.NewRelic => "newrelic-conditions.json",
        _ => "sumologic-monitors.json",
    };

    /// <summary>Writes a file into a folder; a reader sees the old one or the new one, never half of one.</summary>
    /// <returns>The file's path.</returns>
    /// <exception cref="FoobarException"><c>FileExists</c>, <c>FileNotWritten</c>.</exception>
    public static string Save(DashboardFile file, string folder, bool overwrite)
    {
        ArgumentNullException.ThrowIfNull(file);
        string path = Path.Combine(folder, file.Name);
        OutputFile.Write(path, file.Text, overwrite, ownerOnly: false);
        return path;
    }

    private static string Write(DashboardSite site, DashboardTarget target) => target switch
    {
        DashboardTarget.Grafana => GrafanaDashboard.Write(site),
        DashboardTarget.Prometheus => PrometheusRules.Write(site),
        DashboardTarget.Datadog => DatadogMonitors.Write(site),
        DashboardTarget.NewRelic => NewRelicConditions.Write(site),
        _ => SumoLogicMonitors.Write(site),
    };
}
