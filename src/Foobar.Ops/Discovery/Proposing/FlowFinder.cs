using System.Globalization;
using System.Net;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Monitoring;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>
/// Finds which ports are used, by whom and for what: by configurations, live connections and the sessions themselves. A port that
/// is open and used by nobody who is known is asked about, and becomes no flow.
/// </summary>
internal sealed class FlowFinder
{
    private const int TimePort = 123;

    /// <summary>The ports on which clients of DHCP wait for answers (RFC 2131, 4.1; RFC 9915, 7.2).</summary>
    private static readonly int[] ClientPorts = [68, 546];

    private readonly AddressBook _book;
    private readonly RoleFinder _roles;
    private readonly Draft _draft;
    private readonly bool _hasOperator;
    private readonly List<FlowUse> _uses;

    public FlowFinder(AddressBook book, RoleFinder roles, BalancerFinder balancers, bool hasOperator, bool operatorIsOutside, Draft draft)
    {
        _book = book;
        _roles = roles;
        _draft = draft;
        _hasOperator = hasOperator;
        _uses = [.. balancers.Uses];
        if (balancers.Visited.Count == 0)
        {
            FindWebVisitors();
        }

        if (operatorIsOutside)
        {
            // 'internet' leaves out what is declared as a network, and operators visit the site as everybody does.
            _uses.AddRange([
                .. _uses.Where(static use => use.From == FlowResolver.Internet)
                    .Select(static use => use with { From = NetworkFinder.Operator }),
            ]);
        }

        foreach (FoundServer server in book.Servers)
        {
            FindUpstreams(server);
        }

        FindEndpointClients(balancers);
        FindDatabases();
        FindSessions();
        FindTime();
        FindMonitoring();
        FindOthers();
        FindPairs();
        FindUnexplained();
    }

    /// <summary>The uses, in the order in which flows read best; those of servers without a role left out.</summary>
    public IReadOnlyList<FlowUse> Uses =>
        [
            .. _uses.Where(
                use =>
                    _roles.Of(use.To).Count > 0
                        && (_book.Servers.FirstOrDefault(server => server.Name == use.From) is not { } sender
                            || _roles.Of(sender).Count > 0)),
        ];

    private void Use(FlowPurpose purpose, string from, FoundServer to, PortRange port, string evidence)
    {
        if (from != to.Name && port.First > 0)
        {
            _uses.Add(new FlowUse(purpose, from, to, port, evidence));
        }
    }

    private static PortRange Tcp(int port) => BalancerFinder.Tcp(port);

    private void FindWebVisitors()
    {
        foreach (FoundServer server in _roles.With(Role.Web))
        {
            foreach (int port in (server.Facts.Web?.Value?.Listeners ?? [])
                .Where(static listener => !listener.IsStream && listener.Port is 80 or 443)
                .Select(static listener => listener.Port)
                .Distinct())
            {
                Use(
                    FlowPurpose.Visitors with { To = Role.Web }, FlowResolver.Internet, server, Tcp(port),
                    string.Create(CultureInfo.InvariantCulture, $"nginx listens on port {port}, and there is no load balancer"));
            }
        }
    }

    private void FindUpstreams(FoundServer server)
    {
        foreach (string place in (server.Facts.Web?.Value?.Upstreams ?? []).Where(static place => !place.StartsWith('/')))
        {
            (string host, int port) = Places.Split(place);
            if (_book.Resolve(host, server) is { } owner)
            {
                Use(FlowPurpose.Upstreams, server.Name, owner, Tcp(port), $"nginx of {server.Name} passes requests to {place}");
            }
        }
    }

    // Whoever is connected; an application that has no connection at this moment reaches the same place as the others do.
    private void FindEndpointClients(BalancerFinder balancers)
    {
        foreach ((FoundServer server, int port) in balancers.Database.Select(static pair => (pair.Server, pair.Listener.Port)).Distinct())
        {
            string[] seen = [.. Incoming(server, port).Select(each => _book.Owner(each.PeerAddress)?.Name).OfType<string>().Distinct()];
            FoundServer[] applications = [.. _roles.With(Role.App)];
            string evidence = seen.Length == 0
                ? "no connection stood at that moment"
                : $"{SocketScript.ConversationsSource} of {server.Name}: connections from {string.Join(", ", seen)}";
            foreach (FoundServer application in applications)
            {
                Use(
                    FlowPurpose.DatabaseEndpoint, application.Name, server, Tcp(port),
                    $"it is an application server, and HAProxy leads to the database there; {evidence}");
            }

            foreach (string other in seen.Except(applications.Select(static each => each.Name)))
            {
                Use(FlowPurpose.DatabaseEndpoint, other, server, Tcp(port), evidence);
            }

            if (seen.Length == 0)
            {
                _draft.Confirm(
                    "policy.flows", server.Name,
                    string.Create(
                        CultureInfo.InvariantCulture, $"Do the application servers reach the database at {server.Name}, port {port}?"),
                    "Nobody was connected when it was looked at.");
            }
        }
    }

