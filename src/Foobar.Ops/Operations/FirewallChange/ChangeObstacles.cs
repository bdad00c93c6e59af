using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>What stands against a firewall change before it is begun.</summary>
internal static class ChangeObstacles
{
    /// <summary>Refuses a server whose rules another program makes: both would undo each other's work.</summary>
    /// <exception cref="FoobarException"><c>FirewallManagedElsewhere</c>.</exception>
    public static void RefuseOtherManagers(ChangeTarget target)
    {
        string[] managers = [.. Managers(target.Facts!).Distinct().Order(StringComparer.Ordinal)];
        if (managers.Length > 0)
        {
            throw new FoobarException("FirewallManagedElsewhere", ErrorKind.Refused, $"{target.Server.Name}: the rules are made by {string.Join(", ", managers)}, which would go on changing them.")
            {
                Server = target.Server.Name,
                Recommendation = "Disable it on the server first, or say -AcceptOtherManagers to replace its rules all the same.",
            };
        }
    }

    /// <summary>Refuses a server where another change is under way, whose rollback would undo this one.</summary>
    /// <param name="target">The server.</param>
    /// <param name="own">The numbers of changes that are known to have been ended midway.</param>
    /// <exception cref="FoobarException"><c>FirewallChangePending</c>.</exception>
    public static void RefusePending(ChangeTarget target, IReadOnlyList<string> own)
    {
        if (target.Leftovers.FirstOrDefault(leftover => leftover.IsPending && !own.Contains(leftover.Id)) is { } other)
        {
            throw new FoobarException("FirewallChangePending", ErrorKind.Refused, string.Create(CultureInfo.InvariantCulture, $"{target.Server.Name}: another firewall change is under way ({other.Id}); it is confirmed or undone by {other.Deadline:u}."))
            {
                Server = target.Server.Name,
                Recommendation = "Wait until then and try again.",
            };
        }
    }

    /// <summary>Refuses a change that would shut the operator out.</summary>
    /// <exception cref="FoobarException"><c>FirewallChangeLocksOut</c>.</exception>
    public static void RefuseLockout(IReadOnlyList<string> losses)
    {
        if (losses.Count > 0)
        {
            throw new FoobarException("FirewallChangeLocksOut", ErrorKind.Refused, $"The change could end the operator's access: {string.Join("; ", losses)}.")
            {
                Recommendation = "Add the flow by which operators come (SSH, over each jump host) to the policy. -AcceptLockout makes the change all the same; the servers then put the old rules back at the deadline.",
            };
        }
    }

    /// <summary>Refuses a change whose rules would let in what the policy does not name.</summary>
    /// <exception cref="FoobarException"><c>FirewallChangeOpens</c>.</exception>
    public static void RefuseOpenings(IReadOnlyList<string> openings)
    {
        if (openings.Count > 0)
        {
            throw new FoobarException(
                "FirewallChangeOpens", ErrorKind.Refused,
                $"The change would open what the policy does not name: {string.Join("; ", openings)}.")
            {
                Recommendation =
                    "Compare the flows and networks of the inventory with the server's interfaces and routes; name what is missing.",
            };
        }
    }

    private static IEnumerable<string> Managers(FirewallFacts facts)
    {
        IEnumerable<string> atBoot = facts.Persisted.TryGet(out PersistedFirewall? persisted) ? persisted.Mechanisms.Where(static name => name != "nftables") : [];
        if (!facts.Ruleset.TryGet(out Ruleset? running))
        {
            return atBoot;
        }

        IEnumerable<string> makers = running.Rules.Select(static rule => rule.ManagedBy).OfType<string>().Where(static name => name != "Foobar.Ops");
        return atBoot.Concat(makers).Concat(running.Rules.Any(static rule => rule.Origin == RulesetOrigin.LegacyIptables) ? ["legacy iptables"] : []);
    }
}
