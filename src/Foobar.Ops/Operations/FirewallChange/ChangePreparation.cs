using System.Globalization;
using Foobar.Ops.Errors;
using Foobar.Ops.Findings;
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
    /// <summary>
    /// The targets in the order in which no change cuts the way to the next: jump hosts after what is reached through them, network
    /// firewalls last.
    /// </summary>
    public async Task<IReadOnlyList<ChangeTarget>> ReadAsync(
        IReadOnlyList<Server> servers, bool undo, CancellationToken cancellationToken)
    {
        string id = time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture);
        KeptChange?[] kept = undo
            ? await Task.WhenAll(servers.Select(server => LookAsync(server, cancellationToken)))
            : new KeptChange?[servers.Count];
        if (undo && kept.Any(static one => one is null))
        {
            throw ChangeObstacles.NothingKept([.. servers.Where((_, index) => kept[index] is null).Select(static server => server.Name)]);
        }

        ChangeTarget[] targets = await Task.WhenAll(
            servers.Select((server, index) => ReadAsync(server, id, kept[index], cancellationToken)));
        return [.. targets.OrderBy(target => Rank(target.Server, targets))];
    }

    /// <summary>The operator's connections to every server that can be reached, changed or not.</summary>
    public async Task<IReadOnlyList<(Server Server, SshFlow Flow)>> FlowsAsync(
        IReadOnlyList<ChangeTarget> targets, CancellationToken cancellationToken)
    {
        List<(Server, SshFlow)> flows =
        [
            .. targets.Where(static target => target.Client is not null).Select(static target => (target.Server, target.Client!)),
        ];
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
    /// <exception cref="FoobarException"><c>RulesetUnreadable</c>: the rules that run now are not understood.</exception>
    public static FirewallChangePreview Preview(Site site, ChangeTarget target, int order)
    {
        Ruleset after = target.After ?? Ruleset.Empty;
        Ruleset before = target.Facts!.Ruleset.TryGet(out Ruleset? running) ? running
            : throw new FoobarException(
                "RulesetUnreadable", ErrorKind.Failed, $"{target.Server.Name}: {target.Facts.Ruleset.Failure}")
                {
                    Server = target.Server.Name,
                };
        HostNetwork? network = target.Facts.Network.TryGet(out HostNetwork? known) ? known : null;
        string[] old = [.. before.Rules.Select(Words)];
        string[] young = [.. after.Rules.Select(Words)];
        IReadOnlyList<HookDifference> differences = RulesetComparison.Compare(before, after, network);
        (IReadOnlyList<string> opens, IReadOnlyList<string> closes, IReadOnlyList<string> beyond) = TrafficForecast.Of(
            new ServerCase<FirewallFacts>(target.Server, site, target.Facts, DateTimeOffset.UnixEpoch), before, after);
        return new FirewallChangePreview
        {
            Server = target.Server.Name,
            Order = order,
            IsChange = target.Back is not null
                || differences.Count > 0
                || !old.SequenceEqual(young)
                || target.Leftovers.Any(static leftover => leftover.IsPending),
            PendingRollback = target.Leftovers.Where(static leftover => leftover.IsPending)
                .Select(static leftover => (DateTimeOffset?)leftover.Deadline)
                .Min(),
            Undoes = target.Back?.ToString(),
            Opens = opens,
            Closes = closes,
            BeyondPolicy = beyond,
            RulesRemoved = [.. old.Except(young)],
            RulesAdded = [.. young.Except(old)],
            Differences = differences,
            Ruleset = target.NewRuleset,
        };
    }

    private static string Words(FirewallRule rule) =>
        $"{rule.Chain}: "
            + $"{string.Join(' ', rule.Matches.Append(rule.Verdict))}{(rule.Comment is null ? string.Empty : $" # {rule.Comment}")}";

    private async Task<KeptChange?> LookAsync(Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        return KeptChange.Parse(
            SessionReadings.Succeeded(await connection.RunAsync(ChangeScripts.ToLook(), cancellationToken)).OutputText, server.Name);
    }

    private async Task<ChangeTarget> ReadAsync(Server server, string id, KeptChange? back, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        Task<SshFlow?> client = ClientAsync(server, cancellationToken);
        Task<CommandResult> left = connection.RunAsync(ChangeScripts.ToList(), cancellationToken);
        Task<CommandResult> rehearsal = connection.RunAsync(ChangeScripts.ToRehearse(), cancellationToken);
        Task<FirewallFacts> reading = new FirewallCollector().CollectAsync(session, server, cancellationToken);
        await Task.WhenAll(client, left, rehearsal, reading);
        FirewallFacts facts = await reading;
        string ruleset = back?.Ruleset ?? PolicyRuleset.Render(session.Site, server, NetworkOf(server, facts));
        RemoteCommand trial = back is null ? ChangeScripts.ToTry(ruleset) : ChangeScripts.ToTry(back);
        CommandResult listing = SessionReadings.Succeeded(await connection.RunAsync(trial, cancellationToken));
        return new ChangeTarget
        {
            Server = server,
            Id = $"{id}-{server.Name.ToLowerInvariant()}",
            NewRuleset = ruleset,
            Back = back,
            NoWayBack = NoWayBack(await rehearsal, facts),
            By = KeptChange.Here,
            After = NftRulesetParser.Parse(listing.OutputText, server.Name, "the new ruleset"),
            Facts = facts,
            Client = await client,
            Leftovers = Leftover.Parse(SessionReadings.Succeeded(await left).OutputText, server.Name),
        };
    }

    // nft prints some rules that iptables made in words that it does not read, or that mean less.
    private static string? NoWayBack(CommandResult rehearsal, FirewallFacts facts)
    {
        if (rehearsal.ExitCode != 0)
        {
            return $"nft does not load its own listing of them ({ErrorOf(rehearsal.ErrorText)})";
        }

        string[] listings = rehearsal.OutputText.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (listings.Length == 0)
        {
            return null;
        }

        Ruleset[] rulesets = [.. listings.Select(listing => NftRulesetParser.Parse(listing, rehearsal.Server, "the rules loaded again"))];
        HostNetwork? network = facts.Network.TryGet(out HostNetwork? known) ? known : null;
        return RulesetComparison.Compare(rulesets[0], rulesets[^1], network) is [{ } difference, ..]
            ? $"loaded again from nft's listing they treat other packets differently at the {difference.Hook} hook ({difference.Witness})"
            : null;
    }

    // nft warns of tables that iptables keeps before it tells what is wrong.
    internal static string ErrorOf(string said)
    {
        string[] lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.FirstOrDefault(static line => !line.StartsWith("# Warning", StringComparison.Ordinal))
            ?? lines.FirstOrDefault()
            ?? string.Empty;
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
            foreach (ChangeTarget target in targets.Where(
                target => target.Client is not null && through.Addresses.Contains(target.Client.Client) && behind.Add(target.Server)))
            {
                open.Enqueue(target.Server);
            }
        }

        return behind.Count + (server.Is(Role.NetworkFirewall) ? 1000 : 0);
    }
}
