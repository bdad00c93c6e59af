using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tests.Tls.Legs;

/// <summary>What is made of what servers tell of the legs.</summary>
public sealed class LegControlTests
{
    private static readonly TlsPolicy Policy = new() { Backends = BackendEncryption.Tls, ApplicationVerifies = true };

    private static readonly BalancedServer Web1 = new()
    {
        Backend = "web", Name = "web-01", Host = "192.0.2.11", Port = 443, Tls = true, Authorities = "/ca.pem", VerifiedName = "web-01",
    };

    private static readonly WireLook Look = new()
    {
        Host = "198.51.100.10", Port = 443, State = LegState.Encrypted, Detail = "TLS 1.3", Version = "TLS 1.3",
            CipherSuite = "TLS_AES_128_GCM_SHA256",
        Group = "X25519MLKEM768", IsQuantumGroup = true,
    };

    private static readonly NetworkClient App = new("app", "192.0.2.10", IsReplica: false, "TLSv1.3", "TLS_AES_128_GCM_SHA256", 2);

    private static readonly NetworkClient Replica = new("repl", "192.0.2.12", IsReplica: true, "TLSv1.3", "TLS_AES_128_GCM_SHA256", 1);

    private static readonly FollowedSource Source =
        new("192.0.2.11", 3306, "repl", Tls: true, Verifies: true, "/ca.pem", ShowsCertificate: false);

    private static readonly DatabaseTls Primary = new()
    {
        RequiresTls = true,
        Accounts = Reading.Of<IReadOnlyList<NetworkAccount>>([new("app", "%", "ANY"), new("repl", "%", "ANY")]),
        Clients = Reading.Of<IReadOnlyList<NetworkClient>>([App, Replica]),
        Sources = Reading.Of<IReadOnlyList<FollowedSource>>([]),
    };

    private static readonly AgentLink Agent =
        new() { Agent = "datadog", Place = "https://d.example", State = LegState.Encrypted, Verified = Observed.Yes(), Detail = "d" };

    private static readonly Case Good = new();

