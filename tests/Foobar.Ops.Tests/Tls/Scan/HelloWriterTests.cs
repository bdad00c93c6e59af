using Foobar.Ops.Tls.Scan.Registry;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>What our ClientHellos look like on the wire.</summary>
public sealed class HelloWriterTests
{
    private static readonly HelloOffer Full = new()
    {
        Version = TlsVersion.Tls12,
        Suites = [0xC02F, 0x002F],
        Groups = [29, 23],
        Signatures = [0x0403],
        Protocols = ["h2"],
        ServerName = "www.foobar.com",
    };

    [Fact]
    public void SSL_2_has_a_hello_of_its_own() => Assert.Equal(
        "802E0100020015000000100100800200800300800400800500800600400700C0",
        Convert.ToHexString(
            HelloWriter.Write(
                new HelloOffer { Version = TlsVersion.Ssl20, Suites = [.. CipherSuite.Ssl20.Select(suite => suite.Number)] }).AsSpan(
                    0, 32)));

    [Fact]
    public void SSL_3_has_no_extensions_and_tells_secure_renegotiation_by_a_suite()
    {
        byte[] hello = HelloWriter.Write(Full with { Version = TlsVersion.Ssl30 });

        Assert.Equal("160300", Convert.ToHexString(hello.AsSpan(0, 3)));
        Assert.Equal("0300", Convert.ToHexString(hello.AsSpan(9, 2)));
        Assert.Equal("000006C02F002F00FF0100", Convert.ToHexString(hello.AsSpan(43)));
    }

    [Theory]
    [InlineData(TlsVersion.Tls10, "0301", "0301")]
    [InlineData(TlsVersion.Tls11, "0301", "0302")]
    [InlineData(TlsVersion.Tls12, "0301", "0303")]
    [InlineData(TlsVersion.Tls13, "0301", "0303")]
    public void The_record_has_the_version_that_every_server_reads(TlsVersion version, string record, string hello)
    {
        byte[] bytes = HelloWriter.Write(Full with { Version = version });

        Assert.Equal((record, hello), (Convert.ToHexString(bytes.AsSpan(1, 2)), Convert.ToHexString(bytes.AsSpan(9, 2))));
    }

    [Fact]
    public void TLS_1_3_offers_no_key_share_unless_one_is_given()
    {
        Assert.Equal("0000", Convert.ToHexString(Extensions(Full with { Version = TlsVersion.Tls13 })[51]));
        Assert.Equal(
            "001D000107",
            Convert.ToHexString(Extensions(Full with { Version = TlsVersion.Tls13, KeyShares = HelloWriter.KeyShare(29, [7]) })[51][2..]));
        Assert.Equal("020304", Convert.ToHexString(Extensions(Full with { Version = TlsVersion.Tls13 })[43]));
        Assert.DoesNotContain(43, Extensions(Full).Keys);
    }

    [Theory]
    [InlineData("www.foobar.com", true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("", false)]
    public void Only_a_name_is_asked_for(string name, bool sent) =>
        Assert.Equal(sent, Extensions(Full with { ServerName = name }).ContainsKey(0));

    [Fact]
    public void Signatures_are_offered_from_TLS_1_2_on() =>
        Assert.DoesNotContain(13, Extensions(Full with { Version = TlsVersion.Tls11 }).Keys);

    [Fact]
    public void A_fallback_is_said_by_a_suite() =>
        Assert.Equal("0006C02F002F5600", Convert.ToHexString(HelloWriter.Write(Full with { Fallback = true }).AsSpan(44, 8)));

    [Fact]
    public void Grease_stands_among_suites_groups_protocols_and_extensions()
    {
        Dictionary<int, byte[]> extensions = Extensions(Full with { Grease = true });

        Assert.Contains(0x0A0A, extensions.Keys);
        Assert.Contains(0xFAFA, extensions.Keys);
        Assert.StartsWith("00060A0A", Convert.ToHexString(extensions[10]), StringComparison.Ordinal);
        Assert.Equal("0006020A0A026832", Convert.ToHexString(extensions[16]));
    }

    /// <summary>The extensions of a hello, read by its own lengths, which must fit to the last byte.</summary>
    private static Dictionary<int, byte[]> Extensions(HelloOffer offer)
    {
        byte[] bytes = HelloWriter.Write(offer);
        WireSpan record = new(bytes);
        record.Take(3);
        WireSpan message = new(record.Block16());
        Assert.True(record.IsEmpty);
        message.Byte();
        WireSpan hello = new(message.Block24());
        Assert.True(message.IsEmpty);
        hello.Take(34);
        hello.Block8();
        hello.Block16();
        hello.Block8();
        WireSpan list = new(hello.Block16());
        Assert.True(hello.IsEmpty);
        Dictionary<int, byte[]> extensions = [];
        while (!list.IsEmpty)
        {
            extensions.Add(list.Number16(), list.Block16().ToArray());
        }

        return extensions;
    }
}
