using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tls.Legs;

/// <summary>How a monitoring agent and its service reach each other.</summary>
public sealed record AgentLink
{
    /// <summary>The agent, as policies call it.</summary>
    public required string Agent { get; init; }

    /// <summary>Where it reports to, or where it is asked.</summary>
    public required string Place { get; init; }

    /// <summary>Whether it is asked for what it has (node_exporter, a passive check of Zabbix) instead of reporting it.</summary>
    public bool IsAsked { get; init; }

    /// <summary>Whether what it says is encrypted.</summary>
    public required LegState State { get; init; }

    /// <summary>Whether the client verifies the server.</summary>
    public Observed Verified { get; init; } = Observed.NotApplicable("it is not encrypted");

    /// <summary>Whether the server wants a certificate or key of the client.</summary>
    public Observed ClientVerified { get; init; } = Observed.No();

    /// <summary>What in the configuration says so.</summary>
    public required string Detail { get; init; }
}
