using System.Diagnostics;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Tls.Scan;
using Foobar.Ops.Tls.Scan.Registry;

namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>Servers that OpenSSL no longer is, and servers that mean harm.</summary>
public sealed class HostileServerTests
{
    // Of a flood only what the connections' buffers take before they are closed.
    private const long MostSent = 200_000_000;

    private long _sent;

    private static readonly ScanOptions Quick = new() { ConnectionLimit = TimeSpan.FromSeconds(1), TimeLimit = TimeSpan.FromSeconds(10) };

    [Theory]
    [InlineData("silent", "EndpointTimeout")]
    [InlineData("closes at once", "TlsHandshakeFailed")]
    [InlineData("greets", "TlsNotSpoken")]
    [InlineData("garbage", "TlsNotSpoken")]
    [InlineData("endless records", "TlsHandshakeFailed")]
    [InlineData("one byte a second", "EndpointTimeout")]
    [InlineData("enormous message", "TlsHandshakeFailed")]
    public async Task What_can_t_be_a_handshake_is_an_error_in_time(string kind, string errorId)
    {
        using TestEndpoint endpoint = TestEndpoint.Of(stream => HarmAsync(kind, stream));
        long started = Stopwatch.GetTimestamp();

        FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => ScanAsync(endpoint));

