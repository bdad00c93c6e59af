using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>Scans of servers of OpenSSL, each with a peculiarity.</summary>
public sealed class ScannerTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task An_ordinary_server_is_seen_whole()
    {
        TlsScan scan = await ScanAsync(
            "-alpn h2,http/1.1 -cipher ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"
            + ":ECDHE-ECDSA-CHACHA20-POLY1305 -serverpref");

        Assert.Equal([TlsVersion.Tls12, TlsVersion.Tls13], Versions(scan));
        Assert.All(scan.Protocols, protocol => Assert.NotEqual(Support.Unknown, protocol.Offered.Support));
        Assert.Equal(
            ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"], Suites(scan, TlsVersion.Tls12));
        Assert.Equal(["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"], Suites(scan, TlsVersion.Tls13));
        Assert.Equal((SuiteOrder.Server, SuiteOrder.Server), (scan.Of(TlsVersion.Tls12).Order, scan.Of(TlsVersion.Tls13).Order));
        Assert.Superset(
            new HashSet<string> { "x25519", "secp256r1", "x448", "secp384r1", "secp521r1" },
            scan.Groups.Items.Select(group => group.Name).ToHashSet());
        Assert.Equal(
            ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512"],
            scan.SignaturesTls12.Items.Take(3).Select(scheme => scheme.Name));
        Assert.Equal("ecdsa_secp256r1_sha256", scan.SignaturesTls13.ToString());
        Assert.Equal(["h2", "http/1.1"], scan.ApplicationProtocols.Items);
        Assert.Equal(["www.foobar.com"], scan.Certificate!.DnsNames);
        Assert.Equal([], scan.PrimeBits);
        Assert.Equal(
            [Support.Yes, Support.No, Support.Yes, Support.Yes, Support.NotApplicable, Support.Yes, Support.Yes, Support.Yes, Support.Yes,
                Support.Yes, Support.No, Support.No, Support.No, Support.Yes, Support.Yes],
            Supports(scan));
        Assert.InRange(scan.Connections, 1, 60);
        Assert.Null(
            scan.Groups.Incomplete ?? scan.SignaturesTls12.Incomplete ?? scan.SignaturesTls13.Incomplete
                ?? scan.ApplicationProtocols.Incomplete);
    }

    [Fact]
    public async Task A_server_without_an_order_follows_its_client() =>
        Assert.Equal(
            SuiteOrder.Client,
            (await ScanAsync("-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256")).Of(TlsVersion.Tls12).Order);

    [Fact]
    public async Task A_server_with_one_suite_has_no_order()
    {
        ProtocolOffer tls12 = (await ScanAsync("-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA")).Of(TlsVersion.Tls12);

        Assert.Equal(("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", SuiteOrder.NotApplicable), (Assert.Single(tls12.Suites).Name, tls12.Order));
    }

    [Theory]
    [InlineData("-tls1", TlsVersion.Tls10)]
    [InlineData("-tls1_1", TlsVersion.Tls11)]
    public async Task A_server_with_an_old_version_alone_is_seen(string option, TlsVersion version)
    {
        TlsScan scan = await ScanAsync(option + " -cipher ALL:@SECLEVEL=0");

        Assert.Equal([version], Versions(scan));
        Assert.Contains("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", Suites(scan, version));
        Assert.Equal(
            (Support.NotApplicable, Support.NotApplicable, Support.Yes),
            (scan.FallbackProtection.Support, scan.DowngradeMark.Support, scan.EncryptThenMac.Support));
        Assert.Contains(scan.Groups.Items, group => group.Name == "secp256r1");
    }

    [Fact]
    public async Task TLS_1_3_alone_shows_what_it_seals()
    {
        TlsScan scan = await ScanAsync(
            "-tls1_3 -groups X448:P-384 -ciphersuites TLS_CHACHA20_POLY1305_SHA256 -alpn http/1.1 -early_data -max_early_data 4096");

        Assert.Equal([TlsVersion.Tls13], Versions(scan));
        Assert.Equal("x448, secp384r1", scan.Groups.ToString());
        Assert.Equal(["TLS_CHACHA20_POLY1305_SHA256"], Suites(scan, TlsVersion.Tls13));
        Assert.Equal(["http/1.1"], scan.ApplicationProtocols.Items);
        Assert.NotNull(scan.ApplicationProtocols.Incomplete);
        Assert.Equal((Support.Yes, Support.Yes, "4096 bytes"), (scan.TicketsTls13.Support, scan.EarlyData.Support, scan.EarlyData.Detail));
        Assert.Equal(
            (Support.Yes, Support.NotApplicable, Support.NotApplicable),
            (scan.SameCertificateWithoutName.Support, scan.Compression.Support, scan.SecureRenegotiation.Support));
        Assert.Equal(["www.foobar.com"], scan.Certificate!.DnsNames);
        Assert.NotNull(scan.SignaturesTls13.Incomplete);
    }

    [Theory]
    [InlineData("-tls1_2 -no_ticket -no_cache", Support.No, Support.No)]
    [InlineData("-tls1_2 -no_ticket", Support.Yes, Support.No)]
    [InlineData("-tls1_2", Support.Yes, Support.Yes)]
    public async Task A_session_is_taken_up_again_where_the_server_does(string options, Support resumption, Support tickets)
    {
        TlsScan scan = await ScanAsync(options);

        Assert.Equal((resumption, tickets), (scan.Resumption.Support, scan.Tickets.Support));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-tls1_3")]
    public async Task A_server_that_chooses_by_name_is_seen_to_do_so(string options)
    {
        using X509Certificate2 other = _authority.Issue(["other.foobar.com"]);
        using X509Certificate2 named = _authority.Issue(["www.foobar.com"]);
        using OpenSslServer server = new(other, options, named: named);

        TlsScan scan = await server.ScanAsync();

        Assert.Equal(["www.foobar.com"], scan.Certificate!.DnsNames);
        Assert.Equal(Support.No, scan.SameCertificateWithoutName.Support);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task A_client_certificate_that_is_wanted_is_told(string version) =>
        Assert.Equal(Support.Yes, (await ScanAsync(version + " -Verify 1")).ClientCertificate.Support);

    [Fact]
    public async Task A_short_prime_of_Diffie_Hellman_is_measured()
    {
#pragma warning disable CA5385 // The weak key is what has to be told.
        using RSA key = RSA.Create(1024);
#pragma warning restore CA5385
        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"], key: key);
        using OpenSslServer server = new(leaf, "-tls1_2 -cipher DHE-RSA-AES128-SHA:AES128-SHA:@SECLEVEL=0 -serverpref");

        TlsScan scan = await server.ScanAsync();

        Assert.Equal([1024], scan.PrimeBits);
        Assert.Equal(["TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"], Suites(scan, TlsVersion.Tls12));
        Assert.Equal(1024, scan.Certificate!.KeySizeBits);
        Assert.Contains(scan.SignaturesTls12.Items, scheme => scheme.IsWeak);
    }

    [Fact]
    public async Task Both_certificates_of_a_server_show_in_its_suites_and_signatures()
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 ecdsa = _authority.Issue(["www.foobar.com"]);
        using X509Certificate2 rsa = _authority.Issue(["www.foobar.com"], key: key);
        using OpenSslServer server = new(ecdsa, "-cipher ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", second: rsa);

        TlsScan scan = await server.ScanAsync();

        Assert.Equal(
            ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
                Suites(scan, TlsVersion.Tls12).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512"],
                scan.SignaturesTls13.Items.Select(scheme => scheme.Name));
        Assert.Contains(scan.SignaturesTls12.Items, scheme => scheme.Name == "rsa_pkcs1_sha256");
        Assert.Null(scan.SignaturesTls13.Incomplete);
    }

    [Fact]
    public async Task Suites_that_protect_nothing_are_seen()
    {
        string[] suites = Suites(await ScanAsync("-tls1_2 -cipher aNULL:eNULL:@SECLEVEL=0"), TlsVersion.Tls12);

        Assert.Contains("TLS_ECDHE_ECDSA_WITH_NULL_SHA", suites);
        Assert.Contains("TLS_ECDH_anon_WITH_AES_256_CBC_SHA", suites);
        Assert.Contains("TLS_DH_anon_WITH_AES_128_GCM_SHA256", suites);
        Assert.All(suites, name => Assert.NotNull(CipherSuite.All.Single(suite => suite.Name == name).Weakness));
    }

    [Fact]
    public async Task A_gentle_scan_sees_the_same_by_one_connection_at_a_time()
    {
        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"]);
        using OpenSslServer server = new(leaf, "-tls1_3 -groups P-256");
        TlsScan quick = await server.ScanAsync();
        TlsScan gentle = await server.ScanAsync(new ScanOptions().Gently() with { Pause = TimeSpan.FromMilliseconds(20) });

        Assert.Equal(Versions(quick), Versions(gentle));
        Assert.Equal(quick.Groups.ToString(), gentle.Groups.ToString());
        Assert.Equal(quick.Connections, gentle.Connections);
        Assert.InRange(gentle.Duration, TimeSpan.FromMilliseconds(20 * (gentle.Connections - 1)), TimeSpan.FromMinutes(3));
    }

    [Theory]
    [InlineData("-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256")]
    [InlineData("-tls1_3 -groups P-256")]
    public async Task What_a_connection_that_broke_would_have_said_is_asked_once_more(string options)
    {
        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"]);
        using OpenSslServer server = new(leaf, options);
        TlsScan whole = await server.ScanAsync();

        for (int broken = 1; broken <= whole.Connections; broken++)
        {
            int connections = 0;
            TlsScan scan = await TlsScanner.ScanAsync(
                server.Endpoint,
                async token =>
                {
                    Stream stream = await server.ConnectAsync(token);
                    if (Interlocked.Increment(ref connections) == broken)
                    {
                        ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Both);
                    }

                    return stream;
                },
                OpenSslServer.Patient,
                null,
                TestContext.Current.CancellationToken);

            Assert.Equal(Supports(whole), Supports(scan));
            Assert.Equal(whole.Certificate!.DnsNames, scan.Certificate!.DnsNames);
            Assert.Equal(whole.Groups.ToString(), scan.Groups.ToString());
            Assert.Equal(whole.Groups.Incomplete, scan.Groups.Incomplete);
            Assert.Equal(whole.Connections + 1, scan.Connections);
        }
    }

    private async Task<TlsScan> ScanAsync(string options)
    {
        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"]);
        using OpenSslServer server = new(leaf, options);
        return await server.ScanAsync();
    }

    private static TlsVersion[] Versions(TlsScan scan) => [.. scan.Offered.Select(protocol => protocol.Version)];

    private static string[] Suites(TlsScan scan, TlsVersion version) => [.. scan.Of(version).Suites.Select(suite => suite.Name)];

    private static Support[] Supports(TlsScan scan) => [.. new[]
    {
        scan.SameCertificateWithoutName, scan.Compression, scan.SecureRenegotiation, scan.ExtendedMasterSecret, scan.EncryptThenMac,
            scan.FallbackProtection,
        scan.DowngradeMark, scan.Tickets, scan.Resumption, scan.TicketsTls13, scan.EarlyData, scan.OcspStapling, scan.ClientCertificate,
            scan.VersionTolerance, scan.ExtensionTolerance,
    }.Select(observed => observed.Support)];
}
