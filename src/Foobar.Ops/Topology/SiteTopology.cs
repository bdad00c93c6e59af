using System.Net;
using Foobar.Ops.Database;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.Topology;

/// <summary>The setup as found: servers with their components, who talks to whom, and where writes go.</summary>
public sealed record SiteTopology
{
    /// <summary>The site's name.</summary>
    public required string Site { get; init; }

    /// <summary>When the facts were read, in UTC.</summary>
    [Measurement]
    public required DateTimeOffset Time { get; init; }

    /// <summary>The servers, in the order of the inventory.</summary>
    public required IReadOnlyList<TopologyServer> Servers { get; init; }

    /// <summary>Who talks to whom: declared flows, what configurations lead on, and connections that were seen.</summary>
    public required IReadOnlyList<TopologyLink> Links { get; init; }

    /// <summary>Where the application writes; <see langword="null"/> for a site without a declared place.</summary>
    public TopologyWrites? Writes { get; init; }

    /// <summary>The components of all servers.</summary>
    public IEnumerable<TopologyComponent> Components => Servers.SelectMany(static server => server.Components);

    /// <summary>The database members with their roles.</summary>
    public IEnumerable<TopologyComponent> Databases => Components.Where(static component => component.DatabaseRole is not null);

    /// <summary>The part of it around some servers: these, and the links that begin, end or pass there.</summary>
    public SiteTopology Around(IReadOnlyList<string> servers) => this with
    {
        Servers = [.. Servers.Where(server => servers.Contains(server.Server, StringComparer.OrdinalIgnoreCase))],
        Links =
        [
            .. Links.Where(
                link =>
                    servers.Contains(link.From, StringComparer.OrdinalIgnoreCase)
                        || servers.Contains(link.To, StringComparer.OrdinalIgnoreCase)
                        || link.Path.Any(server => servers.Contains(server, StringComparer.OrdinalIgnoreCase))),
        ],
    };

