using Foobar.Ops.Findings;
using Foobar.Ops.Tests.Tls.Scan;
using Foobar.Ops.Tls.Http;
using Foobar.Ops.Tls.Profiles;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tests.Tls.Http;

/// <summary>What is made of what an endpoint answers to visitors.</summary>
public sealed class HttpJudgeTests
{
    [Theory]
    [InlineData(301, "https://www.foobar.com/", FindingStatus.Pass)]
    [InlineData(308, "https://WWW.foobar.com:443/x", FindingStatus.Pass)]
    [InlineData(302, "https://www.foobar.com/", FindingStatus.Warning)]
    [InlineData(301, "https://foobar.com/", FindingStatus.Warning)]
    [InlineData(301, "http://www.foobar.com/home", FindingStatus.Fail)]
    [InlineData(301, "/home", FindingStatus.Fail)]
    [InlineData(301, null, FindingStatus.Fail)]
    [InlineData(200, null, FindingStatus.Fail)]
    [InlineData(403, null, FindingStatus.Fail)]
    public void Plain_HTTP_must_lead_to_HTTPS_at_once(int status, string? location, FindingStatus expected) =>
        Assert.Equal(expected,
            Judge("TLS-050", plain: new HttpAnswer { Url = "http://www.foobar.com/", StatusCode = status, Location = location }).Status);

    [Theory]
    [InlineData(301, "https://www.foobar.com/page", FindingStatus.Pass)]
    [InlineData(302, "https://www.foobar.com/page", FindingStatus.Warning)]
    [InlineData(200, null, FindingStatus.Fail)]
    [InlineData(404, null, FindingStatus.Fail)]
    public void A_redirect_of_the_first_page_alone_is_none(int status, string? location, FindingStatus expected)
    {
        HttpAnswer other = new() { Url = "http://www.foobar.com/page", StatusCode = status, Location = location };

        Assert.Equal(expected, Judge("TLS-050", Facts() with { PlainOther = Reading.Of(other) }).Status);
        Assert.Equal(
            FindingStatus.Unknown, Judge("TLS-050", Facts() with { PlainOther = Reading.Unreadable<HttpAnswer>("no answer") }).Status);
    }

    [Fact]
    public void A_port_that_is_closed_needs_no_redirect_and_a_silent_one_is_not_known()
    {
        HttpFacts silent = Facts() with { Plain = Reading.Unreadable<HttpAnswer>("no answer within 10 s") };

        Assert.Equal(FindingStatus.Unknown, Judge("TLS-050", silent).Status);
        Assert.Equal(FindingStatus.NotApplicable, Judge("TLS-050", silent with { IsPlainClosed = true }).Status);
    }

    [Theory]
    [InlineData("max-age=63072000", FindingStatus.Pass)]
    [InlineData("Max-Age=\"31536000\" ; INCLUDESUBDOMAINS; preload", FindingStatus.Pass)]
    [InlineData("max-age=15768000", FindingStatus.Pass)]
    [InlineData("max-age=63072000; preload", FindingStatus.Warning)]
    [InlineData("max-age=15768000; includeSubDomains; preload", FindingStatus.Warning)]
    [InlineData("max-age=15767999", FindingStatus.Warning)]
    [InlineData("max-age=300; includeSubDomains", FindingStatus.Fail)]
    [InlineData("max-age=0", FindingStatus.Fail)]
    [InlineData("max-age=-1", FindingStatus.Fail)]
    [InlineData("max-age=63072000; max-age=1", FindingStatus.Fail)]
    [InlineData("includeSubDomains", FindingStatus.Fail)]
    [InlineData("", FindingStatus.Fail)]
    [InlineData(null, FindingStatus.Fail)]
    public void HSTS_must_last(string? header, FindingStatus expected) =>
        Assert.Equal(expected,
            Judge("TLS-051", secure: new HttpAnswer { Url = "https://www.foobar.com/", StatusCode = 200,
                StrictTransportSecurity = header }).Status);

