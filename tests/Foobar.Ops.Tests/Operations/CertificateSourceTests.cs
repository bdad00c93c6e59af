using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Drivers.Keys;
using Foobar.Ops.Errors;
using Foobar.Ops.Operations.CertificateChange;
using Foobar.Ops.Remoting;
using Foobar.Ops.Remoting.Drivers;
using Foobar.Ops.Testing;

namespace Foobar.Ops.Tests.Operations;

/// <summary>Certificates, chains and keys in every form in which an operator has them.</summary>
public sealed class CertificateSourceTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly BouncyCastleKeys _driver = new();

    public void Dispose() => _certificates.Dispose();

    /// <summary>What an operator may have, as <c>name=parts</c> of leaf, intermediate, root, key; the first is named.</summary>
    [Theory]
    [InlineData("www.pem=LIK")]
    [InlineData("www.pem=KLI")]
    [InlineData("www.pem=RIKL")]
    [InlineData("www.pem=LI;www.key=K")]
    [InlineData("www.pem=LI;www.pem.key=K")]
    [InlineData(
        "live/www.foobar.com/fullchain.pem=LI;live/www.foobar.com/privkey.pem=K;live/www.foobar.com/cert.pem=L;live/www.foobar.com/chain.pem=I",
        "live/www.foobar.com")]
    [InlineData("live/www/cert.pem=L;live/www/privkey.pem=K;live/www/chain.pem=I")]
    [InlineData("acme/www_ecc/fullchain.cer=LI;acme/www_ecc/www.key=K;acme/www_ecc/ca.cer=I;acme/www_ecc/www.cer=L", "acme/www_ecc")]
    [InlineData("acme/www_ecc/www.cer=L;acme/www_ecc/www.key=K;acme/www_ecc/ca.cer=I")]
    [InlineData("lego/certificates/www.crt=LI;lego/certificates/www.key=K;lego/certificates/www.issuer.crt=I", "lego/certificates")]
    [InlineData("lego/certificates/www.crt=L;lego/certificates/www.key=K;lego/certificates/www.issuer.crt=I", "lego")]
    public void Leaf_chain_and_key_are_found_and_put_in_order(string files, string? named = null)
    {
        using CertificateMaterial material = Read(Lay(files, named));

        Assert.Equal(
            [_certificates.LeafPem.Trim(), _certificates.IntermediatePem.Trim()],
            PemBlocks.Read(material.ChainPem).Select(static block => block.Text));
        Assert.Equal(_certificates.Leaf.GetCertHashString(HashAlgorithmName.SHA256), material.Leaf.Sha256Fingerprint);
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(material.Key!.Reveal());
        Assert.True(
            _certificates.Leaf.GetECDsaPublicKey()!
                .VerifyData("a"u8.ToArray(), key.SignData("a"u8.ToArray(), HashAlgorithmName.SHA256), HashAlgorithmName.SHA256));
        Assert.Empty(material.ChainProblems(Ops.Tls.TrustedAuthorities.From(_certificates.WriteRoot()), _driver, DateTimeOffset.UtcNow));
    }

    [Fact]
    public void What_was_put_right_is_told()
    {
        using CertificateMaterial mixed = Read(Lay("www.pem=RIKL"));
        using CertificateMaterial whole = Read(Lay("other.pem=LIK"));

        Assert.Equal(
            [
                "the chain was put in order: 'CN=leaf', 'CN=Test Intermediate'",
                "the root 'CN=Test Root' was left out: clients have their own",
            ],
            mixed.Notes);
        Assert.Empty(whole.Notes);
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("")]
    [InlineData("pass phräse")]
    public void A_store_is_read_with_its_passphrase(string passphrase)
    {
        using Secret secret = new(passphrase);

        using CertificateMaterial material = Read(_certificates.Write("www.pfx", _certificates.Store(passphrase)), passphrase: secret);

        Assert.Equal(2, material.Chain.Count);
        Assert.Equal("CN=leaf", material.Leaf.Subject);
    }

    [Fact]
    public void An_encrypted_key_is_read_with_its_passphrase_in_both_forms()
    {
        using Secret secret = new("secret");
        using CertificateMaterial modern = Read(
            _certificates.Write("a.pem", _certificates.LeafPem + _certificates.IntermediatePem + _certificates.Encrypted("secret")),
            passphrase: secret);
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----", modern.Key!.Reveal(), StringComparison.Ordinal);

        Needs.Programs("openssl");
        string plain = _certificates.Write("plain.key", _certificates.KeyPem);
        string traditional = LocalRun.Output("openssl", "ec", "-in", plain, "-aes128", "-passout", "pass:secret");
        Assert.Contains("Proc-Type: 4,ENCRYPTED", traditional, StringComparison.Ordinal);
        using CertificateMaterial old = Read(
            _certificates.Write("b.pem", _certificates.LeafPem + _certificates.IntermediatePem),
            _certificates.Write("b-enc.key", traditional), secret);
        Assert.Equal(2, old.Chain.Count);
    }

    [Theory]
    [InlineData("wrong", "CertificatePassphraseWrong")]
    [InlineData(null, "CertificatePassphraseWrong")]
    public void A_wrong_or_missing_passphrase_is_told_and_never_repeated(string? passphrase, string errorId)
    {
        using Secret? secret = passphrase is null ? null : new Secret(passphrase);

        FoobarException key = Assert.Throws<FoobarException>(
            () => Read(_certificates.Write("a.pem", _certificates.LeafPem + _certificates.Encrypted("secret")), passphrase: secret));
        FoobarException store = Assert.Throws<FoobarException>(
            () => Read(_certificates.Write("a.pfx", _certificates.Store("secret")), passphrase: secret));

        Assert.Equal([errorId, errorId], [key.ErrorId, store.ErrorId]);
        Assert.DoesNotContain("wrong!", key.Message + store.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_another_certificate_none_or_several_leaves_are_refused()
    {
        using X509Certificate2 other = _certificates.Issue("www.foobar.com");
        using ECDsa otherKey = other.GetECDsaPrivateKey()!;
        string foreign = otherKey.ExportPkcs8PrivateKeyPem();

        Assert.Equal("CertificateKeyMismatch", Refusal(_certificates.Write("a.pem", _certificates.LeafPem + foreign)));
        Assert.Equal("CertificateKeyMismatch", Assert.Throws<FoobarException>(() => Read(
            _certificates.Write(
                "g.pem", _certificates.LeafPem), _certificates.Write("g.other", other.ExportCertificatePem() + "\n" + foreign))).ErrorId);
        Assert.Equal("CertificateKeyMissing", Refusal(_certificates.Write("b.pem", _certificates.LeafPem)));
        Assert.Equal(
            "CertificateFileUnreadable",
            Refusal(
                _certificates.Write(
                    "c.pem", _certificates.LeafPem + _certificates.KeyPem + other.ExportCertificatePem() + "\n" + foreign)));
        Assert.Equal("CertificateFileUnreadable", Refusal(_certificates.Write("d.pem", "nothing")));
        Assert.Equal("CertificateFileUnreadable", Refusal(_certificates.Write("e.pem", "")));
        Assert.Equal(
            "CertificateFileUnreadable",
            Refusal(_certificates.Write("f.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")));
        Assert.Equal("CertificateFileUnreadable", Refusal(_certificates.Folder("nowhere")));
    }

    [Fact]
    public void Of_a_directory_with_several_certificates_one_must_be_named()
    {
        Lay("lego/a.crt=LI;lego/a.key=K;lego/b.crt=LI;lego/b.key=K");

        Assert.Equal("CertificateFileUnreadable", Refusal(_certificates.Folder("lego")));
        using CertificateMaterial material = CertificateSource.Read(
            SourceFiles.Find(_certificates.Folder("lego"), null, "b"), null, needsKey: true, _driver);
        Assert.Equal(2, material.Chain.Count);
    }

    /// <summary>This machine's OpenSSL may be too old for ML-DSA.</summary>
    [Fact]
    public void A_certificate_with_a_key_that_the_platform_does_not_know_is_judged_all_the_same()
    {
        using PrivateKey key = _driver.Generate("ML-DSA", 65);
        using X509Certificate2 leaf = _certificates.IssueFor(key.PublicKey, "www.foobar.com");
        using TestCertificates others = new();
        string pem = leaf.ExportCertificatePem() + "\n";

        using CertificateMaterial material = Read(
            _certificates.Write("pq.pem", pem + _certificates.IntermediatePem + key.Pem.Reveal() + "\n"));
        using CertificateMaterial alone = Read(_certificates.Write("alone.pem", pem + key.Pem.Reveal() + "\n"));
        using CertificateMaterial forged = Read(_certificates.Write("forged.pem", pem + others.IntermediatePem + key.Pem.Reveal() + "\n"));

        Assert.Equal(["www.foobar.com"], material.Leaf.DnsNames);
        Assert.Empty(Problems(material, _certificates));
        Assert.NotEmpty(Problems(material, others));
        Assert.NotEmpty(Problems(alone, _certificates));
        Assert.NotEmpty(Problems(forged, others));

        IReadOnlyList<string> Problems(CertificateMaterial one, TestCertificates trusted) =>
            one.ChainProblems(Ops.Tls.TrustedAuthorities.From(trusted.WriteRoot()), _driver, DateTimeOffset.UtcNow);
    }

    [Fact]
    public void A_certificate_whose_key_lies_on_the_servers_needs_none_here()
    {
        using CertificateMaterial material = CertificateSource.Read(
            SourceFiles.Find(Lay("a.pem=IL"), null, null), null, needsKey: false, _driver);

        Assert.Null(material.Key);
        Assert.Equal("CN=leaf", material.Leaf.Subject);
        Assert.DoesNotContain("KEY", System.Text.Encoding.ASCII.GetString(material.ToBytes()), StringComparison.Ordinal);
    }

    /// <summary>Made-up files never end in another error than ours.</summary>
    [Fact]
    public void Hostile_files_are_refused_by_name()
    {
        Random random = new(TestSeed.Value);
        byte[] good = [.. _certificates.Store("x")];
        for (int round = 0; round < 60; round++)
        {
            byte[] bad = [.. good];
            for (int change = 0; change < 1 + (round % 8); change++)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            string text = (_certificates.LeafPem + _certificates.KeyPem).Remove(random.Next(400), random.Next(1, 60));
            using Secret secret = new("x");
            TryRead(_certificates.Write("bad.pfx", bad), secret);
            TryRead(_certificates.Write("bad.pem", text), secret);
        }
    }

    private void TryRead(string path, Secret secret)
    {
        try
        {
            Read(path, passphrase: secret).Dispose();
        }
        catch (FoobarException error)
        {
            Assert.StartsWith("Certificate", error.ErrorId, StringComparison.Ordinal);
        }
    }

    private string Refusal(string path) => Assert.Throws<FoobarException>(() => Read(path)).ErrorId;

    private CertificateMaterial Read(string path, string? keyPath = null, Secret? passphrase = null) =>
        CertificateSource.Read(SourceFiles.Find(path, keyPath, null), passphrase, needsKey: true, _driver);

    private string Lay(string files, string? named = null)
    {
        string[] paths =
        [
            .. files.Split(';')
                .Select(file => file.Split('='))
                .Select(file => _certificates.Write(file[0], string.Concat(file[1].Select(Part)))),
        ];
        return named is null ? paths[0] : _certificates.Folder(named);
    }

    private string Part(char part) => part switch
    {
        'L' => "# the leaf\n" + _certificates.LeafPem,
        'I' => _certificates.IntermediatePem,
        'R' => _certificates.RootPem,
        _ => _certificates.KeyPem,
    };
}
