using Foobar.Ops.Inventory;

namespace Foobar.Ops.Traffic;

/// <summary>
/// Follows the traffic of one window from the visitors' connections over the load balancer and the web servers to the
/// databases, and explains from step to step why the counts differ.
/// </summary>
public static class TrafficReconciliation
{
    /// <summary>Checks may fall together or apart at the ends of a window.</summary>
    private const double CheckSlack = 2, CheckShare = 0.1;

    /// <summary>Explains.</summary>
    /// <param name="site">The site.</param>
    /// <param name="rates">The rates of one window.</param>
    public static IReadOnlyList<TrafficDifference> Explain(Site site, IReadOnlyList<TrafficRate> rates)
    {
        TrafficRate[] counted = [.. rates.Where(rate => rate.Count is not null)];
        return
        [
            .. counted.Where(rate => rate.Origin == TrafficOrigin.HaproxyFrontend).GroupBy(rate => (rate.Server, rate.Unit))
                .SelectMany(frontends => Balancer(frontends.Key.Server, frontends.Key.Unit, [.. frontends], counted)),
            .. site.WithRole(Role.Web).SelectMany(server => Web(site.Policy.LoadBalancing.WebBackend, server.Name, counted)),
            .. Database(counted),
        ];
    }

    private static IEnumerable<TrafficDifference> Balancer(string server, TrafficUnit unit, TrafficRate[] frontends, TrafficRate[] all)
    {
        string what = unit == TrafficUnit.Requests ? "requests" : "sessions";
        if (unit == TrafficUnit.Requests && frontends.Sum(rate => rate.Breakdown?.Connections) is { } connections)
        {
            yield return Step(server, "connections of visitors", "requests to HAProxy", Fixed(connections, frontends), frontends, [
                new(TrafficReason.SharedConnections, frontends.Sum(rate => rate.Count!.Value) - connections)], explainsAll: true);
        }

        TrafficRate[] backends =
        [
            .. all.Where(rate => rate.Origin == TrafficOrigin.HaproxyBackend && rate.Server == server && rate.Unit == unit),
        ];
        if (backends.Length > 0)
        {
            yield return Step(
                server, $"{what} to HAProxy", $"{what} to its backends", frontends, backends, NotSentOn(frontends, backends),
                slack: Open(frontends));
        }
    }

    /// <summary>
    /// What HAProxy does not send on. It counts the answers of a redirect by their class only: those that frontends gave and
    /// no backend did are its own. Answers that are under way make the other classes uncertain by as many.
    /// </summary>
    private static IReadOnlyList<TrafficShare> NotSentOn(TrafficRate[] frontends, TrafficRate[] backends)
    {
        double Own(Func<TrafficBreakdown, long?> part) => Plus(default, frontends, part).Count - Plus(default, backends, part).Count;
        TrafficShare[] counted =
        [
            Minus(TrafficReason.Redirected, Own(part => part.Redirections)),
            Minus(TrafficReason.Denied, Plus(default, frontends, part => part.Denied).Count),
            Minus(TrafficReason.RequestErrors, Plus(default, frontends, part => part.RequestErrors).Count),
        ];
        double answers = Own(part => part.Informational + part.Successful + part.Redirections + part.ClientErrors + part.ServerErrors);
        double others = answers + counted.Sum(each => each.Count);
        double told = Plus(default, frontends, part => part.AnsweredItself).Count;
        return [Minus(TrafficReason.AnsweredItself, others > told + Open(frontends) ? others : told), .. counted];
    }