    /// <summary>What is wrong, the control that must say so, of which leg, and how.</summary>
    private static readonly Dictionary<string, (Case Case, string Control, FindingStatus Status, string Target)> Flaws = new()
    {
        ["application in plain text"] =
            (Good with { Primary = Primary with { RequiresTls = false, Clients = Clients(App with { CipherSuite = "", Version = "" }) } },
            "TLS-040", FindingStatus.Fail, "lb-01 (app) -> web-01:3306"),
        ["application in plain text though refused"] =
            (Good with { Primary = Primary with { Clients = Clients(App with { CipherSuite = "" }) } },
            "TLS-043", FindingStatus.Fail, "lb-01 (app) -> web-01:3306"),
        ["plain text as declared"] =
            (Good with { Policy = Policy with { Database = BackendEncryption.Plain },
                Primary = Primary with { RequiresTls = false, Clients = Clients(App with { CipherSuite = "" }) } },
            "TLS-040", FindingStatus.Warning, "lb-01 (app) -> web-01:3306"),
        ["left to the client, and nobody connected"] =
            (Good with { Primary = Primary with { RequiresTls = false, Accounts = Accounts(""), Clients = Clients() } },
            "TLS-040", FindingStatus.Unknown, "the application -> web-01:3306"),
        ["replication in plain text"] =
            (Good with { Source = Source with { Tls = false, Verifies = false },
                Primary = Primary with { Clients = Clients(App, Replica with { CipherSuite = "" }) } },
            "TLS-040", FindingStatus.Fail, "web-02 -> web-01:3306"),
        ["agent in plain text"] =
            (Good with { Agent = Agent with { State = LegState.Plain } }, "TLS-040", FindingStatus.Fail,
                "lb-01 (datadog) -> https://d.example"),
        ["agents unread"] = (Good with { Agent = null }, "TLS-040", FindingStatus.Unknown, "lb-01 -> monitoring"),
        ["verify none"] = (Good with { Web = Web1 with { Verifies = false } }, "TLS-041", FindingStatus.Fail, "lb-01 -> web-01:443"),
        ["no name checked"] = (Good with { Web = Web1 with { VerifiedName = null } }, "TLS-041", FindingStatus.Fail, "lb-01 -> web-01:443"),
        ["a keyword of the future"] =
            (Good with { Web = Web1 with { Doubts = ["unknown keyword"] } }, "TLS-041", FindingStatus.Unknown, "lb-01 -> web-01:443"),
        ["replica takes any certificate"] =
            (Good with { Source = Source with { Verifies = false } }, "TLS-041", FindingStatus.Fail, "web-02 -> web-01:3306"),
        ["agent takes any certificate"] =
            (Good with { Agent = Agent with { Verified = Observed.No("skip") } }, "TLS-041", FindingStatus.Fail,
                "lb-01 (datadog) -> https://d.example"),
        ["application not declared"] =
            (Good with { Policy = Policy with { ApplicationVerifies = false } }, "TLS-041", FindingStatus.Unknown,
                "lb-01 (app) -> web-01:3306"),
        ["an account without TLS"] =
            (Good with { Primary = Primary with { RequiresTls = false, Accounts = Accounts("") } }, "TLS-042", FindingStatus.Fail, ""),
        ["accounts alone require it"] =
            (Good with { Primary = Primary with { RequiresTls = false } }, "TLS-042", FindingStatus.Warning, ""),
        ["accounts unread"] = (
            Good with { Primary = Primary
                with { RequiresTls = false, Accounts = Reading.Unreadable<IReadOnlyList<NetworkAccount>>("denied") } },
            "TLS-042", FindingStatus.Unknown, ""),
        ["web server answers in plain text"] =
            (Good with { WebLook = Look with { State = LegState.Plain } }, "TLS-043", FindingStatus.Fail, "lb-01 -> web-01:443"),
        ["web server speaks TLS unasked"] =
            (Good with { Web = Web1 with { Tls = false } }, "TLS-043", FindingStatus.Fail, "lb-01 -> web-01:443"),
        ["web server silent"] =
            (Good with { WebLook = Look with { State = LegState.Unknown } }, "TLS-043", FindingStatus.Unknown, "lb-01 -> web-01:443"),
        ["plain web server silent"] =
            (Good with { Web = Web1 with { Tls = false }, WebLook = Look with { State = LegState.Unknown } }, "TLS-043",
                FindingStatus.NotApplicable, "lb-01 -> web-01:443"),
        ["balancer not looked at"] = (Good with { WebLook = null }, "TLS-043", FindingStatus.Unknown, "lb-01 -> web-01:443"),
        ["mutual TLS wanted"] =
            (Good with { Policy = Policy with { Backends = BackendEncryption.MutualTls } }, "TLS-044", FindingStatus.Fail,
                "lb-01 -> web-01:443"),
        ["the client shows one that nobody wants"] =
            (Good with { Policy = Policy with { Backends = BackendEncryption.MutualTls }, Web = Web1 with { ShowsCertificate = true } },
            "TLS-044", FindingStatus.Fail, "lb-01 -> web-01:443"),
        ["configured, and none asked for"] = (
            Good with
            {
                Policy = Policy with
                {
                    Backends = BackendEncryption.MutualTls,
                }, Web = Web1 with { ShowsCertificate = true }, IsMutual = true,
                WebLook = Look with { WantsClientCertificate = false },
            },
            "TLS-044", FindingStatus.Fail, "lb-01 -> web-01:443"),
        ["both show one"] = (
            Good with { Policy = Policy with { Backends = BackendEncryption.MutualTls }, Web = Web1 with { ShowsCertificate = true },
                IsMutual = true },
            "TLS-044", FindingStatus.Pass, "lb-01 -> web-01:443"),
        ["both show one and verify none"] =
            (Good with { Policy = Policy with { Backends = BackendEncryption.MutualTls },
                Web = Web1 with { ShowsCertificate = true, Verifies = false }, IsMutual = true },
            "TLS-044", FindingStatus.Fail, "lb-01 -> web-01:443"),
        ["mutual TLS wanted of the database"] =
            (Good with { Policy = Policy with { Database = BackendEncryption.MutualTls } }, "TLS-044", FindingStatus.Fail,
                "lb-01 (app) -> web-01:3306"),
        ["mutual TLS of the database"] =
            (Good with { Policy = Policy with { Database = BackendEncryption.MutualTls },
                Primary = Primary with { Accounts = Accounts("X509") }, Source = Source with { ShowsCertificate = true } },
            "TLS-044", FindingStatus.Pass, "lb-01 (app) -> web-01:3306"),
        ["no ML-KEM at the web server"] =
            (Good with { WebLook = Look with { Group = "x25519", IsQuantumGroup = false } }, "TLS-045", FindingStatus.Warning,
                "lb-01 -> web-01:443"),
        ["no handshake seen"] = (Good with { WebLook = null }, "TLS-045", FindingStatus.Unknown, "lb-01 -> web-01:443"),
    };

    public static TheoryData<string> Names => new(Flaws.Keys);

