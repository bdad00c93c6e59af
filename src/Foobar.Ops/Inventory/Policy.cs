namespace Foobar.Ops.Inventory;

/// <summary>What the site must be like; controls hold the facts against it. Each part has the defaults of an ordinary site.</summary>
public sealed record Policy
{
    /// <summary>The flows that firewalls must allow; all others must be closed.</summary>
    public IReadOnlyList<Flow> Flows { get; init; } = [];

    /// <summary>Findings that are accepted for a while.</summary>
    public IReadOnlyList<Suppression> Suppressions { get; init; } = [];

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

    /// <summary>What the setup as a whole must be like.</summary>
    public TopologyPolicy Topology { get; init; } = new();
}
