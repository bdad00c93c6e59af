namespace Foobar.Ops.Inventory;

/// <summary>What the site must be like; controls hold the facts against it.</summary>
public sealed record Policy
{
    /// <summary>The flows that firewalls must allow; all others must be closed.</summary>
    public IReadOnlyList<Flow> Flows { get; init; } = [];

    /// <summary>Thresholds and expected units of the servers themselves.</summary>
    public ServerPolicy Servers { get; init; } = new();

    /// <summary>Where TLS ends and how good certificates and handshakes must be.</summary>
    public TlsPolicy Tls { get; init; } = new();

    /// <summary>The database topology; <see langword="null"/> for a site without a database.</summary>
    public DatabasePolicy? Database { get; init; }

    /// <summary>The load balancer's backends.</summary>
    public LoadBalancingPolicy LoadBalancing { get; init; } = new();

    /// <summary>The monitoring agents expected.</summary>
    public MonitoringPolicy Monitoring { get; init; } = new();
}

/// <summary>
/// One flow that must be possible. Ends are a role name, <c>*</c> (every server), <c>internet</c>, the name of a network
/// of the inventory, a server's name, an address or a CIDR.
/// </summary>
public sealed record Flow
{
    /// <summary>The name, unique in the policy, by which findings and comments in rulesets refer to it.</summary>
    public required string Name { get; init; }

    /// <summary>Where connections come from; any of these.</summary>
    public required IReadOnlyList<string> From { get; init; }

    /// <summary>Where connections go to; each of these.</summary>
    public required IReadOnlyList<string> To { get; init; }

    /// <summary>The ports at the destination, any of these.</summary>
    public required IReadOnlyList<PortRange> Ports { get; init; }
}

/// <summary>What the servers themselves must be like.</summary>
public sealed record ServerPolicy
{
    /// <summary>Units of systemd that must run, by role; a role not named has the usual unit of its kind (<c>haproxy.service</c>, <c>nginx.service</c>, <c>mysql.service</c> or <c>mariadb.service</c>, ...).</summary>
    public IReadOnlyDictionary<Role, IReadOnlyList<string>> Units { get; init; } = new Dictionary<Role, IReadOnlyList<string>>();

    /// <summary>A disk (space or inodes) fuller than this, in percent, is a warning.</summary>
    public double DiskWarnPercent { get; init; } = 80;

    /// <summary>A disk (space or inodes) fuller than this, in percent, fails.</summary>
    public double DiskFailPercent { get; init; } = 90;

    /// <summary>Less memory available than this, in percent, fails.</summary>
    public double MemoryAvailableFailPercent { get; init; } = 5;

    /// <summary>A clock further from the operator's than this, in seconds, fails.</summary>
    public double MaxClockOffsetSeconds { get; init; } = 2;
}

/// <summary>Where TLS ends, and how good certificates and handshakes must be.</summary>
public sealed record TlsPolicy
{
    /// <summary>The role whose servers present the site's certificate to visitors.</summary>
    public Role EndsAt { get; init; } = Role.LoadBalancer;

    /// <summary>What stands behind a load balancer that ends TLS.</summary>
    public BackendEncryption Backends { get; init; } = BackendEncryption.Plain;

    /// <summary>The profile of Mozilla's server side TLS guidelines that handshakes must keep: <c>modern</c>, <c>intermediate</c>, <c>old</c>.</summary>
    public string Profile { get; init; } = "intermediate";

    /// <summary>Days before expiry from which a certificate is a warning.</summary>
    public int WarnDays { get; init; } = 30;

    /// <summary>Days before expiry from which a certificate fails.</summary>
    public int FailDays { get; init; } = 14;

    /// <summary>The TCP port visitors use.</summary>
    public int Port { get; init; } = 443;

    /// <summary>Host names the certificate must cover besides the site's own.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>
    /// The path of a PEM file with the authorities to trust instead of the operator's system store, absolute or relative
    /// to the inventory; <see langword="null"/> for the system store.
    /// </summary>
    public string? TrustedAuthorities { get; init; }
}

/// <summary>What stands between a load balancer that ends TLS and its web servers.</summary>
public enum BackendEncryption
{
    /// <summary>Plain HTTP.</summary>
    Plain,

    /// <summary>TLS, the web server's certificate verified.</summary>
    Tls,

    /// <summary>TLS, both sides' certificates verified.</summary>
    MutualTls,
}

/// <summary>The database topology wanted.</summary>
public sealed record DatabasePolicy
{
    /// <summary>The role whose servers are the members.</summary>
    public Role Members { get; init; } = Role.Database;

    /// <summary>How many members accept writes: 1 for primary and replicas, more for a multi-primary cluster.</summary>
    public int Writers { get; init; } = 1;

    /// <summary>The TCP port members listen on.</summary>
    public int Port { get; init; } = 3306;

    /// <summary>The path of the server's unix socket; <see langword="null"/> for the usual places.</summary>
    public string? Socket { get; init; }

    /// <summary>More lag than this, in seconds, fails.</summary>
    public double MaxLagSeconds { get; init; } = 5;

    /// <summary>Whether acknowledged writes must be on a replica too (semi-synchronous replication).</summary>
    public bool SemiSync { get; init; }

    /// <summary>Where the application writes; <see langword="null"/> where it connects to a member directly.</summary>
    public WriteEndpoint? WriteEndpoint { get; init; }
}

/// <summary>Where the application writes, and how that place is pointed at another member.</summary>
public sealed record WriteEndpoint
{
    /// <summary>What kind of place it is.</summary>
    public WriteEndpointKind Kind { get; init; }

    /// <summary>The server it is on.</summary>
    public required string Server { get; init; }

    /// <summary>HAProxy's backend with one <c>server</c> line a member.</summary>
    public string? Backend { get; init; }

    /// <summary>The address the application connects to, <c>host:port</c>; <see langword="null"/> if not declared.</summary>
    public string? Address { get; init; }
}

/// <summary>What kind of place the application writes to.</summary>
public enum WriteEndpointKind
{
    /// <summary>A TCP listener of HAProxy, switched over its runtime API.</summary>
    Haproxy,

    /// <summary>A program of the site that is told the new primary (a documented hook).</summary>
    Hook,
}

/// <summary>What the load balancer must be like.</summary>
public sealed record LoadBalancingPolicy
{
    /// <summary>The path of HAProxy's admin socket on the load balancer.</summary>
    public string AdminSocket { get; init; } = "/run/haproxy/admin.sock";

    /// <summary>The backend that holds the web servers.</summary>
    public string WebBackend { get; init; } = "web";
}

/// <summary>What must watch the servers.</summary>
public sealed record MonitoringPolicy
{
    /// <summary>The agents that must run on every server: <c>prometheus-node-exporter</c>, <c>datadog</c>, <c>newrelic</c>, <c>sumologic</c>, <c>telegraf</c>, <c>collectd</c>, <c>zabbix</c>.</summary>
    public IReadOnlyList<string> Agents { get; init; } = [];
}
