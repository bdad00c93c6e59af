using System.Text.RegularExpressions;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Firewall;

/// <summary>Reads <see cref="FirewallFacts"/>: all commands at once over the server's one session.</summary>
public sealed class FirewallCollector : Collector<FirewallFacts>
{
    // The routes of all tables cost one process a family; asked for a table that does not exist, ip(8) begins a listing and fails.
    private const string NetworkScript = """
        export PATH="$PATH:/usr/sbin:/sbin"
        echo '==> addresses'; ip -json address show || exit
        printf '\n==> routes\n'; ip -json -4 route show table all || exit
        printf '\n==> routes6\n'; ip -json -6 route show table all
        for family in 4 6; do printf '\n==> rules%s\n' $family; ip -json -$family rule show 2>&1; done
        printf '\n==> filters\n'
        if command -v tc >/dev/null; then
            queues=$(tc qdisc show 2>/dev/null)
            case $queues in *clsact*|*ingress*)
                for name in $(printf '%s\n' "$queues" | sed -n 's/^qdisc \(clsact\|ingress\) .* dev \([^ ]*\).*/\2/p' | sort -u); do
                    for way in ingress egress; do echo "$name $way $(tc filter show dev "$name" $way 2>/dev/null | wc -l)"; done
                done ;;
            esac
        fi
        """;

    /// <inheritdoc/>
    public override string Name => "firewall";

    /// <inheritdoc/>
    public override async Task<FirewallFacts> CollectAsync(ISiteSession session, Server server, CancellationToken cancellationToken)
    {
        IServerSession connection = await session.GetServerAsync(server.Name, cancellationToken);
        KnownFirewall known = KnownFirewall.Of(server);
        TextsRead texts = new();
        Task<Reading<T>> Read<T>(RemoteCommand command, Func<CommandResult, T> parse, string source, Regex? passing = null) =>
            connection.ReadResultAsync(command, Noted(texts, source, parse, passing), source, cancellationToken);

        var running = Read(RemoteCommand.FromScript(RulesetScript.Running) with { Privileged = true }, ParseRunning, NftRulesetSource);
        var network = Read(
            RemoteCommand.FromScript(NetworkScript), result => ParseNetwork(Text(result), server.Name), NetworkSource,
            NetworkParser.Lifetimes());
        var persisted = PersistedReader.ReadAsync(connection, running, network, texts, cancellationToken);
        Task<Reading<Ruleset>> ruleset = ParseAsync(running, network, known, session.Site, server);
        var sockets = Read(
            RemoteCommand.FromScript(SocketParser.Source) with { Privileged = true, IsShared = true, IsShort = true }, result =>
                SocketParser.Parse(Text(result)), SocketParser.Source);
        RemoteCommand settings = RemoteCommand.FromScript(KernelSettings.Script) with { IsShared = true, IsShort = true };
        var forwarding = Read(settings, result => KernelSettings.Forwarding(Text(result)), KernelSettings.ForwardingSource);
        var reversePath = Read(settings, result => KernelSettings.ReversePath(Text(result)), KernelSettings.ReversePathSource);
        await Task.WhenAll(running, ruleset, persisted, network, sockets, forwarding, reversePath);
        return known.Of(texts, new FirewallFacts
        {
            Running = await running,
            Persisted = WithRunning(await persisted, await running),
            Network = await network,
            Sockets = await sockets,
            Forwarding = await forwarding,
            ReversePath = await reversePath,
        }.WithRuleset(await ruleset));
    }

    private static Func<CommandResult, T> Noted<T>(TextsRead texts, string source, Func<CommandResult, T> parse, Regex? passing) =>
        result =>
        {
            texts.Add(source, result, passing);
            return parse(result);
        };

    /// <summary>Whether the controls' judgement of the rules begins while other facts are still read. Facts are the same without.</summary>
    internal bool JudgesAhead { get; init; }

