using Foobar.Ops.Findings;
using Foobar.Ops.Tests.Tls.Scan;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Http;
using Foobar.Ops.Tls.Rating;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tests.Tls.Rating;

/// <summary>Grades by the SSL Labs SSL Server Rating Guide 2009r.</summary>
public sealed class ServerGraderTests
{
    private const int GcmEcdsa = 0xC02B, GcmRsa = 0xC02F, Gcm256 = 0xC02C, StaticGcm = 0x009C, CbcForward = 0xC013, TripleDes = 0x000A,
        Rc4 = 0x0005, Export = 0x0003,
        Anonymous = 0x0034, Null = 0x003B, Des = 0x0009;

    private static readonly Certificate Leaf = new()
    {
        Subject = "CN=www.foobar.com", Issuer = "CN=CA", DnsNames = ["www.foobar.com"], SerialNumber = "01",
            NotBefore = TestSite.Now.AddDays(-10),
        NotAfter = TestSite.Now.AddDays(80), KeyAlgorithm = "ECDSA", KeySizeBits = 256, SignatureAlgorithm = "sha256ECDSA",
            Sha256Fingerprint = "AB",
    };

    private static readonly TlsScan Good = ScanControlTests.Good with { Certificate = Leaf };

    /// <summary>What is offered, the grade and a part of its reasons.</summary>
    private static readonly Dictionary<string, (TlsScan Scan, string Letter, string Reason)> Cases = new()
    {
        ["everything as it should be"] = (Good, "A+", ""),
        ["TLS 1.3 alone"] = (Offering((TlsVersion.Tls13, [0x1301])), "A+", ""),
        ["no TLS 1.3"] = (Offering((TlsVersion.Tls12, [GcmEcdsa])), "A-", "A- at best: TLS 1.3 is not offered"),
        ["TLS 1.1 too"] = (Offering((TlsVersion.Tls11, [CbcForward]), (TlsVersion.Tls13, [0x1301])), "B",
            "B at best: TLS 1.0 or 1.1 is offered"),
        ["TLS 1.0 alone"] = (Offering((TlsVersion.Tls10, [CbcForward])), "C", "C at best: neither TLS 1.2 nor TLS 1.3"),
        ["SSL 3.0 with CBC"] = (Offering((TlsVersion.Ssl30, [0x002F]), (TlsVersion.Tls13, [0x1301])), "C", "C at best: SSL 3.0 with CBC"),
        ["SSL 2.0"] = (Offering((TlsVersion.Ssl20, [0x010080]), (TlsVersion.Tls13, [0x1301])), "F", "F at best: SSL 2.0 is offered"),
        ["no forward secrecy"] = (Offering((TlsVersion.Tls12, [StaticGcm])), "B", "B at best: no suite is forward secret"),
        ["no AEAD"] = (Offering((TlsVersion.Tls12, [CbcForward])), "B", "B at best: no suite is AEAD"),
        ["RC4 with TLS 1.2"] =
            (Offering((TlsVersion.Tls12, [GcmRsa, Rc4]), (TlsVersion.Tls13, [0x1301])), "C", "C at best: RC4 is offered with TLS 1.1"),
        ["RC4 alone"] = (Offering((TlsVersion.Tls12, [Rc4])), "F", "F at best: RC4 alone"),
        ["3DES with TLS 1.2"] =
            (Offering((TlsVersion.Tls12, [GcmRsa, TripleDes]), (TlsVersion.Tls13, [0x1301])), "C",
                "C at best: a cipher with blocks of 64 bits"),
        ["DES"] = (Offering((TlsVersion.Tls12, [GcmRsa, Des])), "F", "F at best: a cipher of less than 112 bits"),
        ["export"] = (Offering((TlsVersion.Tls12, [GcmRsa, Export])), "F", "F at best: a suite of export grade"),
        ["anonymous"] = (Offering((TlsVersion.Tls12, [GcmRsa, Anonymous])), "F", "F at best: a suite without authentication"),
        ["no encryption"] = (Offering((TlsVersion.Tls12, [GcmRsa, Null])), "F", "F at best: a cipher of less than 112 bits"),
        ["a prime of 1024 bits"] = (Good with { PrimeBits = [1024] }, "B", "B at best: a prime of Diffie-Hellman is short"),
        ["a prime of 512 bits"] = (Good with { PrimeBits = [512] }, "F", "F at best: keys of 512 bits"),
        ["a key of 1024 bits"] =
            (Good with { Certificate = Leaf with { KeyAlgorithm = "RSA", KeySizeBits = 1024 } }, "B",
                "B at best: the certificate's key is short"),
        ["a key of 768 bits"] =
            (Good with { Certificate = Leaf with { KeyAlgorithm = "RSA", KeySizeBits = 768 } }, "F",
                "F at best: the certificate's key is too short"),
        ["compression"] = (Good with { Compression = Observed.Yes() }, "C", "C at best: TLS compresses"),
        ["insecure renegotiation"] = (Good with { SecureRenegotiation = Observed.No() }, "A-", "A- at best: renegotiation"),
        ["no HSTS"] = (WithHsts(null), "A-", "A- at best: no HSTS"),
        ["HSTS that is not valid"] = (WithHsts("max-age=0"), "A-", "A- at best: HSTS is not valid"),
        ["short HSTS"] = (WithHsts("max-age=300"), "A", "A at best: HSTS is shorter"),
        ["no pages"] = (Good with { Http = null }, "A", ""),
        ["expired"] = (Good with { Certificate = Leaf with { NotAfter = TestSite.Now.AddDays(-1) } }, "T",
            "T: the certificate is valid from"),
        ["another name"] = (Good with { Certificate = Leaf with { DnsNames = ["shop.foobar.com"] } }, "M",
            "M: the certificate does not cover www.foobar.com; without that it were A+"),
        ["signed with SHA-1"] =
            (Good with { Certificate = Leaf with { SignatureAlgorithm = "sha1RSA" } }, "T", "T: the certificate is signed with sha1RSA"),
    };

