using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Operations.FirewallChange;

/// <summary>Learns all a firewall change must know. Changes nothing.</summary>
internal sealed class ChangePreparation(ISiteSession session, TimeProvider time)
{
    /// <summary>The targets in the order in which no change cuts the way to the next: jump hosts after what is reached through them, network firewalls last.</summary>
    public async Task<IReadOnlyList<ChangeTarget>> ReadAsync(
        IReadOnlyList<Server> servers, Func<Site, Server, HostNetwork, string> render, CancellationToken cancellationToken)
    {
        string id = time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture);
        ChangeTarget[] targets = await Task.WhenAll(servers.Select(server => ReadAsync(server, id, render, cancellationToken)));
        return [.. targets.OrderBy(target => Rank(target.Server, targets))];
    }

    /// <summary>The operator's connections to every server that can be reached, changed or not.</summary>
    public async Task<IReadOnlyList<(Server Server, SshFlow Flow)>> FlowsAsync(IReadOnlyList<ChangeTarget> targets, CancellationToken cancellationToken)
    {
        List<(Server, SshFlow)> flows = [.. targets.Where(static target => target.Client is not null).Select(static target => (target.Server, target.Client!))];
        foreach (Server server in session.Site.Servers.Where(server => targets.All(target => target.Server != server)))
        {
            try
            {
                if (await ClientAsync(server, cancellationToken) is { } flow)
                {
                    flows.Add((server, flow));
                }
            }
            catch (FoobarException)
            {
                // What can't be reached before the change can't be lost by it.
            }
        }

        return flows;
    }

    /// <summary>What the change of a target would do.</summary>
    public static FirewallChangePreview Preview(ChangeTarget target, int order)
    {
        Ruleset after = target.After ?? Ruleset.Empty;
        Ruleset before = target.Facts!.Ruleset.TryGet(out Ruleset? running) ? running
            : throw new FoobarException("RulesetUnreadable", ErrorKind.Failed, $"{target.Server.Name}: {target.Facts.Ruleset.Failure}") { Server = target.Server.Name };
        HostNetwork? network = target.Facts.Network.TryGet(out HostNetwork? known) ? known : null;
        string[] old = [.. before.Rules.Select(Words)];
        string[] young = [.. after.Rules.Select(Words)];
        IReadOnlyList<HookDifference> differences = RulesetComparison.Compare(before, after, network);
        return new FirewallChangePreview
        {
            Server = target.Server.Name,
            Order = order,
            IsChange = differences.Count > 0 || !old.SequenceEqual(young) || target.Leftovers.Any(static leftover => leftover.IsPending),
            PendingRollback = target.Leftovers.Where(static leftover => leftover.IsPending).Select(static leftover => (DateTimeOffset?)leftover.Deadline).Min(),
            RulesRemoved = [.. old.Except(young)],
            RulesAdded = [.. young.Except(old)],
            Differences = differences,
            Ruleset = target.NewRuleset,
        };
    }

    private static string Words(FirewallRule rule) =>
        $"{rule.Chain}: {string.Join(' ', rule.Matches.Append(rule.Verdict))}{(rule.Comment is null ? string.Empty : $" # {rule.Comment}")}";

    private async Task<ChangeTarget> ReadAsync(
        Server server, string id, Func<Site, Server, HostNetwork, string> render, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        Task<SshFlow?> client = ClientAsync(server, cancellationToken);
        Task<CommandResult> left = connection.RunAsync(ChangeScripts.ToList(), cancellationToken);
        Task<FirewallFacts> reading = new FirewallCollector().CollectAsync(session, server, cancellationToken);
        await Task.WhenAll(client, left, reading);
        FirewallFacts facts = await reading;
        string ruleset = render(session.Site, server, NetworkOf(server, facts));
        CommandResult listing = SessionReadings.Succeeded(await connection.RunAsync(ChangeScripts.ToTry(ruleset), cancellationToken));
        return new ChangeTarget
        {
            Server = server,
            Id = $"{id}-{server.Name.ToLowerInvariant()}",
            NewRuleset = ruleset,
            After = NftRulesetParser.Parse(listing.OutputText, server.Name, "the new ruleset"),
            Facts = facts,
            Client = await client,
            Leftovers = Leftover.Parse(SessionReadings.Succeeded(await left).OutputText, server.Name),
        };
    }

    /// <summary>The target's addresses and routes, on which the binding of flows to interfaces stands.</summary>
    /// <exception cref="FoobarException"><c>NetworkUnreadable</c>: they could not be read, or are not what tells the way of
    /// packets.</exception>
    internal static HostNetwork NetworkOf(Server server, FirewallFacts facts)
    {
        string? trouble = !facts.Network.TryGet(out HostNetwork? network) ? facts.Network.Failure
            : network.RoutesUnknown ?? (network.Routes.Count == 0 ? "it has no routes" : null);
        return trouble is null ? network! : throw new FoobarException(
            "NetworkUnreadable", ErrorKind.Failed,
            $"{server.Name}: by which interfaces the flows' senders are reached can't be told: {trouble}. Nothing was changed.")
        {
            Server = server.Name,
            Recommendation = network?.RoutesUnknown is null
                ? "See that 'ip address', 'ip route' and 'ip rule' work for the login on the server."
                : "Change this server's rules by hand, and look at 'ip rule' and at the routes of the tables that it names.",
        };
    }

    private async Task<SshFlow?> ClientAsync(Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        return SshFlow.Parse((await connection.RunAsync(ChangeScripts.ToSeeClient(), cancellationToken)).OutputText);
    }

    // How many others are reached through a server, directly or further on.
    private static int Rank(Server server, IReadOnlyList<ChangeTarget> targets)
    {
        HashSet<Server> behind = [];
        Queue<Server> open = new([server]);
        while (open.TryDequeue(out Server? through))
        {
            foreach (ChangeTarget target in targets.Where(target => target.Client is not null && through.Addresses.Contains(target.Client.Client) && behind.Add(target.Server)))
            {
                open.Enqueue(target.Server);
            }
        }

        return behind.Count + (server.Is(Role.NetworkFirewall) ? 1000 : 0);
    }
}
