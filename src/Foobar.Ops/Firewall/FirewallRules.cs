using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;

namespace Foobar.Ops.Firewall;

/// <summary>The rules of a server's firewall, each with the server's name.</summary>
public static class FirewallRules
{
    /// <summary>The rules in the order of the listing.</summary>
    /// <param name="facts">What was read of the firewall.</param>
    /// <param name="server">The server it is of.</param>
    /// <param name="persisted">Whether the rules that the next boot loads are meant, instead of those that run.</param>
    /// <exception cref="FoobarException"><c>FirewallUnreadable</c>: they could not be read.</exception>
    public static IEnumerable<FirewallRule> Of(FirewallFacts facts, Server server, bool persisted = false)
    {
        Reading<Ruleset> reading = persisted ? FirewallFacts.Parsed(facts.Persisted, boot => boot.Ruleset.Parse()) : facts.Ruleset;
        return reading.TryGet(out Ruleset? ruleset)
            ? ruleset.Chains.SelectMany(
                chain => chain.Rules.Select(
                    rule => rule with { Server = server.Name, Hook = chain.Hook, Priority = chain.IsBase ? chain.Priority : null }))
            : throw new FoobarException("FirewallUnreadable", ErrorKind.Failed, $"{server.Name}: {reading.Failure}")
            {
                Server = server.Name,
                Recommendation = "See that the login may use sudo and that nft or iptables is installed there.",
            };
    }
}
