using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>What stands against a firewall change before it is begun.</summary>
internal static class ChangeObstacles
{
    /// <summary>What refuses a change of a server: the gravest first, each with what to do about it.</summary>
    /// <param name="target">The server.</param>
    /// <param name="options">What is accepted.</param>
    /// <param name="openings">What the new rules would let in though the policy does not name it.</param>
    /// <param name="losses">The operator's connections that they would not surely let in.</param>
    public static IEnumerable<FoobarException> Refusals(
        ChangeTarget target, FirewallChangeOptions options, IReadOnlyList<string> openings, IReadOnlyList<string> losses) =>
        ((FoobarException?[])
        [
            target.Back is not null || options.AcceptOtherManagers ? null : ManagedElsewhere(target),
            target.NoWayBack is { } why ? NotSaveable(target, why) : null,
            target.Back?.ChangedSince is { } what && !options.AcceptLaterChanges ? ChangedSince(target, what) : null,
            target.Back is not null || openings.Count == 0 ? null : Opens(target, openings),
            options.AcceptLockout || losses.Count == 0 ? null : LocksOut(target, losses),
        ]).OfType<FoobarException>();

    /// <summary>Refuses a server where another change is under way, whose rollback would undo this one.</summary>
    /// <param name="target">The server.</param>
    /// <param name="own">The numbers of changes that are known to have been ended midway.</param>
    /// <exception cref="FoobarException"><c>FirewallChangePending</c>.</exception>
    public static void RefusePending(ChangeTarget target, IReadOnlyList<string> own)
    {
        if (target.Leftovers.FirstOrDefault(leftover => leftover.IsPending && !own.Contains(leftover.Id)) is { } other)
        {
            throw new FoobarException(
                "FirewallChangePending", ErrorKind.Refused,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{target.Server.Name}: another firewall change is under way ({other.Id}); it is confirmed or undone by {other.Deadline:u}."))
            {
                Server = target.Server.Name,
                Recommendation = "Wait until then and try again.",
            };
        }
    }

    /// <summary>Refuses to undo where no change has kept anything.</summary>
    /// <param name="servers">The names of those servers.</param>
    public static FoobarException NothingKept(IReadOnlyList<string> servers) => new(
        "FirewallNothingKept", ErrorKind.NotFound,
        $"{string.Join(", ", servers)}: there is nothing to undo, no change of this module has kept there what it replaced.")
    {
        Server = servers.Count == 1 ? servers[0] : null,
        Recommendation = "Name only servers whose firewall Set-FoobarFirewall has changed.",
    };

    // Both would undo each other's work.
    private static FoobarException? ManagedElsewhere(ChangeTarget target)
    {
        string[] managers = [.. Managers(target.Facts!).Distinct().Order(StringComparer.Ordinal)];
        return managers.Length == 0
            ? null
            : new FoobarException(
                "FirewallManagedElsewhere", ErrorKind.Refused,
                $"{target.Server.Name}: the rules are made by {string.Join(", ", managers)}, which would go on changing them.")
        {
            Server = target.Server.Name,
            Recommendation = "Disable it on the server first, or say -AcceptOtherManagers to replace its rules all the same.",
        };
    }

    private static FoobarException NotSaveable(ChangeTarget target, string why) => new(
        "FirewallNotSaveable", ErrorKind.Refused,
        $"{target.Server.Name}: the rules that run now could not be put back as they are: {why}.")
    {
        Server = target.Server.Name,
        Recommendation =
            "Save them on the server by the means of whoever made them, remove the rules that the message names, and try again.",
    };

    private static FoobarException ChangedSince(ChangeTarget target, string what) => new(
        "FirewallChangedSince", ErrorKind.Refused,
        $"{target.Server.Name}: something else has changed {what} since {target.Back}; to undo that change would undo this too.")
    {
        Server = target.Server.Name,
        Recommendation = "Compare Get-FoobarFirewallRule with what -Undo -WhatIf shows. -AcceptLaterChanges undoes both.",
    };

    private static FoobarException LocksOut(ChangeTarget target, IReadOnlyList<string> losses) => new(
        "FirewallChangeLocksOut", ErrorKind.Refused, $"The change could end the operator's access: {string.Join("; ", losses)}.")
    {
        Server = target.Server.Name,
        Recommendation =
            "Add the flow by which operators come (SSH, over each jump host) to the policy. -AcceptLockout makes the change all the same; "
                + "the servers then put the old rules back at the deadline.",
    };

    private static FoobarException Opens(ChangeTarget target, IReadOnlyList<string> openings) => new(
        "FirewallChangeOpens", ErrorKind.Refused, $"The change would open what the policy does not name: {string.Join("; ", openings)}.")
    {
        Server = target.Server.Name,
        Recommendation = "Compare the flows and networks of the inventory with the server's interfaces and routes; name what is missing.",
    };

    private static IEnumerable<string> Managers(FirewallFacts facts)
    {
        IEnumerable<string> atBoot = facts.Persisted.TryGet(out PersistedFirewall? persisted)
            ? persisted.Mechanisms.Where(static name => name != "nftables")
            : [];
        if (!facts.Ruleset.TryGet(out Ruleset? running))
        {
            return atBoot;
        }

        IEnumerable<string> makers = running.Rules.Select(static rule => rule.ManagedBy)
            .OfType<string>()
            .Where(static name => name != "Foobar.Ops");
        return atBoot.Concat(makers).Concat(
            running.Rules.Any(static rule => rule.Origin == RulesetOrigin.LegacyIptables) ? ["legacy iptables"] : []);
    }
}
