using System.Text.Json.Nodes;
using Foobar.Ops.Firewall.Collection;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;
using Foobar.Ops.LabTests.Firewall.KernelSandbox;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>What stands loaded in the namespace of the calling thread, as the module reads it on a server.</summary>
internal static class LoadedRuleset
{
    /// <summary>The addresses and routes of the sandbox that most tests use.</summary>
    public static HostNetwork Network { get; } = NetworkOf(SandboxNetwork.Router);

    /// <summary>A sandbox's addresses and routes.</summary>
    public static HostNetwork NetworkOf(SandboxHost host) => new()
    {
        Interfaces = ["lo", .. host.Interfaces],
        Addresses = [.. host.Addresses.Select(static entry => new InterfaceAddress(entry.Interface, entry.Address, entry.PrefixLength))],
        Routes =
        [
            .. host.Addresses.Select(
                static entry => new NetworkRoute(
                    SandboxNetwork.Network(entry.Address, entry.PrefixLength).BaseAddress, entry.PrefixLength, entry.Interface)),
            .. host.Routes.Select(static route => new NetworkRoute(route.Destination, route.PrefixLength, route.Interface, route.Gateway)),
        ],
    };

    /// <summary>The listings of what is loaded; the observer's own rules are left out.</summary>
    public static RulesetText Text(GeneratedRuleset loaded)
    {
        RulesetText text = new()
        {
            Nftables = WithoutObserver(Tool.Run("nft", string.Empty, "-j", "list", "ruleset")),
            Declarations = Declared(Tool.Run("nft", string.Empty, "-t", "list", "ruleset")),
            Ipsets = loaded.Ipset.Length == 0 ? string.Empty : Tool.Run("ipset", string.Empty, "save"),
        };
        return loaded switch
        {
            { Iptables.Length: 0, Ip6tables.Length: 0 } => text,
            { Variant: "nft" } => text with
            {
                Iptables = Tool.Run("iptables-nft-save", string.Empty, "-c"),
                Ip6tables = Tool.Run("ip6tables-nft-save", string.Empty, "-c"),
            },
            _ => text with
            {
                LegacyIptables = Tool.Run("iptables-legacy-save", string.Empty, "-c"),
                LegacyIp6tables = Tool.Run("ip6tables-legacy-save", string.Empty, "-c"),
            },
        };
    }

    private static string Declared(string listing) => string.Join("\n}\n", listing.Split("\n}\n")
        .Where(static table => !table.Contains($"table inet {ObserverRuleset.Table} ", StringComparison.Ordinal)));

    private static string WithoutObserver(string listing)
    {
        JsonNode root = JsonNode.Parse(listing)!;
        JsonArray items = root["nftables"]!.AsArray();
        for (int index = items.Count - 1; index >= 0; index--)
        {
            JsonObject item = items[index]!.AsObject();
            if (item.Any(
                static pair =>
                    pair.Value is JsonObject value
                        && ((string?)value["table"] == ObserverRuleset.Table
                            || (pair.Key == "table" && (string?)value["name"] == ObserverRuleset.Table))))
            {
                items.RemoveAt(index);
            }
        }

        return root.ToJsonString();
    }
}
