using System.Globalization;
using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring;
using Foobar.Ops.Topology.Collection;

namespace Foobar.Ops.Topology;

/// <summary>Finds what runs on a server: by its units, by who holds its sockets, and by its containers. Pure.</summary>
internal sealed class ComponentFinder(TopologyInput input, ReplicationTopology replication)
{
    /// <summary>The server as found.</summary>
    public TopologyServer Find(Server server)
    {
        List<string> unread = [];
        T? Take<T>(Findings.Reading<T> reading, string what)
            where T : class
        {
            if (reading.TryGet(out T? value))
            {
                return value;
            }

            unread.Add($"{what}: {reading.Failure ?? "It was not read."}");
            return null;
        }

        IReadOnlyList<Unit> units = Take(input.Servers.Of(server.Name).Part(static facts => facts.Units), "units") ?? [];
        Findings.Reading<SocketFacts> sockets = input.Own.Of(server.Name).Part(static facts => facts.Sockets);
        IReadOnlyList<Listener> listeners = Take(sockets.Part(static facts => facts.Listeners), "sockets") ?? [];
        IReadOnlyList<RunningContainer> containers = Take(sockets.Part(static facts => facts.Containers), "containers") ?? [];
        Findings.Reading<FirewallFacts> firewall = input.Firewalls.Of(server.Name);
        Ruleset? rules = Take(firewall.Part(static facts => facts.Ruleset), "firewall");
        HostNetwork? network = Take(firewall.Part(static facts => facts.Network), "addresses");
        TopologyComponent[] found =
        [
            .. Firewall(server, rules, firewall.Value?.Persisted.Value?.Mechanisms),
            .. KnownComponent.All.Select(known => Component(server, known, units, listeners, containers)).OfType<TopologyComponent>(),
        ];
        found = [.. found, .. Apps(server, units, listeners, found)];
        return new TopologyServer
        {
            Server = server.Name,
            Roles = server.Roles,
            Addresses = network is null
                ? server.Addresses
                : [
                    .. network.Addresses.Where(static own => own.Interface != "lo" && !own.Address.IsIPv6LinkLocal)
                        .Select(static own => own.Address),
                ],
            Components = [.. found.OrderBy(static component => component.Kind), .. Agents(server)],
            Unread = unread,
        };
    }

    private static IEnumerable<TopologyComponent> Firewall(Server server, Ruleset? rules, IReadOnlyList<string>? mechanisms) =>
        rules is not { Chains.Count: > 0 } ? [] :
        [
            new TopologyComponent
            {
                Server = server.Name,
                Kind = ComponentKind.Firewall,
                Name = mechanisms is { Count: > 0 } ? string.Join(", ", mechanisms) : "packet filter",
                IsRunning = true,
                Evidence = string.Create(CultureInfo.InvariantCulture, $"{rules.Rules.Count()} rules in {rules.Chains.Count} chains"),
            },
        ];

    private TopologyComponent? Component(
        Server server,
        KnownComponent known,
        IReadOnlyList<Unit> units,
        IReadOnlyList<Listener> listeners,
        IReadOnlyList<RunningContainer> containers)
    {
        bool isDeclared = known.Role is { } role && (role == Role.Database ? IsMember(server) || server.Is(role) : server.Is(role));
        Unit? unit = units.Where(each => known.HasUnit(each.Name) && (each.IsActive || (isDeclared && each.Load == "loaded")))
            .OrderByDescending(static each => each.IsActive).FirstOrDefault();
        Listener[] own =
        [
            .. listeners.Where(each => each.Holders.Any(holder => holder.Container is null && known.HasProcess(holder.Process))),
        ];
        RunningContainer? container = containers.FirstOrDefault(each => known.HasImage(each.Image));
        if (unit is null && own.Length == 0 && container is null)
        {
            return null;
        }

        SocketHolder? holder = own.SelectMany(static each => each.Holders).FirstOrDefault(each => known.HasProcess(each.Process));
        ReplicationFacts? database = known.Kind == ComponentKind.Database && IsMember(server)
            ? input.Databases.Of(server.Name).Value
            : null;
        return new TopologyComponent
        {
            Server = server.Name,
            Kind = known.Kind,
            Name = database?.Identity.Value is { } identity ? $"{known.Name} {identity.Version.Split('-')[0]}" : known.Name,
            IsRunning = unit?.IsActive == true || own.Length > 0 || container is not null,
            IsDeclared = isDeclared,
            Unit = unit?.Name ?? holder?.Unit,
            Container = unit?.IsActive == true || own.Length > 0 ? null : container?.Name,
            Ports = [.. Ports(own), .. own.Length == 0 ? container?.Ports ?? [] : []],
            DatabaseRole = known.Kind == ComponentKind.Database && IsMember(server) ? replication.RoleOf(server.Name) : null,
            Evidence = unit is { IsActive: true } ? $"systemctl: {unit.Name} {unit.Active}"
                : own.Length > 0 ? $"ss: {own[0].Socket.Label} ({holder!.Label})"
                : container is not null ? $"{container.Engine} ps: {container.Name} ({container.Image})"
                : $"systemctl: {unit!.Name} {unit.Active}",
        };
    }

