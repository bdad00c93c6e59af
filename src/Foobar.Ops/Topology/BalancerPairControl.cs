using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Topology.Collection;

namespace Foobar.Ops.Topology;

/// <summary>The control over the load balancer as a single point of failure.</summary>
internal static class BalancerPairControl
{
    /// <summary>TOP-008.</summary>
    public static Control<TopologyCase> NoSinglePoint { get; } = new(
        TopologyControls.Info(
            "TOP-008", Severity.High, "Another load balancer takes over when one fails",
            "All visitors come through the load balancer: with one alone, its loss or its restart is the site's outage.",
            "Stand up a second one; keepalived on both moves an address that visitors use (policy.loadBalancing.virtualAddresses). Both "
                + "need HAProxy running, and keepalived out of its FAULT state (journalctl -u keepalived).",
            "RFC 9568; keepalived.conf(5)"),
        Judge);

    private static IEnumerable<Verdict> Judge(TopologyCase site)
    {
        Server[] balancers = [.. site.Input.Site.WithRole(Role.LoadBalancer)];
        if (balancers.Length == 0)
        {
            return [Verdict.NotApplicable(actual: "the site has no load balancer")];
        }

        if (balancers.Length == 1)
        {
            return
            [
                Verdict.Warning("load balancer", "a second one", $"{balancers[0].Name} is the only one", "inventory") with
                {
                    Server = balancers[0].Name,
                },
            ];
        }

        (Server Server, Reading<VrrpFacts> Vrrp)[] pair =
        [
            .. balancers.Select(server => (server, site.Input.Own.Of(server.Name).Part(static facts => facts.Vrrp))),
        ];
        IPAddress[] moving =
        [
            .. site.Input.Site.Policy.LoadBalancing.VirtualAddresses
                .Concat(pair.SelectMany(static each => each.Vrrp.Value?.Instances ?? []).SelectMany(static instance => instance.Addresses)
                    .Select(static text => IPAddress.TryParse(text, out IPAddress? address) ? address : null).OfType<IPAddress>())
                .Distinct(),
        ];
        return moving.Length > 0
            ? [.. pair.SelectMany(member => JudgeMember(site, member)), .. moving.Select(address => JudgeAddress(site, pair, address))]
            : pair.FirstOrDefault(static each => !each.Vrrp.TryGet(out _)) is { Server: not null } unread
                ? [unread.Vrrp.ToUnknown("load balancer") with { Server = unread.Server.Name }]
            : [Verdict.Warning(
                "load balancer",
                "an address that moves between them",
                "no address moves by keepalived; whether something else leads visitors past one that fails is not seen here",
                "keepalived.conf")];
    }

    private static IEnumerable<Verdict> JudgeMember(TopologyCase site, (Server Server, Reading<VrrpFacts> Vrrp) member)
    {
        Verdict keepalived = !member.Vrrp.TryGet(out VrrpFacts? facts) ? member.Vrrp.ToUnknown("keepalived")
            : facts.IsRunning
                ? JudgeState(facts, site.Input.Firewalls.Of(member.Server.Name).Part(static facts => facts.Network).Value)
            : Verdict.Fail("keepalived", "it runs", "it does not, so the address does not come here", "/proc/PID/comm");
        return [keepalived with { Server = member.Server.Name }, JudgeProxy(site, member.Server) with { Server = member.Server.Name }];
    }

    // A script without a weight puts its router into the FAULT state when it fails; one with a weight lowers the priority. A log that
    // was rotated away tells nothing, but who has the address is in no fault.
    private static Verdict JudgeState(VrrpFacts facts, HostNetwork? network)
    {
        VrrpInstance[] moving = [.. facts.Instances.Where(static instance => instance.Addresses.Count > 0)];
        VrrpInstance? faulty = Array.Find(moving, static instance => instance.State == "FAULT");
        VrrpInstance? failing = Array.Find(moving, static instance => instance.FailedTracks.Count > 0);
        VrrpInstance? silent = Array.Find(moving, instance => instance is { State.Length: 0, Tracks.Count: > 0 }
            && !instance.Addresses.Any(text => IPAddress.TryParse(text, out IPAddress? own) && network?.Owns(own) == true));
        const string Source = "journalctl SYSLOG_IDENTIFIER=Keepalived_vrrp";
        return faulty is not null
            ? Verdict.Fail(
                "keepalived", "ready to take over",
                $"vrrp_instance {faulty.Name} is in the FAULT state: the address does not come here"
                    + (faulty.FailedTracks.Count > 0 ? $" while {string.Join(", ", faulty.FailedTracks)} fails" : ""),
                $"{Source}: ({faulty.Name}) Entering FAULT STATE")
            : failing is not null
                ? Verdict.Warning(
                    "keepalived", "no check of its own fails",
                    $"vrrp_instance {failing.Name}: {string.Join(", ", failing.FailedTracks)} fails, which lowers its priority",
                    $"{Source}: VRRP_Script({failing.FailedTracks[0]})")
            : silent is not null
                ? Verdict.Unknown(
                    "keepalived",
                    $"It runs; whether vrrp_instance {silent.Name} could take over is not known: its log tells no state, and it follows "
                        + $"{string.Join(", ", silent.Tracks)}.",
                    Source)
            : Verdict.Pass(
                "keepalived",
                $"it runs{string.Concat(moving.Where(static each => each.State.Length > 0).Select(static each => $", {each.Name} {each.State}"))}");
    }

