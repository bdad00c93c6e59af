using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Tls;

namespace Foobar.Ops.Tests.Tls;

/// <summary>The shape of what a server presents behind its own certificate.</summary>
public sealed class PresentedChainTests : IDisposable
{
    private readonly Signer _root = Signer.Create("CN=Root", null);
    private readonly Signer _upper, _lower, _other;
    private readonly X509Certificate2 _leaf;

    public PresentedChainTests()
    {
        _upper = Signer.Create("CN=Upper", _root);
        _lower = Signer.Create("CN=Lower", _upper);
        _other = Signer.Create("CN=Other", _root);
        using Signer leaf = Signer.Create("CN=leaf", _lower);
        _leaf = X509CertificateLoader.LoadCertificate(leaf.Certificate.RawData);
    }

    public void Dispose()
    {
        _leaf.Dispose();
        _root.Dispose();
        _upper.Dispose();
        _lower.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void Each_behind_the_one_that_it_issued_is_in_order()
    {
        PresentedChain shape = PresentedChain.Of(_leaf, [_lower.Certificate, _upper.Certificate]);

        Assert.Empty(shape.Superfluous);
        Assert.True(shape.IsInOrder);
        Assert.False(shape.HasRoot);
    }

    [Fact]
    public void An_issuer_before_what_it_issued_is_out_of_order()
    {
        PresentedChain shape = PresentedChain.Of(_leaf, [_upper.Certificate, _lower.Certificate]);

        Assert.False(shape.IsInOrder);
        Assert.Empty(shape.Superfluous);
    }

    [Fact]
    public void What_issued_none_of_the_others_is_superfluous_and_so_is_what_comes_twice()
    {
        PresentedChain shape = PresentedChain.Of(
            _leaf, [_leaf, _lower.Certificate, _other.Certificate, _upper.Certificate, _lower.Certificate]);

        Assert.True(shape.IsInOrder);
        Assert.Equal(["CN=leaf (twice)", "CN=Other (issued none of the others)", "CN=Lower (twice)"], shape.Superfluous);
    }

    [Fact]
    public void A_root_at_the_end_is_told_and_is_not_superfluous()
    {
        PresentedChain shape = PresentedChain.Of(_leaf, [_lower.Certificate, _upper.Certificate, _root.Certificate]);

        Assert.True(shape.HasRoot);
        Assert.True(shape.IsInOrder);
        Assert.Empty(shape.Superfluous);
    }

    // Two certificates of one authority and key: one by the root, one by another root for older clients.
    [Fact]
    public void A_cross_signed_intermediate_is_needed_too()
    {
        using Signer older = Signer.Create("CN=Older", null);
        using X509Certificate2 cross = Signer.Certify("CN=Upper", _upper.Key, older, isAuthority: true);

        PresentedChain shape = PresentedChain.Of(_leaf, [_lower.Certificate, _upper.Certificate, cross]);

        Assert.Empty(shape.Superfluous);
        Assert.True(shape.IsInOrder);
    }

    // Of the same name, but with another key: the identifiers of the keys tell them apart.
    [Fact]
    public void A_namesake_of_the_issuer_is_superfluous()
    {
        using Signer namesake = Signer.Create("CN=Upper", _root);

        PresentedChain shape = PresentedChain.Of(_leaf, [_lower.Certificate, namesake.Certificate, _upper.Certificate]);

        Assert.Equal(["CN=Upper (issued none of the others)"], shape.Superfluous);
    }

    private sealed record Signer(X509Certificate2 Certificate, ECDsa Key) : IDisposable
    {
        public static Signer Create(string name, Signer? issuer)
        {
            ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return new Signer(Certify(name, key, issuer, isAuthority: true), key);
        }

        public static X509Certificate2 Certify(string name, ECDsa key, Signer? issuer, bool isAuthority)
        {
            CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1), until = DateTimeOffset.UtcNow.AddDays(30);
            if (issuer is null)
            {
                using X509Certificate2 own = request.CreateSelfSigned(from, until);
                return X509CertificateLoader.LoadCertificate(own.RawData);
            }

            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer.Certificate, true, false));
            return request.Create(
                issuer.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(
                    issuer.Key), from, until, RandomNumberGenerator.GetBytes(8));
        }

        public void Dispose()
        {
            Certificate.Dispose();
            Key.Dispose();
        }
    }
}
