using System.Globalization;
using System.Net;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Topology;

/// <summary>Controls over what differs between the setup as declared and as found.</summary>
internal static class DeclarationControls
{
    private const int MostNamed = 25;

    /// <summary>TOP-001.</summary>
    public static Control<TopologyCase> NothingUndeclared { get; } = new(
        TopologyControls.Info(
            "TOP-001", Severity.Medium, "Every component that runs is declared by a role",
            "What nobody declared nobody updates, watches or protects, and every other control looks past it.",
            "Stop the component, or give the server its role in the inventory."),
        static site => site.Found.Components.Where(static component => component is { IsRunning: true, IsDeclared: false })
            .Select(
                static component => Verdict.Fail(
                    component.Name, "declared by a role of the server", "runs, and no role declares it", component.Evidence) with
                {
                    Server = component.Server,
                })
            .OrPass("every component has its role")
            .WithUnread(site, static (input, server) => input.Servers.Of(server).Part(static facts => facts.Units))
            .WithUnread(
                site,
                static (input, server) => input.Own.Of(server).Part(static facts => facts.Sockets).Part(static facts => facts.Listeners))
            .WithUnread(
                site,
                static (input, server) => input.Own.Of(server).Part(static facts => facts.Sockets).Part(static facts => facts.Containers)));

    /// <summary>TOP-002.</summary>
    public static Control<TopologyCase> RolesAreThere { get; } = new(
        TopologyControls.Info(
            "TOP-002", Severity.High, "Each declared role has its component on the server",
            "A role without its component is an inventory that describes another site: what is judged by it is judged wrongly.",
            "Install the component, or take the role from the server in the inventory."),
        static site => site.Found.Servers.SelectMany(server => server.Roles.Select(role => JudgeRole(site.Input, server, role))));

    /// <summary>TOP-003.</summary>
    public static Control<TopologyCase> NoUndeclaredConnection { get; } = new(
        TopologyControls.Info(
            "TOP-003", Severity.Medium, "Every connection that stands is part of a declared flow",
            "A connection that no flow names is a dependence that nobody knows of, or somebody who should not be there.",
            "See who holds it (ss -tunp); end it, or declare the flow in the inventory's policy.", "ss(8)"),
        static site => JudgeLinks(site)
            .OrPass("every connection is part of a declared flow")
            .WithUnread(
                site,
                static (input, server) =>
                    input.Own.Of(server).Part(static facts => facts.Sockets).Part(static facts => facts.Conversations)));

    /// <summary>TOP-004.</summary>
    public static Control<TopologyCase> AddressesAreThere { get; } = new(
        TopologyControls.Info(
            "TOP-004", Severity.Medium, "Each end of a declared flow exists",
            "Flows are rules about addresses: one that its server does not have leads nowhere, and its rule admits whoever takes it next.",
            "Give the server the address, or correct it in the inventory.", "ip-address(8)"),
        static site => JudgeAddresses(site).OrPass("every server has the addresses that flows lead to")
            .WithUnread(site, static (input, server) => input.Firewalls.Of(server).Part(static facts => facts.Network)));

    private static IEnumerable<Verdict> JudgeLinks(TopologyCase site)
    {
        const string Expected = "part of a declared flow", Source = "ss -H -tunp state established";
        TopologyLink[] links = [.. site.Found.Links.Where(static link => link.IsUndeclared)];
        foreach (TopologyLink link in links.Take(MostNamed))
        {
            yield return Verdict.Fail(link.ToString(), Expected, link.Seen ?? "a connection", Source)
                with { Server = site.Found.Find(link.To) is { } taker ? taker.Server : link.From };
        }

        if (links.Length > MostNamed)
        {
            yield return Verdict.Fail(
                string.Create(CultureInfo.InvariantCulture, $"{links.Length - MostNamed} more"), Expected,
                string.Join(", ", links.Skip(MostNamed).Select(static link => $"{link.From} > {link.To}").Distinct()), Source);
        }
    }

