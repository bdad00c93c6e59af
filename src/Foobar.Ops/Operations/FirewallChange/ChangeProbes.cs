using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Probing;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>One connection that the policy allows, from a server or from the operator's machine to a server.</summary>
internal sealed record FlowProbe(string Flow, string From, string To, Probe Probe)
{
    public override string ToString() => $"flow '{Flow}' from {From} to {To} ({Probe})";
}

/// <summary>Holds what the site's servers and the operator could reach before a change against what they can after it.</summary>
internal sealed class ChangeProbes(ISiteSession session)
{
    private IReadOnlyList<FlowProbe> _worked = [];

    /// <summary>Tries every allowed flow between the ends that can be probed from, and remembers those that work.</summary>
    public async Task LearnAsync(IReadOnlyList<Server> reachable, CancellationToken cancellationToken) =>
        _worked = await WorkingAsync(session, [.. Probes(session.Site, reachable)], cancellationToken);

    /// <summary>Tries over fresh connections what worked before and has to do with a server.</summary>
    /// <exception cref="FoobarException"><c>FirewallNotConfirmed</c>: something works no more.</exception>
    public async Task ConfirmAsync(ISiteSession fresh, Server changed, CancellationToken cancellationToken)
    {
        FlowProbe[] probes =
        [
            .. _worked.Where(probe => changed.Is(Role.NetworkFirewall) || probe.From == changed.Name || probe.To == changed.Name),
        ];
        IReadOnlyList<FlowProbe> works = await WorkingAsync(fresh, probes, cancellationToken);

        // One lost packet is no verdict on the rules.
        works = works.Count == probes.Length
            ? works
            : [.. works, .. await WorkingAsync(fresh, [.. probes.Except(works)], cancellationToken)];
        string[] lost = [.. probes.Except(works).Select(static probe => probe.ToString())];
        if (lost.Length > 0)
        {
            throw new FoobarException(
                "FirewallNotConfirmed", ErrorKind.Failed,
                $"With the new rules of {changed.Name} this works no more: {string.Join("; ", lost)}.") { Server = changed.Name };
        }
    }

    // The first port of each range stands for it: one rule lets all of them in.
    private static IEnumerable<FlowProbe> Probes(Site site, IReadOnlyList<Server> reachable) =>
        from flow in new FlowResolver(site).Flows()
        from receiver in flow.To.SelectMany(static end => end.Servers).Distinct()
        from address in receiver.Addresses
        from sender in flow.From.SelectMany(static end => end.Servers).Distinct().Where(
            sender => sender != receiver && reachable.Contains(sender))
            .Select(static sender => sender.Name)
            .Concat(LocalVantage.SourceTo(address) is { } own && flow.From.Any(end => end.Contains(own)) ? [LocalVantage.OwnMachine] : [])
        from port in flow.Flow.Ports
        select new FlowProbe(flow.Flow.Name, sender, receiver.Name, new Probe(address, port.Protocol, port.First));

    private static async Task<IReadOnlyList<FlowProbe>> WorkingAsync(
        ISiteSession through, IReadOnlyList<FlowProbe> probes, CancellationToken cancellationToken)
    {
        IEnumerable<FlowProbe>[] working = await Task.WhenAll(probes.GroupBy(static probe => probe.From).Select(async same =>
        {
            FlowProbe[] each = [.. same];
            IVantage vantage = same.Key == LocalVantage.OwnMachine
                ? new LocalVantage()
                : new ServerVantage(await through.GetServerAsync(same.Key, cancellationToken));
            IReadOnlyList<ProbeResult> results = await vantage.RunAsync(
                [.. each.Select(static probe => probe.Probe)], new ProbeOptions { RatePerSecond = 200 }, cancellationToken);
            return each.Where((_, index) => results[index].State == ProbeState.Open);
        }));
        return [.. working.SelectMany(static each => each)];
    }
}
