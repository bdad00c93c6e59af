using Foobar.Ops.Findings;

namespace Foobar.Ops.Auditing;

/// <summary>What kind of thing differs between two snapshots.</summary>
public enum DifferenceKind : long
{
    /// <summary>Connections that the firewalls of the site let through from one end to another, or do so no more.</summary>
    Flow,

    /// <summary>What a database member is: primary, replica.</summary>
    Role,

    /// <summary>Who replicates from whom, and whether it runs.</summary>
    Replication,

    /// <summary>A certificate that an endpoint serves: issuer, names, expiry, key.</summary>
    Certificate,

    /// <summary>
    /// How a leg of the ways through the site is encrypted, and what it is worth; the grade of an endpoint that was scanned.
    /// </summary>
    Tls,

    /// <summary>A component of a server: that it is there, its version, whether it runs.</summary>
    Component,

    /// <summary>A socket that listens.</summary>
    Listener,

    /// <summary>A server of a backend of the load balancer.</summary>
    Backend,

    /// <summary>A monitoring agent.</summary>
    Agent,

    /// <summary>An account of a database that reads the binary log, that read_only does not bind, or that has no password.</summary>
    Account,

    /// <summary>The inventory: servers or policy.</summary>
    Inventory,

    /// <summary>Any other fact of a server.</summary>
    Fact,

    /// <summary>A finding: what a control says of a target.</summary>
    Finding,
}

/// <summary>One thing that differs between two snapshots.</summary>
public sealed record SnapshotDifference
{
    /// <summary>What kind of thing it is.</summary>
    public required DifferenceKind Kind { get; init; }

    /// <summary>The server, where it is of one.</summary>
    public string? Server { get; init; }

    /// <summary>The part of the audit (a fact) or the control's id (a finding).</summary>
    public string? Source { get; init; }

    /// <summary>
    /// What differs: the way of a flow, a link, an endpoint, a component; the place in the inventory or the facts; the finding's
    /// target.
    /// </summary>
    public string? Target { get; init; }

    /// <summary>What was there; <see langword="null"/> if nothing was.</summary>
    public string? Before { get; init; }

    /// <summary>What is there; <see langword="null"/> if nothing is.</summary>
    public string? After { get; init; }

    /// <summary>For flows: one packet, and the rule by which each server on the way lets it pass.</summary>
    public string? Evidence { get; init; }

    /// <summary>For findings: the severity of the control.</summary>
    public Severity? Severity { get; init; }

    /// <summary>
    /// For findings: whether the target now fails, warns or can't be decided and did not before (<see langword="true"/>), or the
    /// other way round (<see langword="false"/>); else <see langword="null"/>.
    /// </summary>
    public bool? IsTrouble { get; init; }

    /// <summary>
    /// For facts: the kind of the difference that tells this one in the domain's terms; <see langword="null"/> if none does.
    /// </summary>
    public DifferenceKind? ToldAs { get; init; }
}
