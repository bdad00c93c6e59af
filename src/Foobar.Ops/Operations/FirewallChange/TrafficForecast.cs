using System.Globalization;
using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>
/// Says in the words of the inventory which connections a change of rules opens and which it closes: the policy's flows by their
/// names, then who else may reach what by which interface.
/// </summary>
internal sealed class TrafficForecast
{
    private const int MaxLines = 12;
    private const int MaxPorts = 4;

    // A set of protocols as large as this is all that are in use, and more.
    private const int MostProtocols = 200;

    // What a program's packets have in common; a rule that looks at one of these alone says little of who may reach what.
    private static readonly PacketField[] Oddities =
        [
            PacketField.TcpFlags,
            PacketField.IcmpCode,
            PacketField.HopLimit,
            PacketField.TrafficClass,
            PacketField.ExtensionHeader,
            PacketField.Length,
            PacketField.SourcePort,
        ];

    private readonly FirewallAnalysis _analysis;
    private readonly Diagram _diagram;
    private readonly IReadOnlyList<(string Name, IReadOnlyList<string> Within, int From, int To)> _ends;
    private readonly bool _twoFamilies;
    private readonly int _plain;
    private readonly int _forged;
    private readonly int _never;
    private readonly bool _oneWayIn;

    private TrafficForecast(FirewallAnalysis analysis, FirewallFacts facts)
    {
        _analysis = analysis;
        _diagram = analysis.Diagram;
        _ends = [.. Ends(analysis)];
        _plain = Plain(analysis);
        ForgedSources forged = new(analysis, facts);
        (int All, int Kept, int Unsure)[] by = [.. forged.Interfaces.Select(forged.By)];
        _forged = _diagram.Or(by.Select(static one => one.All));

        // Interfaces that are not there bring nothing, and what the kernel drops by itself no rule opens.
        string[] there = [.. analysis.Network.Interfaces.Where(static name => name != "lo")];
        int absent = there.Length == 0 ? Diagram.False : _diagram.Not(_diagram.Or(
            there.Select(name => _diagram.FieldIs(PacketField.InInterface, (UInt128)analysis.Model.Workspace.Atoms.Of(name)))));
        _never = _diagram.Or(_diagram.Or(by.Select(static one => one.Kept)), absent);
        _oneWayIn = forged.Interfaces.Count < 2;
        _twoFamilies = analysis.Own.Select(static address => address.AddressFamily).Distinct().Count() > 1;
    }

    /// <summary>
    /// What becomes open for the first packets of connections, what becomes closed, and what would be open though the policy does
    /// not name it; a line each, none of the lists long.
    /// </summary>
    /// <param name="server">The server, with its site.</param>
    /// <param name="before">The rules that run.</param>
    /// <param name="after">The rules that would.</param>
    public static (IReadOnlyList<string> Opens, IReadOnlyList<string> Closes, IReadOnlyList<string> Beyond) Of(
        ServerCase<FirewallFacts> server, Ruleset before, Ruleset after)
    {
        HostNetwork network = server.Facts.Network.TryGet(out HostNetwork? known) ? known : new HostNetwork();
        Workspace workspace = new([before, after], [network]);
        FirewallAnalysis analysis = FirewallAnalysis.Of(server, after, workspace);
        FirewallModel old = new(before, network, workspace, namesRules: false);
        int forwarded = analysis.Forwards(server.Facts.Forwarding);
        TrafficForecast forecast = new(analysis, server.Facts);
        (int opened, int closed) = forecast.Change(
            analysis.ArrivingHere(), old.Passing(old.Delivered()), analysis.Model.Passing(analysis.Model.Delivered()));
        (int opening, int closing) = forwarded == Diagram.False ? (Diagram.False, Diagram.False)
            : forecast.Change(
                analysis.Diagram.And(analysis.ArrivingForOthers(), forwarded),
                old.Passing(old.Forwarded()), analysis.Model.Passing(analysis.Model.Forwarded()));
        (int here, int through) = OpeningForecast.Beyond(analysis);
        return (forecast.Bounded(
            opened, opening), forecast.Bounded(closed, closing), forecast.Bounded(here, analysis.Diagram.And(through, forwarded)));
    }

    // What stays undecided is no change.
    private (int Opened, int Closed) Change(int space, Match before, Match after)
    {
        int real = _diagram.And(space, _analysis.Real());
        return (
            _diagram.And(real, _diagram.Or(_diagram.Except(after.May, before.May), _diagram.Except(after.Must, before.Must))),
            _diagram.And(real, _diagram.Or(_diagram.Except(before.Must, after.Must), _diagram.Except(before.May, after.May))));
    }

