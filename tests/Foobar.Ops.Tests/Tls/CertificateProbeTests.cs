using System.Net.Sockets;
using System.Security.Cryptography;
using Foobar.Ops.Errors;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Tests.Tls;

public sealed class CertificateProbeTests
{
    [Fact]
    public async Task What_an_endpoint_serves_is_seen_whole()
    {
        using TestAuthority authority = new();
        using var leaf = authority.Issue(["www.foobar.com", "foobar.com"]);
        using TestEndpoint endpoint = TestEndpoint.Tls(leaf, [authority.Intermediate]);

        ServedCertificate served = await endpoint.LookAsync(authority.WriteRoot());

        Assert.Equal(["www.foobar.com", "foobar.com"], served.Leaf.DnsNames);
        Assert.Equal(leaf.GetCertHashString(HashAlgorithmName.SHA256), served.Leaf.Sha256Fingerprint);
        Assert.Equal(("ECDSA", 256, "sha256ECDSA"), (served.Leaf.KeyAlgorithm, served.Leaf.KeySizeBits, served.Leaf.SignatureAlgorithm));
        Assert.Equal("CN=Test Intermediate", Assert.Single(served.Intermediates).Subject);
        Assert.Empty(served.ChainProblems);
        Assert.Equal("Tls13", served.Protocol);
        Assert.InRange(served.DaysLeft, 88, 90);
    }

    [Fact]
    public async Task A_chain_without_its_intermediate_is_told()
    {
        using TestAuthority authority = new();
        using var leaf = authority.Issue(["www.foobar.com"]);
        using TestEndpoint endpoint = TestEndpoint.Tls(leaf, []);

        ServedCertificate served = await endpoint.LookAsync(authority.WriteRoot());

        Assert.Contains(
            "neither presented nor is it trusted: CN=Test Intermediate", Assert.Single(served.ChainProblems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_authority_the_system_does_not_know_is_told()
    {
        using TestAuthority authority = new();
        using var leaf = authority.Issue(["www.foobar.com"]);
        using TestEndpoint endpoint = TestEndpoint.Tls(leaf, [authority.Intermediate, authority.Root]);

        ServedCertificate served = await endpoint.LookAsync();

        Assert.False(served.IsTrusted);
    }

    [Fact]
    public async Task An_expired_leaf_is_seen_and_its_chain_still_good()
    {
        using TestAuthority authority = new();
        using var leaf = authority.Issue(["www.foobar.com"], days: -2, sinceDays: 30);
        using TestEndpoint endpoint = TestEndpoint.Tls(leaf, [authority.Intermediate]);

        ServedCertificate served = await endpoint.LookAsync(authority.WriteRoot());

        Assert.Empty(served.ChainProblems);
        Assert.Equal(-3, served.DaysLeft);
        Assert.False(served.Leaf.IsValidAt(served.Time));
    }

    [Fact]
    public async Task An_endpoint_that_wants_a_client_certificate_still_shows_its_own()
    {
        using TestAuthority authority = new();
        using var leaf = authority.Issue(["www.foobar.com"]);
        using TestEndpoint endpoint = TestEndpoint.Tls(leaf, [authority.Intermediate], wantsClientCertificate: true);

        ServedCertificate served = await endpoint.LookAsync(authority.WriteRoot());

        Assert.Equal("CN=leaf", served.Leaf.Subject);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", true, "HTTP/1.1 400 Bad Request")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", false, "SSH-2.0-OpenSSH_9.2")]
    public async Task A_port_without_TLS_gives_a_clear_error(string greeting, bool waits, string shown)
    {
        using TestEndpoint endpoint = TestEndpoint.Plain(greeting, waits);

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => endpoint.LookAsync());

        Assert.Equal("TlsNotSpoken", error.ErrorId);
        Assert.Contains(shown, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_port_ends_at_the_time_limit()
    {
        using TestEndpoint endpoint = TestEndpoint.Silent();

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => endpoint.LookAsync(seconds: 0.3));

        Assert.Equal(("EndpointTimeout", ErrorKind.Timeout), (error.ErrorId, error.Kind));
    }

    [Fact]
    public async Task A_closed_port_is_unreachable()
    {
        TlsEndpoint closed = new() { Host = "127.0.0.1", Port = 1, ServerName = "www.foobar.com" };

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() =>
            CertificateProbe.LookAsync(
                closed,
                _ => Task.FromException<Stream>(new SocketException(111)),
                TrustedAuthorities.System, TimeSpan.FromSeconds(5), CancellationToken.None));

        Assert.Equal("EndpointUnreachable", error.ErrorId);
    }

    [Fact]
    public void Authorities_that_are_no_certificates_are_refused()
    {
        string empty = Path.GetTempFileName();

        Assert.Equal("AuthoritiesUnreadable", Assert.Throws<FoobarException>(() => TrustedAuthorities.From(empty)).ErrorId);
        Assert.Equal("AuthoritiesUnreadable", Assert.Throws<FoobarException>(() => TrustedAuthorities.From(empty + ".missing")).ErrorId);
    }
}
