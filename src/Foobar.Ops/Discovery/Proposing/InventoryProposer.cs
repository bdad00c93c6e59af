using System.Net;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>
/// Makes an inventory of what servers show. Pure: the same facts and options give the same proposal. What nothing shows is asked for
/// and left out, and so is what is there though nothing known needs it.
/// </summary>
public static class InventoryProposer
{
    /// <summary>Makes the proposal.</summary>
    /// <param name="servers">What was read; servers that could not be reached are among the questions.</param>
    /// <param name="options">What the operator says beforehand.</param>
    public static InventoryProposal Propose(IReadOnlyList<ServerDiscovery> servers, ProposalOptions? options = null)
    {
        options ??= new ProposalOptions();
        Draft draft = new();
        foreach (ServerDiscovery server in servers.Where(static server => server.Failure is not null))
        {
            draft.Missing($"servers.{server.Name}", server.Name, $"What is {server.Name}?", $"It could not be read: {server.Failure}");
        }

        AddressBook book = new(servers, draft);
        RoleFinder roles = new(book, draft);
        BalancerFinder balancers = new(book, roles, draft);
        (string name, IReadOnlyList<string> names) = TlsFinder.Names(book, roles, options, draft);
        UnusedNetworks.LeaveOut(book, roles, balancers, draft);
        foreach ((FoundServer server, InterfaceAddress each) in book.Servers.SelectMany(
            server => book.AddressesOf(server).Select(each => (server, each))))
        {
            draft.Show(
                $"servers.{server.Name}.addresses", server.Name,
                FormattableString.Invariant($"ip address show: {each.Interface} {each.Address}/{each.PrefixLength}"));
        }

        Dictionary<string, IReadOnlyList<IPNetwork>> networks = NetworkFinder.Find(
            book, roles.With(Role.NetworkFirewall), balancers.VisitedAddresses, options, draft);
        bool hasOperator = networks.TryGetValue(NetworkFinder.Operator, out IReadOnlyList<IPNetwork>? own);
        bool isOutside = hasOperator
            && !networks.Where(static pair => pair.Key != NetworkFinder.Operator)
                .SelectMany(static pair => pair.Value)
                .Any(network => own!.Any(each => network.Contains(each.BaseAddress)));
        FlowFinder flows = new(book, roles, balancers, hasOperator, isOutside, draft);
        AskForGateways(book, networks, draft);
        AskForReadings(book, roles, draft);
        Policy policy = new()
        {
            Flows = new FlowMaker(book, roles, draft).Make(flows.Uses),
            Servers = new ServerPolicy { Units = roles.Units },
            Tls = TlsFinder.Find(book, roles, balancers, names, options, draft, out string? authorities),
            Database = DatabaseFinder.Find(book, roles, balancers, draft),
            LoadBalancing = LoadBalancing(book, roles, balancers, draft),
            Monitoring = MonitoringFinder.Find(book, roles, draft),
        };
        Site site = new()
        {
            Name = name,
            SshConfig = options.SshConfig,
            Networks = networks,
            Servers = [.. book.Servers.Where(server => roles.Of(server).Count > 0).Select(server => ToServer(server, book, roles))],
            Policy = policy,
        };
        return new InventoryProposal { Site = site, Evidence = draft.Evidence, Questions = draft.Questions, Authorities = authorities };
    }

    private static Server ToServer(FoundServer server, AddressBook book, RoleFinder roles) => new()
    {
        Name = server.Name,
        Roles = roles.Of(server),
        Ssh = server.Facts.Ssh,
        Addresses = [.. book.AddressesOf(server).Select(static own => own.Address)],
    };

