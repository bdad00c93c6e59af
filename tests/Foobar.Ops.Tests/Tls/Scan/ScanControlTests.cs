using Foobar.Ops.Findings;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Http;
using Foobar.Ops.Tls.Profiles;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>What is made of a scan.</summary>
public sealed class ScanControlTests
{
    internal static readonly TlsScan Good = new()
    {
        Endpoint = new TlsEndpoint { Host = "198.51.100.10", Port = 443, ServerName = "www.foobar.com", Via = "lb-01" },
        Protocols =
        [
            Absent(TlsVersion.Ssl20), Absent(TlsVersion.Ssl30), Absent(TlsVersion.Tls10), Absent(TlsVersion.Tls11),
            Offers(TlsVersion.Tls12, 0xC02B, 0xC02C), Offers(TlsVersion.Tls13, 0x1301, 0x1302),
        ],
        Groups = new([NamedGroup.Of(4588), NamedGroup.Of(29)]),
        SignaturesTls12 = new([SignatureScheme.Of(0x0403)]),
        SignaturesTls13 = new([SignatureScheme.Of(0x0403)]),
        ApplicationProtocols = new(["h2"]),
        PrimeBits = [],
        SameCertificateWithoutName = Observed.Yes(),
        Compression = Observed.No(),
        SecureRenegotiation = Observed.Yes(),
        ExtendedMasterSecret = Observed.Yes(),
        EncryptThenMac = Observed.NotApplicable("no CBC"),
        FallbackProtection = Observed.Yes(),
        DowngradeMark = Observed.Yes(),
        Tickets = Observed.Yes(),
        Resumption = Observed.Yes(),
        TicketsTls13 = Observed.Yes(),
        EarlyData = Observed.No(),
        OcspStapling = Observed.No(),
        ClientCertificate = Observed.No(),
        VersionTolerance = Observed.Yes(),
        ExtensionTolerance = Observed.Yes(),
        Http = new HttpFacts
        {
            Plain = Reading.Of(new HttpAnswer { Url = "http://www.foobar.com/", StatusCode = 301, Location = "https://www.foobar.com/" }),
            PlainOther = Reading.Of(new HttpAnswer
            {
                Url = "http://www.foobar.com/page", StatusCode = 301, Location = "https://www.foobar.com/page",
            }),
            Secure = Reading.Of(new HttpAnswer
            {
                Url = "https://www.foobar.com/",
                StatusCode = 200,
                StrictTransportSecurity = "max-age=63072000; includeSubDomains",
                Cookies = [new("session", Secure: true, HttpOnly: true, "Lax")],
            }),
        },
        Connections = 50,
        Duration = TimeSpan.FromMilliseconds(100),
        Time = TestSite.Now,
    };

    private static readonly Dictionary<string, TlsScan> Flaws = new()
    {
        ["TLS-020"] = With(Offers(TlsVersion.Tls10, 0xC009)),
        ["TLS-021"] = With(Offers(TlsVersion.Tls12, 0xC02B, 0x000A)),
        ["TLS-022"] = With(Offers(TlsVersion.Tls12, 0xC009)),
        ["TLS-023"] = Good with { PrimeBits = [1024, 2048] },
        ["TLS-024"] = With(Offers(TlsVersion.Tls12, 0xC02B, 0x009C)),
        ["TLS-025"] = Good with { SecureRenegotiation = Observed.No() },
        ["TLS-026"] = Good with { Compression = Observed.Yes() },
        ["TLS-027"] = Good with { DowngradeMark = Observed.No(), FallbackProtection = Observed.No("answered") },
        ["TLS-029"] = Good with { ExtensionTolerance = Observed.No("alert decode_error") },
        ["TLS-031"] = Good with { SignaturesTls12 = new([SignatureScheme.Of(0x0403), SignatureScheme.Of(0x0203)]) },
    };

    public static TheoryData<string> Ids => [.. ScanControls.All.Select(control => control.Info.Id)];

    public static TheoryData<string> FlawIds => [.. Flaws.Keys];

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_good_endpoint_passes(string id) =>
        Assert.Equal(id == "TLS-023" ? FindingStatus.NotApplicable : FindingStatus.Pass, Judge(id, Good).Status);

    [Theory]
    [MemberData(nameof(FlawIds))]
    public void Each_flaw_fails_its_control(string id)
    {
        Finding finding = Judge(id, Flaws[id]);

        Assert.Equal((FindingStatus.Fail, "lb-01", "198.51.100.10:443"), (finding.Status, finding.Server, finding.Target));
        Assert.NotNull(finding.Expected);
        Assert.NotNull(finding.Evidence);
    }

    [Fact]
    public void A_flaw_fails_no_other_control_than_its_own_and_the_profile()
    {
        // A suite with 3DES is not forward secret either.
        static bool Concerns(string flaw, string id) => id == flaw || id == "TLS-022" || (flaw == "TLS-021" && id == "TLS-024");

        Assert.All(Flaws, flaw => Assert.DoesNotContain(
            ScanControls.Judge(new ScanCase(flaw.Value, MozillaProfile.Intermediate), info => !Concerns(flaw.Key, info.Id)),
            finding => finding.Status == FindingStatus.Fail));
    }

