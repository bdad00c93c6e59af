using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using Foobar.Ops.Errors;
using Foobar.Ops.Testing;
using Foobar.Ops.Tls;
using Foobar.Ops.Tls.Scan;

namespace Foobar.Ops.Tests.Tls.Scan;

/// <summary>
/// Servers whose answers are those of a real one with bytes changed: a scan ends in time, with a result or an error of ours.
/// </summary>
public sealed class FuzzedServerTests(ITestOutputHelper output)
{
    private const int Servers = 60, Certificates = 4000;

    // What the buffers of a connection on loopback take before it is closed.
    private const long MostSent = 8 << 20;

    private static readonly ScanOptions Quick = new() { ConnectionLimit = TimeSpan.FromSeconds(1), TimeLimit = TimeSpan.FromSeconds(5) };

    [Fact]
    public async Task A_changed_answer_is_taken_or_refused()
    {
        using TestAuthority authority = new();
        using X509Certificate2 leaf = authority.Issue(["www.foobar.com"]);
        byte[][] answers =
        [
            ServerBytes.Flight(),
            [.. ServerBytes.Hello(0xC02B, extensions: [.. ServerBytes.Extension(0xFF01, [0]), .. ServerBytes.Extension(23, [])]),
                .. ServerBytes.Certificates(leaf.RawData, authority.Intermediate.RawData), .. ServerBytes.Message(14, [])],
            ServerBytes.Hello(
                0x1301, extensions: [.. ServerBytes.Extension(43, [3, 4]), .. ServerBytes.Extension(51, [0, 29, 0, 32, .. new byte[32]])]),
            ServerBytes.Hello(
                0x1302, extensions: [
                    .. ServerBytes.Extension(43, [3, 4]), .. ServerBytes.Extension(51, [0, 23]),
                ], random: ServerBytes.RetryRandom),
        ];
        int scanned = 0;
        for (int seed = TestSeed.Value; seed < TestSeed.Value + Servers; seed++)
        {
            using TestEndpoint endpoint = Changing(answers, seed);
            long started = Stopwatch.GetTimestamp();
            try
            {
                _ = await TlsScanner.ScanAsync(
                    endpoint.Endpoint, endpoint.ConnectAsync, Quick, null, TestContext.Current.CancellationToken);
                scanned++;
            }
            catch (FoobarException error)
            {
                Assert.Contains("127.0.0.1", error.Message, StringComparison.Ordinal);
            }

            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(15));
        }

        output.WriteLine($"{scanned} of {Servers} gave a result");
        Assert.InRange(scanned, 1, Servers);
    }

    [Fact]
    public void A_changed_certificate_is_read_or_refused()
    {
        using TestAuthority authority = new();
        using X509Certificate2 leaf = authority.Issue(["www.foobar.com", "*.foobar.com"]);
        Random random = new(TestSeed.Value);
        int read = 0;
        for (int round = 0; round < Certificates; round++)
        {
            byte[] bytes = Changed(leaf.RawData, random);
            read += TlsScanner.Read(bytes) is null ? 0 : 1;
        }

        output.WriteLine($"{read} of {Certificates} were read");
        Assert.InRange(read, 1, Certificates - 1);
    }

    [Fact]
    public async Task Certificates_of_many_megabytes_end_the_answer()
    {
        // As long as the length of such a message can say: 16 MiB.
        byte[] certificate = new byte[(1 << 24) - 16];
        long sent = 0;
        byte[] message = [11, .. ServerBytes.Block24(ServerBytes.Block24(certificate))];
        using TestEndpoint endpoint = TestEndpoint.Of(async stream =>
        {
            _ = await stream.ReadAsync(new byte[16384]);
            await stream.WriteAsync(ServerBytes.Hello(0xC02F));
            foreach (byte[] part in message.Chunk(16384))
            {
                await stream.WriteAsync(ServerBytes.Record(22, part));
                Interlocked.Add(ref sent, part.Length);
            }
        });

        TlsScan scan = await TlsScanner.ScanAsync(
            endpoint.Endpoint, endpoint.ConnectAsync, Quick, null, TestContext.Current.CancellationToken);

        Assert.Null(scan.Certificate);
        Assert.InRange(scan.Duration, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        output.WriteLine($"{sent >> 20} MiB sent in {scan.Connections} connections");
        Assert.InRange(sent, 1, scan.Connections * MostSent);
    }

    // Each connection gets one of the answers, with up to four bytes changed.
    private static TestEndpoint Changing(byte[][] answers, int seed)
    {
        int connections = 0;
        return TestEndpoint.Of(async stream =>
        {
            Random random = new((seed * 1000) + Interlocked.Increment(ref connections));
            _ = await stream.ReadAsync(new byte[16384]);
            await stream.WriteAsync(Changed(answers[random.Next(answers.Length)], random));
        });
    }

    private static byte[] Changed(byte[] bytes, Random random)
    {
        byte[] changed = [.. bytes];
        for (int count = random.Next(5); count > 0; count--)
        {
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
        }

        return random.Next(10) == 0 ? changed[..random.Next(changed.Length)] : changed;
    }
}