    private void FindDatabases()
    {
        FoundServer[] members = [.. _roles.With(Role.Database)];
        (FoundServer Replica, FoundServer Source, int Port)[] links = [.. DatabaseFinder.Links(_book, members, _draft)];
        FoundServer[] linked = [.. links.SelectMany(static link => new[] { link.Replica, link.Source }).Distinct()];
        foreach ((FoundServer member, FoundServer other) in linked.SelectMany(member => linked.Select(other => (member, other))))
        {
            // A member's way to itself passes no firewall; with it all members have the same senders, and are one flow.
            string evidence = links.Any(link => link.Replica == member && link.Source == other)
                ? "it replicates from there"
                : "it would replicate from there after a failover";
            _uses.Add(new FlowUse(
                FlowPurpose.Replication, member.Name, other,
                Tcp(DatabaseFinder.PortOf(other.Facts.Database!, other)),
                $"replication status of the members: {evidence}"));
            foreach (int port in other.Facts.Database!.Replication.Cluster.Value?.Ports ?? [])
            {
                _uses.Add(new FlowUse(
                    FlowPurpose.Cluster, member.Name, other, Tcp(port), $"settings of {other.Name}: its cluster's members reach it there"));
            }
        }

        foreach (FoundServer member in members)
        {
            int port = DatabaseFinder.PortOf(member.Facts.Database!, member);
            foreach (Conversation each in Incoming(member, port))
            {
                if (_book.Owner(each.PeerAddress) is { } client
                    && !_uses.Any(use => use.From == client.Name && use.To == member && use.Port == Tcp(port)))
                {
                    Use(
                        _roles.Is(client, Role.App) ? FlowPurpose.Database : FlowPurpose.Of("database-clients"),
                        client.Name, member, Tcp(port), Connected(each, member));
                }
            }
        }
    }

    private void FindSessions()
    {
        foreach (FoundServer server in _book.Servers)
        {
            if (server.Facts.Host.Value is not { SshPort: > 0 } host)
            {
                _draft.Missing(
                    "policy.flows", server.Name,
                    $"From where do operators log in on {server.Name}?",
                    server.Facts.Host.Failure ?? "The SSH server does not tell the session's ends.",
                    subject: new QuestionSubject { IsUnread = true });
                continue;
            }

            FoundServer? jump = _book.Owner(host.Client);
            string evidence = string.Create(
                CultureInfo.InvariantCulture, $"SSH_CONNECTION: this session comes from {host.Client} to port {host.SshPort}");
            if (jump is not null)
            {
                Use(FlowPurpose.Jump, jump.Name, server, Tcp(host.SshPort), evidence);
            }
            else if (_hasOperator)
            {
                Use(FlowPurpose.Operators, NetworkFinder.Operator, server, Tcp(host.SshPort), evidence);
            }

            foreach (IPAddress other in Incoming(server, host.SshPort)
                .Select(static each => each.PeerAddress)
                .Distinct()
                .Where(address => !address.Equals(host.Client) && !IPAddress.IsLoopback(address)))
            {
                _draft.Unexplained(
                    "policy.flows", server.Name,
                    $"Who is logged in on {server.Name} from {_book.Owner(other)?.Name ?? other.ToString()}?",
                    "It is not the way that this session came.", SocketScript.ConversationsSource,
                    new QuestionSubject { Port = Tcp(host.SshPort), Client = other });
            }
        }
    }

    private void FindTime()
    {
        foreach (FoundServer server in _book.Servers)
        {
            foreach (FoundServer source in (server.Facts.Time.Value?.Sources ?? []).Select(_book.Owner).OfType<FoundServer>().Distinct())
            {
                Use(
                    FlowPurpose.Time, server.Name, source, Udp(TimePort),
                    $"{server.Name} takes the time from {source.Name} (chronyc -n sources)");
            }

            foreach (FoundServer client in (server.Facts.Time.Value?.Clients ?? []).Select(_book.Owner).OfType<FoundServer>().Distinct())
            {
                Use(
                    FlowPurpose.Time, client.Name, server, Udp(TimePort),
                    $"{client.Name} asked {server.Name} for the time (chronyc -n clients)");
            }
        }
    }