    private static Verdict JudgeRole(TopologyInput input, TopologyServer server, Role role)
    {
        string target = InventoryWord.Of(role);
        bool isMember = input.Site.Policy.Database?.Members == role && role != Role.Database;
        ComponentKind[] kinds = role switch
        {
            Role.NetworkFirewall => [ComponentKind.Firewall],
            Role.LoadBalancer => [ComponentKind.LoadBalancer],
            Role.Web => [ComponentKind.Web],
            Role.App => [ComponentKind.App],
            Role.Database => [ComponentKind.Database],
            Role.Monitoring => [ComponentKind.Monitoring],
            _ => [],
        };
        TopologyComponent[] found =
        [
            .. server.Components.Where(
                component => kinds.Contains(component.Kind) || (isMember && component.Kind == ComponentKind.Database)),
        ];
        string? unread = server.Unread.FirstOrDefault(
            each =>
                kinds.Contains(ComponentKind.Firewall) == each.StartsWith("firewall:", StringComparison.Ordinal)
                    && !each.StartsWith("addresses:", StringComparison.Ordinal));
        Verdict verdict =
            role == Role.Code ? JudgeCode(input, server, target)
            : kinds.All(kind => found.Any(component => component.Kind == kind))
                && (!isMember || found.Any(static component => component.Kind == ComponentKind.Database))
                ? Verdict.Pass(
                    target,
                    string.Join(
                        ", ",
                        found.Select(static component => component.IsRunning ? component.Name : $"{component.Name}, which does not run")))
            : unread is not null ? Verdict.Unknown(target, unread)
            : role is Role.App or Role.Monitoring && !input.Site.Policy.Servers.Units.ContainsKey(role)
                ? Verdict.Unknown(
                    target, $"None of the known programs of the role runs; name its own unit in policy.servers.units.{target}.")
            : Verdict.Fail(
                target, "its component",
                "neither a unit nor a process nor a container of it was found",
                "systemctl list-units --all; ss -tulnp; docker ps; podman ps");
        return verdict with { Server = server.Server };
    }

    private static Verdict JudgeCode(TopologyInput input, TopologyServer server, string target) =>
        input.Site.Policy.Topology.AppFiles.Count == 0
            ? Verdict.NotApplicable(target, "policy.topology.appFiles names no directory with code")
        : input.Own.Of(server.Server).Part(static facts => facts.Files) is var files && !files.TryGet(out Collection.AppFiles? read)
            ? files.ToUnknown(target)
        : read.Directories.Count > 0 ? Verdict.Pass(target, string.Join(", ", read.Directories))
        : Verdict.Fail(target, "a directory of policy.topology.appFiles", "none of them is there", "find");

    private static IEnumerable<Verdict> JudgeAddresses(TopologyCase site)
    {
        foreach (Server server in site.Input.Site.Servers)
        {
            if (site.Input.Firewalls.Of(server.Name).Part(static facts => facts.Network).Value is not { } network)
            {
                continue;
            }

            foreach (IPAddress address in server.Addresses.Where(address => !network.Owns(address)))
            {
                string own = string.Join(
                    ", ",
                    network.Addresses.Where(static each => each.Interface != "lo" && !each.Address.IsIPv6LinkLocal)
                        .Select(static each => each.Address));
                yield return Verdict.Fail($"{address}", $"an address of {server.Name}", $"it has {own}", "ip address") with
                {
                    Server = server.Name,
                };
            }
        }

        HashSet<IPAddress> found =
        [
            .. site.Found.Servers.SelectMany(static server => server.Addresses), .. site.Input.Site.Policy.LoadBalancing.VirtualAddresses,
        ];
        foreach (ResolvedFlow flow in new FlowResolver(site.Input.Site).Flows())
        {
            foreach (IPNetwork lost in flow.To.Where(static end => end.Kind == FlowEndKind.Address).SelectMany(static end => end.Networks)
                .Where(
                    network =>
                        network.PrefixLength == network.BaseAddress.GetAddressBytes().Length * 8 && !found.Contains(network.BaseAddress)
                            && site.Input.Site.Networks.Values.Any(own => own.Any(range => range.Contains(network.BaseAddress)))))
            {
                yield return Verdict.Warning(
                    $"flow {flow.Flow.Name}", "a server of the inventory",
                    $"{lost.BaseAddress} lies in a network of the site, and no server has it",
                    "ip address");
            }
        }
    }
}
