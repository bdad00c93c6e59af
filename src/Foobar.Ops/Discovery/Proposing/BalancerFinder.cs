using System.Globalization;
using System.Net;
using Foobar.Ops.Discovery.Facts;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.Discovery.Proposing;

/// <summary>What a frontend of HAProxy is for.</summary>
internal enum FrontendUse
{
    Visitors,
    Database,
    Service,
    Unknown,
}

/// <summary>Follows HAProxy's frontends to the servers behind them.</summary>
internal sealed class BalancerFinder
{
    private readonly AddressBook _book;
    private readonly RoleFinder _roles;
    private readonly Draft _draft;

    public BalancerFinder(AddressBook book, RoleFinder roles, Draft draft)
    {
        _book = book;
        _roles = roles;
        _draft = draft;
        foreach (FoundServer server in roles.With(Role.LoadBalancer))
        {
            Follow(server);
        }
    }

    /// <summary>The uses of ports that follow.</summary>
    public List<FlowUse> Uses { get; } = [];

    /// <summary>The listeners that visitors use, by load balancer.</summary>
    public List<(FoundServer Server, BalancerListener Listener)> Visited { get; } = [];

    /// <summary>The listeners that lead to the database, with the backend.</summary>
    public List<(FoundServer Server, BalancerListener Listener, string Backend)> Database { get; } = [];

    /// <summary>The backends of visitors, each with its servers and the load balancer that has it.</summary>
    public List<(FoundServer Server, string Backend, IReadOnlyList<BalancedServer> Servers)> WebBackends { get; } = [];

    /// <summary>The addresses at which visitors reach the site.</summary>
    public IReadOnlyList<IPAddress> VisitedAddresses =>
        [.. Visited.SelectMany(pair => NetworkFinder.Listening(_book, pair.Server, pair.Listener.Address))];

    private void Follow(FoundServer server)
    {
        if (server.Facts.Balancer?.Value is not { } balancer)
        {
            return;
        }

        foreach (FrontendRoute route in balancer.Routes)
        {
            BalancerListener[] listeners =
            [
                .. balancer.Legs.Listeners.Where(
                    listener => listener.Name == route.Frontend && listener.Port > 0 && !IsLoopback(listener.Address)),
            ];
            BalancedServer[] behind = [.. balancer.Legs.Servers.Where(one => route.Backends.Contains(one.Backend))];
            switch (listeners.Length == 0 ? FrontendUse.Service : UseOf(route, behind, server))
            {
                case FrontendUse.Visitors:
                    FollowVisitors(server, route, listeners, behind);
                    break;
                case FrontendUse.Database:
                    Database.AddRange(listeners.SelectMany(listener => route.Backends.Select(backend => (server, listener, backend))));
                    FollowServers(server, behind, FlowPurpose.DatabaseMembers, static (owner, _) => owner.Facts.Database is not null);
                    break;
                case FrontendUse.Unknown:
                    _draft.Unexplained(
                        "policy.flows",
                        server.Name,
                        $"Who connects to HAProxy's frontend '{route.Frontend}' of {server.Name}, on "
                            + $"{string.Join(", ", listeners.Select(static listener => Label(listener)))}?",
                        behind.Length == 0
                            ? "No server stands behind it."
                            : "What stands behind it is neither a web server nor a database of the servers named.",
                        string.Join(
                            ", ",
                            behind.Select(
                                static one => $"{one.Backend}/{one.Name} {one.Host}:{one.Port.ToString(CultureInfo.InvariantCulture)}")),
                        new QuestionSubject { Port = Tcp(listeners[0].Port) });
                    break;
                default:
                    break;
            }
        }
    }

    private void FollowVisitors(FoundServer server, FrontendRoute route, BalancerListener[] listeners, BalancedServer[] behind)
    {
        foreach (BalancerListener listener in listeners)
        {
            Visited.Add((server, listener));
            Uses.Add(new FlowUse(
                FlowPurpose.Visitors, FlowResolver.Internet, server, Tcp(listener.Port),
                $"HAProxy's frontend {route.Frontend} listens on "
                    + $"{Label(listener)}{(route.Redirects ? " and redirects to HTTPS" : "")}{(route.Backends.Count > 0 ? $" and leads to {string.Join(", ", route.Backends)}" : "")}"));
        }

        foreach (IGrouping<string, BalancedServer> backend in behind.GroupBy(static one => one.Backend))
        {
            if (!WebBackends.Any(known => known.Server == server && known.Backend == backend.Key))
            {
                WebBackends.Add((server, backend.Key, [.. backend]));
                FollowServers(server, [.. backend], FlowPurpose.Backends, Serves);
            }
        }
    }

