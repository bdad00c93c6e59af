using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Iptables;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Spaces;
using Foobar.Ops.Tests.Vocabularies;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>What matches an ipset, as the kernel looks it up.</summary>
public sealed class IpsetTests
{
    private const string Office =
        "create office hash:ip family inet hashsize 1024 maxelem 65536 netmask 24 bucketsize 12 initval 0x1f2e3d4c\n"
            + "add office 198.51.100.0";

    [Theory]
    [InlineData(Office, "198.51.100.77", true)]
    [InlineData(Office, "198.51.100.0", true)]
    [InlineData(Office, "203.0.113.9", false)]
    [InlineData("create office hash:ip family inet bitmask 255.255.255.0\nadd office 198.51.100.0", "198.51.100.77", true)]
    [InlineData("create office hash:ip family inet bitmask 255.255.255.0\nadd office 198.51.100.0", "198.51.101.77", false)]
    [InlineData("create office bitmap:ip range 198.51.100.0-198.51.100.255 netmask 26\nadd office 198.51.100.64", "198.51.100.77", true)]
    [InlineData("create office bitmap:ip range 198.51.100.0-198.51.100.255 netmask 26\nadd office 198.51.100.64", "198.51.100.128", false)]
    [InlineData("create office hash:ip family inet6 netmask 64\nadd office 2001:db8:7::", "2001:db8:7::99", true)]
    [InlineData("create office hash:ip family inet6 netmask 64\nadd office 2001:db8:7::", "2001:db8:7:1::99", false)]
    [InlineData(
        "create office hash:net family inet\nadd office 198.51.100.0/24\nadd office 198.51.100.64/26 nomatch", "198.51.100.9", true)]
    [InlineData(
        "create office hash:net family inet\nadd office 198.51.100.0/24\nadd office 198.51.100.64/26 nomatch", "198.51.100.65", false)]
    [InlineData("create office hash:net family inet comment\nadd office 198.51.100.0/24 comment \"all but nomatch\"", "198.51.100.9", true)]
    [InlineData("create office hash:ip family inet timeout 600\nadd office 198.51.100.9 timeout 12", "198.51.100.9", true)]
    [InlineData("create a hash:net family inet\nadd a 198.51.100.0/24\ncreate office list:set size 8\nadd office a", "198.51.100.9", true)]
    [InlineData("create a hash:net family inet\nadd a 198.51.100.0/24\ncreate office list:set size 8\nadd office a", "203.0.113.9", false)]
    [InlineData("create office list:set size 8", "203.0.113.9", false)]
    [InlineData("create office hash:ip family inet bitmask 255.0.255.0\nadd office 198.0.100.0", "198.51.100.9", null)]
    [InlineData("create office hash:ip family inet skbinfo2\nadd office 198.51.100.9", "198.51.100.9", null)]
    [InlineData("create office hash:ip family inet\nadd office 198.51.100.9 unless friday", "198.51.100.9", null)]
    [InlineData("create office hash:mac\nadd office 02:00:00:00:00:01", "198.51.100.9", null)]
    [InlineData("create office hash:wonder\nadd office 1", "198.51.100.9", null)]
    public void An_address_is_looked_up_as_the_set_compares_it(string sets, string source, bool? matches)
    {
        Assert.Equal(matches, Passes(sets, source, "-m set --match-set office src", "DROP", "ACCEPT"));
        Assert.Equal(!matches, Passes(sets, source, "-m set --match-set office src", "ACCEPT", "DROP"));
        Assert.Equal(!matches, Passes(sets, source, "-m set ! --match-set office src", "DROP", "ACCEPT"));
    }

