using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;
using static System.FormattableString;

namespace Foobar.Ops.Topology;

/// <summary>Controls over ways through several servers.</summary>
internal static class WayControls
{
    private const int MaxVerdicts = 25;

    /// <summary>FW-014.</summary>
    public static Control<SiteCase<FirewallFacts>> OpenToTheEnd { get; } = new(
        SiteFirewallControls.Info(
            "FW-014",
            Severity.High,
            "Each declared flow is open from its beginning to its end",
            "A flow may pass every firewall that was looked at and still be stopped: by what the sender lets out, by a server in between, "
                + "or by a translation that leads it elsewhere.",
            "Correct the rule named in the evidence, on the server named there."),
        static site => SiteFirewallControls.Judge(site, JudgeRequired));

    /// <summary>FW-015.</summary>
    public static Control<SiteCase<FirewallFacts>> NothingElse { get; } = new(
        SiteFirewallControls.Info(
            "FW-015",
            Severity.Critical,
            "No undeclared flow passes through several servers",
            "Translations and forwarding on the way can open what each firewall, looked at alone, keeps closed: a packet arrives under "
                + "another address or port than it set out with.",
            "Remove the translation or the forwarding named in the evidence, or declare the flow in the inventory's policy."),
        static site => SiteFirewallControls.Judge(site, JudgeOpen));

    private static IEnumerable<Verdict> JudgeRequired(SiteMap map)
    {
        SitePaths paths = new(map);

        // Nobody sends from an address of broadcast or of all routers: a filter may well drop it.
        int forged = map.Workspace.Diagram.Or(
            map.Servers.Where(static server => server.Unread is null)
                .Select(static server => server.Model.Network.Shared(destination: false)));
        foreach (ResolvedFlow flow in map.Policy.Flows)
        {
            int space = map.Workspace.Diagram.Except(map.Workspace.Diagram.And(map.Policy.Space(flow), map.Policy.Ordinary()), forged);
            string target = $"flow {flow.Flow.Name}";
            yield return Origins(map, paths, flow, space).Select(ends => Closed(map, flow, ends, target)).OfType<Verdict>().FirstOrDefault()
                ?? Verdict.Pass(target, "open to the end wherever addresses and routes lead");
        }
    }

    private static IEnumerable<Ends> Origins(SiteMap map, SitePaths paths, ResolvedFlow flow, int space)
    {
        foreach (SiteServer sender in map.Servers.Where(server => flow.From.Any(end => end.Servers.Contains(server.Server))))
        {
            yield return paths.From(sender, map.Workspace.Diagram.And(space, map.SentBy(sender)));
        }

        if (flow.From.Any(end => end.Servers.Count == 0))
        {
            yield return paths.FromOutside(space);
        }
    }

    // What a filter stops on one way may still arrive by another.
    private static Verdict? Closed(SiteMap map, ResolvedFlow flow, Ends ends, string target)
    {
        Diagram diagram = map.Workspace.Diagram;
        int arrived = diagram.Or(ends.Arrived.Select(journey => journey.May));
        int led = diagram.Or(ends.Stopped.Select(journey => journey.May).Append(arrived));
        IPAddress[] moving =
        [
            .. map.Site.Policy.LoadBalancing.VirtualAddresses.Where(address => flow.To.Any(end => end.Contains(address))),
        ];
        int needless = diagram.Or(
            flow.To.SelectMany(end => end.Servers)
                .Distinct()
                .Select(static server => server.Addresses)
                .Append(moving)
                .Select(addresses => Needless(diagram, addresses, led, arrived)));
        foreach (Journey stopped in ends.Stopped)
        {
            int closed = diagram.Except(diagram.Except(stopped.May, arrived), needless);
            if (closed != Diagram.False)
            {
                JourneyText text = new(map);
                return Verdict.Fail(
                    target, "open to the end", $"closed at {stopped.At.Name}: {text.Space(closed)}", text.Witness(stopped, closed)) with
                {
                    Server = stopped.At.Name,
                };
            }
        }

        return null;
    }

    // A server with several addresses of a family is reached if one of them is: visitors need not come by its internal one. So
    // are the load balancers of a pair by the addresses that move between them.
    private static int Needless(Diagram diagram, IReadOnlyList<IPAddress> addresses, int led, int arrived) => diagram.Or(addresses
        .GroupBy(address => address.AddressFamily)
        .Where(
            family => family.Any(
                address =>
                    diagram.And(led, To(diagram, address)) is var all
                        && all != Diagram.False
                        && diagram.Except(all, arrived) == Diagram.False))
        .SelectMany(family => family).Select(address => To(diagram, address)));

    private static int To(Diagram diagram, IPAddress address) => Spaces.Addresses(diagram, [Spaces.Single(address)], destination: true);

    private static IEnumerable<Verdict> JudgeOpen(SiteMap map)
    {
        SitePaths paths = new(map);
        IEnumerable<Ends> all = map.Servers.Select(server => paths.From(server, map.SentBy(server)))
            .Prepend(paths.FromOutside(Diagram.True));
        Verdict[] first =
        [
            .. all.SelectMany(ends => ends.Arrived)
                .Where(journey => journey.Way.Count > 1 && Relayed(journey))
                .SelectMany(journey => Undeclared(map, journey))
                .Take(MaxVerdicts + 1),
        ];
        return first.Length <= MaxVerdicts
            ? first.OrPass("what passes several servers is declared")
            : [.. first[..MaxVerdicts], Rest(first[MaxVerdicts])];
    }

    private static Verdict Rest(Verdict next) => next.Status == FindingStatus.Unknown
        ? Verdict.Unknown(
            "further ways", Invariant($"There are more than {MaxVerdicts}. The next, {next.Target}: {next.Reason}"), next.Evidence)
        : Verdict.Fail(
            "further ways", next.Expected!, Invariant($"more than {MaxVerdicts}; the next, {next.Target}: {next.Actual}"), next.Evidence);

    // A server that is reached over the sender's own link is its own firewall's matter alone.
    private static bool Relayed(Journey journey) => journey.Way[0].Entry is not null || journey.Way.Count > 2;

    // What counts is where a packet arrives and who sent it, whatever addresses it bore between.
    private static IEnumerable<Verdict> Undeclared(SiteMap map, Journey journey)
    {
        Diagram diagram = map.Workspace.Diagram;
        Transform end = map.Workspace.Algebra.Table.TransformOf(journey.Transform)
            .Only(PacketField.Destination4, PacketField.Destination6, PacketField.DestinationPort);
        int declared = map.Workspace.Algebra.Before(end, diagram.Or(map.Policy.Allowed(), map.Policy.Essential()));
        int open = diagram.Except(journey.Must, declared);
        int unsure = diagram.Except(diagram.Except(journey.May, journey.Must), declared);
        JourneyText text = new(map);
        string target = JourneyText.Way(journey);
        if (open != Diagram.False)
        {
            yield return Verdict.Fail(
                target, "closed: no declared flow leads there", $"open: {text.Space(open)}", text.Witness(journey, open)) with
            {
                Server = journey.At.Name,
                Extent = SpaceDigest.Of(diagram, open),
            };
        }

        if (unsure != Diagram.False)
        {
            yield return Verdict.Unknown(
                target, $"Whether it is open can't be decided: {text.Space(unsure)}", text.Witness(journey, unsure)) with
            {
                Server = journey.At.Name,
                Extent = SpaceDigest.Of(diagram, unsure),
            };
        }
    }
}
