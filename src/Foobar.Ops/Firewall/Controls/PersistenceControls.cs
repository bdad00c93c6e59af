using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall;

/// <summary>The control over what the next boot loads.</summary>
internal static class PersistenceControls
{
    /// <summary>FW-008.</summary>
    public static Control<ServerCase<FirewallFacts>> SameAfterBoot { get; } = new(
        FirewallControls.Info(
            "FW-008",
            Severity.High,
            "The running firewall is the one that the next boot loads",
            "Rules that are only loaded are gone after a power cut; rules that are only written come as a surprise.",
            "Write the running rules to the file the service loads (nft list ruleset > /etc/nftables.conf), enable the service, or reload it.",
            "nft(8), systemctl(1)"),
        server =>
            server.Facts.Persisted.Judge(persisted => server.Facts.Ruleset.Judge(running => Judge(server.Facts, running, persisted))));

    private static IEnumerable<Verdict> Judge(FirewallFacts facts, Ruleset running, PersistedFirewall persisted)
    {
        if (persisted.LoadFailures.Count > 0)
        {
            return [Verdict.Fail(persisted.LoadFailures[0], "can be loaded", "the next boot can't load it", persisted.LoadErrors)];
        }

        if (persisted.Mechanisms.Contains("firewalld"))
        {
            return ((IEnumerable<Verdict>)[.. Firewalld(persisted), .. BesideFirewalld(facts, running, persisted)])
                .OrPass("firewalld's running and permanent configuration filter the same");
        }

        // What is listed alike does alike; only otherwise the packets tell.
        if (facts.Running.TryGet(out RulesetText? listed) && listed.ListsAs(persisted.Ruleset))
        {
            return [Verdict.Pass(actual: $"the same after the next boot ({Mechanism(persisted)})")];
        }

        return Compare(facts, running, persisted, static _ => true).OrPass($"the same after the next boot ({Mechanism(persisted)})");
    }

    private static IEnumerable<Verdict> Compare(
        FirewallFacts facts, Ruleset running, PersistedFirewall persisted, Func<FirewallChain, bool> isMeant)
    {
        Ruleset Meant(Ruleset all) => new(all.Chains.Where(isMeant), all.Sets);
        Reading<Ruleset> boot = FirewallFacts.Parsed(facts.Persisted, static value => value.Ruleset.Parse());
        return boot.Judge(saved =>
        {
            (Ruleset now, Ruleset later) = RuntimeRules.TakeOut(Meant(running), Meant(saved));
            HostNetwork network = facts.Network.TryGet(out HostNetwork? known) ? known : new HostNetwork();
            return RulesetComparison.Compare(WithoutPassing(now), WithoutPassing(later), network)
                .Select(difference => Judge(difference, $"{Mechanism(persisted)}; {difference.Witness}") with
                {
                    Extent = difference.Extent,
                });
        });
    }

    private static Verdict Judge(HookDifference difference, string evidence) =>
        difference.Opened.Count + difference.Closed.Count + difference.Limited.Count > 0
            ? Verdict.Fail(difference.Hook, "the same after the next boot", Describe(difference), evidence)
            : Verdict.Unknown(
                difference.Hook,
                $"Whether the next boot filters the same can't be decided of {string.Join(", ", difference.Uncertain)}.", evidence);

    private static string Mechanism(PersistedFirewall persisted) =>
        persisted.Mechanisms.Count == 0 ? "no service is enabled that loads rules" : string.Join(", ", persisted.Mechanisms);

    private static string Describe(HookDifference difference) => string.Join("; ", ((string, IReadOnlyList<string>)[])
        [
            ("the next boot opens", difference.Opened),
            ("the next boot closes", difference.Closed),
            ("passes at times only, now or after the next boot but not both:", difference.Limited),
            ("can't be told", difference.Uncertain),
        ] is var parts
        ? parts.Where(part => part.Item2.Count > 0).Select(part => $"{part.Item1} {string.Join(", ", part.Item2)}")
        : []);

    // What is in a set that packets or programs fill passes; after a boot it is empty.
    private static Ruleset WithoutPassing(Ruleset ruleset)
    {
        SetFilling filling = new(ruleset);
        return new Ruleset(
            ruleset.Chains, ruleset.Sets.Select(set => set.IsDynamic || filling.Of(set).Count > 0 ? set with { Elements = [] } : set));
    }

    // What firewalld says of itself is no witness that its rules are in the kernel, nor of what stands there beside them. It makes
    // direct rules by iptables in tables that others share; where there are any, these tables can't be told apart.
    private static IEnumerable<Verdict> BesideFirewalld(FirewallFacts facts, Ruleset running, PersistedFirewall persisted)
    {
        if (persisted.FirewalldRunning.Length > 0
            && !running.Chains.Any(static chain => chain.Name.Contains("_ZONES", StringComparison.Ordinal)))
        {
            return
            [
                Verdict.Fail(
                    "firewalld",
                    "its rules are in the kernel",
                    "the kernel has none of them; the next boot loads them",
                    "nft list ruleset: no chain of firewalld's zones"),
            ];
        }

        if (!running.Chains.Any(IsOfFirewalld))
        {
            return [];
        }

        bool hasDirect = persisted.FirewalldDirectRunning.Length + persisted.FirewalldDirectPermanent.Length > 0;
        IEnumerable<Verdict> told = Compare(facts, running, persisted, chain => !IsOfFirewalld(chain) && !(hasDirect && IsShared(chain)));
        return hasDirect && running.Chains.Any(static chain => IsShared(chain) && chain.Rules.Count > 0)
            ? told.Append(Verdict.Unknown(
                "tables of iptables",
                "Which of their rules are firewalld's direct ones and which the next boot would lack can't be told apart. Move the direct "
                    + "rules to policies or rich rules."))
            : told;
    }

    private static bool IsShared(FirewallChain chain) =>
        (chain.Family is "ip" or "ip6") && chain.Table is "filter" or "nat" or "mangle" or "raw" or "security";

    private static bool IsOfFirewalld(FirewallChain chain) => RuleMaker.Of(chain.Table, chain.Name, null) == "firewalld";

    private static IEnumerable<Verdict> Firewalld(PersistedFirewall persisted)
    {
        try
        {
            return
            [
                .. FirewalldListing.Compare(persisted.FirewalldRunning, persisted.FirewalldPermanent, persisted.FirewalldDefaultZone),
                .. FirewalldListing.Compare(persisted.FirewalldPoliciesRunning, persisted.FirewalldPoliciesPermanent, string.Empty),
                .. Direct(persisted.FirewalldDirectRunning, persisted.FirewalldDirectPermanent),
            ];
        }
        catch (FormatException exception)
        {
            return [Verdict.Unknown("firewalld", $"Its configuration is not understood: {exception.Message}.")];
        }
    }

    private static IEnumerable<Verdict> Direct(string running, string permanent)
    {
        string[] now = Lines(running);
        string[] later = Lines(permanent);
        return now.SequenceEqual(later) ? []
            : [Verdict.Fail(
                "firewalld direct rules",
                "the same in the running and the permanent configuration",
                $"only running: {Words(now.Except(later))}; only permanent: {Words(later.Except(now))}")];
    }

    private static string Words(IEnumerable<string> lines) => string.Join(", ", lines) is { Length: > 0 } words ? words : "nothing";

    private static string[] Lines(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
}
