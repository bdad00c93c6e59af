using Foobar.Ops.Tests.Tls.Scan.Peers;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>A server with a certificate of ML-DSA and one group with ML-KEM, which the system's OpenSSL may know neither of.</summary>
public sealed class QuantumServerTests
{
    [Theory]
    [InlineData("X25519MLKEM768", 0x11EC)]
    [InlineData("SecP256r1MLKEM768", 0x11EB)]
    public async Task Its_groups_signatures_and_certificate_are_seen(string name, int group)
    {
        using TestEndpoint endpoint = BouncyCastleServer.Quantum(group);

        TlsScan scan = await TlsScanner.ScanAsync(
            endpoint.Endpoint, endpoint.ConnectAsync, new ScanOptions(), null, TestContext.Current.CancellationToken);

        Assert.Equal([TlsVersion.Tls13], scan.Offered.Select(protocol => protocol.Version));
        Assert.Equal(name, scan.Groups.ToString());
        Assert.True(scan.Groups.Items[0].IsQuantumSafe);
        Assert.Equal("CN=www.foobar.com", scan.Certificate!.Subject);
        Assert.Equal(Support.No, scan.EarlyData.Support);
        Assert.Equal(Support.Yes, scan.SameCertificateWithoutName.Support);
    }
}
