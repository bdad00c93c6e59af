using Foobar.Ops.Findings;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>The words of <c>iptables-save</c>: match extensions, targets and their options (iptables-extensions(8)).</summary>
internal static class SaveWords
{
    private const string Source = "iptables-extensions(8), iptables 1.8.7 to 1.8.11";

    /// <summary>The extensions that match.</summary>
    public static readonly Vocabulary Matches = new Vocabulary("iptables match", Source)
        .Handled("tcp, udp, dccp, sctp, udplite, icmp, icmp6, ipv6-icmp, icmpv6, multiport, conntrack, state, mark, connmark, iprange")
        .Handled("addrtype, set, ttl, hl, rt, pkttype, length, tos, dscp, rpfilter")
        .Handled("limit, hashlimit, recent, connlimit, connbytes, quota, statistic")
        .Irrelevant("tells people about the rule", "comment")
        .Undecided("hardware addresses and bridge ports are not modelled", "mac, physdev")
        .Undecided("headers of IPv6 and IPsec are not modelled", "ah, esp, frag, hbh, dst, ipv6header, mh, eui64, srh, policy")
        .Undecided(
            "depends on the sending process, the time or the machine",
            "owner, cgroup, time, cpu, socket, devgroup, realm, nfacct, rateest, cluster, ipvs, helper, connlabel")
        .Undecided("looks further into the packet than the model", "string, u32, bpf, tcpmss, ecn, osf");

    /// <summary>The targets that are not chains of the listing.</summary>
    public static readonly Vocabulary Targets = new Vocabulary("iptables target", Source)
        .Handled("ACCEPT, DROP, REJECT, RETURN, MARK, CONNMARK, DNAT, SNAT, MASQUERADE, REDIRECT, NOTRACK, CT, TOS, DSCP, TTL, HL, SET")
        .Irrelevant("counts, logs or shows", "LOG, NFLOG, ULOG, AUDIT, TRACE, RATEEST, LED, IDLETIMER")
        .Irrelevant("changes what no test looks at", "CHECKSUM, TCPMSS, TCPOPTSTRIP, CLASSIFY, SECMARK, CONNSECMARK, ECN")
        .Irrelevant("sends a copy", "TEE")
        .Undecided("a program decides", "QUEUE, NFQUEUE")
        .Undecided(
            "sends the packet another way, or answers in the server's place",
            "TPROXY, SYNPROXY, NETMAP, CLUSTERIP, DNPT, SNPT, HMARK, MIRROR, SAME");

    /// <summary>The parameters and options of matches.</summary>
    public static readonly Vocabulary Options = new Vocabulary("iptables option", Source)
        .Handled("""
            -s, -d, -i, -o, -p, -m, -j, -g,
            --sport, --source-port, --dport, --destination-port, --sports, --source-ports, --dports, --destination-ports, --ports,
            --tcp-flags, --syn, --icmp-type, --icmpv6-type,
            --state, --ctstate, --ctstatus, --ctdir, --ctproto, --ctorigsrc, --ctorigdst, --ctorigsrcport, --ctorigdstport,
            --mark, --src-range, --dst-range, --src-type, --dst-type, --match-set,
            --packets-eq, --packets-lt, --packets-gt, --bytes-eq, --bytes-lt, --bytes-gt,
            --ttl-eq, --ttl, --ttl-lt, --ttl-gt, --hl-eq, --hl-lt, --hl-gt, --rt-type, --pkt-type, --length, --tos, --dscp,
            --loose, --invert, --accept-local
            """)
        .Irrelevant("counts, or tells people about the rule", "--comment, --update-counters, --update-subcounters")
        .Irrelevant("the mark decides which table is asked; policy routing is not read, and the main table is taken", "--validmark")
        .Undecided("fragments are put together before rules see them, but for rules without connection tracking", "-f")
        .Undecided("what the answer will look like", "--ctreplsrc, --ctrepldst, --ctreplsrcport, --ctrepldstport")
        .Undecided("how long the connection is still remembered", "--ctexpire")
        .Undecided("not modelled", """
            --return-nomatch, --limit-iface-in, --limit-iface-out, --tcp-option, --chunk-types, --dccp-types, --dccp-option,
            --rt-segsleft, --rt-len, --rt-0-res, --rt-0-addrs, --rt-0-not-strict, --dscp-class
            """);
}