    // Declared units; else what listens where nginx passes requests on to on the server itself.
    private IEnumerable<TopologyComponent> Apps(
        Server server, IReadOnlyList<Unit> units, IReadOnlyList<Listener> listeners, TopologyComponent[] found)
    {
        if (!server.Is(Role.App))
        {
            yield break;
        }

        string[] declared =
        [
            .. input.Site.Policy.Servers.Units.GetValueOrDefault(Role.App, [])
                .Select(static name => name.Contains('.', StringComparison.Ordinal) ? name : name + ".service"),
        ];
        Unit[] own =
        [
            .. units.Where(unit => declared.Contains(unit.Name) && unit.Load == "loaded" && !found.Any(known => known.Unit == unit.Name)),
        ];
        foreach (Unit unit in own)
        {
            yield return new TopologyComponent
            {
                Server = server.Name,
                Kind = ComponentKind.App,
                Name = unit.Name.Split('.')[0],
                IsRunning = unit.IsActive,
                Unit = unit.Name,
                Ports = [.. Ports([.. listeners.Where(each => each.Holders.Any(holder => holder.Unit == unit.Name))])],
                Evidence = $"systemctl: {unit.Name} {unit.Active}",
            };
        }

        IReadOnlyList<ProxyTarget> proxies = input.Own.Of(server.Name).Part(static facts => facts.Proxies).Value ?? [];
        Listener? behind = own.Length > 0 || found.Any(static known => known.Kind == ComponentKind.App)
            ? null
            : listeners.FirstOrDefault(each =>
            proxies.Any(proxy => proxy.Port == each.Socket.Port && proxy.Port > 0 && IsOwn(proxy.Host, server)));
        if (behind is not null)
        {
            yield return new TopologyComponent
            {
                Server = server.Name,
                Kind = ComponentKind.App,
                Name = behind.Holders.Count > 0 ? behind.Holders[0].Process : "application",
                IsRunning = true,
                Unit = behind.Holders.Count > 0 ? behind.Holders[0].Unit : null,
                Ports = [.. Ports([behind])],
                Evidence = $"nginx passes requests on to {behind.Socket.Label}",
            };
        }
    }

    private IEnumerable<TopologyComponent> Agents(Server server) =>
        (input.Agents.Of(server.Name).Part(static facts => facts.Agents).Value ?? [])
            .Where(static agent => agent.IsRunning || agent.IsExpected)
            .Select(agent => new TopologyComponent
            {
                Server = server.Name,
                Kind = ComponentKind.Agent,
                Name = agent.Name,
                IsRunning = agent.IsRunning,
                Unit = agent.Unit?.Name,
                Container = agent.Containers.FirstOrDefault(static container => container.IsUp)?.Name,
                Ports = [.. agent.Sockets.Where(static socket => socket.Scope != SocketScope.Loopback).Select(ToRange).Distinct()],
                Evidence = agent.Unit is { } unit ? $"systemctl: {unit.Name} {unit.Active}" : string.Join(", ", agent.FoundBy),
            });

    private bool IsMember(Server server) => input.Site.Policy.Database is { } policy && server.Is(policy.Members);

    private static bool IsOwn(string host, Server server) =>
        host == "localhost"
            || (IPAddress.TryParse(host, out IPAddress? address) && (IPAddress.IsLoopback(address) || server.Addresses.Contains(address)));

    private static IEnumerable<PortRange> Ports(IReadOnlyList<Listener> listeners) =>
        listeners.Where(static each => each.Socket.Scope != SocketScope.Loopback).Select(static each => ToRange(each.Socket)).Distinct();

    private static PortRange ToRange(ListeningSocket socket) => new(socket.Protocol, (ushort)socket.Port, (ushort)socket.Port);
}
