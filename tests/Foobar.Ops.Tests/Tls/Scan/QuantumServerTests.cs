using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Tls.Scan.Registry;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using Org.BouncyCastle.X509;
using TlsCertificate = Org.BouncyCastle.Tls.Certificate;

namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>A server with a certificate of ML-DSA and one group with ML-KEM, which the system's OpenSSL may know neither of.</summary>
public sealed class QuantumServerTests
{
    [Theory]
    [InlineData("X25519MLKEM768", 0x11EC)]
    [InlineData("SecP256r1MLKEM768", 0x11EB)]
    public async Task Its_groups_signatures_and_certificate_are_seen(string name, int group)
    {
        BcTlsCrypto crypto = new(new SecureRandom());
        (AsymmetricKeyParameter key, byte[] certificate) = Issue();
        using TestEndpoint endpoint = TestEndpoint.Of(stream => Task.Run(() =>
        {
            try
            {
                TlsServerProtocol protocol = new(stream);
                protocol.Accept(new Server(crypto, key, certificate, group));
                protocol.Close();
            }
            catch (IOException)
            {
                // Most offers suit it not, as a scan means them to.
            }
        }));

        TlsScan scan = await TlsScanner.ScanAsync(
            endpoint.Endpoint, endpoint.ConnectAsync, new ScanOptions(), null, TestContext.Current.CancellationToken);

        Assert.Equal([TlsVersion.Tls13], scan.Offered.Select(protocol => protocol.Version));
        Assert.Equal(name, scan.Groups.ToString());
        Assert.True(scan.Groups.Items[0].IsQuantumSafe);
        Assert.Equal("CN=www.foobar.com", scan.Certificate!.Subject);
        Assert.Equal(Support.No, scan.EarlyData.Support);
        Assert.Equal(Support.Yes, scan.SameCertificateWithoutName.Support);
    }

    private static (AsymmetricKeyParameter Key, byte[] Certificate) Issue()
    {
        MLDsaKeyPairGenerator generator = new();
        generator.Init(new MLDsaKeyGenerationParameters(new SecureRandom(), MLDsaParameters.ml_dsa_44));
        AsymmetricCipherKeyPair pair = generator.GenerateKeyPair();
        X509V3CertificateGenerator certificate = new();
        X509Name name = new("CN=www.foobar.com");
        certificate.SetIssuerDN(name);
        certificate.SetSubjectDN(name);
        certificate.SetSerialNumber(BigInteger.One);
        certificate.SetNotBefore(DateTime.UtcNow.AddDays(-1));
        certificate.SetNotAfter(DateTime.UtcNow.AddDays(90));
        certificate.SetPublicKey(pair.Public);
        return (pair.Private, certificate.Generate(new Asn1SignatureFactory("ML-DSA-44", pair.Private)).GetEncoded());
    }

    private sealed class Server(BcTlsCrypto crypto, AsymmetricKeyParameter key, byte[] certificate, int group) : DefaultTlsServer(crypto)
    {
        public override int[] GetSupportedGroups() => [group];

        public override TlsCredentials GetCredentials() => new BcDefaultTlsCredentialedSigner(
            new TlsCryptoParameters(m_context),
            crypto,
            key,
            new TlsCertificate([], [new CertificateEntry(Crypto.CreateCertificate(certificate), null)]),
            Org.BouncyCastle.Tls.SignatureScheme.GetSignatureAndHashAlgorithm(Org.BouncyCastle.Tls.SignatureScheme.mldsa44));

        protected override ProtocolVersion[] GetSupportedVersions() => [ProtocolVersion.TLSv13];

        protected override int[] GetSupportedCipherSuites() => [Org.BouncyCastle.Tls.CipherSuite.TLS_AES_128_GCM_SHA256];
    }
}