    // The server takes longer for what the next boot loads; a large ruleset is parsed, and judged, meanwhile.
    private async Task<Reading<Ruleset>> ParseAsync(
        Task<Reading<RulesetText>> running, Task<Reading<HostNetwork>> network, KnownFirewall known, Site site, Server server)
    {
        Reading<RulesetText> text = await running.ConfigureAwait(false);
        if (known.RulesetOf(text) is { } same)
        {
            return same;
        }

        Reading<Ruleset> ruleset = await Task.Run(() => FirewallFacts.Parse(text)).ConfigureAwait(false);
        if (JudgesAhead && ruleset.TryGet(out Ruleset? rules))
        {
            _ = FirewallAnalysis.PrepareAsync(server, site, await network.ConfigureAwait(false), rules, FirewallControls.ByRules);
        }

        return ruleset;
    }

    /// <summary>Reads the addresses and routes of any machine.</summary>
    internal static Task<Reading<HostNetwork>> ReadNetworkAsync(IServerSession connection, CancellationToken cancellationToken) =>
        connection.ReadResultAsync(
            RemoteCommand.FromScript(NetworkScript), result =>
                ParseNetwork(Text(result), connection.Server.Name), NetworkSource, cancellationToken);

    private const string NetworkSource = "ip -json address show; ip -json route show; ip -json rule show";

    /// <summary>What the running ruleset is read with.</summary>
    internal const string NftRulesetSource = "nft -j list ruleset";

    internal static RulesetText ParseRunning(CommandResult result) => RulesetText.From(Sections.Parse(Text(result)), result.ErrorText);

    internal static PersistedFirewall ParsePersisted(CommandResult result)
    {
        IReadOnlyDictionary<string, string> sections = Sections.Parse(Text(result));
        return new PersistedFirewall
        {
            Mechanisms =
            [
                .. sections.Keys.Where(key => key.StartsWith("mechanism ", StringComparison.Ordinal))
                    .Select(key => key["mechanism ".Length..]),
            ],
            Ruleset = RulesetText.From(sections, result.ErrorText),
            ReadsAsRunning = sections.ContainsKey("nftables same"),
            LoadFailures =
            [
                .. sections.Keys.Where(key => key.StartsWith("failed load ", StringComparison.Ordinal))
                    .Select(key => key["failed load ".Length..]),
            ],
            LoadErrors = result.ErrorText.Trim(),
            FirewalldDefaultZone = sections.GetValueOrDefault("firewalld-default", string.Empty).Trim(),
            FirewalldRunning = sections.GetValueOrDefault("firewalld-running", string.Empty).Trim(),
            FirewalldPermanent = sections.GetValueOrDefault("firewalld-permanent", string.Empty).Trim(),
            FirewalldPoliciesRunning = sections.GetValueOrDefault("firewalld-policies-running", string.Empty).Trim(),
            FirewalldPoliciesPermanent = sections.GetValueOrDefault("firewalld-policies-permanent", string.Empty).Trim(),
            FirewalldDirectRunning = sections.GetValueOrDefault("firewalld-direct-running", string.Empty).Trim(),
            FirewalldDirectPermanent = sections.GetValueOrDefault("firewalld-direct-permanent", string.Empty).Trim(),
        };
    }

    /// <summary>What the next boot would load, with the running rules where it loads the same.</summary>
    internal static Reading<PersistedFirewall> WithRunning(Reading<PersistedFirewall> persisted, Reading<RulesetText> running)
    {
        if (!persisted.TryGet(out PersistedFirewall? firewall) || !firewall.ReadsAsRunning)
        {
            return persisted;
        }

        return running.TryGet(out RulesetText? text)
            ? Reading.Of(
                firewall with { Ruleset = firewall.Ruleset with { Nftables = text.Nftables, Declarations = text.Declarations } },
                persisted.Source)
            : Reading.Unreadable<PersistedFirewall>(
                $"It reads as the running rules do, and these were not read: {running.Failure}", persisted.Source);
    }

    private static string Text(CommandResult result) => SessionReadings.Succeeded(result).OutputText;

    private static HostNetwork ParseNetwork(string text, string server)
    {
        IReadOnlyDictionary<string, string> sections = Sections.Parse(text);
        HostNetwork network = NetworkParser.Parse(
            sections.Require("addresses"),
            [sections.Require("routes"), sections.Require("routes6")],
            [sections.Require("rules4"), sections.Require("rules6")],
            server);
        return network with
        {
            Programs = [.. network.Programs, .. NetworkParser.ParseFilters(sections.GetValueOrDefault("filters", string.Empty))],
        };
    }
}
