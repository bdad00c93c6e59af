using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Tls.Legs;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tests.Tls.Legs;

/// <summary>What a listener is seen to speak.</summary>
public sealed class WireProbeTests
{
    [Fact]
    public async Task A_listener_that_speaks_TLS_shows_what_it_takes()
    {
        using TestAuthority authority = new();
        using X509Certificate2 leaf = authority.Issue(["www.foobar.com"]);
        using TestEndpoint endpoint = TestEndpoint.Tls(leaf, []);

        WireLook look = await LookAsync(endpoint);

        Assert.Equal((LegState.Encrypted, "TLS 1.3"), (look.State, look.Version));
        Assert.NotNull(look.CipherSuite);
        Assert.NotNull(look.Group);
        Assert.Equal(leaf.Subject, look.Certificate?.Subject);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whether_a_client_certificate_is_wanted_is_seen(bool wants)
    {
        using TestAuthority authority = new();
        using X509Certificate2 leaf = authority.Issue(["www.foobar.com"]);
        using TestEndpoint endpoint = TestEndpoint.Tls(leaf, [], wants);

        WireLook look = await LookAsync(endpoint);

        Assert.Equal(wants, look.WantsClientCertificate);
    }

    [Fact]
    public async Task One_that_answers_in_plain_text_does_not()
    {
        using TestEndpoint endpoint = TestEndpoint.Plain("HTTP/1.1 400 Bad Request\r\n\r\n", waits: true);

        WireLook look = await LookAsync(endpoint);

        Assert.Equal(LegState.Plain, look.State);
    }

    [Fact]
    public async Task One_that_closes_at_once_is_not_known()
    {
        using TestEndpoint endpoint = TestEndpoint.Of(static _ => Task.CompletedTask);

        WireLook look = await LookAsync(endpoint);

        Assert.Equal(LegState.Unknown, look.State);
    }

    private static Task<WireLook> LookAsync(TestEndpoint endpoint) => WireProbe.LookAsync(
        "host", 443, "www.foobar.com", StartTls.None, endpoint.ConnectAsync, TestContext.Current.CancellationToken);
}
