namespace Foobar.Ops.Traffic.Dashboards;

/// <summary>A file of a dashboard.</summary>
/// <param name="Target">What it is for.</param>
/// <param name="Name">Its name.</param>
/// <param name="Text">Its text, in JSON or YAML.</param>
public sealed record DashboardFile(DashboardTarget Target, string Name, string Text);
