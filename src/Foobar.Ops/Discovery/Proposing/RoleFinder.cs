using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Discovery.Sockets;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>Finds what each server is there for, and the units that do it.</summary>
internal sealed class RoleFinder
{
    private static readonly string[] FirewallUnits =
    [
        "nftables.service", "ufw.service", "firewalld.service", "netfilter-persistent.service", "iptables.service",
    ];

    /// <summary>The units that an audit knows by itself, by role, and the programs that make the role.</summary>
    private static readonly Dictionary<Role, (string[] Units, string[] Programs)> Usual = new()
    {
        [Role.LoadBalancer] = (["haproxy.service"], ["haproxy"]),
        [Role.Web] = (["nginx.service"], ["nginx"]),
        [Role.Database] = (["mysql.service", "mysqld.service", "mariadb.service"], ["mysqld", "mariadbd"]),
        [Role.Monitoring] = (["prometheus.service"], ["prometheus"]),
    };

    private readonly AddressBook _book;
    private readonly Draft _draft;
    private readonly Dictionary<string, SortedSet<Role>> _roles = [];
    private readonly Dictionary<Role, SortedSet<string>> _units = [];

    public RoleFinder(AddressBook book, Draft draft)
    {
        _book = book;
        _draft = draft;
        foreach (FoundServer server in book.Servers)
        {
            _roles[server.Name] = [];
        }

        foreach (FoundServer server in book.Servers)
        {
            FindPrograms(server);
            FindApplications(server);
        }

        foreach (FoundServer server in book.Servers)
        {
            FindFirewall(server);
        }

        foreach (FoundServer server in book.Servers)
        {
            FindUnits(server);
        }
    }

    /// <summary>The servers of a role.</summary>
    public IReadOnlyList<FoundServer> With(Role role) => [.. _book.Servers.Where(server => _roles[server.Name].Contains(role))];

    /// <summary>The roles of a server.</summary>
    public IReadOnlyList<Role> Of(FoundServer server) => [.. _roles[server.Name]];

    /// <summary>Whether a server has a role.</summary>
    public bool Is(FoundServer server, Role role) => _roles[server.Name].Contains(role);

    /// <summary>The units to declare, by role.</summary>
    public IReadOnlyDictionary<Role, IReadOnlyList<string>> Units =>
        _units.ToDictionary(static pair => pair.Key, static pair => (IReadOnlyList<string>)[.. pair.Value]);

    /// <summary>The units of the applications.</summary>
    public IReadOnlyCollection<string> Applications => _units.TryGetValue(Role.App, out SortedSet<string>? units) ? units : [];

    /// <summary>The listeners of a server; none where they could not be read.</summary>
    public static IReadOnlyList<Listener> Listeners(FoundServer server) => server.Facts.Sockets?.Listeners.Value ?? [];

    /// <summary>The connections of a server; none where they could not be read.</summary>
    public static IReadOnlyList<Conversation> Conversations(FoundServer server) => server.Facts.Sockets?.Conversations.Value ?? [];

    private void Take(FoundServer server, Role role, string evidence)
    {
        _roles[server.Name].Add(role);
        _draft.Show($"servers.{server.Name}.roles", server.Name, $"{InventoryWord.Of(role)}: {evidence}");
    }

    private void FindPrograms(FoundServer server)
    {
        ServerDiscovery facts = server.Facts;
        if (facts.Balancer is { } balancer
            && (balancer.Value is not { } read || read.Legs.Listeners.Any(static listener => !IsLoopback(listener.Address))))
        {
            Take(server, Role.LoadBalancer, Holding(server, "haproxy") ?? "HAProxy is installed, with listeners for others");
            Unread($"policy.loadBalancing", server, "HAProxy", balancer.Failure);
        }

        if (facts.Web is { } web
            && (web.Value is not { } nginx || nginx.Listeners.Any(static listener => !IsLoopback(listener.Address)))
            && !Is(server, Role.LoadBalancer))
        {
            Take(server, Role.Web, Holding(server, "nginx") ?? "nginx is installed, with listeners for others");
            Unread($"servers.{server.Name}.roles", server, "nginx", web.Failure);
        }

        if (facts.Database is { } database)
        {
            Take(server, Role.Database, Holding(server, "mysqld") ?? Holding(server, "mariadbd") ?? "a database server is installed");
            Unread("policy.database", server, "the database", database.Replication.Refusal);
        }

        if (Holding(server, "prometheus") is { } prometheus)
        {
            Take(server, Role.Monitoring, prometheus);
        }

        if (facts.Sockets?.Listeners.Failure is { } failure)
        {
            Unread($"servers.{server.Name}.roles", server, "what listens", failure);
        }
    }

    private void Unread(string key, FoundServer server, string what, string? failure)
    {
        if (failure is not null)
        {
            _draft.Missing(key, server.Name, $"What does {what} of {server.Name} do for the site?", failure,
                subject: new QuestionSubject { IsUnread = true });
        }
    }

    // What nginx passes requests to, wherever that is; its place counts, be it running or not.
    private void FindApplications(FoundServer server)
    {
        foreach (string place in server.Facts.Web?.Value?.Upstreams ?? [])
        {
            if (place.StartsWith('/'))
            {
                FindSocketApplication(server, place);
                continue;
            }

            (string host, int port) = Places.Split(place);
            if (_book.Resolve(host, server) is not { } owner)
            {
                _draft.Missing(
                    "servers", server.Name,
                    $"Which server is {place}, to which nginx passes requests?",
                    "None of the servers has that name or address.", $"nginx -T of {server.Name}", new QuestionSubject { Host = host });
                continue;
            }

            Take(owner, Role.App, $"nginx of {server.Name} passes requests to {place}");
            AddUnits(
                Role.App,
                Listeners(owner)
                    .Where(listener => listener.Socket.Protocol == TransportProtocol.Tcp && listener.Socket.Port == port)
                    .SelectMany(static listener => listener.Holders));
        }
    }

