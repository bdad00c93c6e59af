using System.IO.Compression;
using System.Text;
using Foobar.Ops.Errors;
using Foobar.Ops.Traffic;
using Foobar.Ops.Traffic.Logs;

namespace Foobar.Ops.Tests.Traffic;

/// <summary>Log files by path: formats, compression, junk, and lines that stand across blocks.</summary>
public sealed class LogMeterTests : IDisposable
{
    private const string Combined = """192.0.2.1 - - [30/Nov/2026:05:44:51 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8" """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("foobar-log");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(Combined, 200, "2026-11-30T05:44:51")]
    [InlineData("""127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 404 2326""", 404, "2000-10-10T20:55:36")]
    [InlineData(
        """www.foobar.com:443 192.0.2.1 - - [01/Jan/2026:00:00:00 +0100] "GET /a\"b HTTP/1.1" 301 5 "http://a/[x]" "y" """,
        301,
        "2025-12-31T23:00:00")]
    [InlineData("""192.0.2.1 - [user] [30/Nov/2026:05:44:51 +0000] "-" 400 0 "-" "-" rt=0.001 urt=-""", 400, "2026-11-30T05:44:51")]
    [InlineData(
        """Nov 30 05:44:51 lb-01 haproxy[73]: 192.0.2.9:33317 [30/Nov/2026:05:44:51.655] www-https~ web/web-01 10/0/30/69/109 503 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1" """,
        503,
        "2026-11-30T05:44:51")]
    [InlineData(
        """192.0.2.9:33317 [30/Nov/2026:05:44:51.655] www-https~ web/<NOSRV> -1/-1/-1/-1/+50 -1 0 - - CR-- 1/1/1/1/0 0/0 "<BADREQ>" """,
        0,
        "2026-11-30T05:44:51")]
    [InlineData("""{"time":"2026-11-30T06:44:51+01:00","status":204,"request_time":0.012}""", 204, "2026-11-30T05:44:51")]
    [InlineData("""{ "status": "499", "msec": "1796017491.123", "uri": "/" }""", 499, "2026-11-30T05:44:51")]
    [InlineData("""{"@timestamp":"2026-11-30T05:44:51.123Z","response_code":500}""", 500, "2026-11-30T05:44:51")]
    [InlineData("""{"time_local":"30/Nov/2026:05:44:51 +0000","status":200}""", 200, "2026-11-30T05:44:51")]
    [InlineData("""2026-11-30T05:44:51+00:00 192.0.2.1 "GET / HTTP/1.1" 302 0""", 302, "2026-11-30T05:44:51")]
    [InlineData("""192.0.2.1|2026-11-30T05:44:51Z|GET|/|201|17""", 201, "2026-11-30T05:44:51")]
    public async Task Each_format_is_found_in_the_line(string line, int status, string time)
    {
        TrafficRate rate = Assert.Single(await MeasureAsync(line + "\n"));

        Assert.Equal((1L, true, 0L), (rate.Count, rate.IsExact, rate.Log!.Unparsed));
        Assert.Equal(DateTimeOffset.Parse(time + "Z", System.Globalization.CultureInfo.InvariantCulture), rate.Start);
        long?[] classes =
        [
            rate.Breakdown!.OtherAnswers,
            rate.Breakdown.Informational,
            rate.Breakdown.Successful,
            rate.Breakdown.Redirections,
            rate.Breakdown.ClientErrors,
            rate.Breakdown.ServerErrors,
        ];
        Assert.Equal(1, classes[status / 100]);
        Assert.Equal(1, classes.Sum());
    }

    [Fact]
    public async Task Junk_is_counted_shown_and_in_the_upper_bound()
    {
        string text = Combined + "\n" + """192.0.2.1 - - [30/Nov/2026:05:44:51 +0000] "GET / HT""" + "\n\u0001\u0002\u0000junk\n"
            + new string('x', 1 << 20) + "\n\n" + Combined + "\r\n" + """{"time":"2026-11-30T05:44:52Z","status":200}""" + "\n"
            + Combined.Replace("30/Nov", "31/Nov", StringComparison.Ordinal);

        TrafficRate rate = Assert.Single(await MeasureAsync(text));

        Assert.Equal((3L, 3.0, 7.0), (rate.Count, rate.CountLower, rate.CountUpper));
        Assert.Equal((7L, 4L), (rate.Log!.Lines, rate.Log.Unparsed));
        Assert.Equal(
            ["no time and status that are known", "binary", "too long", "no time and status that are known"],
            rate.Log.UnparsedLines.Select(line => line.Reason));
        Assert.Equal((1L << 20, @"\x01\x02\x00junk"), (rate.Log.UnparsedLines[2].Length, rate.Log.UnparsedLines[1].Text));
        Assert.Equal(
            [
                text.IndexOf("192", 10, StringComparison.Ordinal),
                text.IndexOf('\u0001', StringComparison.Ordinal),
                text.IndexOf("xxx", StringComparison.Ordinal),
                text.LastIndexOf("192", StringComparison.Ordinal),
            ],
            rate.Log.UnparsedLines.Select(line => line.Offset));
        Assert.StartsWith("4 of 7 lines were not understood", rate.Note, StringComparison.Ordinal);
        Assert.Equal(2, rate.Log.Formats.Count);
    }

    [Fact]
    public async Task Lines_across_blocks_are_counted_once_each_and_compressed_ones_give_the_same()
    {
        StringBuilder text = new();
        Random random = new(7);
        Dictionary<long, long> expected = [];
        for (int line = 0; line < 40_000; line++)
        {
            DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(1_796_000_000 + (line / 100));
            text.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"192.0.2.{random.Next(255)} - - [{time:dd/MMM/yyyy:HH:mm:ss} +0000] \"GET /{new string('a', random.Next(120))} HTTP/1.1\" {random.Next(2, 6)}00 12 \"-\" \"x\"\n");
            expected[time.ToUnixTimeSeconds()] = expected.GetValueOrDefault(time.ToUnixTimeSeconds()) + 1;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        string plain = Write("plain", bytes), gzip = Write("gzip", Gzip(bytes)), zstd = Write("zstd", Zstd(bytes));

        foreach (string path in (string[])[plain, gzip, zstd])
        {
            TrafficRate[] rates = [.. await LogMeter.MeasureAsync([path], TimeSpan.FromSeconds(1), Cancel)];

            Assert.Equal(expected.OrderBy(second => second.Key).Select(second => (long?)second.Value), rates.Select(rate => rate.Count));
            Assert.Equal(0, rates[0].Log!.Unparsed);
        }

        Assert.Equal(3 * 40_000L, Assert.Single(await LogMeter.MeasureAsync([plain, gzip, zstd], null, Cancel)).Count);
    }

    [Fact]
    public async Task Windows_without_a_request_are_given_too()
    {
        TrafficRate[] rates =
        [
            .. await MeasureAsync(
                Combined + "\n" + Combined.Replace(":51 ", ":55 ", StringComparison.Ordinal) + "\n", TimeSpan.FromSeconds(2)),
        ];

        Assert.Equal([1L, 0L, 1L], rates.Select(rate => rate.Count));
        Assert.Equal(50, rates[0].Start.Second);
        Assert.Equal(0.5, rates[0].Rate);
    }

    [Fact]
    public async Task Response_times_give_quantiles()
    {
        string text = string.Concat(
            Enumerable.Range(1, 100).Select(number => FormattableString.Invariant($"{Combined}rt={number / 1000.0:0.000}\n")));

        TrafficBreakdown breakdown = Assert.Single(await MeasureAsync(text)).Breakdown!;

        Assert.InRange(breakdown.MedianMilliseconds!.Value, 50, 54);
        Assert.InRange(breakdown.P99Milliseconds!.Value, 99, 106);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_named()
    {
        string packed = Write("packed", [.. "BZh91AY"u8]), broken = Write("broken", Gzip(new byte[100_000])[..40]);

        foreach (string path in (string[])[Path.Combine(_directory.FullName, "none"), packed])
        {
            FoobarException error = await Assert.ThrowsAsync<FoobarException>(() => LogMeter.MeasureAsync([path], null, Cancel));

            Assert.Equal("LogUnreadable", error.ErrorId);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }

        Assert.Null(Assert.Single(await LogMeter.MeasureAsync([Write("empty", [])], null, Cancel)).Rate);
        await Record.ExceptionAsync(() => LogMeter.MeasureAsync([broken], null, Cancel));
    }

    [Fact]
    public void Any_bytes_are_a_line_or_unparsed()
    {
        Random random = new(11);
        string[] seeds =
        [
            Combined,
            """192.0.2.9:1 [30/Nov/2026:05:44:51.655] f b/s 1/0/3/6/10 200 27 "GET" """,
            """{"time":"2026-11-30T06:44:51+01:00","status":204}""",
        ];
        LogTally tally = new();
        for (int round = 0; round < 5000; round++)
        {
            byte[] line = Encoding.UTF8.GetBytes(seeds[random.Next(seeds.Length)]);
            for (int change = random.Next(4); change > 0; change--)
            {
                line[random.Next(line.Length)] = (byte)random.Next(256);
            }

            tally.Take(line.AsSpan(0, random.Next(1, line.Length + 1)), "x", 0);
        }

        Assert.Equal(5000, tally.Lines);
        Assert.Equal(5000, tally.Unparsed + tally.Seconds.Values.Sum(second => second.Total));
        Assert.True(tally.Unparsed is > 100 and < 4900);
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return stream.ToArray();
    }

    private static byte[] Zstd(byte[] bytes)
    {
        using ZstdSharp.Compressor compressor = new();
        return compressor.Wrap(bytes).ToArray();
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_directory.FullName, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private Task<IEnumerable<TrafficRate>> MeasureAsync(string text, TimeSpan? interval = null) =>
        LogMeter.MeasureAsync([Write("access.log", Encoding.UTF8.GetBytes(text))], interval, Cancel);
}
