using System.Net;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Topology;

/// <summary>
/// Sends packet spaces through the site: out of a server or in from outside, through the filters, translations and routes
/// of every server on the way, to where they end. A proxy ends a connection, and what it opens is a journey of its own.
/// One packet is a space of one.
/// </summary>
internal sealed class SitePaths(SiteMap map)
{
    /// <summary>How many servers a way may lead through.</summary>
    public const int MostHops = 8;

    private OutcomeAlgebra Algebra => map.Workspace.Algebra;

    private Diagram Diagram => map.Workspace.Diagram;

    private OutcomeTable Table => map.Workspace.Algebra.Table;

    /// <summary>The ends of packets that come from outside the site, from wherever they can.</summary>
    public Ends FromOutside(int space) => Follow(map.Entries.Select(entry =>
        Enter(OnTheWire(Diagram.And(space, map.Outside(entry.Server, entry.Interface))), entry, Diagram.True, certain: true)));

    /// <summary>
    /// The ends of packets from one machine outside: by its own link if servers stand on it, else by where the way back to it leads.
    /// </summary>
    public Ends From(IPAddress machine, int space) =>
        Follow(Onto(OnTheWire(space), [.. map.Facing(machine)], Diagram.False, Diagram.True, certain: true));

    /// <summary>The ends of packets that a server sends.</summary>
    public Ends From(SiteServer sender, int space) => Follow([new Journey([new Hop(sender, null, Course.Sends)], 0, space, space)]);

    private static Journey OnTheWire(int space) => new([], 0, space, space);

    private Ends Follow(IEnumerable<Journey> starts)
    {
        List<Journey> arrived = [];
        List<Journey> stopped = [];
        List<Journey> met = [];
        Queue<Journey> pending = new(starts);
        while (pending.TryDequeue(out Journey? journey))
        {
            if (journey.May == Diagram.False)
            {
                continue;
            }

            met.Add(journey);
            if (journey.Way.Count > MostHops || journey.At.Unread is not null)
            {
                continue;
            }

            if (journey.Way[^1].Course == Course.Passes)
            {
                arrived.AddRange(Through(As(journey, journey.Way[^1] with { Course = Course.Takes }), stopped));
            }

            foreach (Journey next in Through(Forwarded(journey), stopped).SelectMany(Onward))
            {
                pending.Enqueue(next);
            }
        }

        return new Ends(arrived, stopped, met);
    }

    private static Journey As(Journey journey, Hop hop) => journey with { Way = [.. journey.Way.SkipLast(1), hop] };

    // What a server's kernel does not forward gets no further, whatever its rules say.
    private Journey Forwarded(Journey journey)
    {
        if (journey.Way[^1].Course == Course.Sends)
        {
            return journey;
        }

        int may = Family(journey, family => journey.At.Forwards(family) != false);
        int must = Family(journey, family => journey.At.Forwards(family) == true);
        return journey with { May = Diagram.And(journey.May, may), Must = Diagram.And(journey.Must, must) };
    }

    private int Family(Journey journey, Func<int, bool> wanted) => Diagram.Or(((int[])[PacketValues.Ipv4, PacketValues.Ipv6])
        .Where(wanted).Select(family => Diagram.FieldIs(PacketField.Family, (UInt128)family)));

