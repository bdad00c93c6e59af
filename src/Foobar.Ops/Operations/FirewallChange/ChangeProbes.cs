using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>One TCP handshake between two servers that the policy allows.</summary>
internal sealed record FlowProbe(string Flow, string From, string To, string Address, int Port)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"flow '{Flow}' from {From} to {To} ({Address} port {Port})");
}

/// <summary>Holds what the site's servers could reach of each other before a change against what they can after it.</summary>
internal sealed class ChangeProbes(ISiteSession session)
{
    private IReadOnlyList<FlowProbe> _worked = [];

    /// <summary>Tries every allowed TCP flow between servers, and remembers those that work.</summary>
    public async Task LearnAsync(IReadOnlyList<Server> reachable, CancellationToken cancellationToken)
    {
        FlowProbe[] probes = [.. Probes(session.Site, reachable)];
        bool[] worked = await Task.WhenAll(probes.Select(probe => WorksAsync(session, probe, cancellationToken)));
        _worked = [.. probes.Where((_, index) => worked[index])];
    }

    /// <summary>Tries over fresh connections what worked before and has to do with a server.</summary>
    /// <exception cref="FoobarException"><c>FirewallNotConfirmed</c>: something works no more.</exception>
    public async Task ConfirmAsync(ISiteSession fresh, Server changed, CancellationToken cancellationToken)
    {
        FlowProbe[] probes = [.. _worked.Where(probe => changed.Is(Role.NetworkFirewall) || probe.From == changed.Name || probe.To == changed.Name)];
        bool[] works = await Task.WhenAll(probes.Select(probe => WorksAsync(fresh, probe, cancellationToken)));
        string[] lost = [.. probes.Where((_, index) => !works[index]).Select(static probe => probe.ToString())];
        if (lost.Length > 0)
        {
            throw new FoobarException("FirewallNotConfirmed", ErrorKind.Failed, $"With the new rules of {changed.Name} this works no more: {string.Join("; ", lost)}.") { Server = changed.Name };
        }
    }

    private static IEnumerable<FlowProbe> Probes(Site site, IReadOnlyList<Server> reachable) =>
        from flow in new FlowResolver(site).Flows()
        let ports = flow.Flow.Ports.Where(static range => range.Protocol == TransportProtocol.Tcp).ToArray()
        where ports.Length > 0
        from sender in flow.From.SelectMany(static end => end.Servers).Distinct()
        where reachable.Contains(sender)
        from receiver in flow.To.SelectMany(static end => end.Servers).Distinct()
        where receiver != sender
        from address in receiver.Addresses
        select new FlowProbe(flow.Flow.Name, sender.Name, receiver.Name, address.ToString(), ports[0].First);

    private static async Task<bool> WorksAsync(ISiteSession session, FlowProbe probe, CancellationToken cancellationToken)
    {
        IServerSession sender = await session.GetServerAsync(probe.From, cancellationToken);
        return (await sender.RunAsync(ChangeScripts.ToReach(probe.Address, probe.Port), cancellationToken)).ExitCode == 0;
    }
}