    /// <summary>The server of a name; <see langword="null"/> if there is none.</summary>
    public TopologyServer? Find(string name) =>
        Servers.FirstOrDefault(server => string.Equals(server.Server, name, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A server as found.</summary>
public sealed record TopologyServer
{
    /// <summary>Its name in the inventory.</summary>
    public required string Server { get; init; }

    /// <summary>The roles that the inventory gives it.</summary>
    public required IReadOnlyList<Role> Roles { get; init; }

    /// <summary>
    /// The addresses that it has now, loopback and link-local ones left out; those declared where they could not be read.
    /// </summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>What runs on it, and what its roles want and does not run.</summary>
    public required IReadOnlyList<TopologyComponent> Components { get; init; }

    /// <summary>What of it could not be read, and why; empty if all could.</summary>
    public IReadOnlyList<string> Unread { get; init; } = [];

    /// <summary>The server's name.</summary>
    public override string ToString() => Server;
}

/// <summary>What a component is for.</summary>
public enum ComponentKind : long
{
    /// <summary>A packet filter.</summary>
    Firewall,

    /// <summary>HAProxy.</summary>
    LoadBalancer,

    /// <summary>keepalived: an address that moves between servers.</summary>
    AddressFailover,

    /// <summary>nginx, or another web server.</summary>
    Web,

    /// <summary>An application server.</summary>
    App,

    /// <summary>MySQL, MariaDB, or another database.</summary>
    Database,

    /// <summary>A service that keeps measurements.</summary>
    Monitoring,

    /// <summary>A monitoring agent.</summary>
    Agent,

    /// <summary>Something that no role is for: a cache, a queue.</summary>
    Other,
}

/// <summary>A component on a server.</summary>
public sealed record TopologyComponent
{
    /// <summary>The server.</summary>
    public required string Server { get; init; }

    /// <summary>What it is for.</summary>
    public required ComponentKind Kind { get; init; }

    /// <summary>Its name: <c>HAProxy</c>, <c>nginx</c>, <c>MariaDB 10.11.6</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it runs.</summary>
    public required bool IsRunning { get; init; }

    /// <summary>Whether a role of the server, or the policy, declares it.</summary>
    public bool IsDeclared { get; init; } = true;

    /// <summary>Its unit of systemd; <see langword="null"/> if none was seen.</summary>
    public string? Unit { get; init; }

    /// <summary>The name of its container; <see langword="null"/> if it runs in none.</summary>
    public string? Container { get; init; }

    /// <summary>The ports on which others can reach it.</summary>
    public IReadOnlyList<PortRange> Ports { get; init; } = [];

    /// <summary>What it is in its site's replication; <see langword="null"/> for what is no member of the database.</summary>
    public MemberRole? DatabaseRole { get; init; }

    /// <summary>The command and excerpt that show it.</summary>
    public required string Evidence { get; init; }

    /// <summary>The component with its server.</summary>
    public override string ToString() => $"{Name} on {Server}";
}

/// <summary>Whether packets of a link get through.</summary>
public enum LinkState : long
{
    /// <summary>It was not traced: no flow is declared for it, or it leads out of the site.</summary>
    NotTraced,

    /// <summary>They do.</summary>
    Open,

    /// <summary>A firewall on the way drops them, or there is no way.</summary>
    Closed,

    /// <summary>It can't be told: a server on the way could not be read.</summary>
    Unknown,
}

/// <summary>That one end connects to another.</summary>
public sealed record TopologyLink
{
    /// <summary>Who connects: a server, a network of the inventory, an address or <c>internet</c>.</summary>
    public required string From { get; init; }

    /// <summary>To whom.</summary>
    public required string To { get; init; }

    /// <summary>The ports there.</summary>
    public required PortRange Ports { get; init; }

    /// <summary>The declared flows that it is part of; empty if none names it.</summary>
    public IReadOnlyList<string> Flows { get; init; } = [];

    /// <summary>What in a configuration leads there: <c>HAProxy web/web-01</c>, <c>nginx upstream app</c>, <c>replication</c>.</summary>
    public IReadOnlyList<string> ConfiguredBy { get; init; } = [];

    /// <summary>How many connections stood; <see langword="null"/> if neither end could be asked.</summary>
    [Measurement]
    public int? Connections { get; init; }

    /// <summary>A connection that stood, for the eye; <see langword="null"/> if none was seen.</summary>
    [Measurement]
    public string? Seen { get; init; }

    /// <summary>Whether a connection was seen that no declared flow names.</summary>
    public bool IsUndeclared { get; init; }

    /// <summary>
    /// What a machine asks of a service outside for itself, which no flow need declare: <c>names</c>, <c>time</c>, <c>addresses</c>,
    /// <c>packages</c>, <c>certificates</c>; <see langword="null"/> for anything else.
    /// </summary>
    public string? OwnTraffic { get; init; }

    /// <summary>How well it is protected; <see langword="null"/> where it is no leg that <c>Get-FoobarTlsLeg</c> looks at.</summary>
    public LegRating? Tls { get; init; }

    /// <summary>The leg it is, as findings name it; <see langword="null"/> for none.</summary>
    public string? Leg { get; init; }

    /// <summary>Whether packets get through.</summary>
    public LinkState State { get; init; }

    /// <summary>The servers that packets pass, the one that they are for last; empty if it was not traced.</summary>
    public IReadOnlyList<string> Path { get; init; } = [];

    /// <summary>Those of them whose packet filters they pass.</summary>
    public IReadOnlyList<string> Firewalls { get; init; } = [];

    /// <summary>The server that drops packets; <see langword="null"/> if none does.</summary>
    public string? ClosedAt { get; init; }

    /// <summary>The link as findings name it: <c>lb-01 -> web-01 tcp/80</c>.</summary>
    public override string ToString() => $"{From} -> {To} {Ports}";
}

/// <summary>Where the application writes, and where that leads.</summary>
public sealed record TopologyWrites
{
    /// <summary>The server that the place is on.</summary>
    public required string Server { get; init; }

    /// <summary>The address that the application connects to; <see langword="null"/> if it is not declared.</summary>
    public string? Address { get; init; }

    /// <summary>HAProxy's backend; <see langword="null"/> if there is none.</summary>
    public string? Backend { get; init; }

    /// <summary>The members that it leads to now.</summary>
    public IReadOnlyList<string> LeadsTo { get; init; } = [];

    /// <summary>Why that could not be read; <see langword="null"/> if it could.</summary>
    public string? Unread { get; init; }

    /// <summary>The place, and where it leads: <c>lb-01 192.0.2.10:3306 -> web-01</c>.</summary>
    public override string ToString() =>
        $"{string.Join(' ', new[] { Server, Address ?? Backend }.OfType<string>())} -> "
            + $"{(Unread is not null ? "unknown" : LeadsTo.Count > 0 ? string.Join(", ", LeadsTo) : "none")}";
}
