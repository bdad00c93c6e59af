using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Lab.Setup;

namespace Foobar.Ops.Lab.Certificates;

/// <summary>
/// The lab's own certificate authority: a root and an intermediate, as a public authority has. Its keys lie in the lab's
/// directory, readable by root only, so that faults can issue bad certificates too.
/// </summary>
internal sealed class LabAuthority
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly X509Certificate2 _intermediate;

    private LabAuthority(string rootPem, X509Certificate2 intermediate)
    {
        RootPem = rootPem;
        _intermediate = intermediate;
    }

    /// <summary>The root certificate, which clients trust.</summary>
    public string RootPem { get; }

    /// <summary>The authority of a lab, made if the lab has none yet.</summary>
    /// <param name="directory">Where its keys lie.</param>
    public static LabAuthority Open(string directory)
    {
        string whole = Path.Combine(directory, "intermediate.pem");
        if (!File.Exists(whole))
        {
            Create().Save(directory);
        }

        return new LabAuthority(
            File.ReadAllText(Path.Combine(directory, "root.pem")),
            X509Certificate2.CreateFromPemFile(whole, Path.Combine(directory, "intermediate.key")));
    }

    /// <summary>A new authority, which nobody knows yet.</summary>
    public static LabAuthority Create()
    {
        using ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 root = AuthorityRequest("CN=Foobar Lab Root CA", rootKey, 1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-1), DateTimeOffset.UtcNow.AddYears(10));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = AuthorityRequest("CN=Foobar Lab Intermediate CA", key, 0);
        AddAuthorityIdentifier(request, root);
        using X509Certificate2 intermediate = request.Create(
            root, DateTimeOffset.UtcNow.AddYears(-1), DateTimeOffset.UtcNow.AddYears(5), Serial());
        return new LabAuthority(Pem(root), intermediate.CopyWithPrivateKey(key));
    }

    /// <summary>A certificate for the site's name.</summary>
    /// <param name="rsa">Whether its key is RSA, for clients that know no other.</param>
    public IssuedCertificate IssueSite(bool rsa = false) =>
        Issue(new CertificateRequestDetails
        {
            CommonName = LabPlan.SiteName,
            DnsNames = [LabPlan.SiteName, "foobar.com"],
            HasRsaKey = rsa,
        });

    /// <summary>A certificate for a server's own name and addresses.</summary>
    public IssuedCertificate IssueServer(LabServer server) => Issue(new CertificateRequestDetails
    {
        CommonName = server.Name,
        DnsNames = [server.Name],
        Addresses = [.. server.Links.SelectMany(link => new[] { link.V4, link.V6 })],
    });

    /// <summary>Issues a certificate.</summary>
    public IssuedCertificate Issue(CertificateRequestDetails details)
    {
        using RSA? rsa = details.HasRsaKey ? RSA.Create(details.RsaBits) : null;
        using ECDsa? ecdsa = details.HasRsaKey ? null : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string subject = $"CN={details.CommonName}";
        CertificateRequest request = rsa is null
            ? new(subject, ecdsa!, HashAlgorithmName.SHA256)
            : new(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        foreach (string name in details.DnsNames)
        {
            names.AddDnsName(name);
        }

        foreach (IPAddress address in details.Addresses)
        {
            names.AddIpAddress(address);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        if (details.MustStaple)
        {
            // A sequence of the number of status_request (RFC 7633, 4.2.3.1).
            request.CertificateExtensions.Add(new X509Extension("1.3.6.1.5.5.7.1.24", [0x30, 3, 2, 1, 5], false));
        }

        AddKeyIdentifiers(request, _intermediate);
        using ECDsa signer = _intermediate.GetECDsaPrivateKey()!;
        using X509Certificate2 leaf = request.Create(
            _intermediate.SubjectName, details.HasOldSignature
                ? new OldSignatureGenerator(signer)
                : X509SignatureGenerator.CreateForECDsa(signer), details.NotBefore, details.NotAfter, Serial());
        return new IssuedCertificate(
            Pem(leaf), Pem(_intermediate), ((AsymmetricAlgorithm?)rsa ?? ecdsa!).ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>An OCSP response that says that a certificate was revoked, in DER (RFC 6960, 4.2.1).</summary>
    /// <param name="certificate">The certificate.</param>
    public byte[] Revoke(IssuedCertificate certificate)
    {
        using X509Certificate2 leaf = X509Certificate2.CreateFromPem(certificate.Leaf);
        using ECDsa signer = _intermediate.GetECDsaPrivateKey()!;
        return OcspWriter.Revoked(leaf, _intermediate, signer, DateTimeOffset.UtcNow);
    }

    private void Save(string directory)
    {
        Directory.CreateDirectory(directory, Private);
        using ECDsa key = _intermediate.GetECDsaPrivateKey()!;
        File.WriteAllText(Path.Combine(directory, "root.pem"), RootPem);
        File.WriteAllText(Path.Combine(directory, "intermediate.key"), key.ExportPkcs8PrivateKeyPem());

        // Written last: its presence says that the authority is whole.
        File.WriteAllText(Path.Combine(directory, "intermediate.pem"), Pem(_intermediate));
    }

    private static CertificateRequest AuthorityRequest(string name, ECDsa key, int pathLength)
    {
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, pathLength, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    private static void AddKeyIdentifiers(CertificateRequest request, X509Certificate2 issuer)
    {
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        AddAuthorityIdentifier(request, issuer);
    }

    private static void AddAuthorityIdentifier(CertificateRequest request, X509Certificate2 issuer) =>
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));

    private static byte[] Serial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(16);

        // A serial number is a positive integer (RFC 5280, 4.1.2.2).
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }

    private static string Pem(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n";
}
