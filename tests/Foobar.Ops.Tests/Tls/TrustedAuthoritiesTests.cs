using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Tests.Tls;

/// <summary>Chains are those of the certificates presented, on every machine alike.</summary>
public sealed class TrustedAuthoritiesTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    private readonly X509Certificate2 _leaf;

    public TrustedAuthoritiesTests() => _leaf = _authority.Issue(["www.foobar.com"]);

    public void Dispose()
    {
        _leaf.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public void An_intermediate_that_only_this_machine_knows_is_missing()
    {
        using TestAuthority another = new();
        using X509Store store = new(StoreName.CertificateAuthority, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadWrite);
        using X509Certificate2 known = X509CertificateLoader.LoadCertificate(_authority.Intermediate.RawData);
        store.Add(known);
        try
        {
            Assert.Contains("neither presented nor is it", Assert.Single(Problems()), StringComparison.Ordinal);
            Assert.NotEmpty(Problems(another.Intermediate));
            Assert.Empty(Problems(_authority.Intermediate));
        }
        finally
        {
            store.Remove(known);
        }
    }

    [Fact]
    public void The_order_does_not_matter_and_the_root_may_come_along()
    {
        Assert.Empty(Problems(_authority.Root, _authority.Intermediate));
        Assert.Empty(Problems(_authority.Intermediate));
    }

    [Fact]
    public void An_expired_cross_signed_root_beside_a_trusted_one_does_no_harm()
    {
        using ECDsa oldKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=Old Root", oldKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 old = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-9), DateTimeOffset.UtcNow.AddDays(-1));
        CertificateRequest cross = new(_authority.Root.SubjectName, _authority.Root.PublicKey, HashAlgorithmName.SHA256);
        cross.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 crossSigned = cross.Create(
            old.SubjectName, X509SignatureGenerator.CreateForECDsa(oldKey), DateTimeOffset.UtcNow.AddYears(-1),
            DateTimeOffset.UtcNow.AddDays(-1), [9]);

        Assert.Empty(Problems(_authority.Intermediate, crossSigned));
        Assert.Empty(Problems(_authority.Intermediate, crossSigned, old));
    }

    /// <summary>What the leaf says that it is for, and whether clients of a server take it.</summary>
    [Theory]
    [InlineData("1.3.6.1.5.5.7.3.1", 0, true)]
    [InlineData("1.3.6.1.5.5.7.3.2 1.3.6.1.5.5.7.3.1", (int)X509KeyUsageFlags.DigitalSignature, true)]
    [InlineData("2.5.29.37.0", 0, true)]
    [InlineData("", (int)X509KeyUsageFlags.KeyEncipherment, true)]
    [InlineData("1.3.6.1.5.5.7.3.2", 0, false)]
    [InlineData("1.3.6.1.5.5.7.3.4 1.3.6.1.5.5.7.3.9", 0, false)]
    [InlineData("", (int)X509KeyUsageFlags.KeyCertSign, false)]
    [InlineData("", (int)(X509KeyUsageFlags.NonRepudiation | X509KeyUsageFlags.CrlSign), false)]
    public void A_certificate_that_is_not_for_servers_is_refused(string purposes, int usages, bool isTaken)
    {
        List<X509Extension> extensions = [];
        if (purposes.Length > 0)
        {
            OidCollection oids = [];
            foreach (string purpose in purposes.Split(' '))
            {
                oids.Add(new Oid(purpose));
            }

            extensions.Add(new X509EnhancedKeyUsageExtension(oids, false));
        }

        if (usages != 0)
        {
            extensions.Add(new X509KeyUsageExtension((X509KeyUsageFlags)usages, true));
        }

        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"], extensions: [.. extensions]);
        IReadOnlyList<string> problems = TrustedAuthorities.From(_authority.WriteRoot())
            .Problems(leaf, [_authority.Intermediate], DateTimeOffset.UtcNow);

        Assert.Equal(isTaken, problems.Count == 0);
        Assert.All(problems, problem => Assert.Contains("is not for TLS servers", problem, StringComparison.Ordinal));
    }

    private IReadOnlyList<string> Problems(params X509Certificate2[] presented) =>
        TrustedAuthorities.From(_authority.WriteRoot()).Problems(_leaf, [.. presented], DateTimeOffset.UtcNow);
}
