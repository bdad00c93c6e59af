using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Inventory;
using Foobar.Ops.Remoting;

namespace Foobar.Ops.Firewall.Collection;

/// <summary>
/// What a server of a session last showed of its firewall. The same texts are the same facts, and then what was worked out of them
/// stands too: the parsed rules, the model, the spaces of packets. They live as long as the site's declaration does.
/// </summary>
internal sealed class KnownFirewall
{
    private static readonly ConditionalWeakTable<Server, KnownFirewall> Known = [];

    private readonly Lock _lock = new();
    private (string Texts, FirewallFacts Facts)? _last;

    /// <summary>What is known of a server.</summary>
    public static KnownFirewall Of(Server server) => Known.GetOrCreateValue(server);

    /// <summary>The rules of a text, if it is the last one.</summary>
    public Reading<Ruleset>? RulesetOf(Reading<RulesetText> running)
    {
        lock (_lock)
        {
            return running.TryGet(out RulesetText? text)
                && _last is { } last
                && last.Facts.Running.TryGet(out RulesetText? known)
                && text == known
                ? last.Facts.Ruleset
                : null;
        }
    }

    /// <summary>The facts of texts: the last ones, if they were made of the same.</summary>
    /// <param name="texts">All that was read.</param>
    /// <param name="facts">What was made of it.</param>
    public FirewallFacts Of(TextsRead texts, FirewallFacts facts)
    {
        string all = texts.ToString();
        lock (_lock)
        {
            _last = _last is { } last && last.Texts == all ? last : (all, facts);
            return _last.Value.Facts;
        }
    }
}

/// <summary>What commands printed, by what they are called. Safe for concurrent use.</summary>
internal sealed class TextsRead
{
    private readonly ConcurrentDictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary>Takes note of a result.</summary>
    /// <param name="source">What it is called.</param>
    /// <param name="result">The result.</param>
    /// <param name="passing">What of its output changes by itself, and no fact tells; <see langword="null"/> for nothing.</param>
    public void Add(string source, CommandResult result, Regex? passing = null)
    {
        ReadOnlyMemory<byte> output = passing is null ? result.Output : Encoding.UTF8.GetBytes(passing.Replace(result.OutputText, ""));
        _texts[source] = $"{result.ExitCode}\n{Hash(output)}\n{Hash(result.Error)}";
    }

    /// <summary>Takes note of a result, or of why there is none.</summary>
    public void Add(string source, CommandResult? result, string failure)
    {
        if (result is null)
        {
            _texts[source] = failure;
        }
        else
        {
            Add(source, result);
        }
    }

    /// <summary>A text that is another one when one of the results was.</summary>
    public override string ToString() => string.Join(
        '\n', _texts.OrderBy(static text => text.Key, StringComparer.Ordinal).Select(static text => $"{text.Key}\n{text.Value}"));

    private static string Hash(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(SHA256.HashData(bytes.Span));
}
