using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Linux;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Firewall.Collection;

/// <summary>
/// Reads what the next boot would load. It takes a network namespace and a second listing, so what a session has read stands while
/// neither its files nor the running rules and interfaces, beside which it was read, have changed.
/// </summary>
internal static partial class PersistedReader
{
    private const string Source = "the configuration that the next boot loads";

    // The rules and interfaces that were there when a result was read.
    private static readonly ConditionalWeakTable<CommandResult, string> Beside = [];

    private static readonly CommandSources Files = new(
        [
            "/etc/nftables.conf", "/etc/iptables/*", "/etc/default/ufw", "/etc/ufw/*", "/etc/ufw/*/*", "/lib/ufw/*", "/usr/sbin/nft",
            .. UnitScript.SourcesOf(["nftables.service", "netfilter-persistent.service", "ufw.service", "firewalld.service"]).Paths,
        ],
        MoreFiles);

    private static readonly RemoteCommand Command = RemoteCommand.FromScript(RulesetScript.Persisted, RulesetScript.Fresh) with
    {
        Privileged = true,
    };

    /// <summary>Reads it.</summary>
    /// <param name="connection">The server.</param>
    /// <param name="running">What the kernel filters with now.</param>
    /// <param name="network">The server's interfaces.</param>
    /// <param name="texts">Takes note of what was read in the end.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Errors.FoobarException">The connection was lost.</exception>
    public static async Task<Reading<PersistedFirewall>> ReadAsync(
        IServerSession connection, Task<Reading<RulesetText>> running, Task<Reading<HostNetwork>> network, TextsRead texts,
        CancellationToken cancellationToken)
    {
        (Reading<PersistedFirewall> read, CommandResult? result) = await ReadAsync(connection, Files, cancellationToken).ConfigureAwait(
            false);
        string? now = StateOf(await running.ConfigureAwait(false), await network.ConfigureAwait(false));
        if (result is not null && (now is null || Beside.GetValue(result, _ => now) != now))
        {
            CommandSources? beside = now is null ? null : new CommandSources(Files.Paths, MoreFiles) { Given = now };
            (read, result) = await ReadAsync(connection, beside, cancellationToken).ConfigureAwait(false);
        }

        // What could not be read may be another thing next time.
        texts.Add(Source, result, read.Failure ?? "");
        return read;
    }

    /// <summary>
    /// The rules and interfaces as a text that is another one when they have changed; <see langword="null"/> if they were not read.
    /// </summary>
    internal static string? StateOf(Reading<RulesetText> running, Reading<HostNetwork> network)
    {
        if (!running.TryGet(out RulesetText? rules) || !network.TryGet(out HostNetwork? around))
        {
            return null;
        }

        string[] texts = [rules.Nftables, rules.Iptables, rules.Ip6tables, rules.LegacyIptables, rules.LegacyIp6tables, rules.Ipsets];
        string all = string.Join('\n', [.. texts.Select(static text => Passing().Replace(text, "")), .. around.Interfaces]);
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(all)));
    }

    private static async Task<(Reading<PersistedFirewall> Read, CommandResult? Result)> ReadAsync(
        IServerSession connection, CommandSources? sources, CancellationToken cancellationToken)
    {
        CommandResult? given = null;
        Reading<PersistedFirewall> read = await connection.ReadResultAsync(
            Command with { Sources = sources },
            result =>
            {
                given = result;
                return FirewallCollector.ParsePersisted(result);
            },
            Source, cancellationToken).ConfigureAwait(false);
        return (read, read.Value is null ? null : given);
    }

    // Files that others take in are not followed, what firewalld runs with is asked of it, and what failed to load may not fail again.
    private static string[]? MoreFiles(CommandResult result)
    {
        string text = result.OutputText;
        return text.Contains("==> includes", StringComparison.Ordinal) || text.Contains("==> mechanism firewalld", StringComparison.Ordinal)
            || text.Contains("==> failed", StringComparison.Ordinal) ? null : [];
    }

    // What traffic counts up and time counts down.
    [GeneratedRegex("\"(packets|bytes|used|expires)\": ?[0-9]+|\\[[0-9]+:[0-9]+\\]", RegexOptions.CultureInvariant, 10_000)]
    private static partial Regex Passing();
}