    private void FindMonitoring()
    {
        foreach (FoundServer server in _book.Servers)
        {
            MonitoringAgent[] agents = [.. server.Facts.Agents.Value ?? []];
            foreach ((MonitoringAgent agent, ListeningSocket socket) in agents.SelectMany(
                static agent =>
                    agent.Sockets.Where(static socket => socket.Scope != SocketScope.Loopback).Select(socket => (agent, socket))))
            {
                foreach (Conversation each in Incoming(server, socket.Port, socket.Protocol)
                    .Where(each => _book.Owner(each.PeerAddress) is { } peer && peer != server))
                {
                    Use(
                        FlowPurpose.Scrape, _book.Owner(each.PeerAddress)!.Name, server,
                        new PortRange(socket.Protocol, (ushort)socket.Port, (ushort)socket.Port),
                        $"{agent.Name}: {Connected(each, server)}");
                }
            }

            foreach ((MonitoringAgent agent, AgentEndpoint endpoint) in agents.Where(static agent => agent.IsRunning)
                .SelectMany(static agent => agent.Endpoints.Select(endpoint => (agent, endpoint))))
            {
                if (endpoint is { Host: { } host, Port: { } port }
                    && _book.Resolve(host, server) is { } receiver
                    && receiver != server
                    && IsOpen(receiver, port) is { } range)
                {
                    Use(
                        FlowPurpose.Reports, server.Name, receiver, range,
                        $"{agent.Name} of {server.Name} reports to {endpoint.Address} ({endpoint.Source})");
                }
            }

            foreach (string target in server.Facts.Scrapes.Value ?? [])
            {
                (string host, int port) = Places.Split(target);
                if (_book.Resolve(host, server) is { } scraped)
                {
                    Use(
                        FlowPurpose.Scrape, server.Name, scraped, Tcp(port),
                        $"Prometheus of {server.Name} scrapes {target} (GET /api/v1/targets)");
                }
            }

            if (server.Facts.Prometheus is { } prometheus && _hasOperator)
            {
                Use(
                    FlowPurpose.Prometheus, NetworkFinder.Operator, server, Tcp(prometheus.Port),
                    $"{prometheus}/-/ready answered this machine");
            }
        }
    }

    private static PortRange? IsOpen(FoundServer server, int port) =>
        RoleFinder.Listeners(server).Select(static listener => listener.Socket)
            .Where(socket => socket.Port == port && socket.Scope != SocketScope.Loopback)
            .Select(static socket => (PortRange?)new PortRange(socket.Protocol, (ushort)socket.Port, (ushort)socket.Port)).FirstOrDefault();

    // What a service of one server holds open to a service of another: caches, queues, php-fpm.
    private void FindOthers()
    {
        foreach (FoundServer server in _book.Servers)
        {
            foreach (Conversation each in RoleFinder.Conversations(server)
                .Where(static each => each is { IsIncoming: true, IsLocal: false }))
            {
                PortRange port = new(each.Protocol, (ushort)each.Port, (ushort)each.Port);
                if (_book.Owner(each.PeerAddress) is not { } peer
                    || peer == server
                    || IsExplained(server, port)
                    || each.Port == server.Facts.Host.Value?.SshPort)
                {
                    continue;
                }

                // Only services on both sides: what somebody started by hand is no part of the site.
                bool isService = each.Holders.Count > 0 && each.Holders.All(IsService);
                Conversation? outgoing = RoleFinder.Conversations(peer)
                    .FirstOrDefault(other => !other.IsIncoming && other.Port == each.Port && _book.Owner(other.PeerAddress) == server);
                if (isService && outgoing is not null && outgoing.Holders.Count > 0 && outgoing.Holders.All(IsService))
                {
                    string program = each.Holders[0].Process.Trim('-', '.', '_');
                    Use(FlowPurpose.Of(program), peer.Name, server, port, Connected(each, server));
                    _draft.Confirm(
                        "policy.flows", server.Name,
                        $"Does {peer.Name} need {each.Holders[0].Label} of {server.Name}, {port}?",
                        "They were connected, and what for is not known.", Connected(each, server));
                }
            }
        }
    }