    private static LoadBalancingPolicy LoadBalancing(AddressBook book, RoleFinder roles, BalancerFinder balancers, Draft draft)
    {
        LoadBalancingPolicy usual = new();
        FoundServer[] servers = [.. roles.With(Role.LoadBalancer)];
        string[] sockets = [.. servers.Select(static server => server.Facts.Balancer?.Value?.AdminSocket).OfType<string>().Distinct()];
        foreach (FoundServer server in servers.Where(static server => server.Facts.Balancer?.Value is { AdminSocket: null }))
        {
            draft.Missing(
                "policy.loadBalancing.adminSocket", server.Name,
                $"Where is HAProxy's admin socket on {server.Name}?",
                "Its configuration has no 'stats socket' with 'level admin'.");
        }

        string[] backends = [.. balancers.WebBackends.Select(static each => each.Backend).Distinct()];
        if (servers.Length > 0 && backends.Length != 1)
        {
            draft.Missing(
                "policy.loadBalancing.webBackend", null, "Which backend of HAProxy holds the web servers?",
                backends.Length == 0 ? "No frontend for visitors leads to a web server." : "Several are reached by visitors.",
                string.Join(", ", backends));
        }

        foreach (FoundServer server in book.Servers)
        {
            foreach (IPAddress address in server.Facts.VirtualAddresses.Value ?? [])
            {
                draft.Show(
                    "policy.loadBalancing.virtualAddresses", server.Name, $"keepalived's configuration: virtual_ipaddress {address}");
            }
        }

        IPAddress[] doubled = [.. book.Shared.Except(book.Moving)];
        IPAddress[] balanced = servers.Length < 2 ? [] : [.. doubled.Where(address => book.Holders(address).All(servers.Contains))];
        foreach (IPAddress address in balanced)
        {
            draft.Confirm(
                "policy.loadBalancing.virtualAddresses", null, $"Does {address} move between load balancers?", "Several servers have it.");
        }

        foreach (IPAddress address in doubled.Except(balanced))
        {
            draft.Unexplained(
                "servers", null, $"Whose address is {address}?",
                "Several servers have it at once, which are not all load balancers, and no keepalived moves it.",
                $"ip address show: {string.Join(", ", book.Holders(address).Select(static holder => holder.Name))}",
                new QuestionSubject { Network = NetworkFinder.Single(address) });
        }

        return new LoadBalancingPolicy
        {
            AdminSocket = sockets.Length == 1 ? sockets[0] : usual.AdminSocket,
            WebBackend = backends.Length == 1 ? backends[0] : usual.WebBackend,
            VirtualAddresses = servers.Length > 1 ? [.. book.Shared.Except(doubled.Except(balanced))] : [],
        };
    }

    // A router by which servers send and that was not named: a firewall of the site, perhaps.
    private static void AskForGateways(AddressBook book, Dictionary<string, IReadOnlyList<IPNetwork>> networks, Draft draft)
    {
        IPNetwork[] own = [.. networks.Where(static pair => pair.Key != NetworkFinder.Operator).SelectMany(static pair => pair.Value)];
        var unknown = book.Servers
            .SelectMany(static server => NetworkFinder.DefaultRoutes(server).Select(route => (Server: server, route.Gateway)))
            .Where(
                route =>
                    route.Gateway is { } gateway
                        && book.Owner(gateway) is null
                        && !gateway.IsIPv6LinkLocal
                        && own.Any(network => network.Contains(gateway)));
        foreach (IGrouping<string, (FoundServer Server, IPAddress? Gateway)> gateways in unknown.GroupBy(static route => route.Server.Name))
        {
            draft.Missing(
                "servers",
                gateways.Key,
                $"Is {string.Join(", ", gateways.Select(static route => route.Gateway).Distinct())} a firewall of the site?",
                $"{gateways.Key} sends by it, and it was not named; its rules are not looked at.", "ip route show: the default routes");
        }
    }

    private static void AskForReadings(AddressBook book, RoleFinder roles, Draft draft)
    {
        foreach (FoundServer server in book.Servers)
        {
            ServerDiscovery facts = server.Facts;
            (string What, string? Failure)[] readings =
            [
                ("who is connected", facts.Sockets?.Conversations.Failure), ("which containers run", facts.Sockets?.Containers.Failure),
                ("which certificates are loaded", facts.Certificates.Failure), ("whom the clock follows", facts.Time.Failure),
                ("what Prometheus scrapes", roles.Is(server, Role.Monitoring) ? facts.Scrapes.Failure : null),
            ];
            foreach ((string what, string? failure) in readings.Where(static reading => reading.Failure is not null))
            {
                draft.Missing(
                    "policy", server.Name, $"On {server.Name}: {what}?", $"It could not be read: {failure}",
                    subject: new QuestionSubject { IsUnread = true });
            }
        }
    }
}