    // Applies a server's function to packets that come to it, one journey for each manner in which they leave it rewritten.
    private List<Journey> Through(Journey journey, List<Journey> stopped)
    {
        Hop here = journey.Way[^1];
        int seen = Algebra.AfterWithin(journey.Transform, here.Function, journey.May);
        int dropped = Diagram.Where(seen, terminal => Table.Outcomes(terminal) is { Length: > 0 } outcomes
            && Array.TrueForAll(outcomes, outcome => outcome.Kind == OutcomeKind.Drop)
            && Array.Exists(outcomes, outcome => outcome.Decider != 0));
        if (Diagram.And(dropped, journey.May) is var blocked && blocked != Diagram.False)
        {
            stopped.Add(journey with { May = blocked, Must = Diagram.And(blocked, journey.Must) });
        }

        int[] transforms =
        [
            .. Diagram.Terminals(seen)
                .Where(terminal => terminal is not (Diagram.True or Diagram.False))
                .SelectMany(Table.Outcomes)
                .Where(FirewallModel.Passes)
                .Select(outcome => outcome.Transform)
                .Distinct(),
        ];
        return [.. transforms.Select(transform => As(journey, here with { Left = transform }) with
        {
            Transform = transform,
            May = Diagram.Where(
                seen,
                terminal =>
                    Array.Exists(Table.Outcomes(terminal), outcome => FirewallModel.Passes(outcome) && outcome.Transform == transform)),
            Must = Diagram.And(journey.Must, Diagram.Where(seen, terminal => FirewallModel.SurelyPass(Table.Outcomes(terminal))
                && Array.Exists(
                    Table.Outcomes(terminal),
                    outcome =>
                        FirewallModel.Passes(outcome)
                            && outcome.Transform == transform
                            && (!outcome.Perhaps || Table.Outcomes(terminal).Length == 1)))),
        })];
    }

    private IEnumerable<Journey> Onward(Journey journey)
    {
        UInt128? leaving = Table.TransformOf(journey.Transform).Fixed(PacketField.OutInterface);
        return journey.At.Interfaces.Where(name => leaving is null || leaving == (UInt128)map.Workspace.Atoms.Of(name))
            .SelectMany(device => By(journey, device, certain: leaving is not null));
    }

    // To the router that a route names; else to whoever on the link it may be for.
    private IEnumerable<Journey> By(Journey journey, string device, bool certain)
    {
        Gateway[] gateways = [.. journey.At.Gateways.Where(gateway => gateway.Interface == device)];
        foreach (Gateway gateway in gateways)
        {
            if (map.Holder(journey.At, gateway) is { } router && IsNew(journey, router))
            {
                yield return Enter(journey, router, gateway.Space, certain && gateway.Alone);
            }
        }

        int named = Diagram.Or(gateways.Select(gateway => gateway.Space));
        foreach (Journey next in Onto(
            journey, [.. map.Peers(journey.At, device)], Diagram.Or(journey.At.OnLink(device), named), Diagram.Not(named), certain))
        {
            yield return next;
        }
    }

    // To the server on the link whose address it is; else to the routers there that know a way on.
    private IEnumerable<Journey> Onto(Journey journey, (SiteServer Server, string Interface)[] peers, int link, int unnamed, bool certain)
    {
        (SiteServer Server, string Interface)[] others = [.. peers.Where(peer => IsNew(journey, peer))];
        foreach ((SiteServer Server, string Interface) peer in others)
        {
            yield return Enter(journey, peer, Diagram.And(unnamed, peer.Server.Owns), certain);
        }

        int elsewhere = Diagram.Not(Diagram.Or([link, .. peers.Select(peer => peer.Server.Owns)]));
        (SiteServer Server, string Interface)[] routers = [.. others.Where(peer => peer.Server.MayForward)];
        foreach ((SiteServer Server, string Interface) router in routers)
        {
            yield return Enter(
                journey, router, Diagram.And(elsewhere, router.Server.LeadsOnFrom(router.Interface)), certain && routers.Length == 1);
        }
    }

    private static bool IsNew(Journey journey, (SiteServer Server, string Interface) next) =>
        journey.Way.All(hop => hop.Server != next.Server);

    private Journey Enter(Journey journey, (SiteServer Server, string Interface) next, int destinations, bool certain)
    {
        int space = Algebra.Before(Table.TransformOf(journey.Transform), destinations);
        return new Journey(
            [.. journey.Way, new Hop(next.Server, next.Interface, Course.Passes)],
            Table.Compose(journey.Transform, next.Server.Entering(next.Interface)),
            Diagram.And(journey.May, space),
            certain ? Diagram.And(journey.Must, space) : Diagram.False);
    }
}
