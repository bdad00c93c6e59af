using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Planning;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>What a firewall change would do to one server, told before anything is changed.</summary>
public sealed record FirewallChangePreview
{
    /// <summary>The server.</summary>
    public required string Server { get; init; }

    /// <summary>Its place in the order of the change, counted from 1; a server others are reached through comes after them.</summary>
    public required int Order { get; init; }

    /// <summary>Whether anything would change.</summary>
    public required bool IsChange { get; init; }

    /// <summary>When an earlier change that was ended midway puts its old rules back by itself; <see langword="null"/> if none is to.</summary>
    public DateTimeOffset? PendingRollback { get; init; }

    /// <summary>The rules that run now and would be gone, each as its source has it.</summary>
    public IReadOnlyList<string> RulesRemoved { get; init; } = [];

    /// <summary>The rules that would be new.</summary>
    public IReadOnlyList<string> RulesAdded { get; init; } = [];

    /// <summary>The packets that would be treated differently, hook by hook.</summary>
    public IReadOnlyList<HookDifference> Differences { get; init; } = [];

    /// <summary>The whole ruleset, as <c>/etc/nftables.conf</c> would have it.</summary>
    public required string Ruleset { get; init; }
}

/// <summary>What became of a firewall change.</summary>
public sealed record FirewallChangeResult
{
    /// <summary>How it ended.</summary>
    public required PlanOutcome Outcome { get; init; }

    /// <summary>The servers that were to be changed, in order; empty if all were as the policy says.</summary>
    public required IReadOnlyList<string> Servers { get; init; }

    /// <summary>Its steps, in order.</summary>
    public required IReadOnlyList<StepResult> Steps { get; init; }

    /// <summary>What had become of earlier changes that were ended midway, one a server; this run has ended them.</summary>
    public IReadOnlyList<string> Recovered { get; init; } = [];

    /// <summary>The first failure; <see langword="null"/> if there was none.</summary>
    public string? Error { get; init; }

    /// <summary>The path of its journal.</summary>
    public required string Journal { get; init; }
}

/// <summary>How a firewall change is made.</summary>
public sealed record FirewallChangeOptions
{
    /// <summary>After this time a server whose change was not confirmed puts its old rules back by itself.</summary>
    public TimeSpan RollbackAfter { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Whether the change is made although the new rules would shut the operator out; the rollback then brings access back.</summary>
    public bool AcceptLockout { get; init; }

    /// <summary>Whether rules of other managers (ufw, firewalld, docker, iptables) are replaced or left beside.</summary>
    public bool AcceptOtherManagers { get; init; }
}
