using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tests.Remoting;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Files;
using Foobar.Ops.Tls.Issuance;

namespace Foobar.Ops.Tests.Tls;

public sealed class CertificateControlTests
{
    private static readonly ServedCertificate Good = new()
    {
        Endpoint = new TlsEndpoint { Host = "198.51.100.10", Port = 443, ServerName = "www.foobar.com", Via = "lb-01" },
        Leaf = new Certificate
        {
            Subject = "CN=www.foobar.com",
            Issuer = "CN=R1",
            DnsNames = ["www.foobar.com", "*.foobar.com"],
            SerialNumber = "01",
            NotBefore = TestSite.Now.AddDays(-10),
            NotAfter = TestSite.Now.AddDays(80),
            KeyAlgorithm = "ECDSA",
            KeySizeBits = 256,
            SignatureAlgorithm = "sha256ECDSA",
            Sha256Fingerprint = "AA00000000000000AA00000000000000AA00000000000000AA00000000000000",
            MustStaple = true,
        },
        Staple = new OcspStaple
        {
            Status = RevocationStatus.Good, ThisUpdate = TestSite.Now.AddDays(-1), NextUpdate = TestSite.Now.AddDays(6), IsAuthentic = true,
        },
        Protocol = "Tls13",
        CipherSuite = "TLS_AES_128_GCM_SHA256",
        Time = TestSite.Now,
    };

    public static TheoryData<string> Ids => [.. CertificateControls.All.Select(control => control.Info.Id)];

    [Theory]
    [InlineData("www.foobar.com", "www.foobar.com", true)]
    [InlineData("WWW.Foobar.com", "www.foobar.COM.", true)]
    [InlineData("*.foobar.com", "www.foobar.com", true)]
    [InlineData("*.foobar.com", "a.www.foobar.com", false)]
    [InlineData("*.foobar.com", "foobar.com", false)]
    [InlineData("w*.foobar.com", "www.foobar.com", false)]
    [InlineData("*.*.com", "www.foobar.com", false)]
    [InlineData("*", "localhost", false)]
    [InlineData("*.", "www.", false)]
    [InlineData("xn--bcher-kva.example", "bücher.example", true)]
    [InlineData("foobar.com", "www.foobar.com", false)]
    [InlineData("", "", false)]
    public void Names_match_label_by_label(string pattern, string name, bool matches) =>
        Assert.Equal(matches, HostNames.Matches(pattern, name));

