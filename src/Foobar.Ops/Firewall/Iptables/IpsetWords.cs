using Foobar.Ops.Findings;

namespace Foobar.Ops.Firewall.Iptables;

/// <summary>The words of <c>ipset save</c>.</summary>
internal static class IpsetWords
{
    private const string Source = "ipset(8), ipset 6.30 to 7.24";

    /// <summary>What sets can be made of.</summary>
    public static readonly Vocabulary Types = new Vocabulary("ipset type", Source)
        .Handled(
            "bitmap:ip, bitmap:port, hash:ip, hash:net, hash:net,net, hash:ip,port, hash:net,port, hash:ip,port,ip, hash:ip,port,net, "
                + "hash:net,port,net, hash:net,iface, list:set")
        .Undecided("hardware addresses are not modelled", "bitmap:ip,mac, hash:mac, hash:ip,mac")
        .Undecided("matches by a masked packet mark", "hash:ip,mark");

    /// <summary>The options of <c>create</c>. Those with a value are followed by it.</summary>
    public static readonly Vocabulary CreateOptions = new Vocabulary("ipset create option", Source)
        .Handled("family, netmask, bitmask, range, timeout")
        .Irrelevant("the size and the hashing of the table", "hashsize, maxelem, bucketsize, initval, size, probes, resize, gc")
        .Irrelevant("adds to what is kept with an element, not to what matches", "counters, comment, skbinfo")
        .Irrelevant("says what is thrown out when the set is full; what is in it now is listed", "forceadd")
        .Undecided("matches by a masked packet mark", "markmask");

    /// <summary>The options of <c>add</c>.</summary>
    public static readonly Vocabulary AddOptions = new Vocabulary("ipset add option", Source)
        .Handled("nomatch, wildcard")
        .Irrelevant("the element is in the set until then", "timeout")
        .Irrelevant("counts, or says something to people", "packets, bytes, comment")
        .Irrelevant("given to the packet by the target SET with --map-set only", "skbmark, skbprio, skbqueue")
        .Irrelevant("the order of a list's members, which are all looked up", "before, after");

    /// <summary>The options of <c>create</c> that no value follows.</summary>
    public static readonly IReadOnlySet<string> CreateFlags = new HashSet<string> { "counters", "comment", "skbinfo", "forceadd" };

    /// <summary>The options of <c>add</c> that no value follows.</summary>
    public static readonly IReadOnlySet<string> AddFlags = new HashSet<string> { "nomatch", "wildcard" };
}
