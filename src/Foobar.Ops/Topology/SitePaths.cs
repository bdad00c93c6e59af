using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Topology;

/// <summary>
/// Sends packet spaces through the site: out of a server or in from outside, through the filters, translations and routes
/// of every server on the way, to where they end. A proxy ends a connection, and what it opens is a journey of its own.
/// </summary>
internal sealed class SitePaths(SiteMap map)
{
    private const int MostHops = 8;

    private OutcomeAlgebra Algebra => map.Workspace.Algebra;

    private Diagram Diagram => map.Workspace.Diagram;

    private OutcomeTable Table => map.Workspace.Algebra.Table;

    /// <summary>The ends of packets that come from outside the site.</summary>
    public Ends FromOutside(int space) => Follow([.. map.Entries.Select(entry =>
    {
        int entering = Diagram.And(space, map.Outside(entry.Server, entry.Interface));
        return new Journey([new Hop(entry.Server, entry.Interface, Hop.Passing)], entry.Server.Entering(entry.Interface), entering, entering);
    })]);

    /// <summary>The ends of packets that a server sends.</summary>
    public Ends From(SiteServer sender, int space)
    {
        List<Journey> stopped = [];
        Journey start = new([new Hop(sender, null, Hop.Sending)], 0, Diagram.And(space, map.SentBy(sender)), Diagram.And(space, map.SentBy(sender)));
        List<Journey> sent = Through(start, sender.Model.Sent(), stopped);
        Ends ends = Follow([.. sent.SelectMany(Onward)]);
        return ends with { Stopped = [.. stopped, .. ends.Stopped] };
    }

    private Ends Follow(IEnumerable<Journey> starts)
    {
        List<Journey> arrived = [];
        List<Journey> stopped = [];
        Queue<Journey> pending = new(starts);
        while (pending.TryDequeue(out Journey? journey))
        {
            if (journey.May == Diagram.False || journey.Way.Count > MostHops)
            {
                continue;
            }

            Hop here = journey.Way[^1];
            arrived.AddRange(Through(As(journey, here with { Hooks = Hop.Taking }), journey.At.Model.Delivered(), stopped));
            foreach (Journey passed in Through(Forwarded(As(journey, here with { Hooks = Hop.Passing })), journey.At.Model.Forwarded(), stopped))
            {
                foreach (Journey next in Onward(passed))
                {
                    pending.Enqueue(next);
                }
            }
        }

        return new Ends(arrived, stopped);
    }

    private static Journey As(Journey journey, Hop hop) => journey with { Way = [.. journey.Way.SkipLast(1), hop] };

    // What a server's kernel does not forward gets no further, whatever its rules say.
    private Journey Forwarded(Journey journey)
    {
        int may = Family(journey, family => journey.At.Forwards(family) != false);
        int must = Family(journey, family => journey.At.Forwards(family) == true);
        return journey with { May = Diagram.And(journey.May, may), Must = Diagram.And(journey.Must, must) };
    }

    private int Family(Journey journey, Func<int, bool> wanted) => Diagram.Or(((int[])[PacketValues.Ipv4, PacketValues.Ipv6])
        .Where(wanted).Select(family => Diagram.FieldIs(PacketField.Family, (UInt128)family)));

    // Applies a server's function to packets that come to it, one journey for each manner in which they leave it rewritten.
    private List<Journey> Through(Journey journey, int function, List<Journey> stopped)
    {
        int seen = Algebra.Restrict(journey.May, Algebra.After(journey.Transform, function));
        int dropped = Diagram.Where(seen, terminal => Table.Outcomes(terminal) is { Length: > 0 } outcomes
            && Array.TrueForAll(outcomes, outcome => outcome.Kind == OutcomeKind.Drop) && Array.Exists(outcomes, outcome => outcome.Decider != 0));
        if (Diagram.And(dropped, journey.May) is var blocked && blocked != Diagram.False)
        {
            stopped.Add(journey with { May = blocked, Must = Diagram.And(blocked, journey.Must) });
        }

        int[] transforms = [.. Diagram.Terminals(seen).Where(terminal => terminal is not (Diagram.True or Diagram.False)).SelectMany(Table.Outcomes).Where(FirewallModel.Passes).Select(outcome => outcome.Transform).Distinct()];
        return [.. transforms.Select(transform => journey with
        {
            Transform = transform,
            May = Diagram.Where(seen, terminal => Array.Exists(Table.Outcomes(terminal), outcome => FirewallModel.Passes(outcome) && outcome.Transform == transform)),
            Must = Diagram.And(journey.Must, Diagram.Where(seen, terminal => FirewallModel.SurelyPass(Table.Outcomes(terminal))
                && Array.Exists(Table.Outcomes(terminal), outcome => FirewallModel.Passes(outcome) && outcome.Transform == transform && (!outcome.Perhaps || Table.Outcomes(terminal).Length == 1)))),
        })];
    }

    // To the server on the link whose address it is; else to the routers there that know a way on.
    private IEnumerable<Journey> Onward(Journey journey)
    {
        Transform rewriting = Table.TransformOf(journey.Transform);
        UInt128? leaving = rewriting.Fixed(PacketField.OutInterface);
        foreach (string device in journey.At.Interfaces.Where(name => leaving is null || leaving == (UInt128)map.Workspace.Atoms.Of(name)))
        {
            (SiteServer Server, string Interface)[] peers = [.. map.Peers(journey.At, device).Where(peer => journey.Way.All(hop => hop.Server != peer.Server))];
            foreach ((SiteServer peer, string entry) in peers)
            {
                yield return Enter(journey, peer, entry, peer.Owns(), certain: leaving is not null);
            }

            int others = Diagram.Not(Diagram.Or([journey.At.OnLink(device), .. map.Peers(journey.At, device).Select(peer => peer.Server.Owns())]));
            (SiteServer Server, string Interface)[] routers = [.. peers.Where(peer => peer.Server.MayForward)];
            foreach ((SiteServer router, string entry) in routers)
            {
                yield return Enter(journey, router, entry, Diagram.And(others, router.LeadsOnFrom(entry)), certain: leaving is not null && routers.Length == 1);
            }
        }
    }

    private Journey Enter(Journey journey, SiteServer server, string device, int destinations, bool certain)
    {
        int space = Algebra.Before(Table.TransformOf(journey.Transform), destinations);
        return new Journey(
            [.. journey.Way, new Hop(server, device, Hop.Passing)],
            Table.Compose(journey.Transform, server.Entering(device)),
            Diagram.And(journey.May, space),
            certain ? Diagram.And(journey.Must, space) : Diagram.False);
    }
}
