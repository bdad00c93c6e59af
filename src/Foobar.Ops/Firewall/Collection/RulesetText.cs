using Foobar.Ops.Errors;
using Foobar.Ops.Firewall.Iptables;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Firewall.Collection;

/// <summary>
/// The listings of one network namespace's packet filters, as the tools wrote them. Snapshots keep the text, so that a later
/// version that understands more judges an old snapshot better.
/// </summary>
public sealed record RulesetText
{
    /// <summary><c>nft -j list ruleset</c>; empty where nft is missing.</summary>
    public string Nftables { get; init; } = string.Empty;

    /// <summary>
    /// The declarations of tables, chains and sets of <c>nft list ruleset</c>, a second witness beside the JSON; empty in facts
    /// that an earlier version of Foobar.Ops read.
    /// </summary>
    public string Declarations { get; init; } = string.Empty;

    /// <summary><c>iptables-nft-save -c</c>.</summary>
    public string Iptables { get; init; } = string.Empty;

    /// <summary><c>ip6tables-nft-save -c</c>.</summary>
    public string Ip6tables { get; init; } = string.Empty;

    /// <summary><c>iptables-legacy-save -c</c> of the tables that are loaded.</summary>
    public string LegacyIptables { get; init; } = string.Empty;

    /// <summary><c>ip6tables-legacy-save -c</c> of the tables that are loaded.</summary>
    public string LegacyIp6tables { get; init; } = string.Empty;

    /// <summary><c>ipset save</c>.</summary>
    public string Ipsets { get; init; } = string.Empty;

    /// <summary>Takes a script's output apart.</summary>
    /// <param name="sections">The output by section.</param>
    /// <param name="error">What the commands wrote to standard error.</param>
    /// <exception cref="FoobarException"><c>RulesetUnreadable</c>: a listing failed, or no tool for nftables is there.</exception>
    internal static RulesetText From(IReadOnlyDictionary<string, string> sections, string error)
    {
        if (sections.Keys.FirstOrDefault(
            key =>
                key.StartsWith("failed ", StringComparison.Ordinal)
                    && !key.StartsWith("failed load ", StringComparison.Ordinal)) is { } failed)
        {
            throw Unreadable($"'{failed["failed ".Length..]}' failed: {error.Trim()}");
        }

        string iptables = sections.GetValueOrDefault("iptables", string.Empty);
        if (sections.ContainsKey("missing nft") && iptables.Length == 0 && !sections.ContainsKey("legacy-iptables"))
        {
            throw Unreadable("neither nft nor iptables-nft-save is installed, so that nobody can tell what the kernel filters");
        }

        return new RulesetText
        {
            Nftables = sections.GetValueOrDefault("nftables", string.Empty),
            Declarations = sections.GetValueOrDefault("declarations", string.Empty).Trim('\n'),
            Iptables = iptables,
            Ip6tables = sections.GetValueOrDefault("ip6tables", string.Empty),
            LegacyIptables = sections.GetValueOrDefault("legacy-iptables", string.Empty),
            LegacyIp6tables = sections.GetValueOrDefault("legacy-ip6tables", string.Empty),
            Ipsets = sections.GetValueOrDefault("ipset", string.Empty),
        };
    }

    /// <summary>Parses all listings into one ruleset.</summary>
    /// <param name="server">The server they came from.</param>
    /// <exception cref="ParseException">A listing is cut short or of another form.</exception>
    public Ruleset Parse(string? server = null)
    {
        Ruleset saved = Save(Iptables, PacketValues.Ipv4, RulesetOrigin.Nftables, "iptables-nft-save", server)
            .With(Save(Ip6tables, PacketValues.Ipv6, RulesetOrigin.Nftables, "ip6tables-nft-save", server));
        Ruleset nftables = string.IsNullOrWhiteSpace(Nftables)
            ? saved
            : CompatibilityRules.Fill(NftRulesetParser.Parse(Nftables, server, text: Declarations), saved);
        return nftables
            .With(Save(LegacyIptables, PacketValues.Ipv4, RulesetOrigin.LegacyIptables, "iptables-legacy-save", server))
            .With(Save(LegacyIp6tables, PacketValues.Ipv6, RulesetOrigin.LegacyIptables, "ip6tables-legacy-save", server));
    }

    /// <summary>
    /// Tells whether two namespaces list the same rules in the same order, apart from handles, counters and the time of the listing. If
    /// not, they may still do the same.
    /// </summary>
    internal bool ListsAs(RulesetText other) =>
        ListingText.Same(Nftables, other.Nftables)
        && (Declarations.Length == 0 || other.Declarations.Length == 0 || ListingText.Same(Declarations, other.Declarations))
        && ListingText.Same(Iptables, other.Iptables) && ListingText.Same(Ip6tables, other.Ip6tables)
        && ListingText.Same(LegacyIptables, other.LegacyIptables)
        && ListingText.Same(LegacyIp6tables, other.LegacyIp6tables)
        && ListingText.Same(Ipsets, other.Ipsets);

    private Ruleset Save(string text, int family, RulesetOrigin origin, string source, string? server) =>
        IptablesSaveParser.Parse(text, family, origin, Ipsets, server, source);

    private static FoobarException Unreadable(string why) =>
        new("RulesetUnreadable", ErrorKind.Failed, $"The packet filters can't be listed: {why}.")
        {
            Recommendation = "Install nftables on the server (apt install nftables), and see that the login may use sudo.",
        };
}
