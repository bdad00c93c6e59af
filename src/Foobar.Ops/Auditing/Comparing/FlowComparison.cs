using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Auditing;

/// <summary>
/// Compares which connections the firewalls of a whole site let through: from outside and from each server, through every
/// server on the way, to each server. Rules that do the same in other words are no difference.
/// </summary>
internal static class FlowComparison
{
    private const string Outside = "outside";

    // What tells nothing of the packets that programs send at a connection's start: it is the same in all of them.
    private static readonly PacketField[] Details =
        [PacketField.TcpFlags, PacketField.HopLimit, PacketField.TrafficClass, PacketField.Length, PacketField.SourcePort];

    // A ruleset that was opened altogether differs in every box; a reader needs the first few.
    private const int MostOfAPair = 5;

    /// <summary>What is newly open, and what is open no more.</summary>
    public static IReadOnlyList<SnapshotDifference> Compare(Snapshot before, Snapshot after)
    {
        SiteCase<FirewallFacts> old = SiteComparison.Case<FirewallFacts>(before);
        SiteCase<FirewallFacts> now = SiteComparison.Case<FirewallFacts>(after);
        if (old.Facts.Count == 0 || now.Facts.Count == 0)
        {
            return [];
        }

        (SiteMap first, SiteMap second) = SiteMap.Pair(old, now);
        Dictionary<(string From, string To), Journey[]> was = Arrivals(first);
        Dictionary<(string From, string To), Journey[]> becomes = Arrivals(second);
        return
        [
            .. Unread(first, second),
            .. becomes.Keys.Union(was.Keys).Where(ends => Known(first, second, ends)).SelectMany(ends => Compare(
                first, was.GetValueOrDefault(ends) ?? [], second, becomes.GetValueOrDefault(ends) ?? [])),
        ];
    }

    private static Dictionary<(string From, string To), Journey[]> Arrivals(SiteMap map)
    {
        SitePaths paths = new(map);
        return map.Servers.Select(server => (From: server.Name, Ends: paths.From(server, map.SentBy(server))))
            .Prepend((From: Outside, Ends: paths.FromOutside(Diagram.True)))
            .SelectMany(origin => origin.Ends.Arrived.Select(journey => (Ends: (origin.From, journey.At.Name), Journey: journey)))
            .GroupBy(arrival => arrival.Ends)
            .ToDictionary(same => same.Key, same => same.Select(arrival => arrival.Journey).ToArray());
    }

    // Where one of the two snapshots does not know a server's filters, nothing can be said of its flows; the facts tell that.
    private static bool Known(SiteMap before, SiteMap after, (string From, string To) ends) =>
        ((string[])[ends.From, ends.To]).All(end => end == Outside || (before.Find(end) is not null && after.Find(end) is not null));

    private static IEnumerable<SnapshotDifference> Unread(SiteMap before, SiteMap after) =>
        from server in after.All
        let was = before.All.FirstOrDefault(other => string.Equals(other.Name, server.Name, StringComparison.OrdinalIgnoreCase))
        where was is not null && (was.Unread is null) != (server.Unread is null)
        select new SnapshotDifference
        {
            Kind = DifferenceKind.Flow,
            Server = server.Name,
            Target = $"ways through {server.Name}",
            Before = was.Unread is null ? "known" : $"can't be told: {was.Unread}",
            After = server.Unread is null ? "known" : $"can't be told: {server.Unread}",
        };

    private static IEnumerable<SnapshotDifference> Compare(SiteMap first, Journey[] before, SiteMap second, Journey[] after)
    {
        Diagram diagram = second.Workspace.Diagram;
        int mayBefore = diagram.Or(before.Select(journey => journey.May));
        int mustBefore = diagram.Or(before.Select(journey => journey.Must));
        int mayAfter = diagram.Or(after.Select(journey => journey.May));
        int mustAfter = diagram.Or(after.Select(journey => journey.Must));
        return
        [
            .. Told(second, after, journey => journey.Must, diagram.Except(mustAfter, mayBefore), (text, one) => one with { After = text }),
            .. Told(
                first, before, journey => journey.Must, diagram.Except(mustBefore, mayAfter), (text, one) => one with { Before = text }),
            .. Told(
                second, after, journey => journey.May,
                diagram.Except(diagram.Except(mayAfter, mustAfter), mayBefore),
                (text, one) => one with { After = $"perhaps {text}" }),
            .. Told(
                first, before, journey => journey.May,
                diagram.Except(diagram.Except(mayBefore, mustBefore), mayAfter),
                (text, one) => one with { Before = $"perhaps {text}" }),
        ];
    }

    private static IEnumerable<SnapshotDifference> Told(
        SiteMap map, Journey[] journeys, Func<Journey, int> part, int space, Func<string, SnapshotDifference, SnapshotDifference> put)
    {
        JourneyText text = new(map);
        int told = 0;
        foreach (Journey journey in journeys)
        {
            int shown = map.Workspace.Diagram.And(part(journey), space);
            if (shown == Diagram.False)
            {
                continue;
            }

            // The last one stands for all that is left.
            bool isLast = ++told == MostOfAPair;
            string words = text.Space(Usual(map, isLast ? space : shown));
            space = map.Workspace.Diagram.Except(space, shown);
            yield return put(
                isLast && space != Diagram.False ? $"{words}, by further ways too" : text.Space(Usual(map, shown)),
                new SnapshotDifference
                {
                    Kind = DifferenceKind.Flow, Server = journey.At.Name, Target = JourneyText.Way(
                        journey), Evidence = text.Witness(journey, shown),
                });
            if (isLast)
            {
                yield break;
            }
        }
    }

    // Ends and ports, where programs' packets are among them; else all that tells them apart.
    private static int Usual(SiteMap map, int space)
    {
        int usual = map.Workspace.Diagram.And(space, map.Policy.Ordinary());
        return usual == Diagram.False ? space : Details.Aggregate(usual, map.Workspace.Diagram.Forget);
    }
}