    [Fact]
    public void HSTS_over_plain_HTTP_alone_is_none()
    {
        HttpAnswer secure = new() { Url = "https://www.foobar.com/", StatusCode = 200 };
        HttpAnswer plain = new() { Url = "http://www.foobar.com/", StatusCode = 200, StrictTransportSecurity = "max-age=63072000" };

        Finding finding = Judge("TLS-051", plain, secure);

        Assert.Equal(FindingStatus.Fail, finding.Status);
        Assert.Contains("browsers ignore it", finding.Actual, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a=1; Path=/; Secure; HttpOnly; SameSite=Lax", true, true, "Lax")]
    [InlineData("a=1; secure; samesite=none", true, false, "none")]
    [InlineData("a=Secure; Path=/Secure", false, false, null)]
    public void A_cookie_is_read_without_its_value(string header, bool secure, bool httpOnly, string? sameSite) =>
        Assert.Equal(new HttpCookie("a", secure, httpOnly, sameSite), HttpCookie.Parse(header));

    [Fact]
    public void A_cookie_without_Secure_fails_by_its_name()
    {
        Finding finding = Judge("TLS-052", secure: new HttpAnswer
        {
            Url = "https://www.foobar.com/", StatusCode = 200,
                Cookies = [new("good", true, false, null), new("session", false, true, "Lax")],
        });

        Assert.Equal((FindingStatus.Fail, "without Secure: session"), (finding.Status, finding.Actual));
    }

    [Fact]
    public void What_serves_no_pages_is_not_judged() => Assert.All(
        ScanControls.Judge(
            new ScanCase(ScanControlTests.Good with { Http = null }, MozillaProfile.Intermediate),
            static info => info.Id.StartsWith("TLS-05", StringComparison.Ordinal)),
        static finding => Assert.Equal(FindingStatus.NotApplicable, finding.Status));

    [Fact]
    public async Task A_page_is_asked_for_over_TLS_and_in_plain_text()
    {
        using TestAuthority authority = new();
        using System.Security.Cryptography.X509Certificates.X509Certificate2 leaf = authority.Issue(["www.foobar.com"]);
        using TestEndpoint plain =
            TestEndpoint.Plain("HTTP/1.1 301 Moved\r\nLocation: https://www.foobar.com/\r\nContent-Length: 0\r\n\r\n", waits: true);
        using TestEndpoint secure = TestEndpoint.Of(async stream =>
        {
            await using System.Net.Security.SslStream tls = new(stream);
            await tls.AuthenticateAsServerAsync(leaf);
            _ = await tls.ReadAsync(new byte[1000]);
            await tls.WriteAsync(
                System.Text.Encoding.ASCII.GetBytes(
                    "HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nStrict-Transport-Security: max-age=2\r\n"
                    + "Set-Cookie: a=1; Secure\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n"));
        });

        HttpFacts facts = await HttpReader.ReadAsync(
            secure.Endpoint with { Port = 443 }, (port, token) =>
                port == HttpFacts.PlainPort ? plain.ConnectAsync(token) : secure.ConnectAsync(token), isPlainClosed: false,
            TestContext.Current.CancellationToken);

        Assert.Equal((301, "https://www.foobar.com/"), (facts.Plain.Value?.StatusCode, facts.Plain.Value?.Location));
        Assert.Equal("max-age=1", facts.Secure.Value?.StrictTransportSecurity);
        Assert.Equal([("a", true), ("b", false)], facts.Secure.Value!.Cookies.Select(static cookie => (cookie.Name, cookie.Secure)));
    }

    private static HttpFacts Facts() => ScanControlTests.Good.Http!;

    private static Finding Judge(string id, HttpAnswer? plain = null, HttpAnswer? secure = null)
    {
        HttpFacts facts = Facts();
        return Judge(id, facts with
        {
            Plain = plain is null ? facts.Plain : Reading.Of(plain, "GET"),
            Secure = secure is null ? facts.Secure : Reading.Of(secure, "GET"),
        });
    }

    private static Finding Judge(string id, HttpFacts facts) => Assert.Single(
        ScanControls.Judge(new ScanCase(ScanControlTests.Good with { Http = facts }, MozillaProfile.Intermediate), info => info.Id == id));
}
