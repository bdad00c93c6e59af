using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Topology;

/// <summary>The control over the ways that a database needs once another member is its primary.</summary>
internal static class FailoverWayControls
{
    /// <summary>FW-016.</summary>
    public static Control<SiteCase<FirewallFacts>> HoldsAfterFailover { get; } = new(
        SiteFirewallControls.Info(
            "FW-016",
            Severity.High,
            "The firewalls hold whichever database is the primary",
            "After a failover replication runs the other way and writes go to another server: a rule that only knows today's roles turns "
                + "the failover into the outage it was to end.",
            "Allow the database's port among all members, and from the write endpoint (or the application) to each of them."),
        static site => SiteFirewallControls.Judge(site, Judge));

    private static IEnumerable<Verdict> Judge(SiteMap map)
    {
        Server[] members = [.. map.Site.Policy.Database is { } policy ? map.Site.WithRole(policy.Members) : []];
        if (members.Length < 2)
        {
            return [Verdict.NotApplicable(actual: "the site has no two databases")];
        }

        return members.Select(member => map.Find(member.Name)).OfType<SiteServer>()
            .Select(
                primary =>
                    Senders(map, primary, members).Select(leg => Leg(map, leg.Sender, primary, leg.Why)).OfType<Verdict>().FirstOrDefault()
                        ?? Verdict.Pass($"primary {primary.Name}", "replicas and writers would reach it") with { Server = primary.Name });
    }

    // Who would connect to a new primary: the other members, and the balancer or else the application itself.
    private static IEnumerable<(SiteServer Sender, string Why)> Senders(SiteMap map, SiteServer primary, Server[] members)
    {
        IEnumerable<(Server Server, string Why)> writers =
            map.Site.Policy.Database!.WriteEndpoint is { Kind: WriteEndpointKind.Haproxy } endpoint
                ? map.Site.Servers.Where(
                    server =>
                        server.Name == endpoint.Server
                            || (server.Is(Role.LoadBalancer) && map.Site.Find(endpoint.Server)?.Is(Role.LoadBalancer) == true))
                    .Select(server => (server, "the write endpoint"))
                : map.Site.WithRole(Role.App).Select(server => (server, "the application"));
        return members.Select(member => (Server: member, Why: "replication")).Concat(writers)
            .Where(each => each.Server != primary.Server)
            .Select(each => (Sender: map.Find(each.Server.Name), each.Why)).Where(each => each.Sender is not null).Select(
                each => (each.Sender!, each.Why));
    }

    // One address of the primary that is reached in full is enough.
    private static Verdict? Leg(SiteMap map, SiteServer sender, SiteServer primary, string why)
    {
        Diagram diagram = map.Workspace.Diagram;
        int port = diagram.And(
            diagram.FieldIs(PacketField.Protocol, PacketValues.Tcp),
            diagram.FieldIs(PacketField.DestinationPort, (UInt128)map.Site.Policy.Database!.Port),
            map.Policy.Ordinary());
        Ends ends = new SitePaths(map).From(sender, diagram.And(port, primary.Owns, map.SentBy(sender)));
        int arrived = diagram.Or(ends.Arrived.Where(journey => journey.At == primary).Select(journey => journey.May));
        string target = $"primary {primary.Name}";
        string leg = $"{why}: {sender.Name} -> {primary.Name}";
        IPAddress? reached = primary.Network.Addresses.Select(address => address.Address)
            .FirstOrDefault(
                address =>
                    diagram.And(To(diagram, address), port, map.SentBy(sender)) is var all
                        && all != Diagram.False
                        && diagram.Except(all, arrived) == Diagram.False);
        if (reached is not null)
        {
            int undeclared = diagram.Except(diagram.And(To(diagram, reached), arrived), map.Policy.Allowed());
            return undeclared == Diagram.False ? null : Verdict.Warning(
                target, "declared", $"open, but no declared flow names it: {leg}", new JourneyText(map).Space(undeclared)) with
                {
                    Server = primary.Name,
                };
        }

        return ends.Stopped is [Journey stopped, ..]
            ? Verdict.Fail(
                target, "reached", $"closed at {stopped.At.Name} ({leg})", new JourneyText(map).Witness(stopped, stopped.May)) with
            {
                Server = stopped.At.Name,
            }
            : Verdict.Fail(target, "reached", $"no addresses and routes lead there ({leg})") with { Server = sender.Name };
    }

    private static int To(Diagram diagram, IPAddress address) => Spaces.Addresses(diagram, [Spaces.Single(address)], destination: true);
}
