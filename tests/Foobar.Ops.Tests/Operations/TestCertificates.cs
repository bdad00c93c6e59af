using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Tests.Tls;

namespace Foobar.Ops.Tests.Operations;

/// <summary>Certificates in files, as an operator has them.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("foobar-material-").FullName;

    public TestCertificates() => Leaf = _authority.Issue(["www.foobar.com"]);

    public X509Certificate2 Leaf { get; }

    public string LeafPem => Leaf.ExportCertificatePem() + "\n";

    public string IntermediatePem => _authority.Intermediate.ExportCertificatePem() + "\n";

    public string RootPem => _authority.Root.ExportCertificatePem() + "\n";

    public string KeyPem
    {
        get
        {
            using ECDsa key = Leaf.GetECDsaPrivateKey()!;
            return key.ExportPkcs8PrivateKeyPem() + "\n";
        }
    }

    public string Encrypted(string passphrase)
    {
        using ECDsa key = Leaf.GetECDsaPrivateKey()!;
        return key.ExportEncryptedPkcs8PrivateKeyPem(
            passphrase, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 2000))
            + "\n";
    }

    public byte[] Store(string? passphrase) =>
        new X509Certificate2Collection { Leaf, _authority.Intermediate }.Export(X509ContentType.Pfx, passphrase)!;

    public X509Certificate2 Issue(params string[] names) => _authority.Issue(names);

    /// <summary>A certificate for a public key of any kind.</summary>
    public X509Certificate2 IssueFor(byte[] publicKey, string name)
    {
        CertificateRequest request = new(
            new X500DistinguishedName("CN=leaf"), PublicKey.CreateFromSubjectPublicKeyInfo(publicKey, out _), HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using ECDsa signer = _authority.Intermediate.GetECDsaPrivateKey()!;
        return request.Create(
            _authority.Intermediate.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(30), [7, 7, 7]);
    }

    public string WriteRoot() => Write("root.pem", RootPem);

    public string Write(string name, string text) => Write(name, System.Text.Encoding.ASCII.GetBytes(text));

    public string Write(string name, byte[] content)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Folder(string name) => Path.Combine(_folder, name);

    public void Dispose()
    {
        Leaf.Dispose();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
