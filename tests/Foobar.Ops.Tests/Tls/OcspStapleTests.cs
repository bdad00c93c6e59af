using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Tls.Issuance;
using Org.BouncyCastle.Asn1.Ocsp;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Ocsp;
using Org.BouncyCastle.Security;
using CertificateStatus = Org.BouncyCastle.Ocsp.CertificateStatus;
using X509Certificate = Org.BouncyCastle.X509.X509Certificate;

namespace Foobar.Ops.Tests.Tls;

/// <summary>OCSP responses that BouncyCastle makes are read as what they say.</summary>
public sealed class OcspStapleTests : IDisposable
{
    private static readonly DateTime From = new(2026, 11, 20, 6, 0, 0, DateTimeKind.Utc), Until = From.AddDays(7);

    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void A_good_one_of_the_issuer_is_authentic()
    {
        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"]);

        OcspStaple staple = OcspParser.Read(Respond(leaf, CertificateStatus.Good), leaf, [_authority.Intermediate]);

        Assert.Equal(
            (RevocationStatus.Good, true, null, (DateTimeOffset)From, (DateTimeOffset)Until),
            (staple.Status, staple.IsAuthentic, staple.Problem, staple.ThisUpdate, staple.NextUpdate));
        Assert.True(staple.HoldsAt(From.AddDays(1)));
        Assert.False(staple.HoldsAt(From.AddDays(8)));
    }

    [Fact]
    public void A_revocation_has_its_time()
    {
        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"]);

        OcspStaple staple = OcspParser.Read(Respond(leaf, new RevokedStatus(From.AddDays(-3), 1)), leaf, [_authority.Intermediate]);

        Assert.Equal((RevocationStatus.Revoked, (DateTimeOffset)From.AddDays(-3)), (staple.Status, staple.RevokedAt));
    }

    [Fact]
    public void An_authority_may_not_know_the_certificate()
    {
        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"]);

        Assert.Equal(RevocationStatus.Unknown, OcspParser.Read(Respond(leaf, new UnknownStatus()), leaf, [_authority.Intermediate]).Status);
    }

    [Fact]
    public void One_of_another_signer_is_not_authentic_and_without_the_issuer_nothing_is_known()
    {
        using TestAuthority stranger = new();
        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"]);
        byte[] forged = Respond(leaf, CertificateStatus.Good, signer: stranger);

        Assert.False(OcspParser.Read(forged, leaf, [_authority.Intermediate]).IsAuthentic);
        Assert.Null(OcspParser.Read(forged, leaf, []).IsAuthentic);
    }

    [Fact]
    public void A_responder_that_the_issuer_charged_may_sign_and_another_may_not()
    {
        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"]);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 responder = Responder(key, isCharged: true), other = Responder(key, isCharged: false);

        Assert.True(OcspParser.Read(Respond(leaf, CertificateStatus.Good, key, responder), leaf, [_authority.Intermediate]).IsAuthentic);
        Assert.False(OcspParser.Read(Respond(leaf, CertificateStatus.Good, key, other), leaf, [_authority.Intermediate]).IsAuthentic);
    }

    [Fact]
    public void One_of_another_certificate_is_of_no_use()
    {
        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"]), other = _authority.Issue(["www.foobar.com"]);

        OcspStaple staple = OcspParser.Read(Respond(other, CertificateStatus.Good), leaf, [_authority.Intermediate]);

        Assert.Equal((RevocationStatus.Unknown, "it is about another certificate"), (staple.Status, staple.Problem));
    }

    [Theory]
    [InlineData("30030A0103", "the responder refused: try later")]
    [InlineData("30030A0106", "the responder refused: unauthorized")]
    [InlineData("30030A0177", "the responder refused: 119")]
    [InlineData("30030A0100", "it is malformed")]
    [InlineData("00", "it is malformed")]
    [InlineData("", "it is malformed")]
    public void A_refusal_and_garbage_are_told(string hex, string problem)
    {
        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"]);

        Assert.Equal(problem, OcspParser.Read(Convert.FromHexString(hex), leaf, []).Problem);
    }

    [Fact]
    public void A_response_that_is_cut_or_changed_anywhere_never_throws()
    {
        using X509Certificate2 leaf = _authority.Issue(["www.foobar.com"]);
        byte[] whole = Respond(leaf, CertificateStatus.Good);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] changed = [.. whole];
            changed[at] ^= 0xFF;

            OcspStaple cut = OcspParser.Read(whole[..at], leaf, [_authority.Intermediate]);
            OcspStaple other = OcspParser.Read(changed, leaf, [_authority.Intermediate]);

            Assert.NotNull(cut.Problem);

            // The way in which the signature's algorithm is written is not signed, nor is what surrounds it.
            Assert.True(other.Problem is not null || other.IsAuthentic != true || other.Status == RevocationStatus.Good);
        }
    }

    /// <summary>A response about a certificate, signed by the intermediate of an authority.</summary>
    internal static byte[] Respond(X509Certificate2 leaf, X509Certificate2 issuer, CertificateStatus status, DateTime from, DateTime until)
    {
        using ECDsa key = issuer.GetECDsaPrivateKey()!;
        return Respond(leaf, issuer, status, key, [], from, until);
    }

    private byte[] Respond(X509Certificate2 leaf, CertificateStatus status, TestAuthority? signer = null)
    {
        using ECDsa key = (signer ?? _authority).Intermediate.GetECDsaPrivateKey()!;
        return Respond(leaf, _authority.Intermediate, status, key, [], From, Until);
    }

    private byte[] Respond(X509Certificate2 leaf, CertificateStatus status, ECDsa key, X509Certificate2 responder) =>
        Respond(leaf, _authority.Intermediate, status, key, [new X509Certificate(responder.RawData)], From, Until);

    private static byte[] Respond(
        X509Certificate2 leaf,
        X509Certificate2 issuer,
        CertificateStatus status,
        ECDsa key,
        X509Certificate[] responders,
        DateTime from,
        DateTime until)
    {
        X509Certificate authority = new(issuer.RawData);
        AsymmetricKeyParameter signing = PrivateKeyFactory.CreateKey(key.ExportPkcs8PrivateKey());
        BasicOcspRespGenerator generator = new(new RespID(authority.SubjectDN));
        CertificateID id = new(CertificateID.DigestSha1, authority, new X509Certificate(leaf.RawData).SerialNumber);
        generator.AddResponse(id, status, from, until, null);
        BasicOcspResp basic = generator.Generate("SHA256withECDSA", signing, responders, from);
        return new OCSPRespGenerator().Generate(OcspResponseStatus.Successful, basic).GetEncoded();
    }

    private X509Certificate2 Responder(ECDsa key, bool isCharged)
    {
        CertificateRequest request = new("CN=Responder", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid(isCharged ? "1.3.6.1.5.5.7.3.9" : "1.3.6.1.5.5.7.3.1")], false));
        using ECDsa signer = _authority.Intermediate.GetECDsaPrivateKey()!;
        return request.Create(
            _authority.Intermediate.SubjectName, X509SignatureGenerator.CreateForECDsa(
                signer), DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9), [9]);
    }
}
