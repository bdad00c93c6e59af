using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Issuance;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;
using X509Extension = System.Security.Cryptography.X509Certificates.X509Extension;

namespace Foobar.Ops.Tests.Tls;

/// <summary>What a certificate says, of kinds that the platform's library need not know.</summary>
public sealed class CertificateReaderTests
{
    [Theory]
    [InlineData("44", 10496)]
    [InlineData("65", 15616)]
    [InlineData("87", 20736)]
    public void Keys_and_signatures_of_MlDsa_have_their_names(string level, int bits)
    {
        MLDsaParameters parameters = level switch
        {
            "44" => MLDsaParameters.ml_dsa_44,
            "65" => MLDsaParameters.ml_dsa_65,
            _ => MLDsaParameters.ml_dsa_87,
        };
        MLDsaKeyPairGenerator generator = new();
        generator.Init(new MLDsaKeyGenerationParameters(new SecureRandom(), parameters));
        using X509Certificate2 certificate = Issue(generator.GenerateKeyPair(), $"ML-DSA-{level}");

        Foobar.Ops.Tls.Certificate read = CertificateReader.Read(certificate);

        Assert.Equal(($"ML-DSA-{level}", bits, $"ML-DSA-{level}"), (read.KeyAlgorithm, read.KeySizeBits, read.SignatureAlgorithm));
        Assert.Equal((64, 40), (read.Sha256Fingerprint.Length, read.Sha1Fingerprint.Length));
    }

    [Theory]
    [InlineData("SHA1", "sha1RSA-PSS")]
    [InlineData("SHA256", "sha256RSA-PSS")]
    [InlineData("SHA512", "sha512RSA-PSS")]
    public void The_hash_of_a_PSS_signature_is_told(string hash, string name)
    {
        RsaKeyPairGenerator generator = new();
        generator.Init(new KeyGenerationParameters(new SecureRandom(), 2048));
        using X509Certificate2 certificate = Issue(generator.GenerateKeyPair(), $"{hash}withRSAandMGF1");

        Assert.Equal(name, CertificateReader.Read(certificate).SignatureAlgorithm);
    }

    [Fact]
    public void Must_staple_is_a_feature_by_number()
    {
        Assert.True(Read(new X509Extension("1.3.6.1.5.5.7.1.24", [0x30, 3, 2, 1, 5], false)).MustStaple);
        Assert.True(Read(new X509Extension("1.3.6.1.5.5.7.1.24", [0x30, 6, 2, 1, 17, 2, 1, 5], false)).MustStaple);
        Assert.False(Read(new X509Extension("1.3.6.1.5.5.7.1.24", [0x30, 3, 2, 1, 17], false)).MustStaple);
        Assert.False(Read(new X509Extension("1.3.6.1.5.5.7.1.24", [0x30, 9, 2, 1, 5], false)).MustStaple);
        Assert.False(Read().MustStaple);
    }

    [Fact]
    public void Timestamps_of_logs_are_read_with_their_logs_and_times()
    {
        byte[] log = [.. Enumerable.Range(0, 32).Select(static value => (byte)value)];
        DateTimeOffset time = new(2026, 11, 20, 6, 0, 0, 123, TimeSpan.Zero);
        byte[] list =
        [
            .. Block16([.. Block16(Timestamp(log, time)), .. Block16([1, 2, 3]), .. Block16(Timestamp(log, time.AddSeconds(1)))]),
        ];
        AsnWriter writer = new(AsnEncodingRules.DER);
        writer.WriteOctetString(list);

        IReadOnlyList<SignedTimestamp> read = Read(new X509Extension("1.3.6.1.4.1.11129.2.4.2", writer.Encode(), false)).Timestamps;

        string id = Convert.ToBase64String(log);
        Assert.Equal(
            [new(id, time, TimestampSource.Certificate), new(id, time.AddSeconds(1), TimestampSource.Certificate)], read);
        Assert.Empty(Read(new X509Extension("1.3.6.1.4.1.11129.2.4.2", list, false)).Timestamps);
    }

    [Fact]
    public void The_share_of_a_lifetime_is_one_at_its_beginning_and_none_at_its_end()
    {
        Foobar.Ops.Tls.Certificate read = Read();

        Assert.Equal(
            [1, 0.5, 0, 0],
            ((DateTimeOffset[])[read.NotBefore, read.NotBefore + (read.Lifetime / 2), read.NotAfter, read.NotAfter.AddDays(1)])
                .Select(read.ShareLeftAt));
    }

    private static Foobar.Ops.Tls.Certificate Read(params X509Extension[] extensions)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=leaf", key, HashAlgorithmName.SHA256);
        foreach (X509Extension extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return CertificateReader.Read(certificate);
    }

    private static byte[] Timestamp(byte[] log, DateTimeOffset time)
    {
        byte[] milliseconds = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(milliseconds, time.ToUnixTimeMilliseconds());
        return [0, .. log, .. milliseconds, 0, 0, 4, 3, 0, 1, 9];
    }

    private static byte[] Block16(byte[] content) => [(byte)(content.Length >> 8), (byte)content.Length, .. content];

    private static X509Certificate2 Issue(AsymmetricCipherKeyPair pair, string algorithm)
    {
        X509V3CertificateGenerator certificate = new();
        X509Name name = new("CN=www.foobar.com");
        certificate.SetIssuerDN(name);
        certificate.SetSubjectDN(name);
        certificate.SetSerialNumber(BigInteger.One);
        certificate.SetNotBefore(DateTime.UtcNow.AddDays(-1));
        certificate.SetNotAfter(DateTime.UtcNow.AddDays(90));
        certificate.SetPublicKey(pair.Public);
        return X509CertificateLoader.LoadCertificate(certificate.Generate(new Asn1SignatureFactory(algorithm, pair.Private)).GetEncoded());
    }
}
