using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Monitoring.Alerts;

namespace Foobar.Ops.Monitoring;

/// <summary>What the declared Prometheus must hold of the site. Sites that declare none are not concerned.</summary>
public static class ServiceControls
{
    private const string Reference = "prometheus.io, HTTP API: targets, rules, Alertmanagers";

    /// <summary>An evaluation older than this is no alerting any more; groups are evaluated every few minutes at most.</summary>
    private static readonly TimeSpan FreshEvaluation = TimeSpan.FromMinutes(10);

    /// <summary>A scrape is fresh for three of its intervals, and a minute at least.</summary>
    private static readonly TimeSpan FreshScrape = TimeSpan.FromMinutes(1);

    /// <summary>MON-011 to MON-015.</summary>
    public static IReadOnlyList<Control<SiteCase<MonitoringServiceFacts>>> All { get; } =
    [
        Control("MON-011", Severity.High, "Prometheus scrapes every server, and lately",
            "A server whose scrapes fail vanishes from every graph and from every alert on its figures.",
            "Add the server to a scrape job; let the firewall pass the scrape; see the target's error in Status > Targets.", JudgeServers),
        Control("MON-012", Severity.Medium, "Every component has figures in Prometheus",
            "A component that nobody measures is a blind spot: when it fails, only visitors tell.",
            "Scrape HAProxy's prometheus-exporter, an exporter of nginx and one of the database (mysqld_exporter).", JudgeComponents),
        Control("MON-013", Severity.High, "Alerts watch traffic, errors, replication, certificates and disks",
            "A figure that no alert watches is looked at after the failure.",
            "Define the missing alert in Prometheus' rule files (Export-FoobarDashboard writes them for the site).", JudgeTopics),
        Control("MON-014", Severity.High, "Prometheus evaluates its rules",
            "A rule that fails to evaluate raises no alert, and says so on a page that nobody reads.",
            "Correct the expression (promtool check rules FILE), or see why the evaluation stands still.", JudgeRules),
        Control("MON-015", Severity.High, "Prometheus hands its alerts to an Alertmanager",
            "Prometheus itself tells nobody: without an Alertmanager an alert that fires is seen by who looks at its page.",
            "Name an Alertmanager in prometheus.yml (alerting.alertmanagers). Where another program fetches the alerts (api/v1/alerts), "
                + "suppress this finding and say which in the reason.", JudgeAlertmanagers),
    ];

    private static Control<SiteCase<MonitoringServiceFacts>> Control(
        string id, Severity severity, string title, string rationale, string remediation, Func<Site, MonitoringServiceFacts,
            IEnumerable<Verdict>> judge) =>
        new(new ControlInfo(id, title, Area.Monitoring, severity, rationale, remediation, Reference), site =>
            site.Facts.Values.SelectMany(reading => reading.Judge(facts => judge(site.Site, facts))));

    private static IEnumerable<Verdict> JudgeServers(Site site, MonitoringServiceFacts facts) =>
        facts.Targets.Judge(targets => facts.Time.Judge(now => site.Servers.Select(server =>
            JudgeServer(server, site, targets, now) with { Server = server.Name })));

    private static Verdict JudgeServer(Server server, Site site, IReadOnlyList<ScrapeTarget> all, DateTimeOffset now)
    {
        ScrapeTarget[] targets = [.. all.Where(target => !target.IsProbe && InstanceMatch.IsAbout(server, target, site))];
        ScrapeTarget[] others = [.. all.Where(target => InstanceMatch.IsNamed(server, target.Instance, site) && !targets.Contains(target))];
        foreach (ScrapeTarget other in others.Where(static other => !other.IsProbe))
        {
            if (site.Servers.FirstOrDefault(one => InstanceMatch.IsAbout(one, other, site)) is { } scraped)
            {
                return Verdict.Fail(other.Job, $"a target of {server.Name}",
                    $"the label instance says {other.Instance}, but {other.Url} is scraped, which is {scraped.Name}", "api/v1/targets");
            }
        }

        return targets.Length > 0 ? JudgeTargets(targets, now)
            : Array.Find(others, static other => !other.IsProbe) is { } elsewhere ? Verdict.Unknown(elsewhere.Job,
                $"{elsewhere.Url} is scraped for {elsewhere.Instance}; whether that is this server can't be told, since the inventory has "
                    + "no such address or name.", "api/v1/targets")
            : Verdict.Fail(null, "a target of the server", others.Length == 0 ? "Prometheus scrapes none"
                : $"only a probe from outside ({others[0].Job}), which tells nothing of the server itself", "api/v1/targets");
    }