    private IEnumerable<string> Lines(int space, bool through)
    {
        string way = through ? "through: " : string.Empty;
        space = _diagram.Except(space, _never);
        int control = _diagram.And(space, _analysis.Policy.Essential());
        space = _diagram.Except(space, control);
        int forged = _diagram.And(space, _forged);
        space = _diagram.Except(space, forged);
        int usual = _diagram.And(space, _plain);
        int unusual = _diagram.Except(space, Oddities.Aggregate(usual, (plain, field) => _diagram.Forget(plain, field)));
        foreach (ResolvedFlow flow in _analysis.Policy.Flows)
        {
            int part = _diagram.And(usual, _analysis.Policy.Space(flow, through ? null : _analysis.Own));
            if (part != Diagram.False)
            {
                usual = _diagram.Except(usual, part);
                string to = through ? $"{Met(flow.To, part, destination: true)} " : string.Empty;
                yield return $"{way}flow {flow.Flow.Name}: {Met(flow.From, part, destination: false)} -> {to}{What(part)}{By(part)}";
            }
        }

        foreach (string line in Others(usual, through))
        {
            yield return way + line;
        }

        if (unusual != Diagram.False)
        {
            yield return $"{way}unusual packets alone (link-local or multicast sources, odd headers): {What(unusual)}{By(unusual)}";
        }

        if (control != Diagram.False)
        {
            yield return $"{way}control messages of IP (ping, errors, neighbour discovery)";
        }

        if (forged != Diagram.False)
        {
            yield return _oneWayIn
                ? $"{way}sources to which no route leads: {What(forged)}"
                : $"{way}forged sources, by an interface that does not lead to them: {What(forged)}";
        }
    }

    private string Met(IEnumerable<FlowEnd> ends, int space, bool destination) => string.Join(
        ", ", ends.Where(end => _diagram.Overlap(space, _analysis.Policy.Addresses(end.Networks, destination)))
            .Select(static end => end.Name));

    // Who may reach the same by the same interfaces stands in one line.
    private IEnumerable<string> Others(int space, bool through)
    {
        List<(string Who, IReadOnlyList<string> Within, string What)> found = [];
        foreach ((string name, IReadOnlyList<string> within, int from, _) in _ends)
        {
            int part = _diagram.And(space, from);
            if (part == Diagram.False)
            {
                continue;
            }

            IEnumerable<string> what = !through ? [$"{What(part)}{By(part)}"]
                : from end in _ends
                  let there = _diagram.And(part, end.To)
                  where there != Diagram.False
                  group end.Name by $"{What(there)}{By(there)}" into same
                  select $"{Names(same)} {same.Key}";
            found.AddRange(what.Select(one => (name, within, one)));
        }

        return from one in found
               group one by one.What into same
               let whole = same.Select(static one => one.Who).ToArray()
               select $"{Names(same.Where(one => !one.Within.Any() || !one.Within.All(whole.Contains)).Select(static one => one.Who))} -> {same.Key}";
    }

    private string Names(IEnumerable<string> names)
    {
        string[] all = [.. names];
        return _ends.Where(static end => end.Within.Count == 0 && end.From != Diagram.False).All(end => all.Contains(end.Name))
            ? "anyone"
            : string.Join(", ", all);
    }

    private string By(int space)
    {
        string[] interfaces =
        [
            .. _analysis.Model.Workspace.Atoms.All.Ranges.SelectMany(
                static range => Enumerable.Range((int)range.Low, (int)(range.High - range.Low) + 1))
                .Where(atom => _diagram.Overlap(space, _diagram.FieldIs(PacketField.InInterface, (UInt128)atom)))
                .Select(atom => _analysis.Model.Workspace.Atoms.Label(atom)),
        ];
        bool four = _diagram.Overlap(space, _diagram.FieldIs(PacketField.Family, PacketValues.Ipv4));
        bool six = _diagram.Overlap(space, _diagram.FieldIs(PacketField.Family, PacketValues.Ipv6));
        string family = !_twoFamilies || (four && six) ? string.Empty : four ? ", IPv4 only" : ", IPv6 only";
        return $" by {(interfaces.Contains("*") ? "any interface" : string.Join(", ", interfaces))}{family}";
    }

    // The protocols and ports that some packet of a space goes to.
    private string What(int space)
    {
        int ports = _diagram.UpTo(PacketField.DestinationPort, space);
        foreach (PacketField field in FieldLayout.Fields.Where(
            static field => field is < PacketField.DestinationPort and not PacketField.Protocol))
        {
            ports = _diagram.Forget(ports, field);
        }

        IReadOnlyList<SpaceBox> boxes = _diagram.Boxes(ports, 64);
        if (!boxes.Any(static box => Size(Side(box, PacketField.Protocol, byte.MaxValue)) >= MostProtocols))
        {
            return Shortened(boxes.SelectMany(Ports));
        }

        int usual = _diagram.FieldIn(
            PacketField.Protocol, IntervalSet.From([(PacketValues.Tcp, PacketValues.Tcp), (PacketValues.Udp, PacketValues.Udp)]));
        string[] missing = [.. _diagram.Boxes(_diagram.Except(usual, ports), 64).SelectMany(Ports)];
        return missing.Length == 0 ? "everything" : $"everything but {Shortened(missing)}";
    }