    private FrontendUse UseOf(FrontendRoute route, BalancedServer[] behind, FoundServer server)
    {
        FoundServer[] owners = [.. behind.Select(one => _book.Resolve(one.Host, server)).OfType<FoundServer>().Distinct()];
        bool toDatabase = behind.Length > 0 && behind.All(static one => one.IsTcp)
            && behind.Any(
                one =>
                    _book.Resolve(one.Host, server)?.Facts.Database is { } database
                        && DatabaseFinder.PortOf(database, _book.Resolve(one.Host, server)!) == one.Port);
        return toDatabase ? FrontendUse.Database
            : behind.Length == 0 && route.AnswersItself ? FrontendUse.Unknown
            : (behind.Length == 0 && route.Redirects) || owners.Any(owner => _roles.Is(owner, Role.Web) || _roles.Is(owner, Role.App))
                ? FrontendUse.Visitors
            : FrontendUse.Unknown;
    }

    private void FollowServers(FoundServer server, BalancedServer[] behind, FlowPurpose purpose, Func<FoundServer, int, bool> serves)
    {
        foreach (BalancedServer one in behind)
        {
            string place = string.Create(CultureInfo.InvariantCulture, $"{one.Host}:{one.Port}");
            FoundServer? owner = _book.Resolve(one.Host, server);
            if (owner is null)
            {
                _draft.Unexplained(
                    "servers", server.Name, $"Which server is {place}, to which HAProxy's backend '{one.Backend}' leads as '{one.Name}'?",
                    "None of the servers that were read has that name or address.",
                    $"HAProxy's configuration of {server.Name}: server {one.Name} {place}",
                    new QuestionSubject { Host = one.Host });
            }
            else if (owner != server && one.Port > 0 && serves(owner, one.Port))
            {
                Uses.Add(new FlowUse(
                    purpose, server.Name, owner, Tcp(one.Port),
                    $"HAProxy's backend {one.Backend} of {server.Name}: server {one.Name} {place}"));
            }
            else if (owner != server)
            {
                _draft.Unexplained(
                    "policy.flows",
                    owner.Name,
                    $"Is {place} meant, to which HAProxy's backend '{one.Backend}' of {server.Name} leads as '{one.Name}'?",
                    $"{owner.Name} serves nothing there that fits the backend.",
                    $"HAProxy's configuration of {server.Name}: server {one.Name} {place}",
                    new QuestionSubject { Port = one.Port > 0 ? Tcp(one.Port) : null });
            }
        }
    }

    // By its configuration too: a service that was stopped is a fault of the site, and no other site.
    private static bool Serves(FoundServer server, int port) =>
        (server.Facts.Web?.Value?.Listeners ?? []).Any(listener => listener.Port == port && !IsLoopback(listener.Address))
        || RoleFinder.Listeners(server).Any(listener => listener.Socket.Protocol == TransportProtocol.Tcp && listener.Socket.Port == port
            && listener.Socket.Scope != Linux.SocketScope.Loopback
            && listener.Holders.Any(
                static holder => holder.Unit?.EndsWith(".service", StringComparison.Ordinal) == true || holder.Container is not null));

    /// <summary>A TCP port.</summary>
    internal static PortRange Tcp(int port) => new(TransportProtocol.Tcp, (ushort)port, (ushort)port);

    /// <summary>A listener as evidence names it.</summary>
    internal static string Label(BalancerListener listener) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(listener.Address.Length == 0 ? "*" : listener.Address.Contains(':', StringComparison.Ordinal) ? $"[{listener.Address}]" : listener.Address)}:{listener.Port}");

    private static bool IsLoopback(string address) =>
        address.StartsWith('/')
            || address == "localhost"
            || (IPAddress.TryParse(address, out IPAddress? parsed) && IPAddress.IsLoopback(parsed));
}