    private static Verdict JudgeTargets(ScrapeTarget[] targets, DateTimeOffset now)
    {
        ScrapeTarget? down = Array.Find(targets, static target => target.IsUp == false);
        ScrapeTarget? old = Array.Find(targets, target => target.LastScrape is { } last && now - last > Limit(target));
        ScrapeTarget? empty = Array.Find(targets, static target => target is { IsUp: true, Samples: 0 });
        ScrapeTarget? unknown = Array.Find(targets, static target => target.IsUp is null || target.LastScrape is null);
        return down is not null ? Verdict.Fail(down.Job, "scrapes that succeed", $"{down.Url}: {down.LastError}", "api/v1/targets")
            : old is not null ? Verdict.Fail(old.Job, FormattableString.Invariant($"a scrape within {Limit(old).TotalSeconds:0} s"),
                FormattableString.Invariant($"{old.Url}: the last one was {(now - old.LastScrape!.Value).TotalSeconds:0} s ago"),
                "api/v1/targets")
            : empty is not null ? Verdict.Fail(empty.Job, "samples that are kept",
                $"{empty.Url} is scraped, and of its samples none is kept", "scrape_samples_post_metric_relabeling") with
            {
                Remediation = "Correct the job's metric_relabel_configs, or see why the exporter gives no samples.",
            }
            : unknown is not null ? Verdict.Unknown(unknown.Job, $"{unknown.Url} was not scraped yet.", "api/v1/targets")
            : Verdict.Pass(actual: string.Join(", ", targets.Select(static target => target.Job).Distinct()));
    }

    private static TimeSpan Limit(ScrapeTarget target) =>
        target.IntervalSeconds is { } seconds && 3 * seconds > FreshScrape.TotalSeconds ? TimeSpan.FromSeconds(3 * seconds) : FreshScrape;

    private static IEnumerable<Verdict> JudgeComponents(Site site, MonitoringServiceFacts facts) =>
        facts.ComponentSeries.Judge(components => facts.Targets.Judge(targets =>
            from component in AlertTopic.Table.Components
            from server in site.Servers
            where component.Role is null || server.Roles.Any(role => InventoryWord.Of(role) == component.Role)
            let series = components.GetValueOrDefault(component.Name, [])
            select (series.FirstOrDefault(one => InstanceMatch.IsOf(server, one, targets, site)) is { } found
                ? Verdict.Pass(component.Name, found.Instance)
                : Verdict.Fail(component.Name, "figures of it", series.Count == 0 ? "none of any server"
                    : $"only of {string.Join(", ", series.Select(static one => one.Instance).Distinct().Take(5))}",
                    $"{{__name__=~\"{string.Join('|', component.Metrics)}\"}}")) with { Server = server.Name }));

    private static IEnumerable<Verdict> JudgeTopics(Site site, MonitoringServiceFacts facts) => facts.Rules.Judge(rules =>
    {
        AlertJudge judge = new(site, rules, facts);
        return AlertTopic.Table.Topics.Select(topic => topic.IsOfReplication && (site.Policy.Database is not { } database
            || site.WithRole(database.Members).Count() < 2)
            ? Verdict.NotApplicable(topic.Name, "the site has no replica")
            : judge.Judge(topic));
    });

    private static IEnumerable<Verdict> JudgeAlertmanagers(Site site, MonitoringServiceFacts facts) => facts.Rules.Judge(rules =>
        rules.Count(static rule => rule.IsAlert) is not (> 0 and int alerts)
            ? [Verdict.NotApplicable(actual: "it has no alert, which MON-013 judges")]
            : facts.Alertmanagers.Judge(receivers => receivers.Count == 0
                ? [Verdict.Fail(null, "an Alertmanager", $"it knows no Alertmanager: none of its {alerts} alerts reaches anyone",
                    "api/v1/alertmanagers")]
                : receivers.Select(static receiver => receiver.Errors > 0
                    ? Verdict.Fail(receiver.Url, "alerts that arrive",
                        FormattableString.Invariant($"{receiver.Errors:0} deliveries failed within the last 5 min"),
                        "prometheus_notifications_errors_total")
                    : Verdict.Pass(receiver.Url, receiver.Errors is null ? "Prometheus sends alerts there; whether they arrive it does not "
                        + "tell" : "no delivery failed within the last 5 min"))));

    private static IEnumerable<Verdict> JudgeRules(Site site, MonitoringServiceFacts facts) => facts.Rules.Judge(rules =>
        facts.Time.Judge(now =>
        rules.Count == 0
            ? [Verdict.NotApplicable(actual: "it has no rule")]
            : rules.Where(rule => rule.IsHealthy != true || now - rule.LastEvaluation > FreshEvaluation).Select(rule =>
                rule.IsHealthy == false ? Verdict.Fail(rule.Name, "an evaluation without error", rule.LastError, rule.Expression)
                : rule.IsHealthy is null ? Verdict.Unknown(rule.Name, "It was not evaluated yet.", rule.Expression)
                : Verdict.Fail(rule.Name, $"an evaluation within {FreshEvaluation.TotalMinutes:0} min",
                    FormattableString.Invariant($"the last one was {(now - rule.LastEvaluation!.Value).TotalMinutes:0} min ago"),
                    $"group {rule.Group}"))
                .OrPass($"{rules.Count} rules")));
}