    [Theory]
    [InlineData("create n hash:net,iface family inet\nadd n 198.51.100.0/24,eth wildcard", "src,src", true)]
    [InlineData("create n hash:net,iface family inet\nadd n 198.51.100.0/24,eth", "src,src", false)]
    [InlineData("create n hash:net,iface family inet\nadd n 198.51.100.0/24,eth0", "src,src", true)]
    [InlineData("create n hash:net,iface family inet\nadd n 198.51.100.0/24,eth0", "src", false)]
    [InlineData("create n hash:net,iface family inet\nadd n 198.51.100.0/24,physdev:eth0", "src,src", null)]
    [InlineData("create n hash:net,net family inet netmask 24\nadd n 198.51.100.0/24,192.0.2.0/24", "src,dst", true)]
    [InlineData(
        "create n hash:net,net family inet\nadd n 198.51.100.0/24,192.0.2.0/24\nadd n 198.51.100.0/25,0.0.0.0/1 nomatch\n"
            + "add n 198.51.100.9/32,192.0.2.0/24",
        "src,dst",
        true)]
    [InlineData(
        "create n hash:net,net family inet\nadd n 198.51.100.0/25,128.0.0.0/1 nomatch\nadd n 198.51.100.0/24,192.0.2.11/32",
        "src,dst",
        false)]
    [InlineData("create n hash:ip,port family inet\nadd n 198.51.100.9,tcp:22", "src,dst", true)]
    [InlineData("create n hash:ip,port family inet\nadd n 198.51.100.9,udp:22", "src,dst", false)]
    [InlineData("create n bitmap:port range 0-1023\nadd n 22", "dst", true)]
    [InlineData("create n bitmap:port range 0-1023\nadd n 22", "src", false)]
    public void A_key_of_several_parts_is_looked_up_part_by_part(string sets, string directions, bool? matches) =>
        Assert.Equal(matches, Passes(sets, "198.51.100.9", $"-m set --match-set n {directions}", "DROP", "ACCEPT"));

    [Theory]
    [InlineData(PacketValues.Tcp, true)]
    [InlineData(PacketValues.Udp, true)]
    [InlineData(132, false)]
    [InlineData(PacketValues.Icmp, false)]
    public void A_set_of_ports_holds_those_of_tcp_and_udp(int protocol, bool matches)
    {
        FirewallModel model = Model("create n bitmap:port range 0-1023\nadd n 22", "-A INPUT -m set --match-set n dst -j ACCEPT", "DROP");
        Packet packet = Tcp("198.51.100.9", "192.0.2.11", 22);
        packet[PacketField.Protocol] = (UInt128)protocol;
        Assert.Equal(matches, model.Judge(model.Hook("input"), packet).Passes);
    }

    [Fact]
    public void An_option_of_the_match_that_reads_counters_is_no_certain_verdict() =>
        Assert.Null(
            Passes(
                "create n hash:ip family inet counters\nadd n 198.51.100.9 packets 3 bytes 180",
                "198.51.100.9",
                "-m set --match-set n src ! --update-counters --packets-gt 5",
                "DROP", "ACCEPT"));

    [Fact]
    public void What_is_not_known_is_named()
    {
        Ruleset ruleset = Parse(
            "create office hash:ip family inet skbinfo2 5\nadd office 198.51.100.9",
            "-A INPUT -m set --match-set office src -j ACCEPT", "DROP");
        Assert.Contains(ruleset.Sets, set => set.Undecided == "ipset office: unknown ipset create option 'skbinfo2'");
    }

    // ipset(8) of 7.24, all SET TYPES: create options, add options, and the types themselves.
    [Theory]
    [InlineData(
        "ipset type",
        "bitmap:ip bitmap:ip,mac bitmap:port hash:ip hash:mac hash:ip,mac hash:net hash:net,net hash:ip,port hash:net,port hash:ip,port,ip "
            + "hash:ip,port,net hash:ip,mark hash:net,port,net hash:net,iface list:set")]
    [InlineData(
        "ipset create option",
        "range netmask bitmask timeout counters comment skbinfo family hashsize maxelem bucketsize forceadd markmask size initval")]
    [InlineData("ipset add option", "timeout packets bytes comment skbmark skbprio skbqueue nomatch wildcard before after")]
    public void The_vocabulary_holds_what_the_manual_documents(string subject, string words) =>
        Assert.Empty(VocabularyList.Missing(subject, words));

    private static bool? Passes(string sets, string source, string match, string policy, string target)
    {
        FirewallModel model = Model(sets, $"-A INPUT -p tcp -m tcp --dport 22 {match} -j {target}", policy);
        Packet packet = Tcp(source, source.Contains(':', StringComparison.Ordinal) ? "2001:db8:1::11" : "192.0.2.11", 22);
        packet[PacketField.InInterface] = (UInt128)model.Workspace.Atoms.Of("eth0");
        return model.Judge(model.Hook("input"), packet).Passes;
    }

    private static FirewallModel Model(string sets, string rule, string policy) => new(Parse(sets, rule, policy), new HostNetwork());

    private static Ruleset Parse(string sets, string rule, string policy) => IptablesSaveParser.Parse(
        $"*filter\n:INPUT {policy} [0:0]\n{rule}\nCOMMIT\n", sets.Contains("inet6", StringComparison.Ordinal)
            ? 6
            : 4, RulesetOrigin.Nftables, sets);
}
