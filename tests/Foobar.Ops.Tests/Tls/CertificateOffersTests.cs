using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Findings;
using Foobar.Ops.Tests.Tls.Scan;
using Foobar.Ops.Tests.Tls.Scan.Peers;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Issuance;
using Org.BouncyCastle.Ocsp;

namespace Foobar.Ops.Tests.Tls;

/// <summary>An endpoint of OpenSSL with certificates for two kinds of key: each is seen, whichever the server prefers.</summary>
public sealed class CertificateOffersTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("foobar-offers");

    private readonly TestAuthority _authority = new();

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    [InlineData("-no_ssl3")]
    public async Task Each_leaf_of_an_endpoint_is_seen_with_its_chain(string version)
    {
        using RSA rsaKey = RSA.Create(2048);
        using X509Certificate2 ecdsa = _authority.Issue(["www.foobar.com"], days: 60);
        using X509Certificate2 rsa = _authority.Issue(["www.foobar.com"], days: -1, sinceDays: 30, key: rsaKey);
        IReadOnlyList<ServedCertificate> served = await LookAsync(version, ecdsa, rsa, sendsChain: true);

        Assert.Equal(["ECDSA", "RSA"], served.Select(one => one.Leaf.KeyAlgorithm).Order());
        Assert.All(served, one => Assert.Empty(one.ChainProblems));
        Assert.Equal(
            [FindingStatus.Pass, FindingStatus.Fail],
            Judge("TLS-002", served).OrderBy(finding => finding.Status == FindingStatus.Fail).Select(finding => finding.Status));
        Assert.Contains(
            "(RSA)", Judge("TLS-002", served).Single(finding => finding.Status == FindingStatus.Fail).Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_that_is_missing_for_one_kind_is_told_of_that_kind()
    {
#pragma warning disable CA5385 // The weak key is what has to be told.
        using RSA rsaKey = RSA.Create(1024);
#pragma warning restore CA5385
        using X509Certificate2 ecdsa = _authority.Issue(["www.foobar.com"]);
        using X509Certificate2 rsa = _authority.Issue(["other.foobar.com"], key: rsaKey);
        IReadOnlyList<ServedCertificate> served = await LookAsync("-no_ssl3", ecdsa, rsa, sendsChain: false);

        Assert.All(
            ["TLS-001", "TLS-004", "TLS-005"],
            id => Assert.Equal(
                [(FindingStatus.Fail, true)],
                Judge(id, served)
                    .Where(finding => finding.Target!.EndsWith("(RSA)", StringComparison.Ordinal))
                    .Select(finding => (finding.Status, finding.Target is not null))));
    }

    [Fact]
    public async Task An_endpoint_with_one_certificate_has_no_other()
    {
        using X509Certificate2 ecdsa = _authority.Issue(["www.foobar.com"]);

        Assert.Equal("ECDSA", Assert.Single(await LookAsync("-no_ssl3", ecdsa, null, sendsChain: true)).Leaf.KeyAlgorithm);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task An_OCSP_response_is_seen_with_its_certificate(string version)
    {
        using X509Certificate2 ecdsa = _authority.Issue(["www.foobar.com"]);
        string response = Path.Combine(_directory.FullName, "response.der");
        await File.WriteAllBytesAsync(
            response,
            OcspStapleTests.Respond(
                ecdsa, _authority.Intermediate, new RevokedStatus(DateTime.UtcNow.AddDays(-2), 1), DateTime.UtcNow.AddDays(-1),
                DateTime.UtcNow.AddDays(3)),
            TestContext.Current.CancellationToken);

        ServedCertificate served = Assert.Single(await LookAsync(version, ecdsa, null, sendsChain: true, "-status_file", response));

        Assert.Equal((RevocationStatus.Revoked, true, null), (served.Staple!.Status, served.Staple.IsAuthentic, served.StapleProblem));
        Assert.NotNull(served.Protocol);
    }

    [Fact]
    public async Task Without_an_OCSP_response_none_is_seen()
    {
        using X509Certificate2 ecdsa = _authority.Issue(["www.foobar.com"]);

        ServedCertificate served = Assert.Single(await LookAsync("-no_ssl3", ecdsa, null, sendsChain: true));

        Assert.Equal((null, null), (served.Staple, served.StapleProblem));
        Assert.Equal(["CN=leaf", "CN=Test Intermediate", "CN=Test Root"], served.Chain.Select(one => one.Subject));
        Assert.Equal((true, false, 0), (served.IsInOrder, served.HasRoot, served.Superfluous.Count + served.Missing.Count));
    }

    // A balancer that passes TLS through gives each connection to another of its servers.
    [Fact]
    public async Task Behind_one_endpoint_may_stand_servers_with_certificates_of_their_own()
    {
        using X509Certificate2 one = _authority.Issue(["www.foobar.com"]), two = _authority.Issue(["www.foobar.com"]);
        using TestEndpoint left = TestEndpoint.Tls(
            one, [_authority.Intermediate]), right = TestEndpoint.Tls(two, [_authority.Intermediate]);
        int connections = 0;

        IReadOnlyList<Reading<ServedCertificate>> served = await CertificateOffers.LookAsync(
            left.Endpoint,
            token => (connections++ % 2 == 0 ? left : right).ConnectAsync(token),
            TrustedAuthorities.From(_authority.WriteRoot()), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        ServedCertificate only = Assert.Single(served).Value!;
        Assert.Equal(
            (one.GetCertHashString(HashAlgorithmName.SHA256), null, "Tls13"),
            (only.Leaf.Sha256Fingerprint, only.StapleProblem, only.Protocol));
    }

    [Fact]
    public async Task A_missing_intermediate_is_named()
    {
        using X509Certificate2 ecdsa = _authority.Issue(["www.foobar.com"]);

        Assert.Equal(["CN=Test Intermediate"], Assert.Single(await LookAsync("-no_ssl3", ecdsa, null, sendsChain: false)).Missing);
    }

    // The platform's TLS may know neither; what the server presents is seen all the same, and its chain is not held against it.
    [Theory]
    [InlineData(0x0017)]
    [InlineData(0x11EC)]
    public async Task A_certificate_of_MlDsa_is_seen_on_every_system_by_every_group(int group)
    {
        using TestEndpoint endpoint = BouncyCastleServer.Quantum(group);

        IReadOnlyList<Reading<ServedCertificate>> served = await CertificateOffers.LookAsync(
            endpoint.Endpoint, endpoint.ConnectAsync, TrustedAuthorities.From(
                _authority.WriteRoot()), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        ServedCertificate first = served.Select(one => one.Value).OfType<ServedCertificate>().First();
        Assert.Equal(("ML-DSA-44", "ML-DSA-44"), (first.Leaf.KeyAlgorithm, first.Leaf.SignatureAlgorithm));
        Assert.All(
            ["TLS-002", "TLS-003", "TLS-005", "TLS-006"], id => Assert.Equal(FindingStatus.Pass, Assert.Single(Judge(id, [first])).Status));
        Assert.NotEqual(FindingStatus.Pass, Assert.Single(Judge("TLS-004", [first])).Status);
    }

    [Theory]
    [InlineData("160303000602000002FFFF")]
    [InlineData("16030300040B000000")]
    [InlineData("16030300040200FFFF")]
    [InlineData("1503030002022816030300010B")]
    public async Task Malformed_messages_are_told_and_never_thrown(string hex)
    {
        using X509Certificate2 ecdsa = _authority.Issue(["www.foobar.com"]);
        using TestEndpoint good = TestEndpoint.Tls(ecdsa, [_authority.Intermediate]);
        using TestEndpoint bad = TestEndpoint.Of(async stream =>
        {
            _ = await stream.ReadAsync(new byte[4000]);
            await stream.WriteAsync(Convert.FromHexString(hex));
        });

        IReadOnlyList<Reading<ServedCertificate>> all = await CertificateOffers.AskAsync(
            await good.LookAsync(_authority.WriteRoot()), bad.ConnectAsync, TrustedAuthorities.System, TimeSpan.FromSeconds(
                5), TestContext.Current.CancellationToken);

        Assert.NotNull(all[0].Value!.StapleProblem);
    }

    [Fact]
    public async Task A_kind_that_could_not_be_asked_for_is_not_decided()
    {
        using X509Certificate2 ecdsa = _authority.Issue(["www.foobar.com"]);
        using TestEndpoint endpoint = TestEndpoint.Tls(ecdsa, [_authority.Intermediate]);
        using TestEndpoint plain = TestEndpoint.Plain("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", waits: true);
        ServedCertificate first = await endpoint.LookAsync(_authority.WriteRoot());

        IReadOnlyList<Reading<ServedCertificate>> all = await CertificateOffers.AskAsync(
            first, plain.ConnectAsync, TrustedAuthorities.System, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);

        Assert.Contains("could not be asked", all[0].Value!.StapleProblem, StringComparison.Ordinal);
        Reading<ServedCertificate>[] others = [.. all.Skip(1)];
        Assert.NotEmpty(others);
        CertificateFacts facts = new()
        {
            Endpoints = [.. others.Select(other => new EndpointAnswer(first.Endpoint, other) { ErrorId = EndpointAnswer.OtherKindUnread })],
            KeyFiles = Reading.Of<IReadOnlyList<KeyFile>>([]),
        };
        Assert.All(
            ["TLS-002", "TLS-010"],
            id => Assert.All(
                TestSite.Judge(CertificateControls.All, id, facts, "lb-01"),
                finding => Assert.Equal(FindingStatus.Unknown, finding.Status)));
    }

    private async Task<IReadOnlyList<ServedCertificate>> LookAsync(
        string version, X509Certificate2 first, X509Certificate2? second, bool sendsChain, params string[] more)
    {
        string options = string.Join(' ', [version, "-cipher", "DEFAULT@SECLEVEL=0", .. more]);
        using OpenSslServer server = new(first, options, second, chain: sendsChain ? [_authority.Intermediate] : null);
        TrustedAuthorities authorities = TrustedAuthorities.From(_authority.WriteRoot());
        IReadOnlyList<Reading<ServedCertificate>> served = await CertificateOffers.LookAsync(
            server.Endpoint, server.ConnectAsync, authorities, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        return [.. served.Select(other => other.Value ?? throw new InvalidOperationException(other.Failure))];
    }

    private static IReadOnlyList<Finding> Judge(string id, IReadOnlyList<ServedCertificate> served)
    {
        CertificateFacts facts = new()
        {
            Endpoints = [.. served.Select(one => new EndpointAnswer(one.Endpoint, Reading.Of(one)))],
            KeyFiles = Reading.Of<IReadOnlyList<KeyFile>>([]),
        };
        Foobar.Ops.Inventory.Site site = TestSite.Create();
        return
        [
            .. CertificateControls.All.Single(control => control.Info.Id == id)
                .Apply(
                    new ServerCase<CertificateFacts>(site.Find("lb-01")!, site, facts, DateTimeOffset.UtcNow),
                    "lb-01", DateTimeOffset.UtcNow),
        ];
    }
}
