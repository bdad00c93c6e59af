using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Foobar.Ops.Firewall.Model;

/// <summary>One rule of a server's firewall, as it stands in the kernel or in a persisted configuration.</summary>
public sealed record FirewallRule
{
    private const int MaxWords = 200;

    /// <summary>The server it is on; <see langword="null"/> where the ruleset is of none.</summary>
    public string? Server { get; init; }

    /// <summary>The address family of its table: <c>ip</c>, <c>ip6</c>, <c>inet</c>, <c>bridge</c>, <c>netdev</c>, <c>arp</c>.</summary>
    public required string Family { get; init; }

    /// <summary>The table.</summary>
    public required string Table { get; init; }

    /// <summary>The chain.</summary>
    public required string Chain { get; init; }

    /// <summary>
    /// The hook at which the kernel enters its chain: <c>input</c>, <c>forward</c>, <c>prerouting</c>; <see langword="null"/> where the
    /// chain is only jumped to.
    /// </summary>
    public string? Hook { get; init; }

    /// <summary>
    /// The priority of its chain at that hook, lower runs earlier; <see langword="null"/> where the chain is only jumped to.
    /// </summary>
    public int? Priority { get; init; }

    /// <summary>Its place in the chain, counted from 1.</summary>
    public required int Position { get; init; }

    /// <summary>
    /// The kernel's handle, by which <c>nft delete rule</c> names it; <see langword="null"/> for a rule of legacy iptables or a file.
    /// </summary>
    public long? Handle { get; init; }

    /// <summary>What it tests, each as nftables writes it: <c>tcp dport 443</c>.</summary>
    public IReadOnlyList<string> Matches { get; init; } = [];

    /// <summary>
    /// What it does in the end: <c>accept</c>, <c>drop</c>, <c>reject</c>, <c>jump NAME</c>, <c>dnat to ...</c>; empty if it only counts,
    /// logs or marks.
    /// </summary>
    public string Verdict { get; init; } = string.Empty;

    /// <summary>Packets it matched since its counter was made; <see langword="null"/> without a counter.</summary>
    public long? Packets { get; init; }

    /// <summary>Bytes it matched since its counter was made; <see langword="null"/> without a counter.</summary>
    public long? Bytes { get; init; }

    /// <summary>Its comment.</summary>
    public string? Comment { get; init; }

    /// <summary>The rule in its source's own words.</summary>
    public string Source { get; init; } = string.Empty;

    /// <summary>Where it is kept: nftables, or legacy iptables beside it.</summary>
    public required RulesetOrigin Origin { get; init; }

    /// <summary>
    /// The program that made it, told by the names it uses: <c>ufw</c>, <c>firewalld</c>, <c>docker</c>, <c>fail2ban</c>;
    /// <see langword="null"/> if none is known.
    /// </summary>
    public string? ManagedBy { get; init; }

    /// <summary>What it does, step by step, for the evaluator.</summary>
    [JsonIgnore]
    internal IReadOnlyList<Statement> Statements { get; init; } = [];

    /// <summary>
    /// The rule by its chain and what it says: <c>inet filter input: tcp dport 443 accept</c>. Its place and handle are others after
    /// the next load, and then another rule's.
    /// </summary>
    internal string Words()
    {
        string text = Matches.Count + Verdict.Length == 0 ? Source : string.Join(' ', Matches.Append(Verdict)).TrimEnd();
        string digest = text.Length <= MaxWords ? string.Empty
            : $"... (SHA-256 {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]})";
        return $"{Family} {Table} {Chain}: {(digest.Length == 0 ? text : text[..MaxWords])}{digest}";
    }

    /// <summary>The rule's place in words: <c>inet filter input rule 3 (handle 7)</c>.</summary>
    public override string ToString() => Handle is null
        ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Family} {Table} {Chain} rule {Position}")
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Family} {Table} {Chain} rule {Position} (handle {Handle})");
}

/// <summary>Which of the kernel's packet filters a rule stands in.</summary>
public enum RulesetOrigin : long
{
    /// <summary>nftables, whichever tool wrote it (<c>iptables-nft</c> too).</summary>
    Nftables,

    /// <summary>The legacy x_tables, which run beside nftables.</summary>
    LegacyIptables,
}
