namespace Foobar.Ops.Traffic.Dashboards;

/// <summary>What an alert is about; the same in every service.</summary>
internal enum AlertKind
{
    QpsDrop,
    QpsSpike,
    Errors,
    ReplicationLag,
    CertificateExpiry,
    DiskFull,
    ServerDown,
}

/// <summary>The words and limits that an alert has in every service.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Title">Its title, a few words.</param>
/// <param name="Description">What it means and what to do.</param>
/// <param name="IsCritical">Whether somebody is to be woken.</param>
/// <param name="Minutes">For how long it must hold.</param>
/// <param name="Limit">The limit: a ratio, seconds, days or percent.</param>
internal sealed record SiteAlert(AlertKind Kind, string Title, string Description, bool IsCritical, int Minutes, double Limit)
{
    /// <summary>The share of the expected rate below which a drop is told.</summary>
    public const double DropShare = 0.5;

    /// <summary>How many times the expected rate a spike is.</summary>
    public const double SpikeTimes = 2;

    /// <summary>The share of answers with a status of 500 and above.</summary>
    public const double ErrorShare = 0.05;

    /// <summary>The alerts of a site; its policy sets the limits.</summary>
    public static IReadOnlyList<SiteAlert> Of(DashboardSite site)
    {
        List<SiteAlert> alerts = [];
        if (site.Balancers.Count > 0)
        {
            alerts.Add(new(
                AlertKind.QpsDrop, "Requests have dropped",
                "The site has less than half of the requests of this time in the last weeks. See Measure-FoobarQps and "
                    + "Test-FoobarConnection.",
                true, 2, DropShare));
            alerts.Add(new(
                AlertKind.QpsSpike, "Requests have surged",
                "The site has more than twice the requests of this time in the last weeks. See Measure-FoobarQps and the load of the web "
                    + "servers.",
                false, 2, SpikeTimes));
            alerts.Add(new(
                AlertKind.Errors, "Visitors get errors",
                "More than 5 % of answers are server errors. See Get-FoobarBackend and the logs of the web servers.",
                true, 5, ErrorShare));
        }

        if (site.Databases.Count > 1)
        {
            alerts.Add(new(
                AlertKind.ReplicationLag, "A replica lags or has stopped",
                FormattableString.Invariant(
                    $"A replica is more than {site.MaxLagSeconds} s behind, or does not replicate. See Test-FoobarReplication."),
                true, 2, site.MaxLagSeconds));
        }

        alerts.Add(new(
            AlertKind.CertificateExpiry, "The certificate expires soon",
            FormattableString.Invariant(
                $"The certificate of {site.Name} expires in less than {site.CertificateFailDays} days. See Update-FoobarCertificate."),
            true, 5, site.CertificateFailDays));
        alerts.Add(new(
            AlertKind.DiskFull, "A disk is nearly full",
            FormattableString.Invariant($"A file system is more than {site.DiskFailPercent} % full. See Get-FoobarMetric."),
            true, 5, site.DiskFailPercent));
        alerts.Add(new(
            AlertKind.ServerDown, "A server does not report", "A server's agent does not answer. See Test-FoobarServer.", true, 2, 0));
        return alerts;
    }
}
