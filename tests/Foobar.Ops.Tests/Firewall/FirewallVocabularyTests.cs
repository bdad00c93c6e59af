using Foobar.Ops.Tests.Vocabularies;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>Holds the readers' vocabularies against lists taken from the documentation of the versions that are supported.</summary>
public sealed class FirewallVocabularyTests
{
    // libnftables-json(5) and nft(8) of nftables 1.1.6; iptables-extensions(8) of iptables 1.8.11; firewall-cmd(1) of firewalld 2.4.
    [Theory]
    [InlineData("nftables family", "ip ip6 inet arp bridge netdev")]
    [InlineData("nftables hook", "ingress prerouting input forward output postrouting egress")]
    [InlineData("nftables chain type", "filter nat route")]
    [InlineData("nftables table flag", "dormant owner persist")]
    [InlineData("nftables set flag", "constant interval timeout dynamic")]
    [InlineData(
        "nftables meta key",
        "length nfproto l4proto protocol priority mark iif iifname iiftype oif oifname oiftype skuid skgid nftrace rtclassid ibrname "
            + "obrname pkttype cpu iifgroup oifgroup cgroup random ipsec iifkind oifkind ibrpvid ibrvproto time day hour secmark sdif "
            + "sdifname broute ibrhwaddr")]
    [InlineData(
        "nftables ct key",
        "state direction status mark expiration helper label l3proto protocol bytes packets avgpkt zone proto-src proto-dst saddr daddr id "
            + "count event secmark")]
    [InlineData("nftables fib result", "oif oifname type check")]
    [InlineData("nftables fib flag", "saddr daddr mark iif oif")]
    [InlineData("address type",
        "unspec unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat xresolve UNICAST LOCAL")]
    [InlineData(
        "nftables data type",
        "ipv4_addr ipv6_addr ether_addr inet_proto inet_service mark ifname iface_index iface_type uid gid realm devgroup pkt_type "
            + "ct_state ct_dir ct_status ct_label icmp_type icmp_code icmpv6_type icmpv6_code icmpx_code ether_type ll_addr nf_proto "
            + "tcp_flag dscp ecn integer bitmask string boolean fib_addrtype classid day hour time")]
    [InlineData(
        "iptables match",
        "addrtype ah bpf cgroup cluster comment connbytes connlabel connlimit connmark conntrack cpu dccp devgroup dscp dst ecn esp eui64 "
            + "frag hashlimit hbh helper hl icmp icmp6 iprange ipv6header ipvs length limit mac mark mh multiport nfacct osf owner physdev "
            + "pkttype policy quota rateest realm recent rpfilter rt sctp set socket srh state statistic string tcp tcpmss time tos ttl "
            + "u32 udp")]
    [InlineData(
        "iptables target",
        "AUDIT CHECKSUM CLASSIFY CLUSTERIP CONNMARK CONNSECMARK CT DNAT DNPT DSCP ECN HL HMARK IDLETIMER LED LOG MARK MASQUERADE NETMAP "
            + "NFLOG NFQUEUE NOTRACK RATEEST REDIRECT REJECT SECMARK SET SNAT SNPT SYNPROXY TCPMSS TCPOPTSTRIP TEE TOS TPROXY TRACE TTL "
            + "ULOG ACCEPT DROP RETURN QUEUE")]
    [InlineData(
        "iptables option",
        "--ctstate --ctproto --ctorigsrc --ctorigdst --ctreplsrc --ctrepldst --ctorigsrcport --ctorigdstport --ctreplsrcport "
            + "--ctrepldstport --ctstatus --ctexpire --ctdir --match-set --return-nomatch --update-counters --update-subcounters "
            + "--packets-eq --packets-lt --packets-gt --bytes-eq --bytes-lt --bytes-gt --loose --validmark --accept-local --invert "
            + "--src-type --dst-type --limit-iface-in --limit-iface-out")]
    [InlineData(
        "firewalld setting",
        "target icmp-block-inversion interfaces sources services ports protocols forward masquerade forward-ports source-ports icmp-blocks "
            + "priority ingress-zones egress-zones ingress-priority egress-priority")]
    [InlineData("firewalld attribute", "active default")]
    public void The_vocabulary_holds_what_the_documentation_has(string subject, string words) =>
        Assert.Empty(VocabularyList.Missing(subject, words));

    // Words with blanks are compared one by one.
    [Theory]
    [InlineData(
        "nftables object",
        "table,chain,rule,set,map,element,flowtable,counter,quota,ct helper,limit,metainfo,ct timeout,ct "
            + "expectation,synproxy,secmark,tunnel")]
    [InlineData(
        "nftables statement",
        "accept,drop,continue,return,jump,goto,match,counter,mangle,quota,limit,fwd,notrack,dup,snat,dnat,masquerade,redirect,reject,set,map,log,ct helper,meter,queue,vmap,ct count,ct timeout,ct expectation,xt,flow,tproxy,synproxy,reset,secmark,last,tunnel")]
    [InlineData(
        "nftables expression",
        "concat,set,map,prefix,range,payload,exthdr,tcp option,ip option,sctp chunk,dccp "
            + "option,meta,rt,ct,numgen,jhash,symhash,fib,|,^,&,<<,>>,elem,socket,osf,ipsec,tunnel")]
    [InlineData(
        "nftables member",
        "table.family,table.name,table.handle,table.flags,table.comment,chain.family,chain.table,chain.name,chain.handle,chain.type,chain.hook,chain.prio,chain.dev,chain.policy,chain.comment,set.family,set.table,set.name,set.handle,set.type,set.policy,set.flags,set.elem,set.timeout,set.gc-interval,set.size,set.auto-merge,set.comment,set.stmt,set.map,elem.val,elem.timeout,elem.expires,elem.comment,match.op,match.left,match.right,payload.base,payload.offset,payload.len,payload.protocol,payload.field,payload.tunnel,exthdr.name,exthdr.field,exthdr.offset,meta.key,ct.key,ct.family,ct.dir,fib.result,fib.flags,nat.addr,nat.family,nat.port,nat.flags,nat.type_flags,mangle.key,mangle.value,vmap.key,vmap.data,reject.type,reject.expr,fill.op,fill.elem,fill.set,fill.map,fill.data,fill.stmt")]
    [InlineData("firewalld setting", "rich rules")]
    public void The_vocabulary_holds_the_names_that_the_documentation_has(string subject, string words) =>
        Assert.Empty(VocabularyList.MissingNames(subject, words.Split(',')));
}
