using Foobar.Ops.Database;
using Foobar.Ops.Traffic;

namespace Foobar.Ops.Reporting.Html;

/// <summary>The sections of what was measured: rates (QPS), and the lag and state of replication.</summary>
internal static class HtmlPlots
{
    public static bool HasTraffic(Report report, FindingTrend trend) => TrafficOf(report, trend).Length > 0;

    public static bool HasReplication(Report report, FindingTrend trend) => ReplicationOf(report, trend).Length > 0;

    public static void Traffic(HtmlWriter html, Report report, FindingTrend trend)
    {
        html.Add(
            $"<p>Events a second. The band lies between the bounds that the truth is within; a dot marks an anomaly.</p>\n<div class=\"plots\">\n");
        foreach (TrafficSeries series in TrafficOf(report, trend))
        {
            double[] rates = [.. series.Points.Select(point => point.Rate).OfType<double>()];
            string heading = series.Server.Length > 0 ? $"{series.Server}: {series.Name}" : series.Name;
            string what = rates.Length == 0
                ? "Nothing could be counted."
                : $"Last {PlotScale.Text(rates[^1])}, mean {PlotScale.Text(rates.Average())}, least {PlotScale.Text(rates.Min())}, most {PlotScale.Text(rates.Max())} a second in {HtmlReport.Counted(series.Points.Count, "window")}.";
            int anomalies = series.Points.Count(point => point.IsAnomaly);
            html.Add($"<figure><h3>{heading}</h3>\n<p class=\"origin\">{Name(series.Origin)}</p>\n");
            LinePlot.Write(
                html,
                $"{heading}, {Name(series.Origin)}, events a second",
                [.. series.Points.Select(point => new PlotPoint(point.Time, point.Rate, point.Lower, point.Upper, point.IsAnomaly))]);
            html.Add(
                $"\n<figcaption>{what}{(anomalies > 0 ? $" {HtmlReport.Counted(anomalies, "window")} judged as an anomaly." : string.Empty)}</figcaption></figure>\n");
        }

        html.Add($"</div>\n");
    }

    public static void Replication(HtmlWriter html, Report report, FindingTrend trend)
    {
        ReplicationSample[] samples = ReplicationOf(report, trend);
        IGrouping<string, ReplicationSample>[] members = [.. samples.GroupBy(sample => sample.Server)];
        Latest(html, members);
        IGrouping<string, ReplicationSample>[] plotted = [.. members.Where(member => member.Any(sample => sample.LagSeconds is not null))];
        if (plotted.Length > 0)
        {
            html.Add($"<div class=\"plots\">\n");
            foreach (IGrouping<string, ReplicationSample> member in plotted)
            {
                Lag(html, member.Key, [.. member]);
            }

            html.Add($"</div>\n");
        }

        Changes(html, members);
    }

    private static void Lag(HtmlWriter html, string member, ReplicationSample[] samples)
    {
        double[] lags = [.. samples.Select(sample => sample.LagSeconds).OfType<double>()];
        html.Add($"<figure><h3>{member}: lag</h3>\n<p class=\"origin\">Seconds behind its source</p>\n");
        LinePlot.Write(
            html, $"{member}, lag of replication in seconds",
            [
                .. samples.Select(
                    sample => new PlotPoint(sample.Time, sample.LagSeconds, IsMarked: sample.Source is not null && !sample.Replicates)),
            ]);
        html.Add(
            $"\n<figcaption>Last {PlotScale.Text(lags[^1])} s, most {PlotScale.Text(lags.Max())} s in {HtmlReport.Counted(lags.Length, "reading")}. A dot marks a reading at which it did not replicate.</figcaption></figure>\n");
    }