    private void FindSocketApplication(FoundServer server, string socket)
    {
        string[] units =
        [
            .. (server.Facts.Units.Value ?? [])
                .Where(static unit => unit.IsActive && unit.Name.Contains("fpm", StringComparison.Ordinal))
                .Select(static unit => unit.Name),
        ];
        if (units.Length == 0)
        {
            _draft.Missing(
                "policy.servers.units.app", server.Name,
                $"Which unit is behind {socket}, to which nginx passes requests?",
                "The holder of a unix socket is not looked up.", $"nginx -T of {server.Name}");
            return;
        }

        Take(server, Role.App, $"nginx passes requests to {socket} ({string.Join(", ", units)})");
        _units.TryAdd(Role.App, []);
        _units[Role.App].UnionWith(units);
    }

    // A router between networks: it forwards, and others send by it, or it does nothing else.
    private void FindFirewall(FoundServer server)
    {
        if (server.Facts.Host.Value is not { Forwards: true })
        {
            return;
        }

        string[] sending =
        [
            .. _book.Servers.Where(
                other => other != server && (other.Facts.Network.Value?.Routes ?? []).Any(route => _book.Owner(route.Gateway) == server))
                .Select(static other => other.Name),
        ];
        bool joins = _book.AddressesOf(server).Select(static own => own.Interface).Distinct().Count() > 1;
        if (sending.Length > 0 || (joins && _roles[server.Name].Count == 0))
        {
            Take(
                server, Role.NetworkFirewall,
                sending.Length > 0
                    ? $"it forwards packets, and {string.Join(", ", sending)} send by it"
                    : "it forwards packets between its networks, and nothing else runs there");
            string[] units =
            [
                .. (server.Facts.Units.Value ?? [])
                    .Where(static unit => FirewallUnits.Contains(unit.Name) && unit.IsActive)
                    .Select(static unit => unit.Name),
            ];
            _units.TryAdd(Role.NetworkFirewall, []);
            _units[Role.NetworkFirewall].UnionWith(units);
            if (units.Length == 0)
            {
                _units.Remove(Role.NetworkFirewall);
                _draft.Missing(
                    "policy.servers.units.network-firewall", server.Name, $"Which unit loads the rules of {server.Name}?",
                    "None of the usual units is active.", string.Join(", ", FirewallUnits));
            }
        }
    }

    // A component without the unit that its packages have runs in a container, or under a unit of the site's own.
    private void FindUnits(FoundServer server)
    {
        foreach ((Role role, (string[] units, string[] programs)) in Usual.Where(usual => Is(server, usual.Key)))
        {
            if (!(server.Facts.Units.Value ?? []).Any(unit => units.Contains(unit.Name) && DiscoveryCollector.IsMeantToRun(unit)))
            {
                AddUnits(
                    role,
                    Listeners(server)
                        .SelectMany(static listener => listener.Holders)
                        .Where(holder => programs.Contains(holder.Process) || holder.Process == "docker-proxy"));
            }
        }

        if (_roles[server.Name].Count == 0)
        {
            _draft.Missing(
                $"servers.{server.Name}.roles", server.Name, $"What is {server.Name} there for?",
                "None of the programs that a role is known by runs there. It is left out of the inventory, which wants a role.");
        }
    }

    private void AddUnits(Role role, IEnumerable<SocketHolder> holders)
    {
        string[] units =
        [
            .. holders.Select(static holder => holder.Unit)
                .OfType<string>()
                .Where(static unit => unit.EndsWith(".service", StringComparison.Ordinal)),
        ];
        if (units.Length > 0)
        {
            _units.TryAdd(role, []);
            _units[role].UnionWith(units);
        }
    }

    private static string? Holding(FoundServer server, string program) => Listeners(server)
        .Where(
            listener =>
                listener.Holders.Any(holder => holder.Process == program)
                    && (program is "haproxy" or "nginx" or "mysqld" or "mariadbd" || listener.Socket.Scope != SocketScope.Loopback))
        .OrderBy(static listener => listener.Socket.Scope == SocketScope.Loopback)
        .Select(
            listener =>
                $"{SocketScript.ListenersSource}: {listener.Socket.Label}, "
                    + $"{string.Join(", ", listener.Holders.Select(static holder => holder.Label))}")
        .FirstOrDefault();

    private static bool IsLoopback(string address) =>
        address is "127.0.0.1" or "::1" or "localhost" || address.StartsWith("127.", StringComparison.Ordinal) || address.StartsWith('/');
}

/// <summary>Hosts with ports, as configurations write them.</summary>
internal static class Places
{
    /// <summary>Takes <c>127.0.0.1:8080</c>, <c>[::1]:8080</c>, <c>app</c> apart; port 80 where none is named.</summary>
    public static (string Host, int Port) Split(string place)
    {
        int colon = place.LastIndexOf(':');
        return colon > place.LastIndexOf(']')
            && int.TryParse(
                place[(colon + 1)..], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture,
                out int port)
            ? (place[..colon].Trim('[', ']'), port)
            : (place.Trim('[', ']'), 80);
    }
}