    // Balancers that share an address take each other's place: what one is asked for and asks for, the other will be and will.
    private void FindPairs()
    {
        FoundServer[] balancers =
        [
            .. _roles.With(Role.LoadBalancer).Where(static server => server.Facts.VirtualAddresses.Value is { Count: > 0 }),
        ];
        foreach ((FoundServer one, FoundServer other) in balancers.SelectMany(
            one => balancers.Where(other => other != one).Select(other => (one, other))))
        {
            if (!one.Facts.VirtualAddresses.Value!.Intersect(other.Facts.VirtualAddresses.Value!).Any())
            {
                continue;
            }

            FlowUse[] alike =
            [
                .. _uses.Where(use => use.To == one && Listens(other, use.Port)).Select(use => use with { To = other })
                    .Concat(_uses.Where(use => use.From == one.Name).Select(use => use with { From = other.Name }))
                    .Where(
                        use =>
                            use.From != use.To.Name
                                && !_uses.Any(known => known.From == use.From && known.To == use.To && known.Port == use.Port))
                    .DistinctBy(static use => (use.From, use.To, use.Port)),
            ];
            if (alike.Length > 0)
            {
                _uses.AddRange(
                    alike.Select(
                        use => use with { Evidence = $"keepalived lets {other.Name} take the place of {one.Name}: {use.Evidence}" }));
                string what = string.Join(", ", alike.Select(static use => $"{use.From} to {use.To.Name} {use.Port}"));
                _draft.Confirm(
                    "policy.flows", other.Name, $"Is {other.Name} used as {one.Name} is ({what})?",
                    "They share an address, and only one of them was seen in use.",
                    "keepalived's configuration of both");
            }
        }
    }

    private static bool Listens(FoundServer server, PortRange port) =>
        RoleFinder.Listeners(server).Select(static listener => listener.Socket)
            .Any(socket => socket.Scope != SocketScope.Loopback && port.Contains(socket.Protocol, socket.Port));

    private static bool IsService(SocketHolder holder) =>
        holder.Container is not null || holder.Unit?.EndsWith(".service", StringComparison.Ordinal) == true;

    private bool IsExplained(FoundServer server, PortRange port) => _uses.Any(use => use.To == server && use.Port == port);

    private void FindUnexplained()
    {
        foreach (FoundServer server in _book.Servers)
        {
            IEnumerable<IGrouping<PortRange, Listener>> open = RoleFinder.Listeners(server)
                .Where(static listener => listener.Socket.Scope != SocketScope.Loopback)
                .Where(static listener => listener.Socket.Protocol != TransportProtocol.Udp || !ClientPorts.Contains(listener.Socket.Port))
                .GroupBy(
                    static listener => new PortRange(listener.Socket.Protocol, (ushort)listener.Socket.Port, (ushort)listener.Socket.Port));
            foreach (IGrouping<PortRange, Listener> port in open.Where(port => !IsExplained(server, port.Key)))
            {
                string holders = string.Join(
                    ", ", port.SelectMany(static listener => listener.Holders).Select(static holder => holder.Label).Distinct());
                string containers = string.Join(
                    ", ",
                    (server.Facts.Sockets?.Containers.Value ?? [])
                        .Where(container => container.Ports.Contains(port.Key))
                        .Select(static container => $"container {container.Name}, image {container.Image}"));
                string[] peers =
                [
                    .. Incoming(server, port.Key.First, port.Key.Protocol)
                        .Where(static each => !each.IsLocal)
                        .Select(each => _book.Owner(each.PeerAddress)?.Name ?? each.PeerAddress.ToString())
                        .Distinct(),
                ];
                _draft.Unexplained(
                    "policy.flows", server.Name, $"Who needs {port.Key} of {server.Name}?",
                    peers.Length == 0
                        ? "It is open to others, and nobody who is known uses it."
                        : $"It is open, and {string.Join(", ", peers)} used it for what is not known.",
                    $"{SocketScript.ListenersSource}: "
                        + $"{string.Join(", ", port.Select(static listener => listener.Socket.Label).Distinct())}{(holders.Length == 0 ? "" : $" ({holders})")}{(containers.Length == 0 ? "" : $"; {containers}")}",
                    new QuestionSubject { Port = port.Key });
            }
        }
    }

    private static IEnumerable<Conversation> Incoming(FoundServer server, int port, TransportProtocol protocol = TransportProtocol.Tcp) =>
        RoleFinder.Conversations(server).Where(each => each.IsIncoming && each.Port == port && each.Protocol == protocol);

    private static string Connected(Conversation each, FoundServer server) => string.Create(
        CultureInfo.InvariantCulture,
        $"{SocketScript.ConversationsSource} of {server.Name}: {each.Count} from {each.PeerAddress} to {string.Join(", ", each.Holders.Select(static holder => holder.Label))}, port {each.Port}");

    private static PortRange Udp(int port) => new(TransportProtocol.Udp, (ushort)port, (ushort)port);
}
