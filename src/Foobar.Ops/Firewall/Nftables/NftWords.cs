using System.Text.Json;
using Foobar.Ops.Findings;

namespace Foobar.Ops.Firewall.Nftables;

/// <summary>The words of nftables' JSON listing (libnftables-json(5)), which the reader asks for each name it meets.</summary>
internal static class NftWords
{
    private const string Source = "libnftables-json(5), nft 0.9.8 to 1.1.6";
    private const string Named = "names it or tells people about it";
    private const string Counts = "counts or logs";

    /// <summary>The objects of a listing.</summary>
    public static readonly Vocabulary Objects = new Vocabulary("nftables object", Source)
        .Handled("metainfo, table, chain, rule, set, map, element")
        .Irrelevant(
            "decides nothing by itself; the rules that use it are judged",
            "counter, quota, limit, ct helper, ct timeout, ct expectation, secmark, synproxy, tunnel")
        .Irrelevant("carries on connections that the rules have let in", "flowtable");

    /// <summary>The flags of a table.</summary>
    public static readonly Vocabulary TableFlags = new Vocabulary("nftables table flag", Source)
        .Handled("dormant")
        .Irrelevant("says who may change the table", "owner, persist");

    /// <summary>The flags of a set or map.</summary>
    public static readonly Vocabulary SetFlags = new Vocabulary("nftables set flag", Source)
        .Handled("interval, timeout, dynamic, constant");

    /// <summary>The families of tables.</summary>
    public static readonly Vocabulary Families = new Vocabulary("nftables family", Source)
        .Handled("ip, ip6, inet, netdev")
        .Undecided("filters below IP, which is not modelled", "bridge, arp");

    /// <summary>The places at which the kernel enters chains.</summary>
    public static readonly Vocabulary Hooks = new Vocabulary("nftables hook", Source)
        .Handled("ingress, prerouting, input, forward, output, postrouting, egress");

    /// <summary>The types of base chains.</summary>
    public static readonly Vocabulary ChainTypes = new Vocabulary("nftables chain type", Source)
        .Handled("filter, nat, route");

    /// <summary>
    /// The members of objects, statements and expressions, each behind what it is a member of; <c>nat</c> stands for the statements
    /// that translate, <c>fill</c> for those that fill sets and maps.
    /// </summary>
    public static readonly Vocabulary Members = new Vocabulary("nftables member", Source)
        .Handled("""
            table.family, table.name, table.flags,
            chain.family, chain.table, chain.name, chain.type, chain.hook, chain.prio, chain.dev, chain.policy,
            rule.family, rule.table, rule.chain, rule.expr, rule.comment,
            set.family, set.table, set.name, set.type, set.flags, set.elem, set.map, set.timeout, set.stmt,
            element.family, element.table, element.name, element.elem, elem.val,
            match.op, match.left, match.right, payload.protocol, payload.field, meta.key, ct.key, ct.dir, fib.result, fib.flags,
            exthdr.name, exthdr.field,
            nat.addr, nat.family, nat.port, mangle.key, mangle.value, vmap.key, vmap.data, reject.type, reject.expr,
            fill.op, fill.elem, fill.set, fill.map, fill.data, fill.stmt
            """)
        .Irrelevant("how the address and port are chosen among those that are named", "nat.flags, nat.type_flags")
        .Irrelevant(Named, """
            table.handle, table.comment, chain.handle, chain.comment, rule.handle, rule.index, set.handle, set.comment, elem.comment
            """)
        .Irrelevant("how the set is kept, not what it holds", "set.policy, set.size, set.gc-interval, set.auto-merge")
        .Irrelevant("the element is in the set until then", "elem.timeout, elem.expires")
        .Irrelevant(Counts, "elem.counter, elem.last")
        .Undecided("an element that holds only within a limit", "elem.limit, elem.quota, elem.ct count")
        .Undecided("bytes of a packet by their place", "payload.base, payload.offset, payload.len")
        .Undecided("the header inside a tunnel", "payload.tunnel")
        .Undecided("which of several headers is meant", "exthdr.offset")
        .Undecided("the family of the connection's own addresses", "ct.family");

