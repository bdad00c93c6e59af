using System.Net;
using System.Net.Sockets;
using Foobar.Ops.Findings;
using Foobar.Ops.Inventory;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Caa;
using Foobar.Ops.Tls.Scan.Wire;

namespace Foobar.Ops.Tests.Tls.Caa;

/// <summary>CAA records: asked for, read and judged.</summary>
public sealed class CaaTests
{
    private const ushort CaaType = 257, AliasType = 5;

    [Fact]
    public async Task The_records_of_the_nearest_name_that_has_any_hold()
    {
        using TestResolver resolver = new(
            name => name == "foobar.com" ? Answer(0, (CaaType, Content(0, "issue", "letsencrypt.org"))) : Answer(0));

        Reading<CaaSet> reading = await FindAsync("www.shop.foobar.com", resolver);

        Assert.Equal(("www.shop.foobar.com", "foobar.com"), (reading.Value!.Name, reading.Value.Owner));
        Assert.Equal([new CaaRecord(false, "issue", "letsencrypt.org")], reading.Value.Records);
        Assert.Equal(["www.shop.foobar.com", "shop.foobar.com", "foobar.com"], resolver.Asked);
    }

    [Fact]
    public async Task Where_no_name_has_any_the_set_is_empty()
    {
        using TestResolver resolver = new(_ => Answer(3));

        Assert.Equal(
            (null, 0),
            (await FindAsync("www.foobar.com", resolver)) is var reading ? (reading.Value!.Owner, reading.Value.Records.Count) : default);
        Assert.Equal(["www.foobar.com", "foobar.com", "com"], resolver.Asked);
    }

    [Fact]
    public async Task An_alias_before_the_records_is_passed_over_and_tags_are_taken_in_any_case()
    {
        using TestResolver resolver = new(_ => Answer(0, (AliasType, [1, (byte)'x', 0]), (CaaType, Content(0x80, "IssueWild", ";"))));

        CaaRecord record = Assert.Single((await FindAsync("www.foobar.com", resolver)).Value!.Records);

        Assert.Equal((true, "issuewild", ""), (record.IsCritical, record.Tag, record.Issuer));
    }

    [Theory]
    [InlineData(2, "SERVFAIL")]
    [InlineData(5, "REFUSED")]
    public async Task A_resolver_that_does_not_tell_leaves_it_open(int code, string told)
    {
        using TestResolver resolver = new(_ => Answer(code));

        Reading<CaaSet> reading = await FindAsync("www.foobar.com", resolver);

        Assert.Null(reading.Value);
        Assert.Contains(told, reading.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_resolver_nothing_is_known() =>
        Assert.Contains(
            "no resolver",
            (await CaaLookup.FindAsync("www.foobar.com", [], TestContext.Current.CancellationToken)).Failure,
            StringComparison.Ordinal);

    [Fact]
    public async Task Another_resolver_is_asked_where_one_fails()
    {
        using TestResolver failing = new(_ => Answer(2)), good = new(_ => Answer(0, (CaaType, Content(0, "issue", "ca.example"))));

        Reading<CaaSet> reading = await CaaLookup.FindAsync(
            "www.foobar.com", [failing.Endpoint, good.Endpoint], TestContext.Current.CancellationToken);

        Assert.Equal("ca.example", Assert.Single(reading.Value!.Records).Issuer);
    }

    [Fact]
    public async Task What_is_cut_off_is_asked_for_over_TCP()
    {
        using TestResolver resolver = new(_ => Answer(0x200), _ => Answer(0, (CaaType, Content(0, "issue", new string('x', 2000)))));

        Assert.Equal(2000, Assert.Single((await FindAsync("www.foobar.com", resolver)).Value!.Records).Value.Length);
    }

    [Fact]
    public void An_answer_that_is_cut_or_changed_anywhere_is_read_or_refused()
    {
        byte[] question = CaaMessage.Ask(7, "www.foobar.com");
        byte[] whole = TestResolver.Reply(question, Answer(0, (AliasType, [0xC0, 12]), (CaaType, Content(0, "issue", "letsencrypt.org"))));
        Assert.Single(CaaMessage.Read(whole, question)!);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] changed = [.. whole];
            changed[at] ^= 0xFF;
            Assert.Throws<WireException>(() => CaaMessage.Read(whole.AsSpan(0, at), question));
            try
            {
                CaaMessage.Read(changed, question);
            }
            catch (WireException)
            {
                // One of the two is what must come of it.
            }
        }
    }