    [Fact]
    public void An_address_matches_addresses_only()
    {
        Certificate leaf = Good.Leaf with { DnsNames = ["192.0.2.1"], IpAddresses = ["2001:db8::1"] };

        Assert.True(HostNames.Covers(leaf, "2001:0db8:0::1"));
        Assert.False(HostNames.Covers(leaf, "192.0.2.1"));
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_good_certificate_passes(string id) => Assert.Equal(FindingStatus.Pass, Assert.Single(Judge(id, Good)).Status);

    [Theory]
    [MemberData(nameof(Ids))]
    public void What_could_not_be_seen_never_passes(string id)
    {
        CertificateFacts facts = new()
        {
            Endpoints =
            [
                new EndpointAnswer(
                    Good.Endpoint, Reading.Unreadable<ServedCertificate>("refused", "a handshake")) { ErrorId = "EndpointUnreachable" },
            ],
            Unnamed =
            [
                new EndpointAnswer(
                    Good.Endpoint, Reading.Unreadable<ServedCertificate>("refused", "a handshake")) { ErrorId = "EndpointUnreachable" },
            ],
            KeyFiles = Reading.Unreadable<IReadOnlyList<KeyFile>>("no sudo"),
            Files = Reading.Unreadable<IReadOnlyList<CertificateFile>>("no sudo"),
        };

        Finding finding = Assert.Single(TestSite.Judge(CertificateControls.All, id, facts, "lb-01"));
        Assert.Equal(id == "TLS-010" ? FindingStatus.Fail : FindingStatus.Unknown, finding.Status);
    }

    [Fact]
    public void Each_flaw_fails_its_own_control_and_no_other()
    {
        Dictionary<string, ServedCertificate> flaws = new()
        {
            ["TLS-001"] = Good with { Leaf = Good.Leaf with { DnsNames = ["other.foobar.com"] } },
            ["TLS-002"] = Good with { Leaf = Good.Leaf with { NotAfter = TestSite.Now.AddMinutes(-1) } },
            ["TLS-003"] =
                Good with { Leaf = Good.Leaf with { NotBefore = TestSite.Now.AddDays(-77), NotAfter = TestSite.Now.AddDays(13) } },
            ["TLS-004"] = Good with { ChainProblems = ["partial"] },
            ["TLS-005"] = Good with { Leaf = Good.Leaf with { KeyAlgorithm = "RSA", KeySizeBits = 1024 } },
            ["TLS-006"] = Good with { Leaf = Good.Leaf with { SignatureAlgorithm = "sha1RSA-PSS" } },
            ["TLS-011"] = Good with { IsInOrder = false },
            ["TLS-012"] = Good with { Staple = null },
            ["TLS-013"] = Good with { Staple = Good.Staple! with { Status = RevocationStatus.Revoked, RevokedAt = TestSite.Now } },
        };

        foreach ((string flawed, ServedCertificate served) in flaws)
        {
            Assert.Equal(
                [flawed],
                CertificateControls.All.SelectMany(control => Judge(control.Info.Id, served))
                    .Where(finding => finding.Status == FindingStatus.Fail)
                    .Select(finding => finding.ControlId));
        }
    }

    [Theory]
    [InlineData("Good", -1, 6, true, null, FindingStatus.Pass)]
    [InlineData("Good", -1, 6, null, null, FindingStatus.Pass)]
    [InlineData("Good", -1, null, true, null, FindingStatus.Pass)]
    [InlineData("Good", -8, -1, true, null, FindingStatus.Fail)]
    [InlineData("Good", 1, 6, true, null, FindingStatus.Fail)]
    [InlineData("Good", -1, 6, false, null, FindingStatus.Fail)]
    [InlineData("Good", -1, 6, true, "it is malformed", FindingStatus.Fail)]
    [InlineData("Unknown", -1, 6, true, null, FindingStatus.Fail)]
    [InlineData("Revoked", -1, 6, true, null, FindingStatus.Fail)]
    public void An_OCSP_response_must_be_good_and_current(
        string says, int from, int? until, bool? isAuthentic, string? problem, FindingStatus status)
    {
        OcspStaple staple = new()
        {
            Status = Enum.Parse<RevocationStatus>(says),
            ThisUpdate = TestSite.Now.AddDays(from),
            NextUpdate = until is { } days ? TestSite.Now.AddDays(days) : null,
            IsAuthentic = isAuthentic,
            Problem = problem,
        };

        Assert.Equal(status, Assert.Single(Judge("TLS-013", Good with { Staple = staple })).Status);
    }

    [Fact]
    public void An_OCSP_response_that_could_not_be_asked_for_is_not_missing()
    {
        ServedCertificate unasked = Good with { Staple = null, StapleProblem = "no answer" };

        Assert.All(["TLS-012", "TLS-013"], id => Assert.Equal(FindingStatus.Unknown, Assert.Single(Judge(id, unasked)).Status));
    }

    [Fact]
    public void A_certificate_that_demands_no_OCSP_response_needs_none()
    {
        ServedCertificate without = Good with { Staple = null, Leaf = Good.Leaf with { MustStaple = false } };

        Assert.All(["TLS-012", "TLS-013"], id => Assert.Equal(FindingStatus.NotApplicable, Assert.Single(Judge(id, without)).Status));
    }

    [Fact]
    public void A_chain_that_this_system_cannot_verify_is_not_decided() =>
        Assert.Equal(
            FindingStatus.Unknown,
            Assert.Single(Judge("TLS-004", Good with { ChainProblems = ["NotSignatureValid"], IsChainUndecided = true })).Status);

    [Theory]
    [InlineData("ML-DSA-44", 10496, FindingStatus.Pass)]
    [InlineData("RSASSA-PSS", 2048, FindingStatus.Pass)]
    [InlineData("RSASSA-PSS", 1024, FindingStatus.Fail)]
    [InlineData("1.2.3.4", 0, FindingStatus.Fail)]
    public void Keys_of_each_kind_are_measured_by_their_own_size(string kind, int bits, FindingStatus status) =>
        Assert.Equal(
            status,
            Assert.Single(Judge("TLS-005", Good with { Leaf = Good.Leaf with { KeyAlgorithm = kind, KeySizeBits = bits } })).Status);

    [Theory]
    [InlineData(31, FindingStatus.Pass)]
    [InlineData(29, FindingStatus.Warning)]
    [InlineData(13, FindingStatus.Fail)]
    public void The_days_left_are_held_against_the_policy(int days, FindingStatus status) =>
        Assert.Equal(
            status,
            Assert.Single(
                Judge(
                    "TLS-003",
                    Good with
                    {
                        Leaf = Good.Leaf with { NotBefore = TestSite.Now.AddDays(days - 394), NotAfter = TestSite.Now.AddDays(days) },
                    })).Status);

    // A part of a short life counts as ACME clients count it: a third, a half below ten days.
    [Theory]
    [InlineData(160, 136, FindingStatus.Pass)]
    [InlineData(160, 52, FindingStatus.Warning)]
    [InlineData(160, 30, FindingStatus.Fail)]
    [InlineData(45 * 24, 26 * 24, FindingStatus.Pass)]
    [InlineData(45 * 24, 14 * 24, FindingStatus.Warning)]
    [InlineData(45 * 24, 6 * 24, FindingStatus.Fail)]
    [InlineData(90 * 24, 27 * 24, FindingStatus.Warning)]
    [InlineData(394 * 24, 20 * 24, FindingStatus.Warning)]
    [InlineData(394 * 24, 13 * 24, FindingStatus.Fail)]
    public void The_margin_of_a_short_life_is_a_part_of_it(int lifetimeHours, int leftHours, FindingStatus status)
    {
        Certificate leaf =
            Good.Leaf with { NotBefore = TestSite.Now.AddHours(leftHours - lifetimeHours), NotAfter = TestSite.Now.AddHours(leftHours) };

        Assert.Equal(status, Assert.Single(Judge("TLS-003", Good with { Leaf = leaf })).Status);
    }

    [Fact]
    public void A_certificate_of_tomorrow_is_not_valid_yet() =>
        Assert.StartsWith(
            "not yet valid",
            Assert.Single(Judge("TLS-002", Good with { Leaf = Good.Leaf with { NotBefore = TestSite.Now.AddDays(1) } })).Actual,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("600", "root", "root", FindingStatus.Pass)]
    [InlineData("640", "root", "ssl-cert", FindingStatus.Pass)]
    [InlineData("640", "root", "www-data", FindingStatus.Warning)]
    [InlineData("644", "root", "root", FindingStatus.Fail)]
    [InlineData("660", "root", "ssl-cert", FindingStatus.Fail)]
    [InlineData("600", "mysql", "mysql", FindingStatus.Pass)]
    [InlineData("600", "haproxy", "haproxy", FindingStatus.Warning)]
    [InlineData("600", "www-data", "root", FindingStatus.Fail)]
    [InlineData("600", "alice", "root", FindingStatus.Fail)]
    public void A_key_is_for_its_service_only(string mode, string owner, string group, FindingStatus status)
    {
        CertificateFacts facts = Facts(Good) with
        {
            KeyFiles = Reading.Of(KeyFile.Parse($"{mode} {owner} {group} /etc/haproxy/certs/a b.pem\n")),
        };

        Finding finding = Assert.Single(TestSite.Judge(CertificateControls.All, "TLS-008", facts, "lb-01"));
        Assert.Equal((status, "/etc/haproxy/certs/a b.pem"), (finding.Status, finding.Target));
    }

    [Theory]
    [InlineData("www.foobar.com", null, FindingStatus.Pass)]
    [InlineData("shop.foobar.net", null, FindingStatus.Fail)]
    [InlineData(null, "TlsHandshakeFailed", FindingStatus.Pass)]
    [InlineData(null, "EndpointTimeout", FindingStatus.Unknown)]
    public void Without_a_name_the_site_s_certificate_is_served_or_none(string? name, string? error, FindingStatus status)
    {
        Reading<ServedCertificate> answer = name is null ? Reading.Unreadable<ServedCertificate>("why")
            : Reading.Of(Good with { Leaf = Good.Leaf with { DnsNames = [name], Sha256Fingerprint = new string('D', 64) } });
        CertificateFacts facts = Facts(Good) with { Unnamed = [new EndpointAnswer(Good.Endpoint, answer) { ErrorId = error }] };

        Assert.Equal(status, Assert.Single(TestSite.Judge(CertificateControls.All, "TLS-014", facts, "lb-01")).Status);
    }

    // One that is for another name altogether is told once, by the control over names.
    [Fact]
    public void A_certificate_that_is_served_by_name_too_is_the_site_s()
    {
        ServedCertificate other = Good with { Leaf = Good.Leaf with { DnsNames = ["shop.foobar.net"] } };
        CertificateFacts facts = Facts(other) with { Unnamed = [new EndpointAnswer(Good.Endpoint, Reading.Of(other))] };

        Assert.Equal(FindingStatus.Pass, Assert.Single(TestSite.Judge(CertificateControls.All, "TLS-014", facts, "lb-01")).Status);
        Assert.Equal(FindingStatus.Fail, Assert.Single(TestSite.Judge(CertificateControls.All, "TLS-001", facts, "lb-01")).Status);
    }

    [Fact]
    public void A_file_that_was_renewed_and_not_loaded_fails_with_both_certificates()
    {
        Certificate renewed = Good.Leaf with { Sha256Fingerprint = new string('B', 64), NotAfter = TestSite.Now.AddDays(90) };
        Finding finding = JudgeFile(File with { Leaf = renewed, IsLoaded = false, Served = Good.Leaf });

        Assert.Equal((FindingStatus.Fail, "/etc/haproxy/certs/site.pem"), (finding.Status, finding.Target));
        Assert.Contains("BBBB", finding.Expected, StringComparison.Ordinal);
        Assert.Contains("AA00", finding.Actual, StringComparison.Ordinal);
        Assert.Contains("haproxy.cfg:35", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_nothing_is_known_of_is_not_decided_and_a_client_s_is_not_judged()
    {
        Assert.Equal(FindingStatus.Unknown, JudgeFile(File with { IsLoaded = null, LoadProblem = "no answer" }).Status);
        Assert.Equal(
            FindingStatus.NotApplicable, JudgeFile(File with { IsLoaded = null, Uses = [File.Uses[0] with { Listeners = [] }] }).Status);
        Assert.Equal(
            [FindingStatus.Pass, FindingStatus.Unknown],
            TestSite.Judge(CertificateControls.All, "TLS-015", Facts(Good) with { FileDoubts = ["crt $FILE: a variable"] }, "lb-01")
                .Select(finding => finding.Status));
    }

    [Fact]
    public void Certificates_of_two_servers_are_compared()
    {
        ServedCertificate otherKey = Good with { Leaf = Good.Leaf with { Sha256Fingerprint = new string('B', 64) } };
        ServedCertificate older = otherKey with { Leaf = otherKey.Leaf with { NotAfter = TestSite.Now.AddDays(20) } };

        Assert.Equal(FindingStatus.Pass, JudgeSite("TLS-007", Good, Good));
        Assert.Equal(FindingStatus.Warning, JudgeSite("TLS-007", Good, otherKey));
        Assert.Equal(FindingStatus.Fail, JudgeSite("TLS-007", Good, older));
        Assert.Equal(FindingStatus.NotApplicable, JudgeSite("TLS-007", Good));
        Assert.Equal(FindingStatus.Unknown, JudgeSite("TLS-007", Good, null));
    }

    [Fact]
    public void Sets_of_certificates_for_several_kinds_of_key_are_compared()
    {
        ServedCertificate rsa =
            Good with { KeyKind = "RSA", Leaf = Good.Leaf with { KeyAlgorithm = "RSA", Sha256Fingerprint = new string('C', 64) } };
        FindingStatus Judge(params ServedCertificate[][] sets)
        {
            Dictionary<string, Reading<CertificateFacts>> facts = sets
                .Select(
                    (set, index) =>
                        ($"lb-0{index + 1}", new CertificateFacts
                        {
                            Endpoints =
                            [
                                .. set.Select(
                                    one => new EndpointAnswer(
                                        one.Endpoint, Reading.Of(one with { Endpoint = one.Endpoint with { Via = $"lb-0{index + 1}" } }))),
                            ],
                            KeyFiles = Reading.Of<IReadOnlyList<KeyFile>>([]),
                        }))
                .ToDictionary(pair => pair.Item1, pair => Reading.Of(pair.Item2));
            return Assert.Single(
                SiteCertificateControls.All.Single(control => control.Info.Id == "TLS-007")
                    .Apply(new SiteCase<CertificateFacts>(TestSite.Create(), facts, TestSite.Now), null, TestSite.Now)).Status;
        }

        Assert.Equal(FindingStatus.Pass, Judge([Good, rsa], [rsa, Good]));
        Assert.Equal(FindingStatus.Fail, Judge([Good, rsa], [Good]));
        Assert.Equal(FindingStatus.NotApplicable, Judge([Good, rsa]));
    }

    [Fact]
    public void Plain_text_behind_the_load_balancer_is_a_known_weak_point_or_a_failure()
    {
        Policy encrypted = new() { Flows = TestSite.DefaultFlows, Tls = new TlsPolicy { Backends = BackendEncryption.Tls } };
        TlsEndpoint endpoint = Good.Endpoint with { Audience = EndpointAudience.LoadBalancer };
        CertificateFacts Facts(string? errorId) => new()
        {
            Endpoints =
            [
                new EndpointAnswer(
                    endpoint,
                    errorId is null ? Reading.Of(Good with { Endpoint = endpoint }) : Reading.Unreadable<ServedCertificate>("why"))
                    {
                        ErrorId = errorId,
                    },
            ],
            KeyFiles = Reading.Of<IReadOnlyList<KeyFile>>([]),
        };

        SiteCase<CertificateFacts> Case(Policy? policy) => new(
            TestSite.Create(policy),
            new Dictionary<string, Reading<CertificateFacts>>
            {
                ["web-01"] = Reading.Of(Facts(null)),
                ["web-02"] = Reading.Of(Facts("TlsNotSpoken")),
            },
            TestSite.Now);

        Control<SiteCase<CertificateFacts>> control = SiteCertificateControls.All.Single(one => one.Info.Id == "TLS-009");
        Assert.Equal([FindingStatus.NotApplicable], control.Apply(Case(null), null, TestSite.Now).Select(finding => finding.Status));
        Assert.Equal(
            [("web-01", FindingStatus.Pass), ("web-02", FindingStatus.Fail)],
            control.Apply(Case(encrypted), null, TestSite.Now).Select(finding => (finding.Server, finding.Status)));
    }

    [Theory]
    [InlineData("shop.foobar.com", "www.foobar.com", FindingStatus.Pass)]
    [InlineData("www.foobar.com", "www.foobar.com", FindingStatus.Fail)]
    [InlineData("shop.foobar.com", "www.foobar.org", FindingStatus.Fail)]
    public void Each_name_may_have_a_certificate_of_its_own(string covered, string main, FindingStatus status)
    {
        ServedCertificate further = Good with
        {
            Endpoint = Good.Endpoint with { ServerName = "shop.foobar.com", IsFurtherName = true },
            Leaf = Good.Leaf with { DnsNames = [covered], Sha256Fingerprint = new string('B', 64) },
        };
        CertificateFacts facts = Facts(Good with { Leaf = Good.Leaf with { DnsNames = [main] } });
        facts = facts with { Endpoints = [.. facts.Endpoints, new EndpointAnswer(further.Endpoint, Reading.Of(further))] };
        IReadOnlyList<Finding> findings = TestSite.Judge(CertificateControls.All, "TLS-001", facts, "lb-01", Named("shop.foobar.com"));

        Assert.Equal(2, findings.DistinctBy(finding => finding.Target).Count());
        Assert.Equal(status, findings.Max(finding => finding.Status == FindingStatus.Pass ? FindingStatus.Pass : finding.Status));
        Assert.Equal(FindingStatus.NotApplicable, Compare(facts));
        Assert.Equal(FindingStatus.Pass, Compare(facts, facts));
        Assert.Equal(FindingStatus.Fail, Compare(facts, facts with { Endpoints = [facts.Endpoints[1], facts.Endpoints[0] with
        {
            Certificate = Reading.Of(further with { Endpoint = Good.Endpoint, Leaf = further.Leaf with { NotAfter = TestSite.Now } }),
        }] }));
    }

    [Theory]
    [InlineData(13, FindingStatus.Fail)]
    [InlineData(20, FindingStatus.Warning)]
    [InlineData(60, FindingStatus.Pass)]
    [InlineData(900, FindingStatus.Pass)]
    public void An_authority_that_ends_before_the_certificate_counts(int days, FindingStatus status)
    {
        Certificate authority = Good.Leaf with
        {
            Subject = "CN=R1", Issuer = "CN=Root", NotBefore = TestSite.Now.AddYears(-4), NotAfter = TestSite.Now.AddDays(days),
        };
        Certificate root = authority with { Subject = "CN=Root", NotAfter = TestSite.Now.AddDays(1) };
        ServedCertificate served = Good with { Chain = [Good.Leaf, authority, root] };
        Finding finding = Assert.Single(Judge("TLS-003", served));

        Assert.Equal(status, finding.Status);
        Assert.Equal(days < 80, finding.Actual!.Contains("'CN=R1', which the chain needs", StringComparison.Ordinal));
        Assert.Equal(Math.Min(days, 80), served.DaysLeft);
    }

    private static Site Named(params string[] names) =>
        TestSite.Create(new Policy { Flows = TestSite.DefaultFlows, Tls = new TlsPolicy { Names = names } });

    private static FindingStatus Compare(params CertificateFacts[] facts)
    {
        Dictionary<string, Reading<CertificateFacts>> servers = facts.Index()
            .ToDictionary(one => $"lb-0{one.Index + 1}", one => Reading.Of(one.Item with
            {
                Endpoints =
                [
                    .. one.Item.Endpoints.Select(answer => Via(answer, $"lb-0{one.Index + 1}")),
                ],
            }));
        return Assert.Single(
            SiteCertificateControls.All.Single(control => control.Info.Id == "TLS-007")
                .Apply(new SiteCase<CertificateFacts>(TestSite.Create(), servers, TestSite.Now), null, TestSite.Now)).Status;
    }

    private static EndpointAnswer Via(EndpointAnswer answer, string server) =>
        new(answer.Endpoint with { Via = server }, Reading.Of(answer.Certificate.Value! with
        {
            Endpoint = answer.Certificate.Value.Endpoint with { Via = server },
        }));

    [Fact]
    public void Any_text_of_key_files_is_taken_or_refused() =>
        ParserProperties.TakesOrRefusesAnyText(KeyFile.Parse, "600 root root /etc/ssl/private/a.key\n2640 root ssl-cert /x y\n");

    private static IReadOnlyList<Finding> Judge(string id, ServedCertificate served) =>
        TestSite.Judge(CertificateControls.All, id, Facts(served), "lb-01");

    private static CertificateFacts Facts(ServedCertificate served) => new()
    {
        Endpoints = [new EndpointAnswer(served.Endpoint, Reading.Of(served, "a handshake"))],
        Unnamed = [new EndpointAnswer(Good.Endpoint with { ServerName = "" }, Reading.Of(Good, "a handshake"))],
        KeyFiles = Reading.Of(KeyFile.Parse("600 root root /etc/haproxy/certs/site.pem")),
        Files = Reading.Of<IReadOnlyList<CertificateFile>>([File]),
    };

    private static CertificateFile File { get; } = new()
    {
        Server = "lb-01",
        Path = "/etc/haproxy/certs/site.pem",
        Leaf = Good.Leaf,
        Uses =
        [
            new CertificateUse
            {
                Program = "HAProxy", Place = "/etc/haproxy/haproxy.cfg:35 bind :443", Path = "/etc/haproxy/certs/site.pem",
                Listeners = ["127.0.0.1:443"],
            },
        ],
        IsLoaded = true,
        Time = TestSite.Now,
    };

    private static Finding JudgeFile(CertificateFile file) => Assert.Single(TestSite.Judge(
        CertificateControls.All, "TLS-015", Facts(Good) with { Files = Reading.Of<IReadOnlyList<CertificateFile>>([file]) }, "lb-01"));

    private static FindingStatus JudgeSite(string id, params ServedCertificate?[] served)
    {
        Dictionary<string, Reading<CertificateFacts>> facts = served
            .Select(
                (one, index) =>
                    ($"lb-0{index + 1}", one is null
                        ? Reading.Unreadable<CertificateFacts>("cut off")
                        : Reading.Of(Facts(one with { Endpoint = one.Endpoint with { Via = $"lb-0{index + 1}" } }))))
            .ToDictionary(pair => pair.Item1, pair => pair.Item2);
        return Assert.Single(
            SiteCertificateControls.All.Single(control => control.Info.Id == id)
                .Apply(new SiteCase<CertificateFacts>(TestSite.Create(), facts, TestSite.Now), null, TestSite.Now)).Status;
    }
}