    private static void Latest(HtmlWriter html, IGrouping<string, ReplicationSample>[] members)
    {
        html.Add(
            $"<div class=\"scroll\" role=\"region\" aria-label=\"Members of the database\" tabindex=\"0\"><table class=\"plain\"><caption>Members at their last reading</caption>\n<thead><tr><th scope=\"col\">Member</th><th scope=\"col\">Role</th><th scope=\"col\">Source</th><th scope=\"col\">Receiver</th><th scope=\"col\">Applier</th><th scope=\"col\" class=\"number\">Lag</th><th scope=\"col\">Takes writes</th><th scope=\"col\">Read (UTC)</th></tr></thead>\n<tbody>\n");
        foreach (ReplicationSample last in members.SelectMany(member => member.Where(sample => sample.Time == member.Last().Time)))
        {
            html.Add(
                $"<tr><th scope=\"row\">{last.Server}</th><td>{Name(last.Role)}</td><td>{last.Source ?? "–"}</td><td>{Thread(last.Receiver)}</td><td>{Thread(last.Applier)}</td><td class=\"number\">{(last.LagSeconds is { } lag ? $"{PlotScale.Text(lag)} s" : "–")}</td><td>{(last.TakesWrites is { } writes ? writes ? "yes" : "no" : "not known")}</td><td><time datetime=\"{last.Time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}\">{last.Time.UtcDateTime:yyyy-MM-dd HH:mm}</time></td></tr>\n");
            if (last.Error is { } error)
            {
                html.Add($"<tr><td colspan=\"8\" class=\"error\">{last.Server}: {error}</td></tr>\n");
            }
        }

        html.Add($"</tbody></table></div>\n");
    }

    private static void Changes(HtmlWriter html, IGrouping<string, ReplicationSample>[] members)
    {
        (DateTimeOffset Time, string Server, string Before, string After)[] changes =
        [
            .. members.SelectMany(member =>
            {
                // A member with several sources has several samples at a time.
                (DateTimeOffset Time, string State)[] states =
                [
                    .. member.GroupBy(sample => sample.Time).Select(same => (same.Key, string.Join(", ", same.Select(State)))),
                ];
                return states.Zip(states.Skip(1), (before, after) => (after.Time, member.Key, before.State, after.State));
            })
                .Where(change => change.Item3 != change.Item4)
                .OrderByDescending(change => change.Time),
        ];
        if (changes.Length == 0)
        {
            return;
        }

        html.Add($"<h3>Changes of state</h3>\n<ul class=\"changes\">\n");
        foreach ((DateTimeOffset time, string server, string before, string after) in changes)
        {
            html.Add(
                $"<li><time datetime=\"{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}\">{time.UtcDateTime:yyyy-MM-dd HH:mm}</time> <b>{server}</b> {before} → {after}</li>\n");
        }

        html.Add($"</ul>\n");
    }

    private static string State(ReplicationSample sample) => sample.Source is null ? Name(sample.Role)
        : sample.Replicates ? $"{Name(sample.Role)} of {sample.Source}"
        : $"{Name(sample.Role)} of {sample.Source}, not replicating";

    private static string Thread(ReplicationThread? thread) => thread?.ToString() ?? "–";

    private static string Name(MemberRole role) => role switch
    {
        MemberRole.WritableReplica => "Writable replica",
        MemberRole.ClusterMember => "Cluster member",
        _ => role.ToString(),
    };

    private static string Name(TrafficOrigin origin) => origin switch
    {
        TrafficOrigin.HaproxyFrontend => "HAProxy frontend",
        TrafficOrigin.HaproxyBackend => "HAProxy backend",
        TrafficOrigin.HaproxyServer => "HAProxy server of a backend",
        TrafficOrigin.NginxStatus => "nginx stub_status",
        TrafficOrigin.NginxAccessLog => "nginx access log",
        TrafficOrigin.Database => "Database statements",
        TrafficOrigin.LogFile => "Log file",
        TrafficOrigin.NewRelic => "New Relic",
        TrafficOrigin.SumoLogic => "Sumo Logic",
        _ => origin.ToString(),
    };

    private static TrafficSeries[] TrafficOf(Report report, FindingTrend trend) =>
        [
            .. TrafficSeries.Join(trend.Audits.SelectMany(audit => audit.Traffic).Concat(report.Traffic))
                .Where(series => series.Points.Count > 0),
        ];

    private static ReplicationSample[] ReplicationOf(Report report, FindingTrend trend) =>
        [
            .. trend.Audits.SelectMany(audit => audit.Replication)
                .Concat(report.Replication)
                .DistinctBy(sample => (sample.Server, sample.Source, sample.Time))
                .OrderBy(sample => sample.Time),
        ];
}
