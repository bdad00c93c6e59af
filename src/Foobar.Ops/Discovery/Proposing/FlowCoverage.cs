using System.Net;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>Tells by addresses and ports which connections of a flow other flows allow already. Pure.</summary>
internal static class FlowCoverage
{
    /// <summary>
    /// What of a flow no known one allows, as flows: none where all of it is known, the flow itself where nothing of it is.
    /// </summary>
    public static IReadOnlyList<Flow> Missing(ResolvedFlow flow, IReadOnlyList<ResolvedFlow> known)
    {
        Piece[] senders = [.. flow.From.SelectMany(Pieces)], receivers = [.. flow.To.SelectMany(Pieces)];
        (Piece From, Piece To, PortRange Port)[] all =
        [
            .. from sender in senders
               from receiver in receivers
               from port in flow.Flow.Ports
               where Ways(sender, receiver).Any()
               select (sender, receiver, port),
        ];
        (Piece From, Piece To, PortRange Port)[] missing = [.. all.Where(each => !IsKnown(each.From, each.To, each.Port, known))];
        if (missing.Length == all.Length)
        {
            return missing.Length == 0 ? [] : [flow.Flow];
        }

        // Ports between the same two; senders that use the same ports of one receiver; receivers that are used alike.
        var between = missing.GroupBy(static each => (each.From, each.To))
            .Select(static pair => (pair.Key.From, pair.Key.To, Ports: (PortRange[])[.. pair.Select(static each => each.Port)]));
        var used = between.GroupBy(static pair => (pair.To, Ports: string.Join(' ', pair.Ports)))
            .Select(static alike => (alike.Key.To, alike.First().Ports, From: (Piece[])[.. alike.Select(static pair => pair.From)]));
        return
        [
            .. used.GroupBy(
                    static each => $"{string.Join(' ', each.Ports)} {string.Join(' ', each.From.Select(static one => one.Name))}")
                .Select(
                    alike => flow.Flow with
                    {
                        From = Words(flow.From, alike.First().From),
                        To = Words(flow.To, [.. alike.Select(static each => each.To)]),
                        Ports = alike.First().Ports,
                    }),
        ];
    }

    /// <summary>Whether a flow that is used leads to any part of another.</summary>
    public static bool Touches(ResolvedFlow seen, ResolvedFlow flow) =>
        seen.To.SelectMany(static end => end.Networks).Any(target => seen.Flow.Ports.Any(port => Leads(flow, target, port)));

    /// <summary>Whether a flow leads to an address or network at a port.</summary>
    public static bool Leads(ResolvedFlow flow, IPNetwork target, PortRange port) =>
        flow.To.SelectMany(static end => end.Networks).Any(network => AddressSpace.Holds(network, target))
            && flow.Flow.Ports.Any(range => range.Contains(port.Protocol, port.First) && range.Contains(port.Protocol, port.Last));

    private static bool IsKnown(Piece sender, Piece receiver, PortRange port, IReadOnlyList<ResolvedFlow> known) =>
        Ways(sender, receiver).All(
            way => sender.Kind == FlowEndKind.Internet
                ? known.Any(other => other.From.Any(static end => end.Kind == FlowEndKind.Internet) && Leads(other, way.Target, port))
                : known.Any(
                    other => other.From.SelectMany(static end => end.Networks).Any(network => AddressSpace.Holds(network, way.Source))
                        && Leads(other, way.Target, port)));

    // A server's way to itself passes no firewall.
    private static IEnumerable<(IPNetwork Source, IPNetwork Target)> Ways(Piece sender, Piece receiver) =>
        from source in sender.Networks
        from target in receiver.Networks
        where source.BaseAddress.AddressFamily == target.BaseAddress.AddressFamily && !source.Equals(target)
            && (sender.Server is null || sender.Server != receiver.Server)
        select (source, target);

    // A role is its servers, unless it has addresses that are none of theirs.
    private static IEnumerable<Piece> Pieces(FlowEnd end)
    {
        Piece[] servers =
        [
            .. end.Servers.Select(
                server => new Piece(
                    end.Name, server.Name, server.Name, end.Kind,
                    [.. server.Addresses.Distinct().Select(NetworkFinder.Single)])),
        ];
        return servers.Length > 0 && end.Networks.All(network => servers.Any(server => server.Networks.Contains(network)))
            ? servers
            : [new Piece(end.Name, end.Name, null, end.Kind, end.Networks)];
    }

    private static string[] Words(IReadOnlyList<FlowEnd> ends, Piece[] chosen) =>
        [
            .. ends.SelectMany(
                end => Pieces(end).All(piece => chosen.Any(each => each.Name == piece.Name))
                    ? [end.Name]
                    : chosen.Where(piece => piece.End == end.Name).Select(static piece => piece.Name))
                .Distinct(),
        ];

    private sealed record Piece(string End, string Name, string? Server, FlowEndKind Kind, IReadOnlyList<IPNetwork> Networks)
    {
        public bool Equals(Piece? other) => other is not null && other.End == End && other.Name == Name;

        public override int GetHashCode() => HashCode.Combine(End, Name);
    }
}