    [Theory]
    [InlineData("issue letsencrypt.org", FindingStatus.Pass)]
    [InlineData("issue LetsEncrypt.org;validationmethods=dns-01", FindingStatus.Pass)]
    [InlineData("issue letsencrypt.org|issuewild ;|iodef mailto:x@foobar.com", FindingStatus.Pass)]
    [InlineData("issue letsencrypt.org|issue other.example", FindingStatus.Fail)]
    [InlineData("issue letsencrypt.org|issuewild other.example", FindingStatus.Fail)]
    [InlineData("issue ;", FindingStatus.Fail)]
    [InlineData("iodef mailto:x@foobar.com", FindingStatus.Fail)]
    [InlineData("issue letsencrypt.org|!future x", FindingStatus.Fail)]
    [InlineData("issue letsencrypt.org|future x", FindingStatus.Pass)]
    [InlineData("", FindingStatus.Fail)]
    public void Only_the_declared_authorities_may_issue(string records, FindingStatus status)
    {
        CaaRecord[] read =
        [
            .. records.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(static record => record.Split(' ', 2))
                .Select(static parts => new CaaRecord(parts[0][0] == '!', parts[0].TrimStart('!'), parts[1])),
        ];

        Assert.Equal(
            status, CaaJudge.Judge(new CaaSet("www.foobar.com", read.Length == 0 ? null : "foobar.com", read), ["letsencrypt.org"]).Status);
    }

    [Fact]
    public void Without_declared_authorities_nothing_is_judged_and_without_DNS_nothing_is_known()
    {
        CaaSet good = new("www.foobar.com", "foobar.com", [new(false, "issue", "letsencrypt.org")]);

        Assert.Equal(FindingStatus.NotApplicable, Judge([], Reading.Of(good)));
        Assert.Equal(FindingStatus.Pass, Judge(["letsencrypt.org"], Reading.Of(good)));
        Assert.Equal(FindingStatus.Fail, Judge(["other.example"], Reading.Of(good)));
        Assert.Equal(FindingStatus.Unknown, Judge(["letsencrypt.org"], Reading.Unreadable<CaaSet>("no answer")));
        Assert.Equal(FindingStatus.Unknown, Judge(["letsencrypt.org"]));
    }

    private static FindingStatus Judge(string[] issuers, params Reading<CaaSet>[] caa)
    {
        Site site = TestSite.Create(new Policy { Flows = TestSite.DefaultFlows, Tls = new TlsPolicy { Issuers = issuers } });
        CertificateFacts facts = new() { Endpoints = [], KeyFiles = Reading.Of<IReadOnlyList<KeyFile>>([]), Caa = caa };
        SiteCase<CertificateFacts> all = new(
            site, new Dictionary<string, Reading<CertificateFacts>> { ["lb-01"] = Reading.Of(facts) }, TestSite.Now);
        return Assert.Single(
            SiteCertificateControls.All.Single(control => control.Info.Id == "TLS-016").Apply(all, null, TestSite.Now)).Status;
    }

    private static Task<Reading<CaaSet>> FindAsync(string name, TestResolver resolver) =>
        CaaLookup.FindAsync(name, [resolver.Endpoint], TestContext.Current.CancellationToken);

    private static byte[] Content(byte flags, string tag, string value) =>
        [flags, (byte)tag.Length, .. System.Text.Encoding.ASCII.GetBytes(tag), .. System.Text.Encoding.ASCII.GetBytes(value)];

