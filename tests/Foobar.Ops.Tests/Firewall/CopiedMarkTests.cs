using Foobar.Ops.Findings;
using Foobar.Ops.Firewall;
using Foobar.Ops.Firewall.Collection;
using static Foobar.Ops.Tests.Firewall.Rules;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>Marks that are taken from the packet to its connection and back: a new connection has mark 0.</summary>
public sealed class CopiedMarkTests
{
    private const string Before =
        """{"chain":{"family":"inet","table":"t","name":"pre","handle":1,"type":"filter","hook":"prerouting","prio":-150,"policy":"accept"}}""";
    private const string Input =
        """{"chain":{"family":"inet","table":"t","name":"in","handle":2,"type":"filter","hook":"input","prio":0,"policy":"drop"}}""";
    private const string Meta = """{"meta":{"key":"mark"}}""";
    private const string Connection = """{"ct":{"key":"mark"}}""";

    [Theory]
    [InlineData(Meta, Connection, 0, true)]
    [InlineData(Meta, Connection, 1, false)]
    [InlineData(Connection, Meta, 0, true)]
    [InlineData(Meta, $$"""{"&":[{{Connection}},255]}""", 0, true)]
    [InlineData(Meta, $$"""{"|":[{"&":[{{Connection}},255]},16]}""", 16, true)]
    [InlineData(Meta, $$"""{"|":[{"&":[{{Connection}},255]},16]}""", 0, false)]
    [InlineData(Connection, $$"""{"^":[{{Meta}},5]}""", 5, true)]
    public void What_is_copied_of_a_new_connection_is_known(string to, string value, int mark, bool open)
    {
        string listing = Listing(
            Before, Input,
            Rule("pre", 3, $$$"""{"mangle":{"key":{{{to}}},"value":{{{value}}}}}"""),
            Rule(
                "in", 4,
                $$$"""{"match":{"op":"==","left":{{{to}}},"right":{{{mark}}}}},{{{Payload("tcp", "dport", "8080")}}},{{{Accept}}}"""));
        Check(Fixture.Facts(listing), open);
    }

    [Theory]
    [InlineData("--restore-mark --nfmask 0xffffffff --ctmask 0xffffffff", 0, true)]
    [InlineData("--restore-mark --nfmask 0xff --ctmask 0xff", 0x100, true)]
    [InlineData("--restore-mark --nfmask 0xff00 --ctmask 0xff00", 0x100, false)]
    [InlineData("--restore-mark --mask 0xff00", 0, true)]
    public void What_iptables_restores_for_a_new_connection_is_known(string target, int mark, bool open)
    {
        string save =
            $"*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j MARK --set-xmark 0x100/0xffffffff\n-A PREROUTING -j CONNMARK {target}\n"
                + "COMMIT\n"
                + $"*filter\n:INPUT DROP [0:0]\n-A INPUT -m mark --mark 0x{mark:x} -p tcp -m tcp --dport 8080 -j ACCEPT\nCOMMIT\n";
        Check(Fixture.Facts(string.Empty, running: new RulesetText { Iptables = save }), open);
    }

    [Theory]
    [InlineData("--save-mark --nfmask 0xffffffff --ctmask 0xffffffff", 0x112, true)]
    [InlineData("--save-mark --nfmask 0xff --ctmask 0xff", 0x12, true)]
    [InlineData("--save-mark --nfmask 0xff00 --ctmask 0xff00", 0x100, true)]
    [InlineData("--save-mark --nfmask 0xff00 --ctmask 0xff00", 0x112, false)]
    public void What_iptables_saves_of_a_packet_s_mark_is_known(string target, int mark, bool open)
    {
        string save =
            $"*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j MARK --set-xmark 0x112/0xffffffff\n-A PREROUTING -j CONNMARK {target}\n"
                + "COMMIT\n"
                + $"*filter\n:INPUT DROP [0:0]\n-A INPUT -m connmark --mark 0x{mark:x} -p tcp -m tcp --dport 8080 -j ACCEPT\nCOMMIT\n";
        Check(Fixture.Facts(string.Empty, running: new RulesetText { Iptables = save }), open);
    }

    private static void Check(FirewallFacts facts, bool open)
    {
        IReadOnlyList<Finding> findings = Fixture.Judge("FW-001", facts);
        Assert.DoesNotContain(findings, static finding => finding.Status == FindingStatus.Unknown);
        Assert.Equal(
            open,
            findings.Any(
                static finding =>
                    finding.Status == FindingStatus.Fail && finding.Evidence!.Contains("192.0.2.11:8080 (new ", StringComparison.Ordinal)));
    }
}