    private static Verdict JudgeProxy(TopologyCase site, Server server)
    {
        TopologyServer? found = site.Found.Servers.FirstOrDefault(each => each.Server == server.Name);
        TopologyComponent[] proxies = [.. (found?.Components ?? []).Where(static each => each.Kind == ComponentKind.LoadBalancer)];
        return Array.Find(proxies, static each => each.IsRunning) is { } running ? Verdict.Pass(running.Name, "it runs")
            : proxies.Length > 0
                ? Verdict.Fail(
                    proxies[0].Name, "it runs", "it does not: the address would lead visitors to nobody here", proxies[0].Evidence)
            : Verdict.Unknown(
                "HAProxy",
                found is { Unread.Count: > 0 }
                    ? $"Whether it runs is not known: {found.Unread[0]}"
                    : "None is seen here; whether something else takes the visitors is not known.");
    }

    private static Verdict JudgeAddress(TopologyCase site, (Server Server, Reading<VrrpFacts> Vrrp)[] pair, IPAddress address)
    {
        string target = $"{address}";
        (Server Server, VrrpInstance Instance)[] routers =
        [
            .. from member in pair
               from instance in member.Vrrp.Value?.Instances ?? []
               where instance.Addresses.Any(text => IPAddress.TryParse(text, out IPAddress? own) && own.Equals(address))
               select (member.Server, instance),
        ];
        string? unread = pair.Select(
            static member =>
                member.Vrrp.TryGet(out VrrpFacts? facts)
                    ? facts.Unread is { } more ? $"{member.Server.Name}: {more}" : null
                    : $"{member.Server.Name}: {member.Vrrp.Failure}")
            .FirstOrDefault(static each => each is not null);
        Reading<HostNetwork>[] networks =
        [
            .. pair.Select(member => site.Input.Firewalls.Of(member.Server.Name).Part(static facts => facts.Network)),
        ];
        string[] holders =
        [
            .. pair.Where((_, index) => networks[index].Value?.Owns(address) == true).Select(static member => member.Server.Name),
        ];
        string evidence = string.Join(
            "; ",
            routers.Select(
                static each =>
                    $"{each.Server.Name}: vrrp_instance {each.Instance.Name}, virtual_router_id {each.Instance.RouterId}, priority "
                        + $"{each.Instance.Priority}"));
        return routers.Length < pair.Length && unread is not null ? Verdict.Unknown(target, unread)
            : routers.Select(static each => each.Server.Name).Distinct().Count() < 2
                ? Verdict.Fail(
                    target, "declared by keepalived on two load balancers",
                    routers.Length == 0 ? "no keepalived declares it" : $"{routers[0].Server.Name} alone declares it",
                    "keepalived.conf")
            : routers.Select(static each => each.Instance.RouterId).Distinct().Count() > 1
                ? Verdict.Fail(target, "one virtual_router_id", "they do not know each other", evidence)
            : Array.Exists(networks, static network => !network.TryGet(out _))
                ? Verdict.Unknown(
                    target, networks.First(static network => !network.TryGet(out _)).Failure ?? "The addresses were not read.")
            : holders.Length == 1 ? Verdict.Pass(target, $"on {holders[0]}; {evidence}")
            : holders.Length == 0
                ? Verdict.Fail(target, "on one load balancer", "on none: visitors reach nobody", $"ip address; {evidence}")
            : Verdict.Fail(
                target, "on one load balancer",
                $"on {string.Join(" and ", holders)} at once: they do not hear each other",
                $"ip address; {evidence}");
    }
}