    private static (int Flags, (ushort Type, byte[] Content)[] Records) Answer(int flags, params (ushort Type, byte[] Content)[] records) =>
        (flags, records);

    /// <summary>A resolver on loopback, over UDP and TCP.</summary>
    private sealed class TestResolver : IDisposable
    {
        private readonly UdpClient _udp;
        private readonly TcpListener _tcp;

        public TestResolver(
            Func<string, (int Flags, (ushort Type, byte[] Content)[] Records)> answer,
            Func<string, (int Flags, (ushort Type, byte[] Content)[] Records)>? overTcp = null)
        {
            (_udp, _tcp) = Bind();
            _ = ServeAsync(answer);
            _ = ServeTcpAsync(overTcp ?? answer);
        }

        public List<string> Asked { get; } = [];

        // A port that is free for UDP may be taken for TCP.
        private static (UdpClient Udp, TcpListener Tcp) Bind()
        {
            for (int attempt = 1; ; attempt++)
            {
                UdpClient udp = new(new IPEndPoint(IPAddress.Loopback, 0));
                TcpListener tcp = new((IPEndPoint)udp.Client.LocalEndPoint!);
                try
                {
                    tcp.Start();
                    return (udp, tcp);
                }
                catch (SocketException) when (attempt < 20)
                {
                    udp.Dispose();
                    tcp.Dispose();
                }
            }
        }

        public IPEndPoint Endpoint => (IPEndPoint)_udp.Client.LocalEndPoint!;

        public static byte[] Reply(byte[] question, (int Flags, (ushort Type, byte[] Content)[] Records) answer)
        {
            // The header, the question without its additional record (11 bytes), the answers.
            byte[] records =
            [
                .. answer.Records.SelectMany(
                    one =>
                        (byte[])
                        [
                            0xC0,
                            12,
                            (byte)(one.Type >> 8),
                            (byte)one.Type,
                            0,
                            1,
                            0,
                            0,
                            0,
                            60,
                            (byte)(one.Content.Length >> 8),
                            (byte)one.Content.Length,
                            .. one.Content,
                        ]),
            ];
            return
            [
                question[0],
                question[1],
                (byte)(0x81 | (answer.Flags >> 8)),
                (byte)answer.Flags,
                0,
                1,
                0,
                (byte)answer.Records.Length,
                0,
                0,
                0,
                0,
                .. question[12..^11],
                .. records,
            ];
        }

        public void Dispose()
        {
            _udp.Dispose();
            _tcp.Dispose();
        }

        private static string Name(byte[] question)
        {
            List<string> labels = [];
            for (int at = 12; question[at] != 0; at += question[at] + 1)
            {
                labels.Add(System.Text.Encoding.ASCII.GetString(question, at + 1, question[at]));
            }

            return string.Join('.', labels);
        }

        private async Task ServeAsync(Func<string, (int Flags, (ushort Type, byte[] Content)[] Records)> answer)
        {
            try
            {
                while (true)
                {
                    UdpReceiveResult asked = await _udp.ReceiveAsync();
                    Asked.Add(Name(asked.Buffer));
                    await _udp.SendAsync(Reply(asked.Buffer, answer(Asked[^1])), asked.RemoteEndPoint);
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task ServeTcpAsync(Func<string, (int Flags, (ushort Type, byte[] Content)[] Records)> answer)
        {
            try
            {
                using TcpClient client = await _tcp.AcceptTcpClientAsync();
                NetworkStream stream = client.GetStream();
                byte[] header = new byte[2];
                await stream.ReadExactlyAsync(header);
                byte[] question = new byte[(header[0] << 8) | header[1]];
                await stream.ReadExactlyAsync(question);
                byte[] reply = Reply(question, answer(Name(question)));
                await stream.WriteAsync((byte[])[(byte)(reply.Length >> 8), (byte)reply.Length, .. reply]);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
            {
                // The test is over.
            }
        }
    }
}
