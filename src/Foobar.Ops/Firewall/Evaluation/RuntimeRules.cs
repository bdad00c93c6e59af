using System.Text.RegularExpressions;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Evaluation;

/// <summary>
/// What docker and fail2ban add to a ruleset at run time. They add it again after a boot and no file holds it, so that it is no
/// difference between what runs and what the next boot loads. The chain DOCKER-USER is not docker's: docker makes it and leads
/// packets there, but its rules are the operator's, and gone after a boot unless a file holds them (docs.docker.com, Packet
/// filtering and firewalls).
/// </summary>
internal static partial class RuntimeRules
{
    private const string UserChain = "DOCKER-USER";

    /// <summary>
    /// Takes what the programs add out of both rulesets, and lets both lead packets to the operator's chain where the running one does.
    /// </summary>
    /// <param name="running">The ruleset that runs.</param>
    /// <param name="saved">The ruleset that the next boot loads, before the programs start.</param>
    public static (Ruleset Running, Ruleset Saved) TakeOut(Ruleset running, Ruleset saved)
    {
        Ruleset now = Own(running);
        Ruleset later = Own(saved);
        FirewallChain[] entries = [.. now.Chains.Where(static chain => chain.IsBase && chain.Rules.Any(LeadsToUser))];
        return entries.Length == 0 ? (now, later) : (
            new Ruleset(
                now.Chains.Select(chain => entries.Contains(chain) ? WithoutDockersPolicy(chain, Twin(later, chain)) : chain), now.Sets),
            new Ruleset(
                [
                    .. later.Chains.Select(
                        chain => entries.FirstOrDefault(entry => AreTwins(entry, chain)) is { } entry ? Entered(chain, entry) : chain),
                    .. entries.Where(entry => Twin(later, entry) is null)
                        .Select(entry => Entered(entry with { Policy = "accept", Rules = [] }, entry)),
                    .. now.Chains.Where(chain => chain.Name == UserChain && Twin(later, chain) is null)
                        .Select(static chain => chain with { Rules = [] }),
                ],
                later.Sets));
    }

    /// <summary>
    /// Whether docker put a rule into a chain that is not its own; the one that leads to the operator's chain is left out.
    /// </summary>
    /// <param name="rule">The rule.</param>
    /// <param name="ruleset">The ruleset it is of.</param>
    public static bool IsOfDocker(FirewallRule rule, Ruleset ruleset) => rule.ManagedBy is null && !LeadsToUser(rule)
        && (Maker(rule.Table, Target(rule)) == "docker" || (ruleset.Chains.Any(chain => IsDockers(chain, rule)) && IsOfBridge(rule)));

    // What is left is what the operator wrote.
    private static Ruleset Own(Ruleset ruleset) => new(
        ruleset.Chains.Where(static chain => chain.Name == UserChain || !IsPassing(Maker(chain.Table, chain.Name)))
            .Select(chain => chain with { Rules = [.. chain.Rules.Where(rule => !IsAdded(rule, ruleset))] }),
        ruleset.Sets);

    private static bool IsAdded(FirewallRule rule, Ruleset ruleset) =>
        (rule.Chain != UserChain && IsPassing(rule.ManagedBy))
            || Maker(rule.Table, Target(rule)) == "fail2ban"
            || IsOfDocker(rule, ruleset);

    private static bool IsDockers(FirewallChain chain, FirewallRule rule) =>
        chain.Family == rule.Family && Maker(chain.Table, chain.Name) == "docker";

    private static bool IsOfBridge(FirewallRule rule)
    {
        string words = $"{string.Join(' ', rule.Matches)} {rule.Verdict}".Replace("\"", "", StringComparison.Ordinal);
        return rule switch
        {
            { Table: "filter", Chain: "FORWARD" } => OfForward().IsMatch(words),
            { Table: "raw", Chain: "PREROUTING" } => OfRaw().IsMatch(words),
            _ => false,
        };
    }

    // docker sets the policy of the chain when it switches forwarding on, and does so again.
    private static FirewallChain WithoutDockersPolicy(FirewallChain chain, FirewallChain? saved) =>
        saved?.Policy == "drop" ? chain : chain with { Policy = "accept" };

    private static FirewallChain Entered(FirewallChain chain, FirewallChain entry) => chain.Rules.Any(LeadsToUser)
        ? chain
        : chain with { Rules = [.. entry.Rules.Where(LeadsToUser), .. chain.Rules] };

    private static bool LeadsToUser(FirewallRule rule) => Target(rule) == UserChain;

    private static FirewallChain? Twin(Ruleset ruleset, FirewallChain chain) =>
        ruleset.Chains.FirstOrDefault(other => AreTwins(other, chain));

    private static bool AreTwins(FirewallChain one, FirewallChain other) =>
        (one.Origin, one.Family, one.Table, one.Name) == (other.Origin, other.Family, other.Table, other.Name);

    private static string Target(FirewallRule rule) =>
        rule.Statements.OfType<Statement.Verdict>().Select(verdict => verdict.Chain).OfType<string>().FirstOrDefault() ?? string.Empty;

    private static string? Maker(string table, string chain) => RuleMaker.Of(table, chain, null);

    private static bool IsPassing(string? maker) => maker is "docker" or "fail2ban";

    // Up to docker 27: for each bridge, by one of the names that docker gives them.
    [GeneratedRegex(
        """
        ^(?:(?:-i|iifname)\ (?<bridge>docker0|docker_gwbridge|br-[0-9a-f]{12})\ (?:(?:-o|oifname)\ \k<bridge>\ (?:accept|drop)|(?:!\ -o|oifname\ !=)\ \k<bridge>\ accept)
          |(?:-o|oifname)\ (?:docker0|docker_gwbridge|br-[0-9a-f]{12})\ (?:-m\ conntrack\ --ctstate\ RELATED,ESTABLISHED|ct\ state\ (?:related,established|established,related))\ accept)$
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)]
    private static partial Regex OfForward();

    // From docker 28 on: others reach neither containers nor ports that are published on loopback.
    [GeneratedRegex(
        """
        ^(?:-d\ \S+\ !\ -i\ (?:docker0|docker_gwbridge|br-[0-9a-f]{12})
          |iifname\ !=\ (?:docker0|docker_gwbridge|br-[0-9a-f]{12})\ ip6?\ daddr\ [0-9a-f.:]+
          |-d\ 127\.0\.0\.1/32\ !\ -i\ lo\ -p\ tcp\ -m\ tcp\ --dport\ [0-9]+
          |iifname\ !=\ lo\ ip\ daddr\ 127\.0\.0\.1\ tcp\ dport\ [0-9]+)\ drop$
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)]
    private static partial Regex OfRaw();
}
