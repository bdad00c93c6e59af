using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Foobar.Ops.Tests.Tls;

/// <summary>An authority with a root and an intermediate, made for one test.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestAuthority()
    {
        using ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Root = Authority("CN=Test Root", rootKey).CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-1), DateTimeOffset.UtcNow.AddYears(9));
        using X509Certificate2 intermediate = Authority("CN=Test Intermediate", _key)
            .Create(Root, DateTimeOffset.UtcNow.AddDays(-300), DateTimeOffset.UtcNow.AddYears(4), [1, 2, 3]);
        Intermediate = intermediate.CopyWithPrivateKey(_key);
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Intermediate { get; }

    /// <summary>A leaf with its key, usable by a server.</summary>
    public X509Certificate2 Issue(
        string[] names,
        int days = 90,
        int sinceDays = 1,
        AsymmetricAlgorithm? key = null,
        HashAlgorithmName? hash = null,
        params X509Extension[] extensions)
    {
        using ECDsa own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = key is RSA rsa
            ? new CertificateRequest("CN=leaf", rsa, hash ?? HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest("CN=leaf", own, hash ?? HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder alternatives = new();
        foreach (string name in names)
        {
            alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        foreach (X509Extension extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        using X509Certificate2 leaf = request.Create(
            Intermediate.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), DateTimeOffset.UtcNow.AddDays(-sinceDays),
            DateTimeOffset.UtcNow.AddDays(days), RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 whole = key is RSA signer ? leaf.CopyWithPrivateKey(signer) : leaf.CopyWithPrivateKey(own);

        // A server on Windows needs the key in a form that outlives this object.
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }

    public string WriteRoot()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, Root.ExportCertificatePem());
        return path;
    }

    public void Dispose()
    {
        _key.Dispose();
        Root.Dispose();
        Intermediate.Dispose();
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request;
    }
}