        Assert.Equal(errorId, error.ErrorId);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(9));
        Assert.InRange(Interlocked.Read(ref _sent), 0, MostSent);
    }

    [Fact]
    public async Task What_nobody_answers_on_is_unreachable()
    {
        TestEndpoint endpoint = TestEndpoint.Silent();
        endpoint.Dispose();

        Assert.Equal("EndpointUnreachable", (await Assert.ThrowsAsync<FoobarException>(() => ScanAsync(endpoint))).ErrorId);
    }

    [Fact]
    public async Task A_version_that_gets_no_answer_is_unknown_and_not_absent()
    {
        // Answers TLS 1.2 and swallows everything else.
        using TestEndpoint endpoint = TestEndpoint.Of(async stream =>
        {
            byte[] hello = await HelloAsync(stream);
            if (hello.Length > 10 && hello[9] == 3 && hello[10] == 3 && !Contains(hello, [0x03, 0x04]))
            {
                await stream.WriteAsync(Contains(hello, [0xC0, 0x2F]) ? ServerBytes.Flight() : ServerBytes.Alert(40));
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(20));
        });

        TlsScan scan = await ScanAsync(endpoint);

        Assert.Equal([TlsVersion.Tls12], scan.Offered.Select(protocol => protocol.Version));
        Assert.All(scan.Protocols.Where(protocol => protocol.Version != TlsVersion.Tls12), protocol =>
        {
            Assert.Equal(Support.Unknown, protocol.Offered.Support);
            Assert.Contains("no answer", protocol.Offered.Detail, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task What_was_not_asked_in_time_is_unknown()
    {
        using TestEndpoint endpoint = TestEndpoint.Of(async stream =>
        {
            await HelloAsync(stream);
            await Task.Delay(TimeSpan.FromMilliseconds(300));
            await stream.WriteAsync(ServerBytes.Alert(40));
        });

        TlsScan scan = await TlsScanner.ScanAsync(
            endpoint.Endpoint, endpoint.ConnectAsync, new ScanOptions { Concurrency = 1, TimeLimit = TimeSpan.FromSeconds(1) }, null,
                TestContext.Current.CancellationToken);

        Assert.Contains(
            scan.Protocols, protocol =>
            protocol.Offered.Support == Support.Unknown && protocol.Offered.Detail!.Contains("1 s were over", StringComparison.Ordinal));
        Assert.InRange(scan.Duration, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_scan_ends_when_it_is_cancelled()
    {
        using TestEndpoint endpoint = TestEndpoint.Silent();
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(200));
        long started = Stopwatch.GetTimestamp();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => TlsScanner.ScanAsync(endpoint.Endpoint, endpoint.ConnectAsync, new ScanOptions(), null, cancel.Token));

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task SSL_2_and_SSL_3_are_seen()
    {
        using TestEndpoint endpoint = TestEndpoint.Of(async stream =>
        {
            byte[] hello = await HelloAsync(stream);
            if ((hello[0] & 0x80) != 0)
            {
                byte[] content = [4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 16, 1, 0, 0x80, .. new byte[16]];
                await stream.WriteAsync((byte[])[.. ServerBytes.Number16(0x8000 | content.Length), .. content]);
            }
            else
            {
                await stream.WriteAsync(
                    hello[9] == 3 && hello[10] == 0 && Contains(hello, [0x00, 0x03, 0x00]) ? ServerBytes.Hello(0x0003, 0x0300)
                    : ServerBytes.Alert(70));
            }
        });

        TlsScan scan = await ScanAsync(endpoint);

        Assert.Equal([TlsVersion.Ssl20, TlsVersion.Ssl30], scan.Offered.Select(protocol => protocol.Version));
        Assert.Equal(["SSL_CK_RC4_128_WITH_MD5"], scan.Of(TlsVersion.Ssl20).Suites.Select(suite => suite.Name));
        Assert.Equal(["TLS_RSA_EXPORT_WITH_RC4_40_MD5"], scan.Of(TlsVersion.Ssl30).Suites.Select(suite => suite.Name));
        Assert.Equal(Support.No, scan.SecureRenegotiation.Support);
    }

    [Fact]
    public async Task A_group_that_we_can_t_compute_is_seen_by_its_number()
    {
        using TestEndpoint endpoint = TestEndpoint.Of(async stream =>
        {
            byte[] hello = await HelloAsync(stream);
            bool suits = Contains(hello, [0x13, 0x01]) && Contains(hello, [0x63, 0x99]) && Contains(hello, [0x02, 0x03, 0x04]);
            await stream.WriteAsync(suits
                ? ServerBytes.Hello(
                    0x1301, extensions: [.. ServerBytes.Extension(43, [3, 4]), .. ServerBytes.Extension(51, [0x63, 0x99])],
                    random: ServerBytes.RetryRandom)
                : ServerBytes.Alert(40));
        });

        TlsScan scan = await ScanAsync(endpoint);

        Assert.Equal("X25519Kyber768Draft00", scan.Groups.ToString());
        Assert.Equal(Support.Unknown, scan.EarlyData.Support);
    }

    [Fact]
    public async Task A_server_that_chooses_what_was_not_offered_is_told()
    {
        using TestEndpoint endpoint = TestEndpoint.Of(async stream =>
        {
            byte[] hello = await HelloAsync(stream);
            await stream.WriteAsync(
                hello.Length > 10 && hello[9] == 3 && hello[10] == 3 && !Contains(hello, [0x02, 0x03, 0x04]) ? ServerBytes.Flight(0xEEEE)
                : ServerBytes.Alert(70));
        });

        ProtocolOffer tls12 = (await ScanAsync(endpoint)).Of(TlsVersion.Tls12);

        Assert.Equal(Support.Unknown, tls12.Offered.Support);
        Assert.Contains("0xEEEE", tls12.Offered.Detail, StringComparison.Ordinal);
    }

    private static Task<TlsScan> ScanAsync(TestEndpoint endpoint) =>
        TlsScanner.ScanAsync(endpoint.Endpoint, endpoint.ConnectAsync, Quick, null, TestContext.Current.CancellationToken);

    private async Task HarmAsync(string kind, Stream stream)
    {
        switch (kind)
        {
            case "silent":
                await Task.Delay(TimeSpan.FromSeconds(20));
                break;
            case "greets":
                await stream.WriteAsync(Encoding.ASCII.GetBytes("SSH-2.0-OpenSSH_9.2p1\r\n"));
                break;
            case "garbage":
                byte[] garbage = new byte[1000];
                new Random(1).NextBytes(garbage);
                garbage[0] = 0x01;
                await HelloAsync(stream);
                await stream.WriteAsync(garbage);
                break;
            case "endless records":
                await HelloAsync(stream);
                byte[] empty = ServerBytes.Record(22, []);
                while (true)
                {
                    await stream.WriteAsync(empty);
                    Interlocked.Add(ref _sent, empty.Length);
                }

            case "one byte a second":
                foreach (byte next in ServerBytes.Flight())
                {
                    await stream.WriteAsync((byte[])[next]);
                    await Task.Delay(TimeSpan.FromSeconds(1));
                }

                break;
            case "enormous message":
                await HelloAsync(stream);
                await stream.WriteAsync(ServerBytes.Record(22, [2, 0xFF, 0xFF, 0xFF]));
                await Task.Delay(TimeSpan.FromSeconds(20));
                break;
            default:
                break;
        }
    }

    private static async Task<byte[]> HelloAsync(Stream stream)
    {
        byte[] buffer = new byte[16384];
        int read = await stream.ReadAsync(buffer);
        return buffer[..read];
    }

    private static bool Contains(byte[] bytes, byte[] part) => bytes.AsSpan().IndexOf(part) >= 0;
}