    public static TheoryData<string> Names => new(Cases.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_grade_and_its_reason_are_given(string name)
    {
        (TlsScan scan, string letter, string reason) = Cases[name];

        (ServerGrade? grade, string? problem) = ServerGrader.Grade(scan, Served(scan.Certificate!));

        Assert.Null(problem);
        Assert.Equal(letter, grade!.Letter);
        Assert.Contains(reason, string.Join('\n', grade.Reasons), StringComparison.Ordinal);
        Assert.Equal(reason.Length == 0, grade.Reasons.Count == 0);
    }

    [Theory]
    [InlineData(0xC02B, "ECDSA", 256, 100, 90, 80, 89)]
    [InlineData(0xC02C, "RSA", 4096, 100, 90, 100, 97)]
    [InlineData(0xC02F, "RSA", 2048, 100, 90, 80, 89)]
    [InlineData(0xC02F, "RSA", 1024, 100, 80, 80, 86)]
    [InlineData(0x000A, "RSA", 2048, 100, 90, 20, 65)]
    public void Scores_are_those_of_the_guide_s_tables(int suite, string key, int bits, int protocols, int exchange, int ciphers, int score)
    {
        TlsScan scan = Offering((TlsVersion.Tls12, [suite])) with { Certificate = Leaf with { KeyAlgorithm = key, KeySizeBits = bits } };

        (ServerGrade? grade, _) = ServerGrader.Grade(scan, Served(scan.Certificate!));

        Assert.Equal((protocols, exchange, ciphers, score), (grade!.Protocols, grade.KeyExchange, grade.Ciphers, grade.Score));
    }

    [Fact]
    public void A_category_is_scored_by_its_best_and_its_worst()
    {
        (ServerGrade? grade, _) =
            ServerGrader.Grade(Offering((TlsVersion.Tls10, [CbcForward]), (TlsVersion.Tls12, [Gcm256])), Served(Leaf));

        Assert.Equal((95, 90), (grade!.Protocols, grade.Ciphers));
    }

    [Theory]
    [InlineData(0xC02B, 128)]
    [InlineData(0xC02C, 256)]
    [InlineData(0xCCA8, 256)]
    [InlineData(0x1302, 256)]
    [InlineData(0x1301, 128)]
    [InlineData(0xC027, 128)]
    [InlineData(0x003D, 256)]
    [InlineData(0x000A, 112)]
    [InlineData(0x0009, 56)]
    [InlineData(0x0003, 40)]
    [InlineData(0x003B, 0)]
    [InlineData(0x0005, 128)]
    public void The_length_of_a_suite_s_key_is_read_from_its_name(int suite, int bits) =>
        Assert.Equal(bits, ServerGrader.Bits(CipherSuite.Of(suite)));

    [Fact]
    public void A_chain_that_is_not_trusted_is_a_T_whatever_else_holds()
    {
        (ServerGrade? grade, _) = ServerGrader.Grade(Good, Served(Leaf) with { ChainProblems = ["PartialChain"] });

        Assert.Equal("T", grade!.Letter);
        Assert.Contains("PartialChain", grade.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_not_looked_at_is_said()
    {
        (ServerGrade? grade, _) = ServerGrader.Grade(Good, null, "no handshake");

        Assert.Equal("A+", grade!.Letter);
        Assert.Contains("was not looked at: no handshake", Assert.Single(grade.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_all_answers_there_is_no_grade()
    {
        TlsScan scan = Good with { Protocols =
            [.. Good.Protocols.Select(static each =>
                each.Version == TlsVersion.Ssl20 ? each with { Offered = Observed.Unknown("gave no answer") } : each)] };

        Assert.Equal((null, "SSL 2.0: it gave no answer"), ServerGrader.Grade(scan, Served(Leaf)));
        Assert.Null(ServerGrader.Grade(Good with { Certificate = null }, null).Grade);
    }

    private static ServedCertificate Served(Certificate leaf) => new() { Endpoint = Good.Endpoint, Leaf = leaf, Time = TestSite.Now };

    private static TlsScan WithHsts(string? header) => Good with
    {
        Http = Good.Http! with { Secure =
            Reading.Of(new HttpAnswer { Url = "https://www.foobar.com/", StatusCode = 200, StrictTransportSecurity = header }) },
    };

    private static TlsScan Offering(params (TlsVersion Version, int[] Suites)[] offers) => Good with
    {
        Protocols =
        [
            .. Enum.GetValues<TlsVersion>().Select(version => new ProtocolOffer
            {
                Version = version,
                Offered = Observed.Of(offers.Any(each => each.Version == version)),
                Suites = [.. offers.Where(each => each.Version == version).SelectMany(static each => each.Suites).Select(CipherSuite.Of)],
            }),
        ],
    };
}
