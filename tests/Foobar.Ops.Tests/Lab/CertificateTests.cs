using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Lab.Certificates;

namespace Foobar.Ops.Tests.Lab;

public sealed class CertificateTests
{
    [Fact]
    public void A_certificate_leads_over_the_intermediate_to_the_root()
    {
        LabAuthority authority = LabAuthority.Create();
        IssuedCertificate issued = authority.IssueSite();

        Assert.True(Verifies(issued, authority.RootPem, issued.Intermediate));
        Assert.False(Verifies(issued, authority.RootPem, null));
        Assert.False(Verifies(issued, LabAuthority.Create().RootPem, issued.Intermediate));
    }

    [Fact]
    public void An_authority_is_the_same_when_opened_again()
    {
        string directory = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        try
        {
            IssuedCertificate issued = LabAuthority.Open(directory).IssueSite();

            Assert.True(Verifies(issued, LabAuthority.Open(directory).RootPem, issued.Intermediate));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static bool Verifies(IssuedCertificate issued, string root, string? intermediate)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(root));
        if (intermediate is not null)
        {
            chain.ChainPolicy.ExtraStore.Add(X509Certificate2.CreateFromPem(intermediate));
        }

        using X509Certificate2 leaf = X509Certificate2.CreateFromPem(issued.Leaf, issued.Key);
        return leaf.HasPrivateKey && leaf.MatchesHostname("www.foobar.com") && chain.Build(leaf);
    }
}
