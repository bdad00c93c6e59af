using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

namespace Foobar.Ops.Tests.Tls.Scan.Peers;

/// <summary>Servers of what the system's OpenSSL may not know: groups with ML-KEM, certificates of ML-DSA, SSL 3.0.</summary>
internal static class BouncyCastleServer
{
    /// <summary>TLS 1.3 with one group, and a certificate of ML-DSA-44.</summary>
    public static TestEndpoint Quantum(int group)
    {
        BcTlsCrypto crypto = new(new SecureRandom());
        MLDsaKeyPairGenerator generator = new();
        generator.Init(new MLDsaKeyGenerationParameters(new SecureRandom(), MLDsaParameters.ml_dsa_44));
        AsymmetricCipherKeyPair pair = generator.GenerateKeyPair();
        byte[] certificate = Issue(pair, "ML-DSA-44");
        return Serve(() => new QuantumServer(crypto, pair.Private, certificate, group));
    }

    /// <summary>SSL 3.0 alone, with two suites and a certificate of RSA.</summary>
    public static TestEndpoint Ssl30()
    {
        BcTlsCrypto crypto = new(new SecureRandom());
        AsymmetricCipherKeyPair pair = Rsa();
        byte[] certificate = Issue(pair, "SHA256WITHRSA");
        return Serve(() => new Ssl30Server(crypto, pair.Private, certificate));
    }

    /// <summary>A certificate signed with SHA-1, which the framework does not issue, with its key.</summary>
    public static X509Certificate2 SignedWithSha1()
    {
        AsymmetricCipherKeyPair pair = Rsa();
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(Issue(pair, "SHA1WITHRSA"));
        using RSA key = RSA.Create(DotNetUtilities.ToRSAParameters((RsaPrivateCrtKeyParameters)pair.Private));
        return certificate.CopyWithPrivateKey(key);
    }

    private static AsymmetricCipherKeyPair Rsa()
    {
        RsaKeyPairGenerator generator = new();
        generator.Init(new RsaKeyGenerationParameters(BigInteger.ValueOf(65537), new SecureRandom(), 2048, 80));
        return generator.GenerateKeyPair();
    }

    private static TestEndpoint Serve(Func<DefaultTlsServer> server) => TestEndpoint.Of(stream => Task.Run(() =>
    {
        try
        {
            TlsServerProtocol protocol = new(stream);
            protocol.Accept(server());
            protocol.Close();
        }
        catch (IOException)
        {
            // Most offers suit it not, as a scan means them to.
        }
    }));

    private static byte[] Issue(AsymmetricCipherKeyPair pair, string algorithm)
    {
        X509V3CertificateGenerator certificate = new();
        X509Name name = new("CN=www.foobar.com");
        certificate.SetIssuerDN(name);
        certificate.SetSubjectDN(name);
        certificate.SetSerialNumber(BigInteger.One);
        certificate.SetNotBefore(DateTime.UtcNow.AddDays(-1));
        certificate.SetNotAfter(DateTime.UtcNow.AddDays(90));
        certificate.SetPublicKey(pair.Public);
        return certificate.Generate(new Asn1SignatureFactory(algorithm, pair.Private)).GetEncoded();
    }

    private sealed class QuantumServer(
        BcTlsCrypto crypto, AsymmetricKeyParameter key, byte[] certificate, int group) : DefaultTlsServer(crypto)
    {
        public override int[] GetSupportedGroups() => [group];

        public override TlsCredentials GetCredentials() => new BcDefaultTlsCredentialedSigner(
            new TlsCryptoParameters(m_context),
            crypto,
            key,
            new TlsCertificate([], [new CertificateEntry(Crypto.CreateCertificate(certificate), null)]),
            SignatureScheme.GetSignatureAndHashAlgorithm(SignatureScheme.mldsa44));

        protected override ProtocolVersion[] GetSupportedVersions() => [ProtocolVersion.TLSv13];

        protected override int[] GetSupportedCipherSuites() => [CipherSuite.TLS_AES_128_GCM_SHA256];
    }

    private sealed class Ssl30Server(BcTlsCrypto crypto, AsymmetricKeyParameter key, byte[] certificate) : DefaultTlsServer(crypto)
    {
        protected override ProtocolVersion[] GetSupportedVersions() => [ProtocolVersion.SSLv3];

        protected override int[] GetSupportedCipherSuites() =>
            [CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA, CipherSuite.TLS_RSA_WITH_3DES_EDE_CBC_SHA];

        protected override TlsCredentialedDecryptor GetRsaEncryptionCredentials() =>
            new BcDefaultTlsCredentialedDecryptor(crypto, new TlsCertificate([Crypto.CreateCertificate(certificate)]), key);
    }
}
