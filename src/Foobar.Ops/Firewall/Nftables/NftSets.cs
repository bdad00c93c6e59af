using System.Text.Json;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Model;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>Reads named sets and maps.</summary>
internal static class NftSets
{
    /// <summary>The data types of keys and values.</summary>
    public static readonly Vocabulary DataTypes = new Vocabulary("nftables data type", "nft(8), nft 0.9.8 to 1.1.6")
        .Handled("""
            ipv4_addr, ipv6_addr, inet_service, inet_proto, mark, ifname, iface_index, ct_state, ct_dir, ct_status, icmp_type,
            icmpv6_type, icmp_code, icmpv6_code, pkt_type, nf_proto, dscp, tcp_flag, integer, verdict
            """)
        .Undecided("not modelled", """
            ether_addr, ether_type, lladdr, ll_addr, iface_type, uid, gid, skuid, skgid, realm, classid, devgroup, ct_label, ct_event,
            icmpx_code, fib_addrtype, string, time, day, hour, boolean, arp_op, ecn, bitmask, priority, policy, cgroupsv2, igmp_type,
            dccp_pkttype, cgroup, counter, quota, limit, ct helper, ct timeout, ct expectation, synproxy, secmark, tunnel
            """);

    private static readonly Dictionary<string, ValueKind> Types = new()
    {
        ["ipv4_addr"] = ValueKind.Ipv4,
        ["ipv6_addr"] = ValueKind.Ipv6,
        ["inet_service"] = ValueKind.Number,
        ["inet_proto"] = ValueKind.Protocol,
        ["mark"] = ValueKind.Number,
        ["ifname"] = ValueKind.InterfaceName,
        ["iface_index"] = ValueKind.InterfaceName,
        ["ct_state"] = ValueKind.ConnectionState,
        ["ct_dir"] = ValueKind.ConnectionDirection,
        ["ct_status"] = ValueKind.ConnectionStatus,
        ["icmp_type"] = ValueKind.IcmpType,
        ["icmpv6_type"] = ValueKind.IcmpV6Type,
        ["icmp_code"] = ValueKind.IcmpCode,
        ["icmpv6_code"] = ValueKind.IcmpV6Code,
        ["pkt_type"] = ValueKind.PacketType,
        ["nf_proto"] = ValueKind.NetworkFamily,
        ["dscp"] = ValueKind.Dscp,
        ["tcp_flag"] = ValueKind.TcpFlags,
        ["integer"] = ValueKind.Number,
    };

    /// <summary>
    /// Reads a set or map object. One that is not understood makes the matches on it undecided, not the ruleset unreadable.
    /// </summary>
    /// <param name="json">The object.</param>
    /// <param name="structure">What the text listing says, where there is one.</param>
    public static NamedSet Read(JsonElement json, NftStructure? structure)
    {
        NamedSet set = new()
        {
            Family = NftValue.Text(NftValue.Member(json, "family")),
            Table = NftValue.Text(NftValue.Member(json, "table")),
            Name = NftValue.Text(NftValue.Member(json, "name")),
        };
        try
        {
            IReadOnlyList<string> flags = [.. NftWords.List(json, "flags"), .. structure?.SetFlags(set.Family, set.Table, set.Name) ?? []];
            Check(json, flags);
            ValueKind[] kinds = KindsOf(NftValue.Member(json, "type"));
            JsonElement elements = json.TryGetProperty("elem", out JsonElement list) ? list : default;
            return set with
            {
                Kinds = kinds,
                IsDynamic = flags.Contains("dynamic") || flags.Contains("timeout"),
                Elements = elements.ValueKind == JsonValueKind.Array ? Elements(json, elements, kinds) : [],
            };
        }
        catch (Exception exception)
            when (exception is NotUnderstoodException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return set with { Undecided = $"set {set.Name}: {exception.Message}" };
        }
    }

    private static void Check(JsonElement json, IReadOnlyList<string> flags)
    {
        NftWords.Check("set", json);
        if (NftWords.SetFlags.Trouble(flags) is { } why)
        {
            throw new NotUnderstoodException(why);
        }

        // A statement of the set runs for each element that is looked up; one that limits lets only some packets match.
        if (json.TryGetProperty("stmt", out JsonElement statements) && statements.EnumerateArray().Select(NftExpression.Of)
            .FirstOrDefault(static statement => !NftWords.Statements.IsIrrelevant(statement.Name)) is { Name.Length: > 0 } limiting)
        {
            throw new NotUnderstoodException($"its elements match within a limit ({limiting.Name})");
        }
    }

    private static List<SetElement> Elements(JsonElement json, JsonElement elements, ValueKind[] kinds)
    {
        if (!json.TryGetProperty("map", out JsonElement map))
        {
            List<SetElement> read = new(elements.GetArrayLength());
            foreach (JsonElement element in elements.EnumerateArray())
            {
                read.Add(new SetElement(NftValue.Parts(element, kinds)));
            }

            return read;
        }

        if (map.ValueKind == JsonValueKind.String && map.ValueEquals("verdict"))
        {
            return
            [
                .. NftLookup.Pairs(
                    elements, kinds, element => NftStatement.Verdict(element) ?? throw NotUnderstoodException.At("a verdict", element)),
            ];
        }

        ValueKind[] dataKinds = KindsOf(map);
        return [.. NftLookup.Pairs(elements, kinds, element => new Statement.Data(NftValue.Parts(element, dataKinds)))];
    }

    // A type by name, several of them, or what a rule would look at ("typeof ip saddr", nft 1.1.2 and later).
    private static ValueKind[] KindsOf(JsonElement type)
    {
        if (type.ValueKind == JsonValueKind.Object && type.TryGetProperty("typeof", out JsonElement expression))
        {
            return [.. NftKey.Read(expression).Parts.Select(static part => part.Kind)];
        }

        string[] names = type.ValueKind switch
        {
            JsonValueKind.Array => [.. type.EnumerateArray().Select(NftValue.Text)],
            JsonValueKind.String => type.GetString()!.Split(" . "),
            _ => throw NotUnderstoodException.At("a set's type", type),
        };
        return [.. names.Select(static name => Types.TryGetValue(name, out ValueKind kind)
            ? kind
            : throw new NotUnderstoodException(DataTypes.Trouble(name) ?? $"set type {name}"))];
    }
}
