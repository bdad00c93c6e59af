using Foobar.Ops.LabTests.Firewall.KernelRulesets;

namespace Foobar.Ops.LabTests.Firewall.KernelSandbox;

/// <summary>Loads rulesets into the namespace of the calling thread.</summary>
internal sealed class RulesetLoader
{
    private const string EmptyTables = """
        *raw
        :PREROUTING ACCEPT
        :OUTPUT ACCEPT
        COMMIT
        *mangle
        :PREROUTING ACCEPT
        :INPUT ACCEPT
        :FORWARD ACCEPT
        :OUTPUT ACCEPT
        :POSTROUTING ACCEPT
        COMMIT
        *nat
        :PREROUTING ACCEPT
        :INPUT ACCEPT
        :OUTPUT ACCEPT
        :POSTROUTING ACCEPT
        COMMIT
        *filter
        :INPUT ACCEPT
        :FORWARD ACCEPT
        :OUTPUT ACCEPT
        COMMIT

        """;

    private GeneratedRuleset? _loaded;

    /// <summary>
    /// Empties all packet filters but for the observer's rules, which hold back the stack's answers while connections are opened.
    /// </summary>
    public void Clear()
    {
        Tool.Run("nft", ObserverRuleset.WithOpening, "-f", "-");
        if (_loaded is { Variant: "legacy" })
        {
            Tool.Run("iptables-legacy-restore", EmptyTables);
            Tool.Run("ip6tables-legacy-restore", EmptyTables);
        }

        if (_loaded is { Ipset.Length: > 0 })
        {
            DestroySets();
        }

        _loaded = null;
    }

    /// <summary>Loads a ruleset beside the observer's rules; gives the tool's error, or <see langword="null"/>.</summary>
    public string? Load(GeneratedRuleset ruleset)
    {
        _loaded = ruleset;
        return Try(ruleset.Ipset, "ipset", "restore")
            ?? Try(ObserverRuleset.EndOpening + ruleset.Nft, "nft", "-f", "-")
            ?? Try(ruleset.Iptables, $"iptables-{ruleset.Variant}-restore")
            ?? Try(ruleset.Ip6tables, $"ip6tables-{ruleset.Variant}-restore");
    }

    // The kernel frees rules of nftables, and with them their hold on sets, some milliseconds after it removed them.
    private static void DestroySets()
    {
        Tool.Run("ipset", string.Empty, "flush");
        for (int attempt = 0; attempt < 200; attempt++)
        {
            if (Tool.Try("ipset", string.Empty, "destroy").ExitCode == 0)
            {
                return;
            }

            Thread.Sleep(5);
        }

        Tool.Run("ipset", string.Empty, "destroy");
    }

    private static string? Try(string input, string tool, params string[] arguments)
    {
        if (input.Length == 0)
        {
            return null;
        }

        (int exitCode, _, string error) = Tool.Try(tool, input, arguments);
        return exitCode == 0 ? null : $"{tool}: {error}";
    }
}
