using System.Globalization;
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

    /// <summary>
    /// When an earlier change that was ended midway puts its old rules back by itself; <see langword="null"/> if none is to.
    /// </summary>
    public DateTimeOffset? PendingRollback { get; init; }

    /// <summary>Of an undo: which change it would undo; <see langword="null"/> otherwise.</summary>
    public string? Undoes { get; init; }

    /// <summary>The connections that could be opened then and can't now: who may reach what by which interface, a line each.</summary>
    public IReadOnlyList<string> Opens { get; init; } = [];

    /// <summary>The connections that could be opened now and could not then.</summary>
    public IReadOnlyList<string> Closes { get; init; } = [];

    /// <summary>What the rules would let in though the policy does not name it; a change is refused then, an undo is not.</summary>
    public IReadOnlyList<string> BeyondPolicy { get; init; } = [];

    /// <summary>The operator's SSH connections that the rules would not surely let in any more.</summary>
    public IReadOnlyList<string> LocksOut { get; init; } = [];

    /// <summary>Why the change would be refused, each beginning with the error's id; empty if it would not.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];

    /// <summary>The rules that run now and would be gone, each as its source has it.</summary>
    public IReadOnlyList<string> RulesRemoved { get; init; } = [];

    /// <summary>The rules that would be new.</summary>
    public IReadOnlyList<string> RulesAdded { get; init; } = [];

    /// <summary>The packets that would be treated differently, hook by hook.</summary>
    public IReadOnlyList<HookDifference> Differences { get; init; } = [];

    /// <summary>The change in one line.</summary>
    public string Summary => !IsChange ? "as wanted"
        : $"{(Undoes is null ? "replace the firewall's rules" : $"undo {Undoes}")} ({RulesRemoved.Count} go, {RulesAdded.Count} come)";

    /// <summary>What a person must know of the change, a line each: what it opens and closes, and what speaks against it.</summary>
    public IReadOnlyList<string> Outline => (string[])
    [
        .. Opens.Select(static line => $"opens {line}"),
        .. Closes.Select(static line => $"closes {line}"),
        .. BeyondPolicy.Select(static line => $"not in the policy: {line}"),
        .. LocksOut.Select(static line => $"locks out: {line}"),
        .. Refusals.Count == 0
            ? (string[])[]
            : [$"would be refused: {string.Join(", ", Refusals.Select(static line => line.Split(':')[0]))}"],
        .. PendingRollback is { } at
            ? (string[])
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"an earlier change was ended midway; its old rules come back at {at.UtcDateTime:HH:mm:ss} UTC"),
            ]
            : [],
        .. IsChange && Opens.Count + Closes.Count == 0 ? (string[])["opens and closes nothing for new connections"] : [],
    ];

    /// <summary>The whole ruleset as it would be loaded; of a change it is <c>/etc/nftables.conf</c> too.</summary>
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
    /// <summary>Whether the last change of each server is undone, instead of making the firewalls what the policy says.</summary>
    public bool Undo { get; init; }

    /// <summary>Whether a change is undone though something else has changed rules or <c>nftables.conf</c> since.</summary>
    public bool AcceptLaterChanges { get; init; }

    /// <summary>After this time a server whose change was not confirmed puts its old rules back by itself.</summary>
    public TimeSpan RollbackAfter { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// Whether the change is made although the new rules would shut the operator out; the rollback then brings access back.
    /// </summary>
    public bool AcceptLockout { get; init; }

    /// <summary>Whether rules of other managers (ufw, firewalld, docker, iptables) are replaced or left beside.</summary>
    public bool AcceptOtherManagers { get; init; }
}
