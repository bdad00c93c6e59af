using Foobar.Ops.Errors;
using Foobar.Ops.Inventory;
using Foobar.Ops.Operations.CertificateChange;
using Foobar.Ops.Tests.Tls;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Legs;

namespace Foobar.Ops.Tests.Operations;

/// <summary>What a handshake with a database says of the certificate that it was to take.</summary>
public sealed class DatabaseCertificateTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    private static Server Server => TestSite.Create().Find("web-01")!;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_of_those_that_are_wanted_must_be_served(bool isWanted)
    {
        Certificate served = CertificateReader.Read(_certificates.Leaf);
        WireLook look = Look("TLS 1.3") with { Certificate = served };

        FoobarException? failure = DatabaseCertificate.Judge(
            Server, look, [new string('0', 64), isWanted ? served.Sha256Fingerprint : "1"]);

        Assert.Equal(isWanted, failure is null);
        if (failure is not null)
        {
            Assert.Equal(("CertificateNotActivated", "web-01"), (failure.ErrorId, failure.Server));
            Assert.Contains(
                $"web-01: the database still serves another certificate, SHA-256 {served.Sha256Fingerprint[..16]}",
                failure.Message, StringComparison.Ordinal);
            Assert.NotEmpty(failure.Recommendation!);
        }
    }

    [Fact]
    public void A_certificate_that_was_not_seen_is_not_taken_for_the_new_one()
    {
        FoobarException failure = DatabaseCertificate.Judge(Server, Look("no TLS: it closed the connection."), ["1"])!;
        Assert.Equal("web-01: what certificate the database serves can't be seen: no TLS: it closed the connection.", failure.Message);
    }

    public void Dispose() => _certificates.Dispose();

    private static WireLook Look(string detail) =>
        new() { Host = "/run/mysqld/mysqld.sock", Port = 0, State = LegState.Unknown, Detail = detail };
}
