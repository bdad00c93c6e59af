using Foobar.Ops.Firewall.Evaluation;
using Foobar.Ops.Firewall.Model;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.Firewall.Spaces;

namespace Foobar.Ops.Tests.Firewall;

/// <summary>Short ways to write rulesets and packets in tests.</summary>
internal static class Rules
{
    /// <summary>A ruleset with one input chain, its rules given as nftables' JSON expressions.</summary>
    public static string Input(string policy, params string[] rules) => Listing(
        [
            """{"chain":{"family":"inet","table":"t","name":"in","handle":1,"type":"filter","hook":"input","prio":0,"policy":"POLICY"}}"""
                .Replace("POLICY", policy, StringComparison.Ordinal),
            .. rules.Select((expr, index) => Rule("in", index + 2, expr)),
        ]);

    /// <summary>A rule object of table <c>t</c>.</summary>
    public static string Rule(string chain, int handle, string expr) =>
        $$$"""{"rule":{"family":"inet","table":"t","chain":"{{{chain}}}","handle":{{{handle}}},"expr":[{{{expr}}}] } }""";

    /// <summary>A listing of objects.</summary>
    public static string Listing(params IEnumerable<string> objects) =>
        $$$"""{"nftables":[{"metainfo":{"version":"1.0.6","json_schema_version":1}},{{{string.Join(',', objects)}}}]}""";

    /// <summary>A match of a payload field.</summary>
    public static string Payload(string protocol, string field, string right, string op = "==") =>
        $$$"""{"match":{"op":"{{{op}}}","right":{{{right}}},"left":{"payload":{"protocol":"{{{protocol}}}","field":"{{{field}}}"} } } }""";

    /// <summary>The accept statement.</summary>
    public const string Accept = """{"accept":null}""";

    /// <summary>The drop statement.</summary>
    public const string Drop = """{"drop":null}""";

    /// <summary>The model of a listing on a server whose network is not known.</summary>
    public static FirewallModel Model(string json) => new(NftRulesetParser.Parse(json), new HostNetwork());

    /// <summary>A TCP connection's first packet.</summary>
    public static Packet Tcp(string source, string destination, int port)
    {
        int family = source.Contains(':', StringComparison.Ordinal) ? 6 : 4;
        Packet packet = Packet.TcpSyn(family);
        packet[PacketField.DestinationPort] = (UInt128)port;
        packet[family == 4 ? PacketField.Source4 : PacketField.Source6] = AddressText.ToNumber(System.Net.IPAddress.Parse(source));
        packet[family == 4 ? PacketField.Destination4 : PacketField.Destination6] = AddressText.ToNumber(
            System.Net.IPAddress.Parse(destination));
        return packet;
    }
}