    [Fact]
    public void A_good_site_has_nothing_wrong()
    {
        Finding[] findings = [.. LegControls.All.SelectMany(static control => control.Apply(Good.Site, null, TestSite.Now))];

        Assert.All(findings, static finding =>
            Assert.True(finding.Status is FindingStatus.Pass or FindingStatus.NotApplicable,
                $"{finding.ControlId} {finding.Target}: {finding.Status} {finding.Reason}"));
        Assert.All(LegSurvey.Of(Good.Site).Where(static leg => leg.Configured != LegState.Local), static leg =>
            Assert.Equal(LegRating.Authenticated, leg.Rating));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_wrong_is_told_of_its_leg(string name)
    {
        (Case at, string id, FindingStatus status, string target) = Flaws[name];

        Finding[] findings = [.. LegControls.All.Single(control => control.Info.Id == id).Apply(at.Site, null, TestSite.Now)];

        Finding own = Assert.Single(findings, finding =>
            (finding.Target ?? "") == target && (target.Length > 0 || finding.Server == "web-01"));
        Assert.Equal(status, own.Status);
    }

    [Theory]
    [InlineData(LegState.Encrypted, LegState.Encrypted, Support.Yes, Support.No, LegRating.Authenticated)]
    [InlineData(LegState.Encrypted, LegState.Encrypted, Support.Yes, Support.Yes, LegRating.MutuallyAuthenticated)]
    [InlineData(LegState.Encrypted, LegState.Unknown, Support.No, Support.Yes, LegRating.Unauthenticated)]
    [InlineData(LegState.Encrypted, LegState.Plain, Support.Yes, Support.No, LegRating.Plain)]
    [InlineData(LegState.Optional, LegState.Encrypted, Support.Unknown, Support.No, LegRating.Encrypted)]
    [InlineData(LegState.Optional, LegState.Unknown, Support.Yes, Support.No, LegRating.Optional)]
    [InlineData(LegState.Plain, LegState.Unknown, Support.NotApplicable, Support.No, LegRating.Plain)]
    [InlineData(LegState.Unknown, LegState.Unknown, Support.Unknown, Support.Unknown, LegRating.Unknown)]
    [InlineData(LegState.Local, LegState.Unknown, Support.NotApplicable, Support.No, LegRating.Local)]
    public void A_leg_is_worth_the_weaker_of_what_is_configured_and_what_is_seen(
        LegState configured, LegState seen, Support server, Support client, LegRating rating) => Assert.Equal(rating, new TlsLeg
        {
            Kind = LegKind.BalancerToWeb, Server = "s", From = "a", To = "b", Configured = configured, ConfiguredBy = "c",
                OnTheWire = seen, Seen = "d",
            ServerVerified = new Observed(server), ClientVerified = new Observed(client), QuantumKeyExchange = Observed.No(),
                QuantumSignature = Observed.No(),
            Time = TestSite.Now,
        }.Rating);

    [Fact]
    public void Who_happens_to_be_connected_is_no_lasting_fact()
    {
        LegFacts member = Good.Site.Facts["web-01"].Value!;

        Assert.Empty(member.Lasting().Database.Value!.Clients.Value!);
        Assert.Equal(member.Database.Value!.Accounts, member.Lasting().Database.Value!.Accounts);
        Assert.Equal(new LegFacts(), new LegFacts().Lasting());
    }

    [Fact]
    public void A_server_that_can_t_be_read_leaves_its_legs_unknown()
    {
        SiteCase<LegFacts> site = Good.Site with { Facts = new Dictionary<string, Reading<LegFacts>>() };

        Assert.All(LegSurvey.Of(site), static leg => Assert.Equal(LegRating.Unknown, leg.Rating));
        Assert.Equal(
            [LegKind.ClientToBalancer, LegKind.AppToDatabase, LegKind.AppToDatabase, LegKind.AgentToService, LegKind.AgentToService,
                LegKind.AgentToService],
            LegSurvey.Of(site).Select(static leg => leg.Kind));
    }

    [Fact]
    public void A_listener_without_TLS_beside_one_with_it_is_a_leg_of_its_own()
    {
        SiteCase<LegFacts> site = With(balancer => balancer with
        {
            Listeners = [.. balancer.Listeners, .. balancer.Listeners, new() { Name = "www", Address = "2001:db8::10", Port = 443 }],
        });

        Assert.Equal(
            [LegState.Encrypted, LegState.Plain],
            LegSurvey.Of(site).Where(static leg => leg.Kind == LegKind.ClientToBalancer).Select(static leg => leg.Configured));
    }

    [Fact]
    public void A_backend_without_server_lines_leaves_its_leg_unknown()
    {
        TlsLeg leg = Assert.Single(
            LegSurvey.Of(With(static balancer => balancer with { Servers = [] })), static leg => leg.Kind == LegKind.BalancerToWeb);

        Assert.Equal(LegRating.Unknown, leg.Rating);
        Assert.Contains("'web'", leg.ConfiguredBy, StringComparison.Ordinal);
    }

    private static SiteCase<LegFacts> With(Func<BalancerTls, BalancerTls> change)
    {
        Dictionary<string, Reading<LegFacts>> facts = new(Good.Site.Facts);
        LegFacts balancer = facts["lb-01"].Value!;
        facts["lb-01"] = Reading.Of(balancer with { Balancer = Reading.Of(change(balancer.Balancer.Value!)) });
        return Good.Site with { Facts = facts };
    }

    [Fact]
    public void Where_TLS_is_passed_through_what_nginx_says_holds()
    {
        Case passed = Good with { Policy = Policy with { EndsAt = Role.Web, Backends = BackendEncryption.Plain }, IsPassed = true,
            Web = Web1 with { Tls = false, IsTcp = true } };

        TlsLeg[] legs = [.. LegSurvey.Of(passed.Site).Where(static leg => leg.Kind is LegKind.ClientToBalancer or LegKind.BalancerToWeb)];

        Assert.All(legs, static leg => Assert.Equal((LegState.Encrypted, LegRating.Authenticated), (leg.Configured, leg.Rating)));
        Assert.All(legs, static leg => Assert.Contains("nginx: listen ... ssl", leg.ConfiguredBy, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ML-DSA-65", true)]
    [InlineData("2.16.840.1.101.3.4.3.18", true)]
    [InlineData("2.16.840.1.101.3.4.3.2", false)]
    [InlineData("ECDSA", false)]
    public void Keys_that_quantum_computers_can_t_forge_with_are_known(string algorithm, bool isQuantum) =>
        Assert.Equal(isQuantum, LegSurvey.IsQuantum(algorithm));

    private static Reading<IReadOnlyList<NetworkClient>> Clients(params NetworkClient[] clients) =>
        Reading.Of<IReadOnlyList<NetworkClient>>(clients);

    private static Reading<IReadOnlyList<NetworkAccount>> Accounts(string requires) =>
        Reading.Of<IReadOnlyList<NetworkAccount>>([new("app", "%", requires), new("repl", "%", requires)]);

    /// <summary>A site of which one thing may be another than usual.</summary>
    private sealed record Case
    {
        public TlsPolicy Policy { get; init; } = LegControlTests.Policy;

        public BalancedServer Web { get; init; } = Web1;

        public WireLook? WebLook { get; init; } = Look;

        public bool IsMutual { get; init; }

        public bool IsPassed { get; init; }

        public DatabaseTls Primary { get; init; } = LegControlTests.Primary;

        public FollowedSource Source { get; init; } = LegControlTests.Source;

        public AgentLink? Agent { get; init; } = LegControlTests.Agent;

        public SiteCase<LegFacts> Site
        {
            get
            {
                Site site = TestSite.Create(new Policy { Flows = TestSite.DefaultFlows, Tls = Policy, Database = new DatabasePolicy() });
                return new(site, new Dictionary<string,
                    Reading<LegFacts>> { ["lb-01"] = Reading.Of(Balancer), ["web-01"] = Reading.Of(Member),
                        ["web-02"] = Reading.Of(Follower) }, TestSite.Now);
            }
        }

        private LegFacts Balancer => new()
        {
            Balancer = Reading.Of(new BalancerTls
            {
                Listeners = [new() { Name = "www", Address = "198.51.100.10", Port = 443, Tls = !IsPassed, IsTcp = IsPassed }],
                Servers = [Web],
            }),
            Agents = Agent is null ? Reading.Unreadable<IReadOnlyList<AgentLink>>("denied") : Reading.Of<IReadOnlyList<AgentLink>>([Agent]),
            Looks = WebLook is null ? [Look] : [Look, WebLook with { Host = "192.0.2.11" }],
        };

        private LegFacts Member => new()
        {
            Web = Reading.Of<IReadOnlyList<WebListener>>(
                [new() { Address = "192.0.2.11", Port = 443, Tls = true, WantsClientCertificate = IsMutual }]),
            Database = Reading.Of(Primary),
            Agents = Reading.Of<IReadOnlyList<AgentLink>>([]),
            Looks = [Look with { Host = LegCollector.OwnSocket, Port = 0 }],
        };

        private LegFacts Follower => new()
        {
            Database = Reading.Of(new DatabaseTls
            {
                RequiresTls = true,
                Accounts = LegControlTests.Primary.Accounts,
                Clients = Clients(),
                Sources = Reading.Of<IReadOnlyList<FollowedSource>>([Source]),
            }),
            Agents = Reading.Of<IReadOnlyList<AgentLink>>([]),
        };
    }
}
