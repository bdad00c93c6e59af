using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Linux.Configuration;
using Foobar.Ops.Operations.CertificateChange;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Files;

namespace Foobar.Ops.Tests.Operations;

/// <summary>
/// Which files a configuration names, which of them a certificate is for, and what is refused. The scripts run in this machine's shell.
/// </summary>
public sealed class CertificatePlaceTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData("frontend f\n bind :443 ssl crt BASE/a.pem alpn h2\n", "443", "a.pem")]
    [InlineData("frontend f\n bind :443,[::]:8443 ssl crt BASE/d\n", "443,8443", "d/a.pem,d/b.pem")]
    [InlineData("global\n crt-base BASE\nfrontend f\n bind :443 ssl crt a.pem\n bind :80\n", "443", "a.pem")]
    [InlineData("frontend f\n bind :443 ssl crt-list BASE/list\n", "443", "a.pem,s/c.crt+s/c.key")]
    [InlineData(
        "global\n crt-base BASE/s\n key-base BASE/s\ncrt-store web\n load crt c.crt key c.key\nfrontend f\n bind :443 ssl crt @web/c.crt\n",
        "443",
        "s/c.crt+s/c.key")]
    [InlineData("frontend f\n bind :443 ssl crt BASE/x\n", "443", "x.ecdsa,x.rsa+x.rsa.key")]
    [InlineData("global\n ssl-load-extra-del-ext\nfrontend f\n bind :443 ssl crt BASE/s/c.crt\n", "443", "s/c.crt+s/c.key")]
    [InlineData("backend b\n server s 192.0.2.1:443 ssl crt BASE/a.pem\n", "", "a.pem")]
    public async Task HAProxy_s_certificates_are_found_with_their_keys(string text, string ports, string expected)
    {
        Lay();
        IReadOnlyList<HaproxySection> sections = HaproxySection.Of([
            new HaproxyFile("haproxy.cfg", text.Replace("BASE", Base, StringComparison.Ordinal)),
        ]);
        CertificatePlaces places = HaproxyCertificates.Of(sections);
        foreach (CertificateUse list in places.Lists.ToArray())
        {
            places.With(
                HaproxyCertificates.OfList(
                    sections, list, $"# names\n{Base}/a.pem [alpn h2] www.foobar.com\n{Base}/s/c.crt [key {Base}/s/c.key]\n"));
        }

        CertificatePairs pairs = new CertificatePairs().With(CertificateProgram.Haproxy, places);
        Assert.Equal(expected, await PlacesAsync(pairs));
        Assert.Equal(ports, string.Join(',', pairs.Ports.Order()));
    }

    [Theory]
    [InlineData("server { listen 443 ssl; ssl_certificate BASE/a.pem; ssl_certificate_key BASE/a.pem; }", "443", "a.pem")]
    [InlineData(
        "server { listen [::]:8443 ssl; listen 80; ssl_certificate BASE/s/c.crt; ssl_certificate_key BASE/s/c.key; ssl_certificate "
            + "BASE/a.pem; ssl_certificate_key BASE/a.pem; }",
        "8443",
        "a.pem,s/c.crt+s/c.key")]
    [InlineData(
        "ssl_certificate BASE/a.pem; ssl_certificate_key BASE/a.pem; server { listen 443 ssl; } server { listen 444 ssl; ssl_certificate "
            + "BASE/d/b.pem; ssl_certificate_key BASE/d/b.pem; }",
        "443,444",
        "a.pem,d/b.pem")]
    [InlineData("server { listen 443 ssl; ssl_certificate BASE/$ssl_server_name.pem; ssl_certificate_key BASE/a.pem; }", "443", "")]
    [InlineData("server { listen 443 ssl; ssl_certificate BASE/a.pem; ssl_certificate_key store:one; }", "443", "")]
    [InlineData("server { listen 443; ssl on; ssl_certificate BASE/a.pem; ssl_certificate_key BASE/a.pem; }", "443", "a.pem")]
    [InlineData(
        "server { listen 80; location / { proxy_pass https://192.0.2.1; proxy_ssl_certificate BASE/s/c.crt; proxy_ssl_certificate_key "
            + "BASE/s/c.key; } }",
        "",
        "s/c.crt+s/c.key")]
    public async Task Nginx_s_pairs_are_found_by_level(string text, string ports, string expected)
    {
        Lay();
        CertificatePairs pairs = new CertificatePairs().With(
            CertificateProgram.Nginx, NginxCertificates.Of(
                NginxText.Parse(
                    $"# configuration file /etc/nginx/nginx.conf:\nhttp {{ {text.Replace("BASE", Base, StringComparison.Ordinal)} }}\n")));

        Assert.Equal(expected, await PlacesAsync(pairs));
        Assert.Equal(ports, string.Join(',', pairs.Ports.Order()));
        Assert.Equal(
            text.Contains('$', StringComparison.Ordinal) || text.Contains("store:", StringComparison.Ordinal), pairs.Doubts.Count > 0);
    }

    [Fact]
    public async Task Of_a_link_it_is_told_where_it_leads_and_no_key_is_read_out()
    {
        Needs();
        string live = Path.Combine(Base, "live/www");
        Directory.CreateDirectory(live);
        _certificates.Write("base/archive/www/fullchain1.pem", _certificates.LeafPem + _certificates.KeyPem);
        File.CreateSymbolicLink(live + "/fullchain.pem", "../../archive/www/fullchain1.pem");
        _certificates.Write("base/live/www/fullchain.pem.ocsp", "x");

        string text = await ReadAsync([live + "/fullchain.pem"]);
        PlaceFile file = Assert.Single(PlaceFile.Parse(text));

        Assert.DoesNotContain("PRIVATE KEY", text, StringComparison.Ordinal);
        Assert.Equal((true, true, Path.Combine(Base, "archive/www/fullchain1.pem")), (file.IsOfCertbot, file.HasKey, file.RealPath));
        Assert.Equal([live + "/fullchain.pem.ocsp"], file.Extras);
        Assert.Equal(_certificates.Leaf.RawData, Assert.Single(file.Certificates));
    }

    [Fact]
    public void A_place_is_meant_by_a_shared_name_and_the_kind_of_key()
    {
        CertificatePlace site = Place(
            "/a.pem", "RSA", "www.foobar.com", "foobar.com"), other = Place(
                "/b.pem", "ECDSA", "shop.example.net"), both = Place("/c.pem", "ECDSA", "www.foobar.com");
        Certificate young = Leaf("ECDSA", "www.foobar.com", "foobar.com");

        Assert.Equal([both], PlaceChoice.Choose(young, [site, other, both], []));
        Assert.Equal([site], PlaceChoice.Choose(young, [site, other], []));
        Assert.Empty(PlaceChoice.Choose(young, [other], []));
        Assert.Equal([other], PlaceChoice.Choose(young, [site, other, both], ["/b*"]));
        Assert.Equal(["foobar.com"], PlaceChoice.Lost(site.Leaf, Leaf("RSA", "www.foobar.com")));
        Assert.Equal(["*.foobar.com"], PlaceChoice.Lost(Leaf("RSA", "*.foobar.com"), young));
        Assert.Empty(PlaceChoice.Lost(young, Leaf("RSA", "*.foobar.com", "foobar.com")));
        Assert.Equal(
            ["www.foobar.com", "foobar.com"], PlaceChoice.ServerNames(Leaf("RSA", "foobar.com", "www.foobar.com"), "www.foobar.com"));
        Assert.Equal(["foobar-ops.example.net"], PlaceChoice.ServerNames(Leaf("RSA", "*.example.net"), "www.foobar.com"));
    }

    [Fact]
    public void What_stands_against_a_change_is_told_with_what_to_do()
    {
        CertificatePlace place = Place("/etc/letsencrypt/live/www/fullchain.pem", "RSA", "www.foobar.com", "foobar.com");
        ChangeTarget target = new()
        {
            Server = new Server { Name = "lb-01", Roles = [Role.LoadBalancer], Ssh = new SshEndpoint { Host = "lb-01" } },
            Id = "1",
            Places = [place],
            Files = [place.File with { Link = "../../archive/www/fullchain1.pem" }],
            Haproxy = HaproxyWay.Swap,
            OpenTransaction = "/a.pem",
        };

        FoobarException[] refusals = [.. ChangeObstacles.Refusals(target, Leaf("RSA", "www.foobar.com"), new CertificateChangeOptions())];

        Assert.Equal(
            ["CertificateNameWrong", "CertificateManagedElsewhere", "CertificateTransactionOpen"],
            refusals.Select(static refusal => refusal.ErrorId));
        Assert.All(refusals, static refusal => Assert.True(refusal.Server == "lb-01" && refusal.Recommendation is not null));
        Assert.DoesNotContain(
            "CertificateNameWrong",
            ChangeObstacles.Refusals(target, Leaf("RSA", "www.foobar.com"), new CertificateChangeOptions { AcceptLostNames = true })
                .Select(static refusal => refusal.ErrorId));
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddDays(1);
        ChangeTarget pending = target with { Leftovers = [new Leftover("7", LeftoverState.Begun, now, now.AddMinutes(5), "eve on far")] };
        Assert.Equal(
            "CertificateChangePending", Assert.Throws<FoobarException>(() => ChangeObstacles.RefusePending(pending, [], now)).ErrorId);
        ChangeObstacles.RefusePending(pending, ["7"], now);
        ChangeObstacles.RefusePending(pending, [], now.AddMinutes(6));
    }

    [Theory]
    [InlineData("7 pending 1 2 me", null)]
    [InlineData("7 kept 1 2 me on here", LeftoverState.Kept)]
    [InlineData("7 installed 1 2 ", LeftoverState.Installed)]
    [InlineData("../7 kept 1 2 me", null)]
    [InlineData("7 1 1 2 me", null)]
    [InlineData("7 kept", null)]
    public void What_changes_left_is_read(string line, object? state)
    {
        if (state is null)
        {
            Assert.Throws<ParseException>(() => Leftover.Parse(line, "lb-01"));
        }
        else
        {
            Assert.Equal(state, Assert.Single(Leftover.Parse(line + "\n", "lb-01")).State);
        }
    }

    [Fact]
    public void HAProxy_s_own_list_is_read_in_its_forms()
    {
        (IReadOnlyList<string> names, string? open) = RuntimeCertificate.ParseList(
            "# transaction\n*/etc/a.pem\n# filename\n/etc/a.pem\n@web/c\n\n");
        Assert.Equal((2, "/etc/a.pem"), (names.Count, open));
        Assert.Equal(
            "/etc/c.crt",
            RuntimeCertificate.Parse("@web/c", "Filename: @web/c\nCrt filename: /etc/c.crt\nStatus: Used\nSHA1 FingerPrint: AB\n").File);
        Assert.Equal(
            ("/etc/a.pem", "AB"),
            (RuntimeCertificate.Parse("/etc/a.pem", "Filename: /etc/a.pem\nStatus: Used\nSHA1 FingerPrint: AB\n").File, "AB"));
        Assert.Throws<ParseException>(
            () => RuntimeCertificate.Parse("/etc/a.pem", "Can't display the certificate: Not found or the certificate is a bundle!\n"));
    }

    private string Base => _certificates.Folder("base");

    private static void Needs() => Testing.Needs.Programs("openssl");

    private void Lay()
    {
        Needs();
        string whole = _certificates.LeafPem + _certificates.IntermediatePem + _certificates.KeyPem;
        foreach (string name in (string[])["a.pem", "d/a.pem", "d/b.pem", "x.ecdsa"])
        {
            _certificates.Write("base/" + name, whole);
        }

        foreach (string name in (string[])["s/c.crt", "x.rsa"])
        {
            _certificates.Write("base/" + name, _certificates.LeafPem);
        }

        foreach (string name in (string[])["s/c.key", "x.rsa.key", "d/a.pem.key"])
        {
            _certificates.Write("base/" + name, _certificates.KeyPem);
        }
    }

    private static async Task<string> ReadAsync(IEnumerable<string> paths)
    {
        await using ShellSite site = await ShellSite.OpenAsync();
        return (await site.RunAsync(
            Ops.Remoting.RemoteCommand.FromScript(PlaceFile.Script, paths), TestContext.Current.CancellationToken)).OutputText;
    }

    [Fact]
    public void What_names_a_certificate_of_no_store_is_told()
    {
        IReadOnlyList<HaproxySection> sections = HaproxySection.Of([
            new HaproxyFile("haproxy.cfg", "frontend f\n bind :443 ssl crt @web/c\n"),
        ]);

        CertificatePairs pairs = new CertificatePairs().With(CertificateProgram.Haproxy, HaproxyCertificates.Of(sections));

        Assert.Equal("HAProxy, haproxy.cfg:2 bind :443: no crt-store holds @web/c", Assert.Single(pairs.Doubts));
        Assert.Equal([443], pairs.Ports);
    }

    private async Task<string> PlacesAsync(CertificatePairs pairs)
    {
        IReadOnlyList<PlaceFile> files = PlaceFile.Parse(
            await ReadAsync(pairs.All.SelectMany(static pair => pair.Keys.Append(pair.Certificate)).Distinct().DefaultIfEmpty("/none")));
        (IReadOnlyList<CertificatePlace> places, IReadOnlyList<string> doubts) = CertificatePlace.Of(pairs.All, files);
        Assert.Empty(doubts);
        return string.Join(
            ',',
            places.Select(place => string.Join('+', place.Files.Select(file => Path.GetRelativePath(Base, file.Path))))
                .Order(StringComparer.Ordinal));
    }

    private static CertificatePlace Place(string path, string key, params string[] names) => new()
    {
        Program = CertificateProgram.Haproxy,
        File = new PlaceFile { Path = path, RealPath = path, Access = "600 root root", HasKey = true },
        Leaf = Leaf(key, names),
        Sha1 = "",
    };

    private static Certificate Leaf(string key, params string[] names) => new()
    {
        Subject = "CN=leaf",
        Issuer = "CN=authority",
        DnsNames = names,
        SerialNumber = "1",
        NotBefore = DateTimeOffset.UnixEpoch,
        NotAfter = DateTimeOffset.UnixEpoch.AddDays(90),
        KeyAlgorithm = key,
        KeySizeBits = 256,
        SignatureAlgorithm = "sha256ECDSA",
        Sha256Fingerprint = string.Join(' ', names) + key,
    };
}
