using System.Net;
using Foobar.Ops.Drivers.Keys;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.CertificateChange;
using Foobar.Ops.Remoting.Drivers;

namespace Foobar.Ops.Tests.Operations;

/// <summary>Certificate requests: made by a server's own OpenSSL (here this machine's), or by the driver.</summary>
public sealed class CertificateRequestTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-request-").FullName;
    private readonly BouncyCastleKeys _driver = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("RSA", 2048)]
    [InlineData("ECDSA", 256)]
    [InlineData("ECDSA", 384)]
    [InlineData("Ed25519", 0)]
    [InlineData("ML-DSA", 44)]
    [InlineData("ML-DSA", 65)]
    [InlineData("ML-DSA", 87)]
    public void The_driver_makes_keys_and_requests_of_each_kind_that_it_reads_again(string algorithm, int size)
    {
        RequestContents contents = RequestContents.Of(new CertificateRequestOptions
        {
            DnsNames = ["www.foobar.com", "*.müller.example"],
            Addresses = [IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1")],
            MustStaple = true,
        });
        using PrivateKey key = _driver.Generate(algorithm, size);

        byte[] request = _driver.Request(key, contents.ForDriver);

        Assert.Equal(key.PublicKey, contents.Check(request, _driver, "here"));
        using PrivateKey again = _driver.ReadPem(key.Pem.Reveal(), null);
        Assert.Equal(key.PublicKey, again.PublicKey);
        request[^1] ^= 1;
        Assert.Equal("CertificateRequestInvalid", Assert.Throws<FoobarException>(() => contents.Check(request, _driver, "here")).ErrorId);
    }

    [Fact]
    public void Names_become_A_labels_and_the_subject_is_escaped_for_openssl()
    {
        RequestContents contents = RequestContents.Of(new CertificateRequestOptions
        {
            DnsNames = ["WWW.Müller.example", "*.foobar.com"],
            Subject = "CN=a/b+c\\\\d, O=\"Foo, Ltd\"",
        });

        Assert.Equal(["www.xn--mller-kva.example", "*.foobar.com"], contents.DnsNames);
        Assert.Equal("DNS:www.xn--mller-kva.example,DNS:*.foobar.com", contents.NamesArgument);
        Assert.Contains(@"/2.5.4.3=a\/b\+c\\\\d", contents.SubjectArgument, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("www foobar.com", null)]
    [InlineData("www.foobar.com,IP:1.2.3.4", null)]
    [InlineData("-www.foobar.com", null)]
    [InlineData("a.*.foobar.com", null)]
    [InlineData("$ENV::HOME", null)]
    [InlineData("", null)]
    [InlineData("www.foobar.com", "no name")]
    [InlineData("www.foobar.com", "CN=a\nb")]
    public void What_is_no_name_is_refused(string name, string? subject) =>
        Assert.Equal(
            "CertificateRequestInvalid",
            Assert.Throws<FoobarException>(
                () => RequestContents.Of(new CertificateRequestOptions { DnsNames = [name], Subject = subject })).ErrorId);

    [Theory]
    [InlineData(CertificateKeyAlgorithm.EcdsaP256)]
    [InlineData(CertificateKeyAlgorithm.EcdsaP384)]
    [InlineData(CertificateKeyAlgorithm.Rsa2048)]
    [InlineData(CertificateKeyAlgorithm.Ed25519)]
    public async Task A_server_s_openssl_makes_key_and_request_and_the_key_stays_there(CertificateKeyAlgorithm algorithm)
    {
        await using ShellSite site = await ShellSite.OpenAsync();
        CertificateRequestOptions options = Options() with
        {
            KeyAlgorithm = algorithm,
            MustStaple = true,
            Addresses = [IPAddress.Parse("2001:db8::1")],
            Subject = "CN=www.foobar.com, O=Foo/Bar + Söhne, C=GB",
        };

        NewCertificateRequest made = await RequestOperation.MakeAsync(site, site.Only, options, TestContext.Current.CancellationToken);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(options.KeyPath!));
        Assert.DoesNotContain("PRIVATE", made.Request, StringComparison.Ordinal);
        string text = LocalRun.Output("openssl", "req", "-in", Write(made.Request), "-noout", "-verify", "-text");
        Assert.Contains("DNS:www.foobar.com", text, StringComparison.Ordinal);
        Assert.Contains("status_request", text, StringComparison.Ordinal);
        Assert.Equal(
            [Path.GetFileName(options.KeyPath!)],
            Directory.GetFiles(_folder, "*.key").Concat(Directory.GetFiles(_folder, ".foobar*")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_key_that_is_there_is_never_overwritten_unless_asked()
    {
        await using ShellSite site = await ShellSite.OpenAsync();
        NewCertificateRequest first = await RequestOperation.MakeAsync(site, site.Only, Options(), TestContext.Current.CancellationToken);
        string key = await File.ReadAllTextAsync(Options().KeyPath!, TestContext.Current.CancellationToken);

        FoobarException refused = await Assert.ThrowsAsync<FoobarException>(
            () => RequestOperation.MakeAsync(site, site.Only, Options(), TestContext.Current.CancellationToken));
        Assert.Equal("CertificateKeyExists", refused.ErrorId);
        Assert.Equal(key, await File.ReadAllTextAsync(Options().KeyPath!, TestContext.Current.CancellationToken));

        NewCertificateRequest again = await RequestOperation.MakeAsync(
            site, site.Only, Options() with { ReuseKey = true }, TestContext.Current.CancellationToken);
        Assert.Equal(first.PublicKeySha256, again.PublicKeySha256);

        NewCertificateRequest replaced = await RequestOperation.MakeAsync(
            site, site.Only, Options() with { ReplaceKey = true }, TestContext.Current.CancellationToken);
        Assert.NotEqual(first.PublicKeySha256, replaced.PublicKeySha256);
        Assert.Equal(key, await File.ReadAllTextAsync(Options().KeyPath! + ".old", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Without_a_folder_or_a_key_to_reuse_it_says_so()
    {
        await using ShellSite site = await ShellSite.OpenAsync();

        Assert.Equal(
            "CertificateKeyFolderMissing",
            (await Assert.ThrowsAsync<FoobarException>(
                () => RequestOperation.MakeAsync(
                    site, site.Only,
                    Options() with { KeyPath = _folder + "/none/a.key" },
                    TestContext.Current.CancellationToken))).ErrorId);
        Assert.Equal(
            "CertificateKeyMissing",
            (await Assert.ThrowsAsync<FoobarException>(
                () => RequestOperation.MakeAsync(
                    site, site.Only, Options() with { ReuseKey = true }, TestContext.Current.CancellationToken))).ErrorId);
    }

    [Fact]
    public async Task What_a_server_s_openssl_does_not_know_is_an_error_that_says_what_to_do_or_is_made_here()
    {
        await using ShellSite site = await ShellSite.OpenAsync(oldOpenssl: true);
        CertificateRequestOptions options = Options() with { KeyAlgorithm = CertificateKeyAlgorithm.MlDsa65 };

        FoobarException refused = await Assert.ThrowsAsync<FoobarException>(
            () => RequestOperation.MakeAsync(site, site.Only, options, TestContext.Current.CancellationToken));
        Assert.Equal("CertificateKeyUnsupported", refused.ErrorId);
        Assert.Contains("-AcceptLocalKey", refused.Recommendation, StringComparison.Ordinal);
        Assert.False(File.Exists(options.KeyPath));

        NewCertificateRequest made = await RequestOperation.MakeAsync(
            site, site.Only, options with { AcceptLocalKey = true }, TestContext.Current.CancellationToken);
        Assert.True(made.KeyMadeHere);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(options.KeyPath!));
        using PrivateKey stored = _driver.ReadPem(
            await File.ReadAllTextAsync(options.KeyPath!, TestContext.Current.CancellationToken), null);
        Assert.Equal(made.PublicKeySha256, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(stored.PublicKey)));
    }

    private CertificateRequestOptions Options() =>
        new() { DnsNames = ["www.foobar.com", "foobar.com"], KeyPath = Path.Combine(_folder, "www.key") };

    private string Write(string text)
    {
        string path = Path.Combine(_folder, "request.pem");
        File.WriteAllText(path, text);
        return path;
    }
}