    private static IEnumerable<TrafficDifference> Web(string backend, string server, TrafficRate[] all)
    {
        TrafficRate[] balanced = [.. all.Where(rate => rate.Origin == TrafficOrigin.HaproxyServer
            && rate.Name.Equals($"{backend}/{server}", StringComparison.OrdinalIgnoreCase))];
        TrafficRate[] status = [.. all.Where(rate => rate.Origin == TrafficOrigin.NginxStatus && rate.Server == server)];
        TrafficRate[] logs = [.. all.Where(rate => rate.Origin == TrafficOrigin.NginxAccessLog && rate.Server == server)];
        TrafficRate[] web = status.Length > 0 ? status : logs;
        if (balanced.Length > 0 && web.Length > 0)
        {
            bool isSessions = balanced.Any(rate => rate.Unit == TrafficUnit.Sessions);
            TrafficShare[] reasons = [
                Plus(
                    TrafficReason.HealthChecks, balanced, part => part.HealthChecks), Plus(
                        TrafficReason.Retries, balanced, part => part.Retries)];
            yield return Step(
                server, isSessions ? "sessions sent by HAProxy" : "requests sent by HAProxy", "requests to nginx", balanced, web,
                isSessions
                    ? [
                        .. reasons,
                        new(
                            TrafficReason.SharedConnections,
                            web.Sum(rate => rate.Count!.Value) - balanced.Sum(rate => rate.Count!.Value) - reasons.Sum(each => each.Count)),
                    ]
                    : reasons,
                explainsAll: isSessions, slack: CheckSlack + (CheckShare * reasons[0].Count));
        }

        if (status.Length > 0 && logs.Length > 0)
        {
            double missing = logs.Sum(rate => rate.Count!.Value) - status.Sum(rate => rate.Count!.Value);
            bool isPartial = logs.Any(rate => rate.Note?.Contains("Not all requests are logged", StringComparison.Ordinal) == true);
            yield return Step(server, "requests to nginx", "lines in its access logs", status, logs,
                isPartial && missing < 0 ? [new(TrafficReason.NotLogged, missing)] : [], slack: Open(status));
        }
    }

    private static IEnumerable<TrafficDifference> Database(TrafficRate[] all)
    {
        TrafficRate[] web = [.. all.Where(rate => rate.Origin == TrafficOrigin.NginxStatus)];
        web = web.Length > 0 ? web : [.. all.Where(rate => rate.Origin == TrafficOrigin.NginxAccessLog)];
        foreach (TrafficRate database in web.Length == 0
            ? []
            : all.Where(rate => rate is { Origin: TrafficOrigin.Database, Name: "Questions" }))
        {
            yield return Step(database.Server, "requests to nginx on all servers", "statements to the database", web, [database], [
                new(TrafficReason.StatementsPerRequest, database.Count!.Value - web.Sum(rate => rate.Count!.Value))], explainsAll: true);
        }
    }

    private static TrafficDifference Step(
        string server, string from, string to, TrafficRate[] first, TrafficRate[] second, IReadOnlyList<TrafficShare> reasons,
        bool explainsAll = false, double slack = 0)
    {
        double explained = reasons.Sum(reason => reason.Count);
        double? firstUpper = first.Any(rate => rate.CountUpper is null) ? null : first.Sum(rate => rate.CountUpper);
        double? secondUpper = second.Any(rate => rate.CountUpper is null) ? null : second.Sum(rate => rate.CountUpper);
        double? lower = second.Sum(rate => rate.CountLower) - firstUpper - explained - slack;
        return new TrafficDifference
        {
            Server = server,
            From = from,
            To = to,
            FromCount = first.Sum(rate => rate.Count!.Value),
            ToCount = second.Sum(rate => rate.Count!.Value),
            Reasons = [.. reasons.Where(reason => reason.Count != 0)],
            UnexplainedLower = explainsAll ? 0 : lower,
            UnexplainedUpper = explainsAll ? 0 : secondUpper - first.Sum(rate => rate.CountLower) - explained + slack,
            Start = second[0].Start,
            End = second[0].End,
        };
    }

    /// <summary>Requests that may be under way at the edges: counted when they begin by one, and when they end by another.</summary>
    private static double Open(TrafficRate[] rates) => rates.Sum(rate => rate.Breakdown?.OpenConnections ?? 0) + 1;

    private static TrafficRate[] Fixed(long count, TrafficRate[] like) =>
        [like[0] with { Count = count, CountLower = count, CountUpper = count }];

    private static TrafficShare Plus(TrafficReason reason, TrafficRate[] rates, Func<TrafficBreakdown, long?> part) =>
        new(reason, rates.Sum(rate => rate.Breakdown is { } breakdown ? part(breakdown) ?? 0 : 0));

    private static TrafficShare Minus(TrafficReason reason, double count) => new(reason, count > 0 ? -count : 0);
}