    /// <summary>The statements of rules.</summary>
    public static readonly Vocabulary Statements = new Vocabulary("nftables statement", Source)
        .Handled("match, vmap, mangle, accept, drop, reject, return, continue, jump, goto, dnat, snat, masquerade, redirect, notrack")
        .Handled("set, map, limit, quota, ct count, meter")
        .Irrelevant(Counts, "counter, log, last")
        .Irrelevant("what it makes of later packets is their connection's state 'related'", "ct helper, ct expectation")
        .Irrelevant("how long a connection is remembered", "ct timeout")
        .Irrelevant("labels the packet for what no test looks at", "secmark")
        .Irrelevant("sends a copy", "dup")
        .Irrelevant("carries on connections that the rules have let in", "flow")
        .Irrelevant("takes an option out of the TCP header", "reset")
        .Undecided("a program decides", "queue")
        .Undecided("sends the packet another way", "fwd, tproxy")
        .Undecided("answers in the server's place", "synproxy")
        .Undecided("a match or target of iptables that the listing does not show", "xt")
        .Undecided("attaches a tunnel to the packet", "tunnel");

    /// <summary>The expressions that matches, keys and values are made of.</summary>
    public static readonly Vocabulary Expressions = new Vocabulary("nftables expression", Source)
        .Handled("payload, meta, ct, fib, exthdr, concat, set, map, prefix, range, elem, &, |, ^")
        .Undecided(
            "not modelled",
            "tcp option, ip option, sctp chunk, dccp option, rt, socket, osf, ipsec, tunnel, numgen, jhash, symhash, <<, >>");

    /// <summary>What <c>meta</c> tells.</summary>
    public static readonly Vocabulary MetaKeys = new Vocabulary("nftables meta key", "nft(8), nft 0.9.8 to 1.1.6")
        .Handled("iif, iifname, oif, oifname, l4proto, nfproto, protocol, mark, pkttype, length")
        .Undecided("not modelled", """
            priority, iiftype, oiftype, skuid, skgid, nftrace, rtclassid, ibrname, obrname, cpu, iifgroup, oifgroup, cgroup, random, ipsec,
            iifkind, oifkind, ibrpvid, ibrvproto, time, day, hour, secmark, sdif, sdifname, broute, ibrhwaddr
            """);

    /// <summary>What <c>ct</c> tells.</summary>
    public static readonly Vocabulary ConnectionKeys = new Vocabulary("nftables ct key", "nft(8), nft 0.9.8 to 1.1.6")
        .Handled("state, direction, status, mark, l3proto, protocol, proto-src, proto-dst, ip saddr, ip daddr, ip6 saddr, ip6 daddr")
        .Undecided("the listing does not tell the family of the address", "saddr, daddr")
        .Undecided("not modelled", "expiration, helper, label, bytes, packets, avgpkt, zone, event, secmark, id, count");

    /// <summary>Refuses an object with a member that could mean anything.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="json">It.</param>
    /// <exception cref="NotUnderstoodException">A member is not known or not modelled.</exception>
    public static void Check(string name, JsonElement json)
    {
        if (MemberTrouble(name, json) is { } why)
        {
            throw new NotUnderstoodException(why);
        }
    }

    /// <summary>The first member of an object that could mean anything; <see langword="null"/> if none does.</summary>
    public static string? MemberTrouble(string name, JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty member in json.EnumerateObject())
            {
                if (Members.Trouble($"{name}.{member.Name}") is { } why)
                {
                    return why;
                }
            }
        }

        return null;
    }

    /// <summary>The words of a member that is one word or a list of them; none where it is not there.</summary>
    public static IReadOnlyList<string> List(JsonElement json, string member) =>
        !json.TryGetProperty(member, out JsonElement words) ? []
        : words.ValueKind == JsonValueKind.Array ? [.. words.EnumerateArray().Select(NftValue.Text)]
        : [.. NftValue.Text(words).Split(',', StringSplitOptions.TrimEntries)];
}
