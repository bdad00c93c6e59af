using System.Net;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;
using Foobar.Ops.Topology;

namespace Foobar.Ops.Connectivity;

/// <summary>Chooses the probes: what the policy asks for, and a sample of what it does not. Pure.</summary>
internal sealed class ConnectionPlan(SiteMap map, ConnectionTestOptions options)
{
    private readonly IReadOnlyList<ResolvedFlow> _flows = new FlowResolver(map.Site).Flows();
    private readonly Forecaster _forecaster = new(map);
    private readonly List<NoRoute> _left = [];

    /// <summary>What is not probed because no route leads there.</summary>
    public IReadOnlyList<NoRoute> Left => _left;

    /// <summary>Of what is not probed, the flows that so have no way at all between two servers over an IP version both have.</summary>
    /// <param name="probes">What is probed.</param>
    public IEnumerable<(NoRoute Pair, string Flow)> Stranded(IReadOnlyList<PlannedProbe> probes) =>
        from pair in options.Ports.Count > 0 ? [] : _left
        where pair.Vantage.Server is not null
            && !probes.Any(
                probe =>
                    probe.Vantage == pair.Vantage
                        && probe.Target == pair.Target
                        && probe.Probe.Address.AddressFamily == pair.Address.AddressFamily)
        let sender = pair.Vantage.Server!.Server
        where sender.Addresses.Any(address => address.AddressFamily == pair.Address.AddressFamily)
        from flow in _flows
        where flow.From.Any(end => end.Servers.Contains(sender)) && flow.To.Any(end => end.Servers.Contains(pair.Target))
        select (pair, flow.Flow.Name);

    /// <summary>The probes from one vantage to addresses of servers.</summary>
    public IReadOnlyList<PlannedProbe> From(ConnectionVantage vantage, IEnumerable<(Server Server, IPAddress Address)> targets) =>
        [
            .. targets.Where(
                target => !vantage.Owns(target.Server) && (options.Family is null || target.Address.AddressFamily == options.Family))
                .SelectMany(target => To(vantage, target.Server, target.Address)),
        ];

    /// <summary>
    /// The probe as it was really sent: where the server's kernel chose another address, the policy and the models are asked again.
    /// </summary>
    public PlannedProbe Seen(PlannedProbe probe, IPAddress? source) =>
        probe.Vantage.Server is null || source is null || source.Equals(probe.Source)
            ? probe
            : Plan(probe.Vantage, source, probe.Target, probe.Probe);

    private IEnumerable<PlannedProbe> To(ConnectionVantage vantage, Server server, IPAddress address)
    {
        if (vantage.SourceTo(address) is not { } source)
        {
            _left.Add(new NoRoute(vantage, server, address, $"{vantage.Name} has no route there"));
            return [];
        }

        // The ways of all ports are the same; only what filters do with them differs.
        Forecast way = _forecaster.Of(vantage.Server, source, new Probe(address, TransportProtocol.Tcp, 9));
        if (!way.HasWay)
        {
            _left.Add(new NoRoute(vantage, server, address, way.Because));
            return [];
        }

        return [.. Ports(server, address, source).Where(port => options.Protocol is null || port.Protocol == options.Protocol)
            .Select(port => Plan(vantage, source, server, new Probe(address, port.Protocol, port.Port)))];
    }

    private IEnumerable<(TransportProtocol Protocol, int Port)> Ports(Server server, IPAddress address, IPAddress source)
    {
        if (options.Ports.Count > 0)
        {
            return options.Ports.SelectMany(
                static range =>
                    Enumerable.Range(range.First, range.Last - range.First + 1).Select(port => (range.Protocol, port))).Distinct();
        }

        (TransportProtocol, int)[] named =
        [
            .. _flows.Where(flow => Leads(flow, address) && Starts(flow, source))
                .SelectMany(flow => flow.Flow.Ports)
                .SelectMany(range => PortChoice.Of(range, options.All))
                .Distinct(),
        ];
        IEnumerable<(TransportProtocol Protocol, int Port)> others = map.All.FirstOrDefault(known => known.Server == server) is { } target
            ? PortChoice.Suspects(map.Site, target, address)
                .Where(port => Say(address, source, port.Protocol, port.Port).Declared == Declared.Closed)
            : [];
        return named.Concat(options.All ? others : others.Take(options.SampleSize));
    }

    private PlannedProbe Plan(ConnectionVantage vantage, IPAddress source, Server server, Probe probe)
    {
        (Declared declared, string? flow) = Say(probe.Address, source, probe.Protocol, probe.Port);
        return new PlannedProbe
        {
            Vantage = vantage,
            Source = source,
            Target = server,
            Probe = probe,
            Declared = declared,
            Flow = flow,
            Forecast = _forecaster.Of(vantage.Server, source, probe),
        };
    }

    private (Declared Declared, string? Flow) Say(IPAddress address, IPAddress source, TransportProtocol protocol, int port)
    {
        ResolvedFlow[] leading =
        [
            .. _flows.Where(flow => Leads(flow, address) && flow.Flow.Ports.Any(range => range.Contains(protocol, port))),
        ];
        return leading.FirstOrDefault(flow => Starts(flow, source)) is { } asked ? (Declared.Open, asked.Flow.Name)
            : leading.FirstOrDefault(static flow => flow.From.Any(static end => end.Kind == FlowEndKind.Internet)) is { } wide
                ? (Declared.Either, wide.Flow.Name)
            : (Declared.Closed, null);
    }

    private static bool Leads(ResolvedFlow flow, IPAddress address) => flow.To.Any(end => end.Contains(address));

    private static bool Starts(ResolvedFlow flow, IPAddress source) => flow.From.Any(end => end.Contains(source));
}