    private static string Shortened(IEnumerable<string> ports)
    {
        string[] all = [.. ports.Distinct().OrderBy(static port => port.Split('/')[0], StringComparer.Ordinal).ThenBy(First)];
        return all.Length <= MaxPorts ? string.Join(", ", all)
            : string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", all.Take(MaxPorts))} and {all.Length - MaxPorts} more");
    }

    private static int First(string port) =>
        port.Split('/', '-') is [_, var first, ..] && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : 0;

    private static IEnumerable<string> Ports(SpaceBox box)
    {
        IntervalSet protocols = Side(box, PacketField.Protocol, byte.MaxValue);
        IntervalSet ports = Side(box, PacketField.DestinationPort, ushort.MaxValue);
        bool all = Size(ports) > ushort.MaxValue;
        return from range in protocols.Ranges
               from protocol in Enumerable.Range((int)range.Low, (int)(range.High - range.Low) + 1)
               from text in all || !PacketValues.WithPorts.Contains(protocol)
                   ? (string[])[PacketValues.WithPorts.Contains(protocol) ? $"all {Name(protocol)}" : Name(protocol)]
                   : ports.Ranges.Select(
                       port => string.Create(
                           CultureInfo.InvariantCulture, $"{Name(protocol)}/{port.Low}{(port.Low == port.High ? "" : $"-{port.High}")}"))
               select text;
    }

    private static IntervalSet Side(SpaceBox box, PacketField field, int most)
    {
        IntervalSet? side = box.Sides.Where(side => side.Field == field).Select(static side => side.Values).FirstOrDefault();
        return side ?? IntervalSet.Range(0, (UInt128)most);
    }

    private static int Size(IntervalSet values) =>
        (int)values.Ranges.Aggregate((UInt128)0, static (sum, range) => sum + range.High - range.Low + 1);

    private static string Name(int protocol) => protocol switch
    {
        PacketValues.Tcp => "tcp",
        PacketValues.Udp => "udp",
        PacketValues.Icmp => "icmp",
        PacketValues.IcmpV6 => "icmpv6",
        _ => string.Create(CultureInfo.InvariantCulture, $"protocol {protocol}"),
    };

    private static int Plain(FirewallAnalysis analysis) => analysis.Diagram.And(
        analysis.Diagram.Not(
            analysis.Policy.Addresses([IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("fe80::/10")], destination: false)),
        analysis.Diagram.Not(analysis.Model.Network.Shared(destination: false)),
        analysis.Diagram.FieldIs(PacketField.ExtensionHeader, 0),
        analysis.Diagram.FieldIs(PacketField.HopLimit, 64),
        analysis.Diagram.FieldIs(PacketField.TrafficClass, 0),
        analysis.Diagram.FieldIn(PacketField.SourcePort, IntervalSet.Range(1024, ushort.MaxValue)),
        analysis.Diagram.Or(
            analysis.Diagram.Not(analysis.Diagram.FieldIs(PacketField.Protocol, PacketValues.Tcp)),
            analysis.Diagram.FieldIs(PacketField.TcpFlags, Packet.Syn)));

    // All addresses there are, each under one name: the site's other servers, its networks from the smallest, and the rest.
    private static IEnumerable<(string Name, IReadOnlyList<string> Within, int From, int To)> Ends(FirewallAnalysis analysis)
    {
        Diagram diagram = analysis.Diagram;
        Site site = analysis.Site;
        (string Name, IPNetwork[] Networks)[] named =
        [
            .. site.Servers.Where(server => server != analysis.Server)
                .Select(static server => (server.Name, (IPNetwork[])[.. server.Addresses.Select(Single)])),
            .. site.Networks.OrderByDescending(static pair => pair.Value.Min(static network => network.PrefixLength))
                .Select(static pair => (pair.Key, pair.Value.ToArray())),
        ];
        (int from, int to) = (Diagram.True, Diagram.True);
        foreach ((string name, IPNetwork[] networks) in named)
        {
            (int source, int destination) = (analysis.Policy.Addresses(
                networks, destination: false), analysis.Policy.Addresses(networks, destination: true));
            string[] within =
            [
                .. named.Where(
                    other =>
                        other.Name != name
                            && networks.Any(network => other.Networks.Any(outer => outer != network && AddressSpace.Holds(outer, network))))
                    .Select(static other => other.Name),
            ];
            yield return (name, within, diagram.And(from, source), diagram.And(to, destination));
            (from, to) = (diagram.Except(from, source), diagram.Except(to, destination));
        }

        yield return (FlowResolver.Internet, [], from, to);
    }

    private string[] Bounded(int here, int through)
    {
        string[] lines = [.. Lines(here, through: false), .. Lines(through, through: true)];
        return lines.Length <= MaxLines ? lines
            : [
                .. lines.Take(MaxLines - 1),
                string.Create(
                    CultureInfo.InvariantCulture, $"and {lines.Length - MaxLines + 1} more: see Differences and Ruleset of the preview"),
            ];
    }

    private static IPNetwork Single(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);
}