    [Fact]
    public void What_could_not_be_told_never_passes()
    {
        Observed lost = Observed.Unknown("gave no answer");
        TlsScan scan = Good with
        {
            Protocols = [.. Good.Protocols.Select(protocol => protocol with { Offered = lost, Suites = [] })],
            Groups = new([]),
            SignaturesTls12 = new([]),
            Compression = lost,
            SecureRenegotiation = lost,
            DowngradeMark = lost,
            FallbackProtection = lost,
            EarlyData = lost,
            VersionTolerance = lost,
            ExtensionTolerance = lost,
            Http = new HttpFacts
            {
                Plain = Reading.Unreadable<HttpAnswer>("no answer"),
                Secure = Reading.Unreadable<HttpAnswer>("no answer"),
            },
        };

        Assert.All(ScanControls.All, control => Assert.Equal(FindingStatus.Unknown, Judge(control.Info.Id, scan).Status));
    }

    [Fact]
    public void A_version_that_gave_no_answer_leaves_a_flaw_a_flaw()
    {
        TlsScan scan = With(
            new ProtocolOffer { Version = TlsVersion.Ssl20, Offered = Observed.Unknown("gave no answer") }, Flaws["TLS-020"]);

        Assert.Equal(FindingStatus.Fail, Judge("TLS-020", scan).Status);
        Assert.Equal(FindingStatus.Unknown, Judge("TLS-021", scan).Status);
        Assert.Contains("SSL 2.0", Judge("TLS-021", scan).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_group_that_holds_ML_KEM_a_warning_is_given() =>
        Assert.Equal(FindingStatus.Warning, Judge("TLS-028", Good with { Groups = new([NamedGroup.Of(29)]) }).Status);

    [Fact]
    public void Early_data_is_a_warning() =>
        Assert.Equal(FindingStatus.Warning, Judge("TLS-030", Good with { EarlyData = Observed.Yes("16384 bytes") }).Status);

    [Fact]
    public void The_old_profile_allows_what_it_lists()
    {
        TlsScan scan = With(Offers(TlsVersion.Tls10, 0xC013, 0x002F, 0x000A) with { Order = SuiteOrder.Server });

        Assert.Equal(FindingStatus.Pass, Judge("TLS-020", scan, MozillaProfile.Old).Status);
        Assert.Equal(FindingStatus.Pass, Judge("TLS-021", scan, MozillaProfile.Old).Status);
        Assert.Equal(FindingStatus.Pass, Judge("TLS-022", scan, MozillaProfile.Old).Status);
        Assert.Equal(FindingStatus.Warning, Judge("TLS-024", scan, MozillaProfile.Old).Status);
        Assert.Equal(
            FindingStatus.Fail,
            Judge("TLS-022", With(Offers(TlsVersion.Tls12, 0xC02B, 0xC02C) with { Order = SuiteOrder.Client }), MozillaProfile.Old).Status);
    }

    [Fact]
    public void The_modern_profile_has_one_version()
    {
        Finding finding = Judge("TLS-022", Good, MozillaProfile.Modern);

        Assert.Equal(FindingStatus.Fail, finding.Status);
        Assert.StartsWith("TLS 1.2, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", finding.Actual, StringComparison.Ordinal);
        Assert.Equal(FindingStatus.Pass, Judge("TLS-022", With(Absent(TlsVersion.Tls12)), MozillaProfile.Modern).Status);
    }

    [Fact]
    public void Every_suite_of_a_profile_exists_and_each_profile_widens_the_one_before()
    {
        HashSet<string> known = [.. CipherSuite.All.Select(suite => suite.Name)];

        Assert.Equal(
            [3, 9, 24],
            new[] { MozillaProfile.Modern, MozillaProfile.Intermediate, MozillaProfile.Old }.Select(profile => profile.Suites.Count));
        Assert.Empty(MozillaProfile.Old.Suites.Except(known));
        Assert.Empty(MozillaProfile.Intermediate.Suites.Except(MozillaProfile.Old.Suites));
        Assert.Empty(MozillaProfile.Modern.Suites.Except(MozillaProfile.Intermediate.Suites));
        Assert.Equal(
            ["modern", "intermediate", "old"], new[] { "MODERN", "intermediate", "old" }.Select(name => MozillaProfile.Of(name).Name));
    }

    private static Finding Judge(string id, TlsScan scan, MozillaProfile? profile = null) =>
        Assert.Single(ScanControls.Judge(new ScanCase(scan, profile ?? MozillaProfile.Intermediate), info => info.Id == id));

    private static TlsScan With(ProtocolOffer offer, TlsScan? scan = null) =>
        (scan ?? Good) with { Protocols = [.. (scan ?? Good).Protocols.Select(each => each.Version == offer.Version ? offer : each)] };

    private static ProtocolOffer Absent(TlsVersion version) => new() { Version = version, Offered = Observed.No("alert protocol_version") };

    private static ProtocolOffer Offers(TlsVersion version, params int[] suites) =>
        new() { Version = version, Offered = Observed.Yes(), Suites = [.. suites.Select(CipherSuite.Of)], Order = SuiteOrder.Server };
}
