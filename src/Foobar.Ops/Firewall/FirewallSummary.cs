using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;

namespace Foobar.Ops.Firewall;

/// <summary>What stands around the rules of one server: chains, listeners, forwarding, and what the next boot loads.</summary>
public sealed record FirewallSummary
{
    /// <summary>The server.</summary>
    public required string Server { get; init; }

    /// <summary>The chains that the kernel enters by itself, those without rules too, by hook and priority.</summary>
    public IReadOnlyList<FirewallChain> Chains { get; init; } = [];

    /// <summary>
    /// The programs that make rules there: <c>ufw</c>, <c>firewalld</c>, <c>docker</c>, <c>fail2ban</c>, <c>Foobar.Ops</c>.
    /// </summary>
    public IReadOnlyList<string> ManagedBy { get; init; } = [];

    /// <summary>The services that load rules at the next boot; empty if none is enabled.</summary>
    public IReadOnlyList<string> BootMechanisms { get; init; } = [];

    /// <summary>What of it can't be loaded.</summary>
    public IReadOnlyList<string> BootFailures { get; init; } = [];

    /// <summary>Who listens where.</summary>
    public IReadOnlyList<ListeningSocket> Sockets { get; init; } = [];

    /// <summary>Whether the kernel forwards IPv4 packets; <see langword="null"/> if that could not be read.</summary>
    public bool? ForwardsIpv4 { get; init; }

    /// <summary>Whether the kernel forwards IPv6 packets; <see langword="null"/> if that could not be read.</summary>
    public bool? ForwardsIpv6 { get; init; }

    /// <summary>What could not be read, with the reasons.</summary>
    public IReadOnlyList<string> Unreadable { get; init; } = [];

    /// <summary>Makes the summary of a server's facts.</summary>
    /// <param name="facts">What was read.</param>
    /// <param name="server">The server it is of.</param>
    /// <param name="persisted">Whether the chains that the next boot loads are meant, instead of those that run.</param>
    public static FirewallSummary Of(FirewallFacts facts, Server server, bool persisted = false)
    {
        Reading<Ruleset> rules = persisted ? FirewallFacts.Parsed(facts.Persisted, static boot => boot.Ruleset.Parse()) : facts.Ruleset;
        Ruleset ruleset = rules.TryGet(out Ruleset? read) ? read : Ruleset.Empty;
        PersistedFirewall boot = facts.Persisted.TryGet(out PersistedFirewall? next) ? next : new PersistedFirewall();
        ForwardingSettings? forwarding = facts.Forwarding.TryGet(out ForwardingSettings? settings) ? settings : null;
        return new FirewallSummary
        {
            Server = server.Name,
            Chains =
            [
                .. ruleset.Chains.Where(static chain => chain.IsBase)
                    .OrderBy(static chain => chain.Hook, StringComparer.Ordinal)
                    .ThenBy(static chain => chain.Priority),
            ],
            ManagedBy = [.. ruleset.Rules.Select(static rule => rule.ManagedBy).OfType<string>().Distinct().Order(StringComparer.Ordinal)],
            BootMechanisms = boot.Mechanisms,
            BootFailures = boot.LoadFailures,
            Sockets = facts.Sockets.TryGet(out IReadOnlyList<ListeningSocket>? sockets)
                ? [.. sockets.OrderBy(static socket => socket.Protocol).ThenBy(static socket => socket.Port)]
                : [],
            ForwardsIpv4 = forwarding?.Ipv4,
            ForwardsIpv6 = forwarding?.Ipv6,
            Unreadable =
            [
                .. ((string?[])[rules.Failure, facts.Persisted.Failure, facts.Sockets.Failure, facts.Forwarding.Failure])
                    .OfType<string>()
                    .Distinct(),
            ],
        };
    }
}
