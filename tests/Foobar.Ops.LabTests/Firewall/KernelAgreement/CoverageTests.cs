using System.Globalization;
using System.Text.RegularExpressions;
using Foobar.Ops.Findings;
using Foobar.Ops.Firewall.Iptables;
using Foobar.Ops.Firewall.Nftables;
using Foobar.Ops.LabTests.Firewall.KernelRulesets;

namespace Foobar.Ops.LabTests.Firewall.KernelAgreement;

/// <summary>The generators make every construct that the readers take into account, so that the kernel is asked about each.</summary>
public sealed class CoverageTests(ITestOutputHelper output)
{
    private const int Rulesets = 200;

    private const string Time = "what it does depends on earlier packets, so that no single verdict is right";
    private const string SameReader = "is read with the same code as another that is made";

    // Words that stand otherwise in the text than in the listing.
    private static readonly Dictionary<string, string> Forms = new()
    {
        ["nftables statement match"] = "dport",
        ["nftables statement mangle"] = "mark set",
        ["nftables expression payload"] = "saddr",
        ["nftables expression concat"] = " \\. ",
        ["nftables expression map"] = "map \\{",
        ["nftables expression set"] = "\\{ ",
        ["nftables expression prefix"] = "/\\d",
        ["nftables expression range"] = "\\d-\\d",
        ["nftables expression &"] = "&",
        ["nftables expression |"] = "\\|",
        ["nftables expression ^"] = "\\^",
        ["iptables match set"] = "-m set ",
    };

    private static readonly Dictionary<string, string> NotMade = new()
    {
        ["nftables statement limit"] = Time,
        ["nftables statement quota"] = Time,
        ["nftables statement ct count"] = Time,
        ["nftables statement meter"] = Time,
        ["nftables statement set"] = Time,
        ["nftables statement map"] = Time,
        ["nftables table flag dormant"] =
            "has a test of its own where nft can't list it as JSON: Model_and_kernel_agree_on_a_dormant_table",
        ["nftables set flag timeout"] = Time,
        ["nftables set flag dynamic"] = Time,
        ["nftables expression elem"] = "stands in listings of elements with a counter or a timeout only",
        ["nftables expression exthdr"] = "only the type of a routing header is read, which kernels refuse to take",
        ["nftables fib result check"] = "later releases of nft write so what earlier ones write as oif",
        ["ipset type hash:net,net"] = "not every kernel has this type",
        ["ipset type hash:net,port,net"] = "not every kernel has this type",
        ["iptables match udplite"] = SameReader,
        ["iptables match dccp"] = SameReader,
        ["iptables match sctp"] = SameReader,
        ["iptables match icmpv6"] = SameReader,
        ["iptables match ipv6-icmp"] = SameReader,
        ["iptables match limit"] = Time,
        ["iptables match hashlimit"] = Time,
        ["iptables match recent"] = Time,
        ["iptables match connlimit"] = Time,
        ["iptables match connbytes"] = Time,
        ["iptables match quota"] = Time,
        ["iptables match statistic"] = Time,
        ["iptables match rt"] = "only the type of a routing header is read, which kernels refuse to take",
        ["iptables match rpfilter"] = "has a test of its own: Model_and_kernel_agree_on_the_way_back",
        ["iptables target SET"] = Time,
        ["iptables target TOS"] = "leaves what it sets unknown",
        ["iptables target DSCP"] = "leaves what it sets unknown",
        ["iptables target TTL"] = "leaves what it sets unknown",
        ["iptables target HL"] = "leaves what it sets unknown",
    };

    [Fact]
    public void Each_construct_of_nftables_that_is_modelled_is_made() => Check(
        [.. Enumerable.Range(0, Rulesets).Select(static seed => NftGenerator.Generate(seed).ToString())],
        NftWords.Statements,
        NftWords.Expressions,
        NftWords.MetaKeys,
        NftWords.ConnectionKeys,
        NftWords.Families,
        NftWords.Hooks,
        NftWords.ChainTypes,
        NftWords.TableFlags, NftWords.SetFlags, NftFib.Flags, NftFib.Results);

    [Fact]
    public void Each_construct_of_iptables_and_ipset_that_is_modelled_is_made() => Check(
        [.. Enumerable.Range(0, Rulesets).Select(static seed => IptablesGenerator.Generate(seed, "nft").ToString())],
        SaveWords.Matches, SaveWords.Targets, IpsetWords.Types, IpsetWords.CreateOptions, IpsetWords.AddOptions);

    private void Check(string[] rulesets, params Vocabulary[] vocabularies)
    {
        List<string> missing = [];
        foreach (Vocabulary vocabulary in vocabularies)
        {
            IEnumerable<(string Word, int Count)> counted = vocabulary.Words.Where(static word => word.Use == WordUse.Handled)
                .Select(
                    word =>
                        (word.Text, rulesets.Count(
                            text => Regex.IsMatch(
                                text,
                                Forms.GetValueOrDefault($"{vocabulary.Subject} {word.Text}")
                                    ?? $@"(?<![\w,:-]){Regex.Escape(word.Text)}(?![\w,:-])"))));
            foreach ((string word, int count) in counted)
            {
                string? reason = NotMade.GetValueOrDefault($"{vocabulary.Subject} {word}");
                output.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{vocabulary.Subject} {word}: in {count} of {rulesets.Length} rulesets{(reason is null ? string.Empty : $" ({reason})")}"));
                missing.AddRange(count == 0 && reason is null ? [$"{vocabulary.Subject} {word}"] : []);
            }
        }

        Assert.Empty(missing);
    }
}
